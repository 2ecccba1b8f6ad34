//! `/api/admin/organization-tokens`: tokens of the account itself (P12).

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pat_core::id::TokenId;
use pat_core::inventory::{Conditions, Sort};
use pat_core::token::TokenKind;
use pat_core::wire::{
    AdminRevoke, AdminTokenList, CreateToken, CreatedOrganizationToken, EditToken, OrganizationTokenList, PersonalAccessToken,
};

use super::tokens::{etag, if_match, versioned};
use super::{PageQuery, admin_tokens};
use crate::app::SharedApp;
use crate::change;
use crate::error::ApiError;
use crate::extract::{Admin, Id, Json, Query};
use crate::store::{self, settings, tokens};

/// List the account's organization tokens, newest first.
#[utoipa::path(get, path = "/api/admin/organization-tokens", tag = "admin", params(PageQuery),
    responses((status = 200, body = OrganizationTokenList)))]
pub async fn list(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<OrganizationTokenList>, ApiError> {
    let conditions = Conditions { kind: Some(TokenKind::Organization), ..Conditions::default() };
    let AdminTokenList { tokens, next_cursor } =
        admin_tokens::page(&app, &caller.session, conditions, Sort::Created, query.cursor.as_deref()).await?;
    Ok(axum::Json(OrganizationTokenList { organization_tokens: tokens.into_iter().map(|row| row.token).collect(), next_cursor }))
}

/// Create an organization token. The answer is the only one that holds the secret.
#[utoipa::path(post, path = "/api/admin/organization-tokens", tag = "admin", request_body = CreateToken,
    responses((status = 201, body = CreatedOrganizationToken)))]
pub async fn create(State(app): State<SharedApp>, Admin(caller): Admin, Json(request): Json<CreateToken>) -> Result<Response, ApiError> {
    let created = change::organization_tokens::mint(&app, caller.asker(), &request).await?;
    let etag = etag(created.organization_token.version);
    Ok((StatusCode::CREATED, [(header::ETAG, etag)], axum::Json(created)).into_response())
}

/// Read an organization token.
#[utoipa::path(get, path = "/api/admin/organization-tokens/{id}", tag = "admin", params(("id" = TokenId, Path)),
    responses((status = 200, body = PersonalAccessToken)))]
pub async fn read(State(app): State<SharedApp>, Admin(caller): Admin, Id(id): Id<TokenId>) -> Result<Response, ApiError> {
    let account = caller.session.account_id();
    let mut conn = app.store.conn().await?;
    let row = tokens::find_organization(&mut conn, account, id).await?.ok_or(ApiError::NotFound)?;
    let settings = settings::find(&mut conn, account).await?;
    let now = store::now(&mut conn).await?;
    Ok(versioned(row.view(&app.policy, &settings, now)))
}

/// Edit name and scopes. `If-Match` carries the version that was read.
#[utoipa::path(patch, path = "/api/admin/organization-tokens/{id}", tag = "admin", request_body = EditToken,
    params(("id" = TokenId, Path), ("If-Match" = String, Header, description = "The token's version, in quotes")),
    responses((status = 200, body = PersonalAccessToken)))]
pub async fn edit(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Id(id): Id<TokenId>,
    headers: HeaderMap,
    Json(request): Json<EditToken>,
) -> Result<Response, ApiError> {
    let seen = if_match(&headers)?;
    Ok(versioned(change::organization_tokens::edit(&app, caller.asker(), id, seen, &request).await?))
}

/// Revoke an organization token, at once, on every server. Revoking a dead one is a success, too.
#[utoipa::path(delete, path = "/api/admin/organization-tokens/{id}", tag = "admin", request_body = AdminRevoke,
    params(("id" = TokenId, Path)), responses((status = 204)))]
pub async fn delete(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Id(id): Id<TokenId>,
    Json(request): Json<AdminRevoke>,
) -> Result<StatusCode, ApiError> {
    change::organization_tokens::revoke(&app, caller.asker(), id, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}
