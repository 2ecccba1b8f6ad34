//! `/api/admin/tokens`: everyone's and the organization's, for workspace admins.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use pat_core::id::TokenId;
use pat_core::inventory::{Conditions, Sort};
use pat_core::wire::{AdminRevoke, AdminToken, AdminTokenList, FieldCode, Pause};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::inventory_query::InventoryQuery;
use crate::app::{App, SharedApp};
use crate::change;
use crate::cursor;
use crate::error::ApiError;
use crate::extract::{Admin, Id, Json, Query};
use crate::store::sessions::SignedIn;
use crate::store::tokens::{Position, Search, Target, TokenRow};
use crate::store::{self, settings, tokens};

const PAGE: usize = 50;

/// A cursor: behind which token, in which order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    sort: Sort,
    #[serde(with = "pat_core::instant::optional")]
    at: Option<Timestamp>,
    id: TokenId,
}

impl Place {
    fn behind(row: &TokenRow, sort: Sort) -> Self {
        let Position { at, id } = Position::behind(row, sort);
        Self { sort, at, id }
    }

    /// The position in a cursor, if it is one of this order.
    fn read(cursor: &str, sort: Sort) -> Result<Position, ApiError> {
        let is_of = |place: &Self| place.sort == sort && (place.at.is_some() || matches!(sort, Sort::Expires | Sort::LastUsed));
        let place = cursor::decode(cursor).filter(is_of).ok_or_else(|| ApiError::field("cursor", FieldCode::Invalid))?;
        Ok(Position { at: place.at, id: place.id })
    }
}

/// List the account's tokens with their owners.
#[utoipa::path(get, path = "/api/admin/tokens", tag = "admin", params(InventoryQuery), responses((status = 200, body = AdminTokenList)))]
pub async fn list(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Query(query): Query<InventoryQuery>,
) -> Result<JsonBody<AdminTokenList>, ApiError> {
    let (conditions, sort, cursor) = query.list(&app.policy)?;
    Ok(JsonBody(page(&app, &caller.session, conditions, sort, cursor.as_deref()).await?))
}

/// A page of the account's tokens under some conditions.
pub(super) async fn page(
    app: &App,
    session: &SignedIn,
    conditions: Conditions,
    sort: Sort,
    cursor: Option<&str>,
) -> Result<AdminTokenList, ApiError> {
    let after = cursor.map(|cursor| Place::read(cursor, sort)).transpose()?;
    let mut conn = app.store.conn().await?;
    let (account, now) = (session.account_id(), session.read_at());
    let settings = settings::find(&mut conn, account).await?;
    let search = Search { account, target: &Target::Matching(conditions), is_live: false, issued_before: None, now };
    // One more than a page shows whether there is another.
    let mut rows = tokens::page(&mut conn, &search, sort, after, PAGE + 1).await?;
    let has_more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next_cursor = rows.last().filter(|_| has_more).map(|row| cursor::encode(&json!(Place::behind(row, sort))));
    Ok(AdminTokenList { tokens: rows.iter().map(|row| row.admin_view(&app.policy, &settings, now)).collect(), next_cursor })
}

/// Read any token of the account.
#[utoipa::path(get, path = "/api/admin/tokens/{id}", tag = "admin", params(("id" = TokenId, Path)),
    responses((status = 200, body = AdminToken)))]
pub async fn read(State(app): State<SharedApp>, Admin(caller): Admin, Id(id): Id<TokenId>) -> Result<JsonBody<AdminToken>, ApiError> {
    let mut conn = app.store.conn().await?;
    let account = caller.session.account_id();
    let row = tokens::find_any(&mut conn, account, id).await?.ok_or(ApiError::NotFound)?;
    let settings = settings::find(&mut conn, account).await?;
    let now = store::now(&mut conn).await?;
    Ok(JsonBody(row.admin_view(&app.policy, &settings, now)))
}

/// Revoke any token of the account. Its owner sees the reason.
#[utoipa::path(delete, path = "/api/admin/tokens/{id}", tag = "admin", request_body = AdminRevoke, params(("id" = TokenId, Path)),
    responses((status = 204)))]
pub async fn delete(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Id(id): Id<TokenId>,
    Json(request): Json<AdminRevoke>,
) -> Result<StatusCode, ApiError> {
    change::tokens::admin_delete(&app, caller.asker(), id, None, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pause any token of the account until an instant, at most 30 days ahead. Another pause is replaced.
#[utoipa::path(post, path = "/api/admin/tokens/{id}/pause", tag = "admin", request_body = Pause, params(("id" = TokenId, Path)),
    responses((status = 200, body = AdminToken)))]
pub async fn pause(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Id(id): Id<TokenId>,
    Json(request): Json<Pause>,
) -> Result<JsonBody<AdminToken>, ApiError> {
    Ok(JsonBody(change::pauses::admin_pause(&app, caller.asker(), id, &request).await?))
}

/// End any token's pause now.
#[utoipa::path(delete, path = "/api/admin/tokens/{id}/pause", tag = "admin", params(("id" = TokenId, Path)),
    responses((status = 200, body = AdminToken)))]
pub async fn resume(State(app): State<SharedApp>, Admin(caller): Admin, Id(id): Id<TokenId>) -> Result<JsonBody<AdminToken>, ApiError> {
    Ok(JsonBody(change::pauses::admin_resume(&app, caller.asker(), id).await?))
}
