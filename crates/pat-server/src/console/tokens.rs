//! `/api/personal-access-tokens`: the caller's own.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pat_core::id::TokenId;
use pat_core::token::{TokenStatus, Version};
use pat_core::wire::{CreateToken, CreatedToken, EditToken, Pause, PersonalAccessToken, RevokedAll, TokenList};
use serde::Deserialize;

use crate::app::SharedApp;
use crate::change;
use crate::error::ApiError;
use crate::extract::{Caller, Id, Json, Query};
use crate::store::{self, settings, tokens};

/// The filter of the list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only tokens with this status.
    status: Option<TokenStatus>,
}

/// List one's own tokens, newest first.
#[utoipa::path(get, path = "/api/personal-access-tokens", tag = "personal access tokens", params(ListQuery),
    responses((status = 200, body = TokenList)))]
pub async fn list(State(app): State<SharedApp>, caller: Caller, Query(query): Query<ListQuery>) -> Result<axum::Json<TokenList>, ApiError> {
    let session = &caller.session;
    let mut conn = app.store.conn().await?;
    let account = settings::find(&mut conn, session.account_id()).await?;
    let now = store::now(&mut conn).await?;
    let rows = tokens::of_user(&mut conn, session.account_id(), session.user_id()).await?;
    let views = rows.iter().map(|row| row.view(&app.policy, &account, now));
    let personal_access_tokens = views.filter(|view| query.status.is_none_or(|status| view.status == status)).collect();
    Ok(axum::Json(TokenList { personal_access_tokens }))
}

/// Create a token. The answer is the only one that holds the secret.
#[utoipa::path(post, path = "/api/personal-access-tokens", tag = "personal access tokens", request_body = CreateToken,
    responses((status = 201, body = CreatedToken)))]
pub async fn create(State(app): State<SharedApp>, caller: Caller, Json(request): Json<CreateToken>) -> Result<Response, ApiError> {
    let created = change::tokens::mint(&app, caller.asker(), caller.session.user_id(), &request).await?;
    let etag = etag(created.personal_access_token.version);
    Ok((StatusCode::CREATED, [(header::ETAG, etag)], axum::Json(created)).into_response())
}

/// Read one of one's own tokens.
#[utoipa::path(get, path = "/api/personal-access-tokens/{id}", tag = "personal access tokens", params(("id" = TokenId, Path)),
    responses((status = 200, body = PersonalAccessToken)))]
pub async fn read(State(app): State<SharedApp>, caller: Caller, Id(id): Id<TokenId>) -> Result<Response, ApiError> {
    let session = &caller.session;
    let mut conn = app.store.conn().await?;
    let found = tokens::find(&mut conn, session.account_id(), id).await?;
    let row = found.filter(|row| row.owner_id() == Some(session.user_id())).ok_or(ApiError::NotFound)?;
    let account = settings::find(&mut conn, session.account_id()).await?;
    let now = store::now(&mut conn).await?;
    Ok(versioned(row.view(&app.policy, &account, now)))
}

/// Edit name and scopes. `If-Match` carries the version that was read.
#[utoipa::path(patch, path = "/api/personal-access-tokens/{id}", tag = "personal access tokens", request_body = EditToken,
    params(("id" = TokenId, Path), ("If-Match" = String, Header, description = "The token's version, in quotes")),
    responses((status = 200, body = PersonalAccessToken)))]
pub async fn edit(
    State(app): State<SharedApp>,
    caller: Caller,
    Id(id): Id<TokenId>,
    headers: HeaderMap,
    Json(request): Json<EditToken>,
) -> Result<Response, ApiError> {
    let seen = if_match(&headers)?;
    let token = change::tokens::edit(&app, caller.asker(), caller.session.user_id(), id, seen, &request).await?;
    Ok(versioned(token))
}

/// Revoke all of one's own tokens at once.
#[utoipa::path(delete, path = "/api/personal-access-tokens", tag = "personal access tokens", responses((status = 200, body = RevokedAll)))]
pub async fn delete_all(State(app): State<SharedApp>, caller: Caller) -> Result<axum::Json<RevokedAll>, ApiError> {
    Ok(axum::Json(change::tokens::delete_all(&app, caller.asker(), caller.session.user_id()).await?))
}

/// Pause one of one's own tokens until an instant, at most 30 days ahead. It refuses until then, and works again by itself.
#[utoipa::path(post, path = "/api/personal-access-tokens/{id}/pause", tag = "personal access tokens", request_body = Pause,
    params(("id" = TokenId, Path)), responses((status = 200, body = PersonalAccessToken)))]
pub async fn pause(
    State(app): State<SharedApp>,
    caller: Caller,
    Id(id): Id<TokenId>,
    Json(request): Json<Pause>,
) -> Result<Response, ApiError> {
    Ok(versioned(change::pauses::pause(&app, caller.asker(), id, &request).await?))
}

/// End the pause of one of one's own tokens now.
#[utoipa::path(delete, path = "/api/personal-access-tokens/{id}/pause", tag = "personal access tokens", params(("id" = TokenId, Path)),
    responses((status = 200, body = PersonalAccessToken)))]
pub async fn resume(State(app): State<SharedApp>, caller: Caller, Id(id): Id<TokenId>) -> Result<Response, ApiError> {
    Ok(versioned(change::pauses::resume(&app, caller.asker(), id).await?))
}

/// Delete a token, which revokes it at once, on every server. Deleting a dead one is a success, too.
#[utoipa::path(delete, path = "/api/personal-access-tokens/{id}", tag = "personal access tokens", params(("id" = TokenId, Path)),
    responses((status = 204)))]
pub async fn delete(State(app): State<SharedApp>, caller: Caller, Id(id): Id<TokenId>) -> Result<StatusCode, ApiError> {
    change::tokens::delete(&app, caller.asker(), caller.session.user_id(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The version in `If-Match`: `"3"`, or 3. Something that isn't one is no token's version, and the edit will be stale.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Version, ApiError> {
    let value = headers.get(header::IF_MATCH).ok_or(ApiError::PreconditionRequired)?;
    let text = value.to_str().unwrap_or_default().trim();
    let number = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    Ok(Version(number.parse().unwrap_or_default()))
}

pub(super) fn versioned(token: PersonalAccessToken) -> Response {
    ([(header::ETAG, etag(token.version))], axum::Json(token)).into_response()
}

pub(super) fn etag(version: Version) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{}\"", version.0)).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}
