//! Scopes that a token holds and doesn't need, as far as the record of its calls tells.

use std::collections::HashMap;

use axum::extract::State;
use pat_core::id::{AccountId, TokenId};
use pat_core::policy::Policy;
use pat_core::scope::ScopeSet;
use pat_core::unused::{self, needed};
use pat_core::wire::{UnusedScope, UnusedScopes};

use crate::app::{App, SharedApp};
use crate::error::ApiError;
use crate::extract::{Admin, Caller, Id};
use crate::store::tokens::TokenRow;
use crate::store::{self, Conn, StoreError, audit, tokens};

/// Calls that are read first. They show that most tokens need all that they have.
const LAST_CALLS: i64 = 1_000;

/// Scopes that one of one's own tokens doesn't need.
#[utoipa::path(get, path = "/api/personal-access-tokens/{id}/unused-scopes", tag = "personal access tokens",
    params(("id" = TokenId, Path)), responses((status = 200, body = UnusedScopes)))]
pub async fn own(State(app): State<SharedApp>, caller: Caller, Id(id): Id<TokenId>) -> Result<axum::Json<UnusedScopes>, ApiError> {
    let (account, owner) = (caller.session.account_id(), caller.session.user_id());
    let mut conn = app.store.conn().await?;
    let found = tokens::find(&mut conn, account, id).await?;
    let token = found.filter(|row| row.owner_id() == Some(owner)).ok_or(ApiError::NotFound)?;
    Ok(axum::Json(describe(&app, &mut conn, account, &token).await?))
}

/// Scopes that anybody's token of the account doesn't need.
#[utoipa::path(get, path = "/api/admin/tokens/{id}/unused-scopes", tag = "admin", params(("id" = TokenId, Path)),
    responses((status = 200, body = UnusedScopes)))]
pub async fn of_any(State(app): State<SharedApp>, Admin(caller): Admin, Id(id): Id<TokenId>) -> Result<axum::Json<UnusedScopes>, ApiError> {
    let account = caller.session.account_id();
    let mut conn = app.store.conn().await?;
    let token = tokens::find_any(&mut conn, account, id).await?.ok_or(ApiError::NotFound)?;
    Ok(axum::Json(describe(&app, &mut conn, account, &token).await?))
}

async fn describe(app: &App, conn: &mut Conn, account: AccountId, token: &TokenRow) -> Result<UnusedScopes, StoreError> {
    let policy = &app.policy;
    let granted = token.granted(policy).known;
    let now = store::now(conn).await?;
    let mut scopes = Vec::new();
    // Where nobody knows what a call needed, nothing is named.
    let needed = needed_scopes(conn, policy, token, granted).await?;
    if let Some(needed) = needed.filter(|needed| !granted.is_subset(*needed)) {
        let added: HashMap<String, _> = audit::scopes_added(conn, account, token.id()).await?.into_iter().collect();
        let name = |scope| policy.rows(ScopeSet::from_iter([scope])).next().map(|row| row.name.clone());
        let since = |scope| name(scope).and_then(|name| added.get(&name).copied()).unwrap_or(token.created_at());
        let unused = unused::unused(granted, needed, since, now);
        scopes = unused.into_iter().filter_map(|(scope, granted_at)| Some(UnusedScope { scope: name(scope)?, granted_at })).collect();
    }
    Ok(UnusedScopes { scopes, days: unused::DAYS })
}

/// What the token's calls needed. Its last ones are enough if they needed all that was granted.
async fn needed_scopes(conn: &mut Conn, policy: &Policy, token: &TokenRow, granted: ScopeSet) -> Result<Option<ScopeSet>, StoreError> {
    let last = audit::web_api_methods(conn, token.id(), token.created_at(), Some(LAST_CALLS)).await?;
    match needed(policy, last) {
        Some(scopes) if !granted.is_subset(scopes) => {
            Ok(needed(policy, audit::web_api_methods(conn, token.id(), token.created_at(), None).await?))
        }
        known => Ok(known),
    }
}
