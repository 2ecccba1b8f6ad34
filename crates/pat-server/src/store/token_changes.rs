//! Changes of many tokens that run in batches: what is asked for, how far each is, and who works at it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use pat_core::id::{AccountId, TokenId, UserId};
use pat_core::inventory::Act;
use pat_core::wire::{ChangeState, Person, TokenChange};
use serde_json::Value;
use uuid::Uuid;

use super::schema::{pat_now, token_changes};
use super::tokens::{Search, Target};
use super::{Conn, StoreError};

/// Whoever works at a change shows it with every batch; after so many seconds without a sign another may go on with it.
const SILENCE_SECONDS: i32 = 30;

/// How many of an account's changes are listed.
const LISTED: i64 = 100;

/// A change to be stored.
#[derive(Debug)]
pub struct NewTokenChange<'a> {
    /// Its id.
    pub id: Uuid,
    /// Its account.
    pub account_id: AccountId,
    /// What to do.
    pub act: &'a Act,
    /// To which tokens.
    pub target: &'a Target,
    /// Only to those made before this instant.
    pub issued_before: Timestamp,
    /// Now.
    pub created_at: Timestamp,
    /// How many match now.
    pub matched: u64,
    /// The workspace admin who asks; `None` is the operator.
    pub asked_by: Option<UserId>,
    /// Their request.
    pub request_id: Uuid,
    /// Who works at it from the start; `None` leaves it to whoever claims it.
    pub runner: Option<Uuid>,
}

/// A change as it is stored.
#[derive(Clone, Debug, QueryableByName)]
pub struct StoredChange {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Jsonb)]
    act: Value,
    #[diesel(sql_type = Jsonb)]
    target: Value,
    /// Only tokens made before this instant are touched.
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    pub issued_before: Timestamp,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    matched: i64,
    #[diesel(sql_type = BigInt)]
    done: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    last_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    asked_by: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    asker_name: Option<String>,
    /// The request that began it.
    #[diesel(sql_type = SqlUuid)]
    pub request_id: Uuid,
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    created_at: Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
    ended_at: Option<Timestamp>,
}

impl StoredChange {
    /// Its id.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Its account.
    pub fn account_id(&self) -> AccountId {
        AccountId(self.account_id)
    }

    /// What is done.
    pub fn act(&self) -> Result<Act, StoreError> {
        serde_json::from_value(self.act.clone())
            .map_err(|error| StoreError::inconsistent(format!("token_changes.act of {}: {error}", self.id)))
    }

    /// To which tokens.
    pub fn target(&self) -> Result<Target, StoreError> {
        let target = serde_json::from_value(self.target.clone());
        target.map_err(|error| StoreError::inconsistent(format!("token_changes.target of {}: {error}", self.id)))
    }

    /// The tokens that are still to be changed at `now`.
    pub fn search<'a>(&self, target: &'a Target, now: Timestamp) -> Search<'a> {
        Search { account: self.account_id(), target, is_live: true, issued_before: Some(self.issued_before), now }
    }

    /// The batches are through up to this token.
    pub fn last_id(&self) -> Option<TokenId> {
        self.last_id.map(TokenId)
    }

    /// Who asked; `None` is the operator.
    pub fn asked_by(&self) -> Option<UserId> {
        self.asked_by.map(UserId)
    }

    /// How far it is.
    pub fn state(&self) -> Result<ChangeState, StoreError> {
        match self.state.as_str() {
            "running" => Ok(ChangeState::Running),
            "stopped" => Ok(ChangeState::Stopped),
            "finished" => Ok(ChangeState::Finished),
            other => Err(StoreError::inconsistent(format!("token_changes.state of {}: {other}", self.id))),
        }
    }

    /// How many tokens were changed so far.
    pub fn done(&self) -> u64 {
        self.done.unsigned_abs()
    }

    /// As the Console API shows it.
    pub fn view(&self) -> Result<TokenChange, StoreError> {
        Ok(TokenChange {
            id: self.id,
            act: self.act()?.wire(),
            state: self.state()?,
            matched: self.matched.unsigned_abs(),
            done: self.done(),
            asked_by: self.asked_by.zip(self.asker_name.clone()).map(|(id, name)| Person { id: UserId(id), name }),
            created_at: self.created_at,
            ended_at: self.ended_at,
        })
    }
}

const SELECT: &str = "
SELECT c.id, c.account_id, c.act, c.target, c.issued_before, c.state, c.matched, c.done, c.last_id, c.asked_by, u.name AS asker_name,
       c.request_id, c.created_at, c.ended_at
  FROM token_changes c LEFT JOIN users u ON u.account_id = c.account_id AND u.id = c.asked_by";

/// Stores a change, for whoever claims it first.
pub async fn insert(conn: &mut Conn, change: &NewTokenChange<'_>) -> Result<(), StoreError> {
    let json = |value: serde_json::Result<Value>| value.map_err(|error| StoreError::Defect(error.into()));
    let row = (
        token_changes::id.eq(change.id),
        token_changes::account_id.eq(change.account_id.0),
        token_changes::act.eq(json(serde_json::to_value(change.act))?),
        token_changes::target.eq(json(serde_json::to_value(change.target))?),
        token_changes::issued_before.eq(jiff_diesel::Timestamp::from(change.issued_before)),
        token_changes::matched.eq(i64::try_from(change.matched).unwrap_or(i64::MAX)),
        token_changes::asked_by.eq(change.asked_by.map(|id| id.0)),
        token_changes::request_id.eq(change.request_id),
        token_changes::created_at.eq(jiff_diesel::Timestamp::from(change.created_at)),
        token_changes::runner.eq(change.runner),
        token_changes::heartbeat.eq(change.runner.map(|_| jiff_diesel::Timestamp::from(change.created_at))),
    );
    diesel::insert_into(token_changes::table).values(row).execute(conn).await?;
    Ok(())
}

