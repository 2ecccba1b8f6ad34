//! Changes of many tokens: asked for here, run in batches by whichever server is there.

mod run;

use jiff::Timestamp;
use pat_core::audit::{EventType, Outcome};
use pat_core::id::AccountId;
use pat_core::inventory::{Act, Conditions, MAX_RUNNING_CHANGES, MAX_SELECTED, Sort};
use pat_core::people::RevokeReason;
use pat_core::policy::Policy;
use pat_core::wire::{ChangeState, ChangeTokens, FieldCode, FieldError, Preview, TokenChange, TokenTarget};
use serde_json::{Value, json};
use uuid::Uuid;

pub use self::run::{BATCH, Batch, batch, go_on, run, spawn};
use super::{Asker, Record, require_admin, require_fresh};
use crate::app::App;
use crate::client::Client;
use crate::error::ApiError;
use crate::store::audit::{self, NewEvent};
use crate::store::sessions::SignedIn;
use crate::store::token_changes::{self, NewTokenChange, StoredChange};
use crate::store::tokens::{self, Search, Target};
use crate::store::{self, Conn, Reach, Store, StoreError, Transaction, settings};

/// What an operator revokes.
#[derive(Debug)]
pub struct Revocation {
    /// Of this account.
    pub account: AccountId,
    /// Which tokens.
    pub target: Target,
    /// Why; the owners read it.
    pub reason: RevokeReason,
    /// Only those made before this instant.
    pub issued_before: Option<Timestamp>,
}

/// How many tokens a preview shows.
const SAMPLE: usize = 10;

