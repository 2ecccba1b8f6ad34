//! Command lines on their way to a token.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Integer};
use diesel_async::RunQueryDsl;
use ipnet::IpNet;
use jiff::Timestamp;
use pat_core::id::{AccountId, SessionId, TokenId, UserId};
use pat_core::sign_in::challenge::Challenge;
use pat_core::sign_in::user_code::UserCode;
use pat_core::sign_in::{CODE_SECONDS, DEVICE_SECONDS, POLL_SECONDS, SLOW_DOWN_SECONDS};
use pat_core::wire::CreateToken;
use serde_json::Value;
use uuid::Uuid;

use super::schema::{cli_sign_ins, pat_now};
use super::{Conn, StoreError};
use crate::client::Client;

/// Rows that are over and that are deleted when another one is written.
const SWEPT: i64 = 100;

/// A row.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = cli_sign_ins, check_for_backend(diesel::pg::Pg))]
pub struct CliSignIn {
    /// Names it in the audit log.
    pub id: Uuid,
    challenge: Option<Vec<u8>>,
    /// Where the browser carried the code.
    pub callback: Option<String>,
    /// What the device shows.
    pub user_code: Option<String>,
    ip: Option<IpNet>,
    /// The device's program, by its own account.
    pub user_agent: Option<String>,
    account_id: Option<Uuid>,
    user_id: Option<Uuid>,
    session_id: Option<Uuid>,
    is_approved: Option<bool>,
    wanted: Option<Value>,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    /// When it began.
    pub created_at: Timestamp,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    /// When its time is over.
    pub expires_at: Timestamp,
    #[diesel(deserialize_as = jiff_diesel::NullableTimestamp)]
    spent_at: Option<Timestamp>,
    token_id: Option<Uuid>,
}

/// Who decided on a command line, in which session.
#[derive(Clone, Copy, Debug)]
pub struct Decider {
    /// Their account.
    pub account: AccountId,
    /// They.
    pub user: UserId,
    /// Their session.
    pub session: SessionId,
}

/// How far a command line has come.
#[derive(Debug)]
pub enum Stage {
    /// Its device waits for somebody to decide.
    Waiting,
    /// It may not.
    Denied(Decider),
    /// It may fetch this token.
    Approved(Decider, CreateToken),
    /// It was used, and this came of it.
    Spent(Decider, Option<TokenId>),
}

