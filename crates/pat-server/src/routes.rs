//! Every path of the server, on one page.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use pat_core::inventory::Sort;
use pat_core::wire::{FieldError, Problem};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::SharedApp;
use crate::console::inventory_query::Format;
use crate::console::{
    admin_tokens, audit_events, cli_sign_ins, inventory_export, organization_tokens, people, session, settings, token_changes, tokens,
    unused_scopes,
};
use crate::error::ApiError;
use crate::extract::middleware;
use crate::store::pool::Data;
use crate::web_api::{
    self, Call, Reply, WebApiError, attribute_groups, audit_logs, auth, entities, entity_types, initiatives, links, query_runs, relations,
    reports_of_entities, scorecards, snapshots, studio_reports, teams, users, workflow_runs, workflows,
};
use crate::{assets, cli_sign_in, docs, gateway, health, oauth};

/// The Web API's handlers by method name. A method of the policy table that has none answers 501, after the scope check.
pub async fn call(method: &str, call: Call<'_>, data: &mut Data<'_>) -> Result<Reply, WebApiError> {
    match method {
        "auth.info" => auth::info(call),
        "auth.whoami" => auth::whoami(call, data).await,
        "auditLogs.list" => audit_logs::list(call, data.conn().await?).await,
        "attributeGroups.list" => attribute_groups::list(call, data.conn().await?).await,
        "catalog.entities.list" => entities::list(call, data.conn().await?).await,
        "catalog.entities.info" => entities::info(call, data.conn().await?).await,
        "catalog.entities.create" => entities::create(call, data.conn().await?).await,
        "catalog.entities.update" => entities::update(call, data.conn().await?).await,
        "catalog.entities.upsert" => entities::upsert(call, data.conn().await?).await,
        "catalog.entities.delete" => entities::delete(call, data.conn().await?).await,
        "catalog.entities.scorecards" => reports_of_entities::scorecards(call, data.conn().await?).await,
        "catalog.entities.tasks" => reports_of_entities::tasks(call, data.conn().await?).await,
        "catalog.entityTypes.list" => entity_types::list(call, data.conn().await?).await,
        "catalog.entityTypes.info" => entity_types::info(call, data.conn().await?).await,
        "catalog.entityTypes.create" => entity_types::create(call, data.conn().await?).await,
        "catalog.entityTypes.update" => entity_types::update(call, data.conn().await?).await,
        "catalog.entityTypes.delete" => entity_types::delete(call, data.conn().await?).await,
        "catalog.relations.list" => relations::list(call, data.conn().await?).await,
        "catalog.relations.info" => relations::info(call, data.conn().await?).await,
        "catalog.relations.create" => relations::create(call, data.conn().await?).await,
        "catalog.relations.update" => relations::update(call, data.conn().await?).await,
        "catalog.relations.delete" => relations::delete(call, data.conn().await?).await,
        "catalog.relationEdges.list" => relations::list_edges(call, data.conn().await?).await,
        "catalog.relationEdges.add" => relations::add_edge(call, data.conn().await?).await,
        "catalog.relationEdges.bulkUpsert" => relations::upsert_edges(call, data.conn().await?).await,
        "scorecards.list" => scorecards::list(call, data.conn().await?).await,
        "scorecards.info" => scorecards::info(call, data.conn().await?).await,
        "scorecards.create" => scorecards::create(call, data.conn().await?).await,
        "scorecards.update" => scorecards::update(call, data.conn().await?).await,
        "scorecards.delete" => scorecards::delete(call, data.conn().await?).await,
        "initiatives.list" => initiatives::list(call, data.conn().await?).await,
        "initiatives.info" => initiatives::info(call, data.conn().await?).await,
        "initiatives.progressReport" => initiatives::progress_report(call, data.conn().await?).await,
        "snapshots.list" => snapshots::list(call, data.conn().await?).await,
        "snapshots.info" => snapshots::info(call, data.conn().await?).await,
        "snapshots.driverComments.list" => snapshots::driver_comments(call, data.conn().await?).await,
        "snapshots.csatComments.list" => snapshots::csat_comments(call, data.conn().await?).await,
        "teams.list" => teams::list(call, data.conn().await?).await,
        "teams.info" => teams::info(call, data.conn().await?).await,
        "teams.findByMembers" => teams::find_by_members(call, data.conn().await?).await,
        "users.list" => users::list(call, data.conn().await?).await,
        "users.links.list" => links::list(call, data.conn().await?).await,
        "users.links.create" => links::create(call, data.conn().await?).await,
        "users.links.delete" => links::delete(call, data.conn().await?).await,
        "users.links.set" => links::set(call, data.conn().await?).await,
        "users.linkableAccounts.list" => links::accounts(call, data.conn().await?).await,
        "workflows.list" => workflows::list(call, data.conn().await?).await,
        "workflowRuns.info" => workflow_runs::info(call, data.conn().await?).await,
        "workflowRuns.trigger" => workflow_runs::trigger(call, data.conn().await?).await,
        "workflowRuns.changeStatus" => workflow_runs::change_status(call, data.conn().await?).await,
        "workflowRuns.postMessage" => workflow_runs::post_message(call, data.conn().await?).await,
        "workflowRuns.addLink" => workflow_runs::add_link(call, data.conn().await?).await,
        "queries.datafeed" => query_runs::datafeed(call, data.conn().await?).await,
        "studio.queryRuns.execute" => query_runs::execute(call, data.conn().await?).await,
        "studio.queryRuns.info" => query_runs::info(call, data.conn().await?).await,
        "studio.queryRuns.results" => query_runs::results(call, data.conn().await?).await,
        "studio.reports.list" => studio_reports::list(call, data.conn().await?).await,
        "studio.reports.info" => studio_reports::info(call, data.conn().await?).await,
        "studio.reports.create" => studio_reports::create(call, data.conn().await?).await,
        "studio.reports.update" => studio_reports::update(call, data.conn().await?).await,
        "studio.reports.delete" => studio_reports::delete(call, data.conn().await?).await,
        _ => Err(WebApiError::NotImplemented),
    }
}

