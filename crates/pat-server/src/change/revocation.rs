//! Revoking by secret (RFC 7009): whoever holds one may end it, and so may an organization token of its account.

use pat_core::audit::{EventType, Outcome};
use pat_core::people::{ReasonCode, RevokeReason};
use pat_core::policy::Method;
use pat_core::secret::TokenSecret;
use pat_core::token::TokenKind;
use pat_core::verify::{self, Decision};
use pat_core::wire::FieldError;
use serde_json::json;

use crate::app::App;
use crate::client::Client;
use crate::store::audit::{self, NewEvent};
use crate::store::principals::{self, Principal};
use crate::store::{self, Conn, Reach, StoreError, tokens};
use crate::web_api::WebApiError;

/// An organization token that asks, and the method that it asks for.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The caller's own token.
    pub secret: &'a TokenSecret,
    /// The row that says what it needs.
    pub method: &'a Method,
}

/// Revokes a token. One that is dead, unknown or, for a caller, of another account stays as it is, and nothing tells which.
///
/// # Errors
/// The caller may no more; too many unknown tokens; the database.
pub async fn revoke(app: &App, client: &Client, secret: &TokenSecret, by: Option<Caller<'_>>) -> Result<(), WebApiError> {
    let digest = secret.digest();
    let found = principals::find(&mut *app.store.conn().await?, &app.policy, &digest).await?;
    let Some(found) = found else {
        return app.look_up_failures.count(client.network()).map_or(Ok(()), |wait| Err(WebApiError::RateLimited(wait)));
    };
    // A token's holder never changes, so it may be read before the locks that it names.
    let reach = found.user.as_ref().map_or(Reach::Account, |user| Reach::User(user.id));
    let mut tx = app.store.begin_change(found.account_id, reach).await?;
    let target = principals::find(&mut tx, &app.policy, &digest).await?;
    let target = target.ok_or_else(|| StoreError::inconsistent(format!("token {} is gone", found.token_id)))?;
    let caller = match by {
        Some(by) => match decide_again(app, &mut tx, by).await? {
            caller if caller.account_id == target.account_id => Some(caller),
            _ => return Ok(tx.rollback().await?),
        },
        None => None,
    };
    if target.standing.lifecycle.status(store::now(&mut tx).await?).is_dead() {
        return Ok(tx.rollback().await?);
    }
    let reason = reason(caller.as_ref()).map_err(|error| WebApiError::Defect(anyhow::anyhow!("{error:?}")))?;
    tokens::revoke(&mut tx, target.token_id, None, Some(&reason)).await?;
    audit::insert(&mut tx, event(client, &target, caller.as_ref(), &reason)).await?;
    Ok(tx.commit().await?)
}

/// The caller as they stand under the locks. An organization token changes under the account's exclusive lock only.
async fn decide_again(app: &App, conn: &mut Conn, by: Caller<'_>) -> Result<Principal, WebApiError> {
    let caller = principals::find(conn, &app.policy, &by.secret.digest()).await?.ok_or(WebApiError::InvalidAuth)?;
    match verify::decide(&caller.standing, by.method, store::now(conn).await?) {
        Decision::Allowed(_) => Ok(caller),
        Decision::Dead(_) | Decision::Refused(..) => Err(WebApiError::InvalidAuth),
    }
}

/// What the owner reads.
fn reason(caller: Option<&Principal>) -> Result<RevokeReason, FieldError> {
    let note = match caller {
        Some(caller) => format!("The organization token ‘{}’ asked for it.", caller.token_name),
        None => "Whoever held it asked for it.".to_owned(),
    };
    RevokeReason::parse(Some(ReasonCode::Other), Some(&note))
}

fn event<'a>(client: &'a Client, target: &'a Principal, caller: Option<&Principal>, reason: &RevokeReason) -> NewEvent<'a> {
    NewEvent {
        account_id: target.account_id,
        event_type: match target.standing.kind {
            TokenKind::Personal => EventType::TokenDeleted,
            TokenKind::Organization => EventType::OrganizationTokenDeleted,
        },
        outcome: Outcome::Succeeded,
        reason: None,
        // A token acts as its owner, to its last act.
        user: if caller.is_none() { target.event_user() } else { None },
        token: Some((target.token_id, &target.token_name)),
        method: None,
        context: json!({
            "owner_id": target.user.as_ref().map(|user| user.id),
            "reason": reason.code(),
            "note": reason.note(),
            "by": if caller.is_some() { "organization_token" } else { "token" },
            "by_token_id": caller.map(|caller| caller.token_id),
        }),
        session_id: None,
        client,
    }
}