impl CliSignIn {
    /// How far it has come, whether or not it is over.
    ///
    /// # Errors
    /// A row that breaks our own rules.
    pub fn stage(&self) -> Result<Stage, StoreError> {
        let Some(((account, user), session)) = self.account_id.zip(self.user_id).zip(self.session_id) else { return Ok(Stage::Waiting) };
        let decider = Decider { account: AccountId(account), user: UserId(user), session: SessionId(session) };
        if self.spent_at.is_some() {
            return Ok(Stage::Spent(decider, self.token_id.map(TokenId)));
        }
        match (self.is_approved, &self.wanted) {
            (Some(true), Some(wanted)) => {
                let wanted = serde_json::from_value(wanted.clone());
                let wanted = wanted.map_err(|error| StoreError::inconsistent(format!("cli_sign_ins.wanted of {}: {error}", self.id)))?;
                Ok(Stage::Approved(decider, wanted))
            }
            _ => Ok(Stage::Denied(decider)),
        }
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// What the program's verifier must answer; a device has none.
    pub fn challenge(&self) -> Option<Challenge> {
        self.challenge.as_deref().and_then(Challenge::from_stored)
    }

    /// The device's address.
    pub fn ip(&self) -> Option<String> {
        self.ip.map(|ip| ip.addr().to_string())
    }
}

/// Stores a code that was just consented to.
pub async fn insert_code(
    conn: &mut Conn,
    id: Uuid,
    digest: &[u8; 32],
    decider: Decider,
    challenge: &Challenge,
    callback: &str,
    wanted: &Value,
) -> Result<(), StoreError> {
    sweep(conn).await?;
    let row = (
        cli_sign_ins::id.eq(id),
        cli_sign_ins::digest.eq(digest.as_slice()),
        cli_sign_ins::challenge.eq(challenge.hash().as_slice()),
        cli_sign_ins::callback.eq(callback),
        cli_sign_ins::account_id.eq(decider.account.0),
        cli_sign_ins::user_id.eq(decider.user.0),
        cli_sign_ins::session_id.eq(decider.session.0),
        cli_sign_ins::is_approved.eq(true),
        cli_sign_ins::wanted.eq(wanted),
        cli_sign_ins::expires_at.eq(in_seconds(conn, CODE_SECONDS).await?),
    );
    diesel::insert_into(cli_sign_ins::table).values(row).execute(conn).await?;
    Ok(())
}

/// Stores a device that asks, unless another one shows the same code.
pub async fn insert_device(conn: &mut Conn, digest: &[u8; 32], code: &UserCode, client: &Client) -> Result<bool, StoreError> {
    sweep(conn).await?;
    let row = (
        cli_sign_ins::id.eq(Uuid::now_v7()),
        cli_sign_ins::digest.eq(digest.as_slice()),
        cli_sign_ins::user_code.eq(code.letters()),
        cli_sign_ins::poll_seconds.eq(POLL_SECONDS),
        cli_sign_ins::ip.eq(client.ip_net()),
        cli_sign_ins::user_agent.eq(client.user_agent.as_deref()),
        cli_sign_ins::expires_at.eq(in_seconds(conn, DEVICE_SECONDS).await?),
    );
    let insert = diesel::insert_into(cli_sign_ins::table).values(row).on_conflict(cli_sign_ins::user_code).do_nothing();
    Ok(insert.execute(conn).await? == 1)
}

async fn in_seconds(conn: &mut Conn, seconds: i64) -> Result<jiff_diesel::Timestamp, StoreError> {
    Ok((super::now(conn).await? + jiff::SignedDuration::from_secs(seconds)).into())
}

/// Finds by the digest of a code.
pub async fn find(conn: &mut Conn, digest: &[u8; 32]) -> Result<Option<CliSignIn>, StoreError> {
    let query = cli_sign_ins::table.filter(cli_sign_ins::digest.eq(digest.as_slice()));
    Ok(query.select(CliSignIn::as_select()).first(conn).await.optional()?)
}

/// Finds the device that shows a code and still waits for a decision.
pub async fn find_waiting(conn: &mut Conn, code: &UserCode) -> Result<Option<CliSignIn>, StoreError> {
    let query = cli_sign_ins::table
        .filter(cli_sign_ins::user_code.eq(code.letters()))
        .filter(cli_sign_ins::is_approved.is_null())
        .filter(cli_sign_ins::expires_at.gt(pat_now()));
    Ok(query.select(CliSignIn::as_select()).first(conn).await.optional()?)
}

/// Decides on a device, unless somebody did or its time is over: with a token to be made, or with none for no. Says whether it did.
pub async fn decide(conn: &mut Conn, id: Uuid, decider: Decider, wanted: Option<&Value>) -> Result<bool, StoreError> {
    let waiting = cli_sign_ins::table.find(id).filter(cli_sign_ins::is_approved.is_null()).filter(cli_sign_ins::expires_at.gt(pat_now()));
    let decision = (
        cli_sign_ins::account_id.eq(decider.account.0),
        cli_sign_ins::user_id.eq(decider.user.0),
        cli_sign_ins::session_id.eq(decider.session.0),
        cli_sign_ins::is_approved.eq(wanted.is_some()),
        cli_sign_ins::wanted.eq(wanted),
    );
    Ok(diesel::update(waiting).set(decision).execute(conn).await? == 1)
}

/// Notes that a device asked while it waits, and says whether it asked too soon; then it has to wait longer from now on.
pub async fn poll(conn: &mut Conn, digest: &[u8; 32]) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Asked {
        #[diesel(sql_type = Bool)]
        too_soon: bool,
    }
    // The lock lets two questions of one instant see each other.
    let sql = "
WITH asked AS (
    SELECT id, coalesce(polled_at > pat_now() - make_interval(secs => poll_seconds), false) AS too_soon
      FROM cli_sign_ins WHERE digest = $1 FOR UPDATE
)
UPDATE cli_sign_ins c
   SET polled_at = pat_now(), poll_seconds = c.poll_seconds + CASE WHEN asked.too_soon THEN $2 ELSE 0 END
  FROM asked WHERE c.id = asked.id
RETURNING asked.too_soon";
    let query = diesel::sql_query(sql).bind::<Binary, _>(digest.as_slice()).bind::<Integer, _>(SLOW_DOWN_SECONDS);
    let asked: Option<Asked> = query.get_result(conn).await.optional()?;
    Ok(asked.is_some_and(|asked| asked.too_soon))
}

/// Notes the first use, and the token that came of it.
pub async fn spend(conn: &mut Conn, id: Uuid, token: Option<TokenId>) -> Result<(), StoreError> {
    let change = (cli_sign_ins::spent_at.eq(pat_now().nullable()), cli_sign_ins::token_id.eq(token.map(|id| id.0)));
    diesel::update(cli_sign_ins::table.find(id)).set(change).execute(conn).await?;
    Ok(())
}

/// Deletes some that ended a day ago: by then nobody's second use of a code means anything.
async fn sweep(conn: &mut Conn) -> Result<(), StoreError> {
    let sql = "
DELETE FROM cli_sign_ins WHERE id IN (
    SELECT id FROM cli_sign_ins WHERE expires_at < pat_now() - interval '1 day' ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)";
    diesel::sql_query(sql).bind::<diesel::sql_types::BigInt, _>(SWEPT).execute(conn).await?;
    Ok(())
}
