//! The batches of a change of many tokens. Each is a transaction of its own with the account's exclusive lock, which is free between two
//! of them, so that others get their turn. Whoever runs one may die at any moment: another goes on behind the last batch.

use std::time::Duration;

use pat_core::audit::{EventType, Outcome};
use pat_core::id::{AccountId, TokenId};
use pat_core::inventory::Act;
use pat_core::people::is_workspace_admin;
use pat_core::token::TokenKind;
use pat_core::wire::ChangeState;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{add, ended};
use crate::app::{App, SharedApp};
use crate::client::Client;
use crate::store::audit::{self, EventUser, NewEvent};
use crate::store::people::{self, User};
use crate::store::token_changes::{self, StoredChange};
use crate::store::tokens::{self, Changed};
use crate::store::{self, Reach, Store, StoreError, Transaction};

/// Tokens a batch: little enough that its locks last some hundredths of a second.
pub const BATCH: usize = 500;

/// How often a server looks for changes whose runner has died.
const LOOK: Duration = Duration::from_secs(10);

/// How a batch went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// There may be more to do.
    More,
    /// The change has ended, or somebody else runs it.
    Over,
}

/// Lets a change run in the background. If this fails, [`go_on`] takes it up.
pub fn spawn(app: &SharedApp, id: Uuid) {
    let runner = app.clone();
    app.background.spawn(async move {
        if let Err(error) = run(&runner, id, BATCH).await {
            tracing::warn!(%error, change_id = %id, "a change of many tokens was interrupted; a server will go on with it");
        }
    });
}

/// Takes up changes that nobody works at, again and again until the server stops.
pub async fn go_on(app: SharedApp) {
    while !app.stopping.is_cancelled() {
        let abandoned = async { token_changes::abandoned(&mut *app.store.conn().await?).await };
        match abandoned.await {
            Ok(ids) => {
                for id in ids {
                    spawn(&app, id);
                }
            }
            Err(error) => tracing::warn!(%error, "changes of many tokens could not be looked for"),
        }
        app.stopping.run_until_cancelled(tokio::time::sleep(LOOK)).await;
    }
}

/// Runs a change to its end, unless somebody else does. A server that stops leaves the rest to another.
pub async fn run(app: &App, id: Uuid, size: usize) -> Result<(), StoreError> {
    let runner = Uuid::now_v7();
    let mut conn = app.store.conn().await?;
    let claimed = token_changes::claim(&mut conn, id, runner).await?;
    // A batch takes its own.
    drop(conn);
    let Some(account) = claimed else { return Ok(()) };
    while batch(&app.store, account, id, runner, size).await? == Batch::More {
        if app.stopping.is_cancelled() {
            let mut conn = app.store.conn().await?;
            return token_changes::release(&mut conn, id, runner).await;
        }
    }
    Ok(())
}

/// Changes the next `size` tokens, as the runner who claimed the change.
pub async fn batch(database: &Store, account: AccountId, id: Uuid, runner: Uuid, size: usize) -> Result<Batch, StoreError> {
    // To find them may take longer than to change them: before the locks. What they are is looked at again under the locks.
    let next = next_ids(database, account, id, size).await?;
    let mut tx = database.begin_change(account, Reach::Account).await?;
    let Some(change) = token_changes::held(&mut tx, account, id, runner).await? else {
        tx.rollback().await?;
        return Ok(Batch::Over);
    };
    let went = match asker(&mut tx, &change).await? {
        Asker::NoAdmin(user) => end(&mut tx, &change, Some(&user), ChangeState::Stopped).await?,
        Asker::Operator => work(&mut tx, &change, None, &next, size).await?,
        Asker::Admin(user) => work(&mut tx, &change, Some(&user), &next, size).await?,
    };
    tx.commit().await?;
    Ok(went)
}