/// The Console API: each handler's annotation holds its path and verb.
fn console() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::with_openapi(ApiDoc::openapi())
        .routes(routes!(session::sign_in, session::read, session::sign_out))
        .routes(routes!(session::confirm))
        .routes(routes!(session::set_password))
        .routes(routes!(session::choices))
        .routes(routes!(tokens::list, tokens::create, tokens::delete_all))
        .routes(routes!(tokens::read, tokens::edit, tokens::delete))
        .routes(routes!(tokens::pause, tokens::resume))
        .routes(routes!(cli_sign_ins::approve))
        .routes(routes!(cli_sign_ins::deny))
        .routes(routes!(cli_sign_ins::find_device))
        .routes(routes!(admin_tokens::list))
        .routes(routes!(inventory_export::export))
        .routes(routes!(token_changes::preview))
        .routes(routes!(token_changes::list, token_changes::begin))
        .routes(routes!(token_changes::read))
        .routes(routes!(token_changes::stop))
        .routes(routes!(admin_tokens::read, admin_tokens::delete))
        .routes(routes!(admin_tokens::pause, admin_tokens::resume))
        .routes(routes!(people::roles))
        .routes(routes!(people::list, people::invite))
        .routes(routes!(people::read))
        .routes(routes!(people::create_password_link))
        .routes(routes!(people::preview_roles))
        .routes(routes!(people::set_roles))
        .routes(routes!(people::deactivate))
        .routes(routes!(people::reactivate))
        .routes(routes!(people::end_sessions))
        .routes(routes!(settings::read, settings::update))
        .routes(routes!(settings::preview))
        .routes(routes!(organization_tokens::list, organization_tokens::create))
        .routes(routes!(organization_tokens::read, organization_tokens::edit, organization_tokens::delete))
        .routes(routes!(audit_events::list))
        .routes(routes!(audit_events::export))
        .routes(routes!(audit_events::activity))
        .routes(routes!(audit_events::own_activity))
        .routes(routes!(unused_scopes::own))
        .routes(routes!(unused_scopes::of_any))
        .routes(routes!(health::openapi))
}

/// What APIs behind a gateway, services that are sent tokens, and command lines ask.
fn beside() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(gateway::authorize))
        .routes(routes!(gateway::authorize_envoy))
        .routes(routes!(gateway::batch::authorize))
        .routes(routes!(oauth::introspect))
        .routes(routes!(oauth::revoke))
        .routes(routes!(cli_sign_in::device, cli_sign_in::device_page))
        .routes(routes!(cli_sign_in::token))
}

/// What orchestrators ask.
fn probes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(health::healthz)).routes(routes!(health::readyz))
}

/// The whole server.
pub fn router(app: SharedApp) -> Router {
    let console = console()
        .split_for_parts()
        .0
        .method_not_allowed_fallback(middleware::method_not_allowed)
        .layer(from_fn_with_state(app.clone(), middleware::same_origin));
    let beside = beside().split_for_parts().0.method_not_allowed_fallback(middleware::method_not_allowed);
    Router::new()
        .merge(console)
        .merge(beside)
        .merge(probes().split_for_parts().0)
        .route("/docs", get(docs::reference))
        .route("/docs/scopes", get(docs::scopes))
        .route("/docs/docs.css", get(docs::style))
        .fallback(other)
        .layer(from_fn_with_state(app.clone(), middleware::serve))
        .with_state(app)
}

/// A first segment with a dot is the Web API, which its own table routes; `/api/` is the Console API; the rest is the page.
async fn other(State(app): State<SharedApp>, request: Request) -> Response {
    let path = request.uri().path();
    if web_api::is_web_api(path) {
        let client = request.extensions().get().cloned();
        match client {
            Some(client) => web_api::serve(&app, &client, request).await,
            None => WebApiError::Defect(anyhow::anyhow!("no client in the request")).into_response(),
        }
    } else if path == "/api" || path.starts_with("/api/") || path.starts_with("/gateway") {
        // No page for a gateway: it might take its 200 for a permission.
        ApiError::NotFound.into_response()
    } else {
        assets::serve(&app, &request)
    }
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
    title = "Personal access tokens",
    description = "The Console API under /api/ takes browser sessions; the Web API takes bearer tokens. Configured gateways ask under \
                   /gateway/ whether a request may go on; services ask under /oauth/ what a token stands for."
    ),
    // Of queries, and of failures, which no handler names.
    components(schemas(Sort, Format, Problem, FieldError))
)]
struct ApiDoc;

/// The description of all surfaces: the Web API from the policy table, the others from their handlers.
pub fn openapi(policy: &pat_core::policy::Policy) -> OpenApi {
    let mut api = console().into_openapi();
    health::describe_problems(&mut api);
    api.merge(beside().into_openapi());
    api.merge(probes().into_openapi());
    web_api::describe::add(&mut api, policy);
    // OpenAPI has no word for "and all that follows".
    let paths = std::mem::take(&mut api.paths.paths);
    api.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    api
}
