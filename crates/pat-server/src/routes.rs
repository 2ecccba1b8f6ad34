//! Every path of the server, on one page.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::SharedApp;
use crate::console::{
    admin_tokens, audit_events, inventory_export, organization_tokens, people, session, settings, token_changes, tokens, unused_scopes,
};
use crate::error::ApiError;
use crate::extract::middleware;
use crate::store::pool::Data;
use crate::web_api::{self, Call, Reply, WebApiError, audit_logs, auth, catalog, lists};
use crate::{assets, health};

/// The Web API's handlers by method name. A method of the policy table that has none answers 501, after the scope check.
pub async fn call(method: &str, call: Call<'_>, data: &mut Data<'_>) -> Result<Reply, WebApiError> {
    match method {
        "auth.info" => auth::info(call),
        "auth.whoami" => auth::whoami(call),
        "auditLogs.list" => audit_logs::list(call, data.conn().await?).await,
        "catalog.entities.list" => catalog::list(call, data.conn().await?).await,
        "catalog.entities.info" => catalog::info(call, data.conn().await?).await,
        "catalog.entities.create" => catalog::create(call, data.conn().await?).await,
        "catalog.entities.delete" => catalog::delete(call, data.conn().await?).await,
        "scorecards.list" => lists::scorecards(call, data.conn().await?).await,
        "snapshots.list" => lists::snapshots(call, data.conn().await?).await,
        "teams.list" => lists::teams(call, data.conn().await?).await,
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
}

/// The whole server.
pub fn router(app: SharedApp) -> Router {
    let console = console()
        .split_for_parts()
        .0
        .route("/api/openapi.json", get(health::openapi))
        .method_not_allowed_fallback(middleware::method_not_allowed)
        .layer(from_fn_with_state(app.clone(), middleware::same_origin));
    Router::new()
        .merge(console)
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
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
    } else if path == "/api" || path.starts_with("/api/") {
        ApiError::NotFound.into_response()
    } else {
        assets::serve(&app, &request)
    }
}

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Personal access tokens",
    description = "The Console API under /api/ takes browser sessions; the Web API takes bearer tokens."
))]
struct ApiDoc;

/// The description of both surfaces: the Console API from its handlers, the Web API from the policy table.
pub fn openapi(policy: &pat_core::policy::Policy) -> OpenApi {
    let mut api = console().into_openapi();
    health::describe_problems(&mut api);
    web_api::describe::add(&mut api, policy);
    api
}