async fn next_ids(database: &Store, account: AccountId, id: Uuid, size: usize) -> Result<Vec<TokenId>, StoreError> {
    let mut conn = database.conn().await?;
    let Some(change) = token_changes::find(&mut conn, account, id).await? else { return Ok(Vec::new()) };
    let target = change.target()?;
    let now = store::now(&mut conn).await?;
    tokens::ids(&mut conn, &change.search(&target, now), change.last_id(), size).await
}

/// In whose name a change runs.
enum Asker {
    Operator,
    Admin(User),
    /// Was one when it began.
    NoAdmin(User),
}

async fn asker(tx: &mut Transaction, change: &StoredChange) -> Result<Asker, StoreError> {
    let Some(id) = change.asked_by() else { return Ok(Asker::Operator) };
    let user = people::find_by_id(tx, id).await?;
    let is_admin = user.is_active() && is_workspace_admin(&people::roles(tx, id).await?);
    Ok(if is_admin { Asker::Admin(user) } else { Asker::NoAdmin(user) })
}

async fn work(tx: &mut Transaction, change: &StoredChange, by: Option<&User>, ids: &[TokenId], size: usize) -> Result<Batch, StoreError> {
    let (act, target) = (change.act()?, change.target()?);
    let now = store::now(tx).await?;
    let changed = tokens::apply(tx, &change.search(&target, now), ids, &act, change.asked_by()).await?;
    let client = Client::background(change.request_id);
    audit::insert_all(tx, changed.iter().map(|token| event(change, by, &client, token, &act))).await?;
    token_changes::note_batch(tx, change.id(), changed.len(), ids.last().copied().or(change.last_id())).await?;
    if ids.len() < size { end(tx, change, by, ChangeState::Finished).await } else { Ok(Batch::More) }
}

async fn end(tx: &mut Transaction, change: &StoredChange, by: Option<&User>, state: ChangeState) -> Result<Batch, StoreError> {
    token_changes::end(tx, change.account_id(), change.id(), state).await?;
    let after = token_changes::find(tx, change.account_id(), change.id()).await?;
    let mut context = ended(after.as_ref().unwrap_or(change), state)?;
    if state == ChangeState::Stopped {
        add(&mut context, "because", "asker_is_no_admin");
    }
    let client = Client::background(change.request_id);
    audit::insert(tx, NewEvent { token: None, ..of(change, by, &client, EventType::TokenChangeEnded, context) }).await?;
    Ok(Batch::Over)
}

fn event<'a>(change: &StoredChange, by: Option<&'a User>, client: &'a Client, token: &'a Changed, act: &Act) -> NewEvent<'a> {
    let event_type = match (act, token.kind()) {
        (Act::Revoke(_), TokenKind::Personal) => EventType::TokenDeleted,
        (Act::Revoke(_), TokenKind::Organization) => EventType::OrganizationTokenDeleted,
        (Act::Pause(_), TokenKind::Personal) => EventType::TokenPaused,
        (Act::Pause(_), TokenKind::Organization) => EventType::OrganizationTokenPaused,
        (Act::Resume {}, TokenKind::Personal) => EventType::TokenResumed,
        (Act::Resume {}, TokenKind::Organization) => EventType::OrganizationTokenResumed,
    };
    let mut context = match act {
        Act::Revoke(reason) => json!({ "reason": reason.code(), "note": reason.note() }),
        Act::Pause(until) => json!({ "until": until }),
        Act::Resume {} => json!({}),
    };
    add(&mut context, "change_id", json!(change.id()));
    add(&mut context, "owner_id", json!(token.owner_id()));
    NewEvent { token: Some((token.id(), &token.name)), ..of(change, by, client, event_type, context) }
}

fn of<'a>(change: &StoredChange, by: Option<&'a User>, client: &'a Client, event_type: EventType, mut context: Value) -> NewEvent<'a> {
    if by.is_none() {
        add(&mut context, "by", "operator");
    }
    NewEvent {
        account_id: change.account_id(),
        event_type,
        outcome: Outcome::Succeeded,
        reason: None,
        user: by.map(|user| EventUser { id: user.id(), name: &user.name, email: &user.email }),
        token: None,
        method: None,
        context,
        session_id: None,
        client,
    }
}
