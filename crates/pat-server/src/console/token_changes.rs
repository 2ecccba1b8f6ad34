//! `/api/admin/tokens/changes`: the same done to many tokens, in the background.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pat_core::wire::{ChangeTokens, Preview, TokenChange, TokenChangeList, TokenTarget};
use uuid::Uuid;

use crate::app::SharedApp;
use crate::change::token_changes as change;
use crate::error::ApiError;
use crate::extract::{Admin, Id, Json};
use crate::store::token_changes;

/// Count the live tokens that a change would touch, and show some.
#[utoipa::path(post, path = "/api/admin/tokens/preview", tag = "admin", request_body = TokenTarget, responses((status = 200, body = Preview)))]
pub async fn preview(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Json(request): Json<TokenTarget>,
) -> Result<JsonBody<Preview>, ApiError> {
    let target = change::target(&app.policy, &request)?;
    Ok(JsonBody(change::preview(&app, caller.session.account_id(), &target).await?))
}

/// Revoke, pause or resume many tokens. Goes on in the background.
#[utoipa::path(post, path = "/api/admin/tokens/changes", tag = "admin", request_body = ChangeTokens,
    responses((status = 202, body = TokenChange)))]
pub async fn begin(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Json(request): Json<ChangeTokens>,
) -> Result<(StatusCode, JsonBody<TokenChange>), ApiError> {
    let begun = change::begin(&app, caller.asker(), &request).await?;
    change::spawn(&app, begun.id);
    Ok((StatusCode::ACCEPTED, JsonBody(begun)))
}

/// List the last hundred changes, newest first.
#[utoipa::path(get, path = "/api/admin/tokens/changes", tag = "admin", responses((status = 200, body = TokenChangeList)))]
pub async fn list(State(app): State<SharedApp>, Admin(caller): Admin) -> Result<JsonBody<TokenChangeList>, ApiError> {
    let stored = token_changes::list(&mut *app.store.conn().await?, caller.session.account_id()).await?;
    Ok(JsonBody(TokenChangeList { changes: stored.iter().map(token_changes::StoredChange::view).collect::<Result<_, _>>()? }))
}

/// See how far a change is.
#[utoipa::path(get, path = "/api/admin/tokens/changes/{id}", tag = "admin", params(("id" = Uuid, Path)),
    responses((status = 200, body = TokenChange)))]
pub async fn read(State(app): State<SharedApp>, Admin(caller): Admin, Id(id): Id<Uuid>) -> Result<JsonBody<TokenChange>, ApiError> {
    let stored = token_changes::find(&mut *app.store.conn().await?, caller.session.account_id(), id).await?;
    Ok(JsonBody(stored.ok_or(ApiError::NotFound)?.view()?))
}

/// Stop a change. What was done stays done; one that has ended stays as it is.
#[utoipa::path(post, path = "/api/admin/tokens/changes/{id}/stop", tag = "admin", params(("id" = Uuid, Path)),
    responses((status = 200, body = TokenChange)))]
pub async fn stop(State(app): State<SharedApp>, Admin(caller): Admin, Id(id): Id<Uuid>) -> Result<JsonBody<TokenChange>, ApiError> {
    Ok(JsonBody(change::stop(&app, caller.asker(), id).await?))
}
