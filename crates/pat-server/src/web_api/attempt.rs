//! Decide → work → prove (design section 6). Nothing else in the server turns a token into an answer.
//!
//! Each attempt is one transaction: read the principal, decide, work, and insert the audit row, which goes in only if what was
//! decided on still stands. If it doesn't, the attempt is taken back and made again; the last one takes the locks of a change.

use diesel_async::AsyncConnection as _;
use pat_core::audit::{EventType, Outcome};
use pat_core::id::{AccountId, UserId};
use pat_core::policy::{Method, Verb};
use pat_core::secret::TokenSecret;
use pat_core::token::TokenStatus;
use pat_core::verify::{self, Decision, Refusal};
use serde_json::{Value, json};

use super::{Call, RawArguments, Reply, WebApiError};
use crate::app::{App, SharedApp};
use crate::client::Client;
use crate::routes;
use crate::store::audit::{self, NewEvent};
use crate::store::principals::{self, Principal};
use crate::store::{Conn, Reach, StoreError, Transaction, tokens};

/// Attempts without locks.
const FREE_ATTEMPTS: usize = 3;

/// Answers a call with a well-formed token.
pub async fn run(
    app: &SharedApp,
    client: &Client,
    method: &Method,
    secret: &TokenSecret,
    raw: RawArguments<'_>,
) -> Result<Reply, WebApiError> {
    let digest = secret.digest();
    let mut holder = None;
    for attempt in 0..=FREE_ATTEMPTS {
        let locks = if attempt == FREE_ATTEMPTS { holder } else { None };
        let mut tx = begin(app, locks).await?;
        let Some(principal) = principals::find(&mut tx, &app.policy, &digest).await? else {
            tx.rollback().await?;
            return Err(unknown(app, client));
        };
        holder = Some((principal.account_id, principal.user.as_ref().map(|user| user.id)));
        let (answer, window) = match verify::decide(&principal.standing, method, principal.now) {
            Decision::Dead(status) => return dead(app, client, method, &principal, status, tx).await,
            Decision::Refused(refusal, window) => (Err(refused(app, method, refusal)), window),
            Decision::Allowed(window) => (work(app, method, &principal, raw, &mut tx).await, window),
        };
        // The transaction is broken: dropping it closes the connection. There is no answer that could need a row.
        if let Err(WebApiError::Store(_) | WebApiError::Defect(_)) = answer {
            return answer;
        }
        let event = event(client, method, &principal, &answer);
        if audit::insert_proved(&mut tx, &event, &principal.proof(window)).await? {
            tx.commit().await?;
            // A token that a setting refuses stays as unused as it is.
            if !matches!(answer, Err(WebApiError::RefusedBy(_))) {
                note_use(app, client, &principal);
            }
            return answer;
        }
        tx.rollback().await?;
    }
    Err(StoreError::Unavailable("the token's rights changed during every attempt".into()).into())
}

async fn begin(app: &App, locks: Option<(AccountId, Option<UserId>)>) -> Result<Transaction, StoreError> {
    match locks {
        None => app.store.begin().await,
        Some((account, Some(user))) => app.store.begin_change(account, Reach::User(user)).await,
        Some((account, None)) => app.store.begin_change(account, Reach::Account).await,
    }
}

/// Runs the handler. A writing one gets a savepoint, so that a refusal takes its writes back but keeps its row.
async fn work(app: &App, method: &Method, principal: &Principal, raw: RawArguments<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let arguments = raw.parse()?;
    let call = Call { principal, arguments: &arguments, policy: &app.policy };
    if method.verb == Verb::Get {
        routes::call(&method.name, call, conn).await
    } else {
        conn.transaction(async |conn| routes::call(&method.name, call, conn).await).await
    }
}

fn refused(app: &App, method: &Method, refusal: Refusal) -> WebApiError {
    match refusal {
        Refusal::Paused => WebApiError::InvalidAuth,
        Refusal::Setting(rule) => WebApiError::RefusedBy(rule),
        Refusal::WrongKind => WebApiError::WrongTokenKind,
        Refusal::MissingScopes(missing) => {
            WebApiError::MissingScopes { missing: app.policy.scope_names(missing), needed: app.policy.scope_names(method.scopes) }
        }
    }
}

/// No row: anybody can make such tokens by the million. They are counted by address, and only such tokens are ever refused for
/// it: a valid one works from an address that floods, too.
fn unknown(app: &App, client: &Client) -> WebApiError {
    let too_many = app.look_up_failures.count(client.network());
    tracing::debug!(ip = ?client.ip, request_id = %client.request_id, "unknown token");
    too_many.map_or(WebApiError::InvalidAuth, WebApiError::RateLimited)
}

/// Dead tokens stay dead: no proof, and not a row for each refusal.
async fn dead(
    app: &App,
    client: &Client,
    method: &Method,
    principal: &Principal,
    status: TokenStatus,
    mut tx: Transaction,
) -> Result<Reply, WebApiError> {
    let Some(since) = app.dead_tokens.refused(principal.token_id, principal.now) else {
        tx.rollback().await?;
        return Err(WebApiError::InvalidAuth);
    };
    let mut event = event(client, method, principal, &Err(WebApiError::InvalidAuth));
    event.context = json!({ "token_status": status, "refusals_since_last_row": since });
    let recorded = async {
        audit::insert(&mut tx, &event).await?;
        tx.commit().await
    };
    match recorded.await {
        Ok(()) => Err(WebApiError::InvalidAuth),
        Err(error) => {
            app.dead_tokens.forget(principal.token_id);
            Err(error.into())
        }
    }
}

fn event<'a>(client: &'a Client, method: &'a Method, principal: &'a Principal, answer: &Result<Reply, WebApiError>) -> NewEvent<'a> {
    let refusal = answer.as_ref().err();
    let context = match refusal {
        Some(WebApiError::MissingScopes { missing, .. }) => json!({ "missing_scopes": missing }),
        Some(WebApiError::RefusedBy(rule)) => json!({ "refused_by": rule }),
        Some(WebApiError::Arguments(problems)) => {
            json!({ "arguments": problems.iter().take(20).map(|(name, _)| name).collect::<Vec<_>>() })
        }
        _ => Value::Object(Reply::new()),
    };
    NewEvent {
        account_id: principal.account_id,
        event_type: EventType::WebApiCalled,
        outcome: if refusal.is_some() { Outcome::Refused } else { Outcome::Succeeded },
        reason: refusal.map(WebApiError::code),
        user: principal.event_user(),
        token: Some((principal.token_id, &principal.token_name)),
        method: Some(&method.name),
        context,
        session_id: None,
        client,
    }
}

/// Notes the last use, at most once a minute a token, in a transaction of its own. The answer doesn't wait for it.
fn note_use(app: &SharedApp, client: &Client, principal: &Principal) {
    let (account, token) = (principal.account_id, principal.token_id);
    if app.noted_uses.contains_key(&token) {
        return;
    }
    app.noted_uses.insert(token, ());
    let (app, client) = (app.clone(), client.clone());
    tokio::spawn(async move {
        let noted = async { tokens::note_use(&mut *app.store.conn().await?, account, token, &client).await };
        if let Err(error) = noted.await {
            app.noted_uses.invalidate(&token);
            tracing::warn!(%error, token_id = %token, "the last use was not noted");
        }
    });
}
