//! Changes of authority, each in one transaction: lock, read, let `pat-core` decide, write, record (design section 6).
//!
//! The Console API and the command line call these; nothing else writes users, roles, tokens or settings.

pub mod accounts;
pub mod cli_sign_ins;
pub mod organization_tokens;
pub mod passwords;
pub mod pauses;
pub mod people;
pub mod revocation;
pub mod roles;
pub mod settings;
pub mod sign_in;
pub mod token_changes;
pub mod tokens;

use axum::http::Method;
use pat_core::audit::{EventType, Outcome};
use pat_core::id::{AccountId, SessionId, TokenId};
use pat_core::people::is_workspace_admin;
use serde_json::{Value, json};

use crate::app::App;
use crate::client::Client;
use crate::error::ApiError;
use crate::store::audit::{self, NewEvent};
use crate::store::sessions::{self, SignedIn};
use crate::store::{Reach, Store, Transaction};

/// Who asks for a change: a session, which is read again under the locks.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// Their account.
    pub account_id: AccountId,
    /// Their session.
    pub session_id: SessionId,
    /// Their request.
    pub client: &'a Client,
}

impl<'a> Asker<'a> {
    /// Who is signed in, and asks.
    pub fn new(session: &SignedIn, client: &'a Client) -> Self {
        Self { account_id: session.account_id(), session_id: session.session_id(), client }
    }

    /// Takes the locks, then reads who asks.
    async fn begin(self, store: &Store, reach: Reach) -> Result<(Transaction, SignedIn), ApiError> {
        let mut tx = store.begin_change(self.account_id, reach).await?;
        if let Some(actor) = sessions::find(&mut tx, self.session_id).await? {
            return Ok((tx, actor));
        }
        tx.rollback().await?;
        Err(ApiError::NotSignedIn)
    }

    /// Writes the record of what was done or refused, and commits both together. The work must not have written anything
    /// where it was refused.
    async fn conclude<T>(self, mut tx: Transaction, actor: &SignedIn, record: Record, work: Result<T, ApiError>) -> Result<T, ApiError> {
        // The transaction is broken or its state unknown: dropping it closes the connection.
        if let Err(ApiError::Store(_) | ApiError::Defect(_)) = work {
            return work;
        }
        record.write(&mut tx, actor, self.client, work.as_ref().err()).await?;
        tx.commit().await?;
        work
    }
}

/// Refused fields that a row names.
const MAX_RECORDED_ERRORS: usize = 20;

fn require_admin(actor: &SignedIn) -> Result<(), ApiError> {
    if is_workspace_admin(&actor.roles) { Ok(()) } else { Err(ApiError::Forbidden) }
}

/// What widens authority asks for a fresh sign-in. Ask last: a request that is refused anyway is no reason to type a password.
fn require_fresh(actor: &SignedIn) -> Result<(), ApiError> {
    if actor.is_fresh() { Ok(()) } else { Err(ApiError::FreshSignInRequired) }
}

/// Records that somebody who is no workspace admin asked for a change that only workspace admins may make.
pub async fn record_forbidden(app: &App, actor: &SignedIn, client: &Client, method: &Method, path: &str) -> Result<(), ApiError> {
    let mut record = Record::new(EventType::AdminRefused);
    record.context = json!({ "request": format!("{method} {path}") });
    Ok(audit::insert_alone(&app.store, record.event(actor, client, Some(&ApiError::Forbidden))).await?)
}

/// What the log says of a change; the work fills in what it learns.
struct Record {
    event_type: EventType,
    token: Option<(TokenId, String)>,
    context: Value,
}

impl Record {
    fn new(event_type: EventType) -> Self {
        Self { event_type, token: None, context: json!({}) }
    }

    async fn write(&self, tx: &mut Transaction, actor: &SignedIn, client: &Client, refusal: Option<&ApiError>) -> Result<(), ApiError> {
        Ok(audit::insert(tx, self.event(actor, client, refusal)).await?)
    }

    fn event<'a>(&'a self, actor: &'a SignedIn, client: &'a Client, refusal: Option<&ApiError>) -> NewEvent<'a> {
        let mut context = self.context.clone();
        if let (Some(ApiError::Invalid(errors)), Some(context)) = (refusal, context.as_object_mut()) {
            let errors = errors
                .iter()
                .take(MAX_RECORDED_ERRORS)
                .map(|error| json!({ "field": error.field, "code": error.code, "scope": error.scope }));
            context.insert("errors".into(), errors.collect());
        }
        NewEvent {
            account_id: actor.account_id(),
            event_type: self.event_type,
            outcome: if refusal.is_some() { Outcome::Refused } else { Outcome::Succeeded },
            reason: refusal.map(ApiError::code),
            user: Some(actor.event_user()),
            token: self.token.as_ref().map(|(id, name)| (*id, name.as_str())),
            method: None,
            context,
            session_id: Some(actor.session_id()),
            client,
        }
    }
}