/// Begins a change, for a workspace admin. Whoever calls this lets it [`run()`].
pub async fn begin(app: &App, asker: Asker<'_>, request: &ChangeTokens) -> Result<TokenChange, ApiError> {
    // Counting takes a moment at a million tokens: before the locks.
    let target = target(&app.policy, &request.target).map_err(|error| within("target", error));
    let matched = match &target {
        Ok(target) => matched(&app.store, asker.account_id, target, None).await?,
        Err(_) => 0,
    };
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::TokenChangeStarted);
    let work = async {
        require_admin(&actor)?;
        let now = store::now(&mut tx).await?;
        let act = Act::parse(&request.act, now).map_err(|error| within("act", error))?;
        let target = target?;
        if token_changes::running(&mut tx, asker.account_id).await? >= MAX_RUNNING_CHANGES {
            return Err(ApiError::TooManyChanges);
        }
        if matches!(act, Act::Resume {}) {
            require_fresh(&actor)?;
        }
        insert(&mut tx, &actor, asker.client, &act, &target, matched, &mut record).await
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// Stores a change with its row in the log, as part of another change of the account under its exclusive lock. Whoever calls this
/// commits, and then lets it run: [`spawn`].
pub async fn begin_within(
    tx: &mut Transaction,
    actor: &SignedIn,
    client: &Client,
    act: &Act,
    target: &Target,
    matched: u64,
) -> Result<TokenChange, ApiError> {
    let mut record = Record::new(EventType::TokenChangeStarted);
    let change = insert(tx, actor, client, act, target, matched, &mut record).await?;
    record.write(tx, actor, client, None).await?;
    Ok(change)
}

async fn insert(
    conn: &mut Conn,
    actor: &SignedIn,
    client: &Client,
    act: &Act,
    target: &Target,
    matched: u64,
    record: &mut Record,
) -> Result<TokenChange, ApiError> {
    let id = Uuid::now_v7();
    let now = store::now(conn).await?;
    let change = NewTokenChange {
        id,
        account_id: actor.account_id(),
        act,
        target,
        issued_before: now,
        created_at: now,
        matched,
        asked_by: Some(actor.user_id()),
        request_id: client.request_id,
        runner: None,
    };
    token_changes::insert(conn, &change).await?;
    record.context = started(&change);
    let stored = token_changes::find(conn, actor.account_id(), id).await?;
    Ok(stored.ok_or_else(|| StoreError::inconsistent("a change that was just stored is not there"))?.view()?)
}

/// Begins to revoke tokens as the operator, who runs it as `runner`.
///
/// # Errors
/// The database's.
pub async fn begin_as_operator(database: &Store, revocation: &Revocation, runner: Uuid) -> Result<Uuid, StoreError> {
    let Revocation { account, target, reason, issued_before } = revocation;
    let client = Client::operator();
    let matched = matched(database, *account, target, *issued_before).await?;
    let mut tx = database.begin_change(*account, Reach::Account).await?;
    let now = store::now(&mut tx).await?;
    let change = NewTokenChange {
        id: Uuid::now_v7(),
        account_id: *account,
        act: &Act::Revoke(reason.clone()),
        target,
        issued_before: issued_before.map_or(now, |given| given.min(now)),
        created_at: now,
        matched,
        asked_by: None,
        request_id: client.request_id,
        runner: Some(runner),
    };
    token_changes::insert(&mut tx, &change).await?;
    let event = NewEvent {
        account_id: *account,
        event_type: EventType::TokenChangeStarted,
        outcome: Outcome::Succeeded,
        reason: None,
        user: None,
        token: None,
        method: None,
        context: started(&change),
        session_id: None,
        client: &client,
    };
    audit::insert(&mut tx, event).await?;
    tx.commit().await?;
    Ok(change.id)
}

/// Stops a change, for any workspace admin of the account; what was done stays done. One that has ended stays as it is.
pub async fn stop(app: &App, asker: Asker<'_>, id: Uuid) -> Result<TokenChange, ApiError> {
    // No batch is under way while this has the lock.
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::TokenChangeEnded);
    record.context = json!({ "change_id": id });
    let work = async {
        require_admin(&actor)?;
        let before = token_changes::find(&mut tx, asker.account_id, id).await?.ok_or(ApiError::NotFound)?;
        token_changes::end(&mut tx, asker.account_id, id, ChangeState::Stopped).await?;
        let after = token_changes::find(&mut tx, asker.account_id, id).await?.ok_or(ApiError::NotFound)?;
        record.context = ended(&after, after.state()?)?;
        if before.state()? != ChangeState::Running {
            add(&mut record.context, "had_ended_already", true);
        }
        Ok(after.view()?)
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// What a request's target means.
///
/// # Errors
/// The field to mend.
pub fn target(policy: &Policy, target: &TokenTarget) -> Result<Target, FieldError> {
    match target {
        TokenTarget::Selected { ids } if ids.is_empty() => Err(FieldError::new("ids", FieldCode::Required)),
        TokenTarget::Selected { ids } if ids.len() > MAX_SELECTED => Err(FieldError::new("ids", FieldCode::TooLong)),
        TokenTarget::Selected { ids } => Ok(Target::Selected(ids.clone())),
        TokenTarget::Matching { filter } => {
            Conditions::parse(filter, policy).map(Target::Matching).map_err(|error| within("filter", error))
        }
    }
}

/// Counts the live tokens of a target, and shows the newest.
pub async fn preview(app: &App, account: AccountId, target: &Target) -> Result<Preview, ApiError> {
    let mut tx = app.store.begin().await?;
    let now = store::now(&mut tx).await?;
    let search = Search { account, target, is_live: true, issued_before: None, now };
    let settings = settings::find(&mut tx, account).await?;
    let sample = tokens::page(&mut tx, &search, Sort::Created, None, SAMPLE).await?;
    let count = tokens::count(&mut tx, &search).await?;
    tx.rollback().await?;
    let sample = sample.iter().map(|row| row.admin_view(&app.policy, &settings, now)).collect();
    Ok(Preview { count: count.tokens, owners: count.owners, sample })
}

async fn matched(database: &Store, account: AccountId, target: &Target, issued_before: Option<Timestamp>) -> Result<u64, StoreError> {
    let mut tx = database.begin().await?;
    let now = store::now(&mut tx).await?;
    let count = tokens::count(&mut tx, &Search { account, target, is_live: true, issued_before, now }).await?;
    tx.rollback().await?;
    Ok(count.tokens)
}

/// A field of a part of the request.
fn within(path: &str, error: FieldError) -> FieldError {
    FieldError { field: format!("{path}.{}", error.field), ..error }
}

/// What the log says of a change that begins.
fn started(change: &NewTokenChange<'_>) -> Value {
    let target = match change.target {
        Target::Selected(ids) => json!({ "selected": ids.len() }),
        Target::Matching(conditions) => json!({ "matching": conditions }),
        Target::Breaking(rules) => json!({ "breaking": rules }),
    };
    let (act, issued_before) = (change.act.wire(), change.issued_before);
    let mut context =
        json!({ "change_id": change.id, "act": act, "target": target, "issued_before": issued_before, "matched": change.matched });
    if change.asked_by.is_none() {
        add(&mut context, "by", "operator");
    }
    context
}

fn add(context: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(context) = context.as_object_mut() {
        context.insert(name.to_owned(), value.into());
    }
}

/// What the log says of one that ends.
fn ended(change: &StoredChange, state: ChangeState) -> Result<Value, StoreError> {
    Ok(json!({ "change_id": change.id(), "act": change.act()?.wire(), "state": state, "done": change.done() }))
}