/// Counts the account's changes that are under way.
pub async fn running(conn: &mut Conn, account: AccountId) -> Result<u64, StoreError> {
    let running = token_changes::table.filter(token_changes::account_id.eq(account.0)).filter(token_changes::state.eq("running"));
    let count: i64 = running.count().get_result(conn).await?;
    Ok(count.unsigned_abs())
}

/// A change of the account.
pub async fn find(conn: &mut Conn, account: AccountId, id: Uuid) -> Result<Option<StoredChange>, StoreError> {
    let query = diesel::sql_query(format!("{SELECT} WHERE c.account_id = $1 AND c.id = $2"));
    Ok(query.bind::<SqlUuid, _>(account.0).bind::<SqlUuid, _>(id).get_result(conn).await.optional()?)
}

/// The account's last changes, newest first.
pub async fn list(conn: &mut Conn, account: AccountId) -> Result<Vec<StoredChange>, StoreError> {
    let query = diesel::sql_query(format!("{SELECT} WHERE c.account_id = $1 ORDER BY c.id DESC LIMIT $2"));
    Ok(query.bind::<SqlUuid, _>(account.0).bind::<BigInt, _>(LISTED).load(conn).await?)
}

/// Takes over a change that nobody works at; `None` if somebody does, or it has ended.
pub async fn claim(conn: &mut Conn, id: Uuid, runner: Uuid) -> Result<Option<AccountId>, StoreError> {
    let query = diesel::sql_query(
        "UPDATE token_changes SET runner = $2, heartbeat = pat_now()
          WHERE id = $1 AND state = 'running' AND (heartbeat IS NULL OR heartbeat < pat_now() - make_interval(secs => $3))
         RETURNING account_id",
    );
    let query = query.bind::<SqlUuid, _>(id).bind::<SqlUuid, _>(runner).bind::<diesel::sql_types::Double, _>(f64::from(SILENCE_SECONDS));
    Ok(query.get_result::<Account>(conn).await.optional()?.map(|row| AccountId(row.account_id)))
}

#[derive(QueryableByName)]
struct Account {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
}

/// Gives a change up to whoever looks next.
pub async fn release(conn: &mut Conn, id: Uuid, runner: Uuid) -> Result<(), StoreError> {
    let held = token_changes::table.find(id).filter(token_changes::runner.eq(runner));
    let (nobody, never): (Option<Uuid>, Option<jiff_diesel::Timestamp>) = (None, None);
    diesel::update(held).set((token_changes::runner.eq(nobody), token_changes::heartbeat.eq(never))).execute(conn).await?;
    Ok(())
}

/// Changes that nobody works at.
pub async fn abandoned(conn: &mut Conn) -> Result<Vec<Uuid>, StoreError> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let query = diesel::sql_query(
        "SELECT id FROM token_changes
          WHERE state = 'running' AND (heartbeat IS NULL OR heartbeat < pat_now() - make_interval(secs => $1)) ORDER BY id",
    );
    let rows: Vec<Id> = query.bind::<diesel::sql_types::Double, _>(f64::from(SILENCE_SECONDS)).load(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The change, if this runner still has it, under the account's lock.
pub async fn held(conn: &mut Conn, account: AccountId, id: Uuid, runner: Uuid) -> Result<Option<StoredChange>, StoreError> {
    let query = diesel::sql_query(format!(
        "{SELECT} WHERE c.account_id = $1 AND c.id = $2 AND c.runner = $3 AND c.state = 'running' FOR UPDATE OF c"
    ));
    let query = query.bind::<SqlUuid, _>(account.0).bind::<SqlUuid, _>(id).bind::<SqlUuid, _>(runner);
    Ok(query.get_result(conn).await.optional()?)
}

/// Notes a batch.
pub async fn note_batch(conn: &mut Conn, id: Uuid, changed: usize, last: Option<TokenId>) -> Result<(), StoreError> {
    let change = (
        token_changes::done.eq(token_changes::done + i64::try_from(changed).unwrap_or(i64::MAX)),
        token_changes::last_id.eq(last.map(|id| id.0)),
        token_changes::heartbeat.eq(pat_now().nullable()),
    );
    diesel::update(token_changes::table.find(id)).set(change).execute(conn).await?;
    Ok(())
}

/// Ends a change that is running; says whether it was.
pub async fn end(conn: &mut Conn, account: AccountId, id: Uuid, state: ChangeState) -> Result<bool, StoreError> {
    let state = match state {
        ChangeState::Running => return Err(StoreError::inconsistent("an end that is none")),
        ChangeState::Stopped => "stopped",
        ChangeState::Finished => "finished",
    };
    let running = token_changes::table.find(id).filter(token_changes::account_id.eq(account.0)).filter(token_changes::state.eq("running"));
    let ended = (token_changes::state.eq(state), token_changes::ended_at.eq(pat_now().nullable()));
    Ok(diesel::update(running).set(ended).execute(conn).await? == 1)
}
