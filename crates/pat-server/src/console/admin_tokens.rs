//! `/api/admin/tokens`: everyone's, for workspace admins.

use axum::extract::State;
use axum::http::StatusCode;
use pat_core::id::TokenId;
use pat_core::wire::{AdminRevoke, AdminToken, AdminTokenList, FieldCode};
use serde::Deserialize;

use crate::app::SharedApp;
use crate::change;
use crate::error::ApiError;
use crate::extract::{Admin, Id, Json, Query};
use crate::store::{self, settings, tokens};

const PAGE: usize = 100;

/// Where a page of the list begins.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct ListQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List everyone's tokens with their owners, newest first.
#[utoipa::path(get, path = "/api/admin/tokens", tag = "admin", params(ListQuery), responses((status = 200, body = AdminTokenList)))]
pub async fn list(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<AdminTokenList>, ApiError> {
    let parse = |text: String| text.parse::<TokenId>().ok().ok_or_else(|| ApiError::field("cursor", FieldCode::Invalid));
    let cursor = query.cursor.map(parse).transpose()?;
    let mut conn = app.store.conn().await?;
    let account = caller.session.account_id();
    let settings = settings::find(&mut conn, account).await?;
    let now = store::now(&mut conn).await?;
    // One more than a page shows whether there is another.
    let mut rows = tokens::of_account(&mut conn, account, cursor, i64::try_from(PAGE + 1).unwrap_or(i64::MAX)).await?;
    let has_more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next_cursor = rows.last().filter(|_| has_more).map(|row| row.id().to_string());
    let view = |row: &tokens::TokenRow| AdminToken { token: row.view(&app.policy, &settings, now), kind: row.kind(), owner: row.owner() };
    Ok(axum::Json(AdminTokenList { tokens: rows.iter().map(view).collect(), next_cursor }))
}

/// Revoke anybody's token. The owner sees the reason.
#[utoipa::path(delete, path = "/api/admin/tokens/{id}", tag = "admin", request_body = AdminRevoke, params(("id" = TokenId, Path)),
    responses((status = 204)))]
pub async fn delete(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Id(id): Id<TokenId>,
    Json(request): Json<AdminRevoke>,
) -> Result<StatusCode, ApiError> {
    change::tokens::admin_delete(&app, caller.asker(), id, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}
