//! The audit log (design section 7). An insert with a proof is the fence of section 6.

pub mod batch;
mod clean;
mod many;
mod read;

pub use many::insert_all;
pub use read::{Event, Filter, Position, page, scopes_added, web_api_methods};

use diesel::pg::Pg;
use diesel::sql_types::{Inet, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use pat_core::audit::{EventType, Outcome};
use pat_core::id::{AccountId, SessionId, TokenId, UserId};
use pat_core::verify::Window;
use serde_json::Value;
use uuid::Uuid;

use super::{Conn, StoreError};
use crate::client::Client;

/// A row to be written. Names are as they are now: they survive rename and erasure of what they name.
#[derive(Clone, Debug)]
pub struct NewEvent<'a> {
    /// Whose log it stands in.
    pub account_id: AccountId,
    /// What happened.
    pub event_type: EventType,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was refused, as a code.
    pub reason: Option<&'a str>,
    /// Who did it.
    pub user: Option<EventUser<'a>>,
    /// With which token, or to which token.
    pub token: Option<(TokenId, &'a str)>,
    /// The Web API method.
    pub method: Option<&'a str>,
    /// What else is known, by event type.
    pub context: Value,
    /// The browser session it was done in.
    pub session_id: Option<SessionId>,
    /// The request.
    pub client: &'a Client,
}

/// A person in the log.
#[derive(Clone, Copy, Debug)]
pub struct EventUser<'a> {
    /// Their id.
    pub id: UserId,
    /// Their name now.
    pub name: &'a str,
    /// Their e-mail address now.
    pub email: &'a str,
}

/// What a decision was made on. It still stands if the stamps are the same and now lies in the window.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// The account's stamp.
    pub account_stamp: Uuid,
    /// The owner and their stamp; an organization token has none.
    pub user: Option<(UserId, Uuid)>,
    /// The time in which the decision holds.
    pub window: Window,
}

const INSERT: &str = "
INSERT INTO audit_events (account_id, id, event_type, outcome, reason, user_id, user_name, user_email, token_id, token_name, method,
    context, request_id, ip, user_agent, client_type, client_version, agent_name, agent_session_id, agent_model, session_id)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21";

/// LEFT JOIN, as an organization token has no user; then $23 and u.id are both NULL.
const FENCE: &str = "
FROM accounts a LEFT JOIN users u ON u.account_id = a.id AND u.id = $23
WHERE a.id = $1 AND a.stamp = $22 AND u.id IS NOT DISTINCT FROM $23 AND u.stamp IS NOT DISTINCT FROM $24
  AND ($25 IS NULL OR $25 <= pat_now()) AND ($26 IS NULL OR pat_now() < $26)";

/// Writes a row, in the transaction of what it records.
pub async fn insert(conn: &mut Conn, event: &NewEvent<'_>) -> Result<(), StoreError> {
    bind(diesel::sql_query(INSERT).into_boxed(), event).execute(conn).await?;
    Ok(())
}

/// Writes a row only if what was decided on still stands, and says whether it did. Nothing may be answered if it didn't.
pub async fn insert_proved(conn: &mut Conn, event: &NewEvent<'_>, proof: &Proof) -> Result<bool, StoreError> {
    let timestamp = |at: Option<Timestamp>| at.map(jiff_diesel::Timestamp::from);
    let query = bind(diesel::sql_query(format!("{INSERT}{FENCE}")).into_boxed(), event)
        .bind::<SqlUuid, _>(proof.account_stamp)
        .bind::<Nullable<SqlUuid>, _>(proof.user.map(|(id, _)| id.0))
        .bind::<Nullable<SqlUuid>, _>(proof.user.map(|(_, stamp)| stamp))
        .bind::<Nullable<Timestamptz>, _>(timestamp(proof.window.from))
        .bind::<Nullable<Timestamptz>, _>(timestamp(proof.window.until));
    Ok(query.execute(conn).await? == 1)
}

type Query<'a> = diesel::query_builder::BoxedSqlQuery<'a, Pg, diesel::query_builder::SqlQuery>;

fn bind<'a>(query: Query<'a>, event: &'a NewEvent<'a>) -> Query<'a> {
    let client = event.client;
    query
        .bind::<SqlUuid, _>(event.account_id.0)
        .bind::<SqlUuid, _>(Uuid::now_v7())
        .bind::<Text, _>(event.event_type.as_str())
        .bind::<Text, _>(event.outcome.as_str())
        .bind::<Nullable<Text>, _>(event.reason)
        .bind::<Nullable<SqlUuid>, _>(event.user.map(|user| user.id.0))
        .bind::<Nullable<Text>, _>(event.user.map(|user| user.name))
        .bind::<Nullable<Text>, _>(event.user.map(|user| user.email))
        .bind::<Nullable<SqlUuid>, _>(event.token.map(|(id, _)| id.0))
        .bind::<Nullable<Text>, _>(event.token.map(|(_, name)| name))
        .bind::<Nullable<Text>, _>(event.method)
        .bind::<Jsonb, _>(clean::context(event.context.clone()))
        .bind::<SqlUuid, _>(client.request_id)
        .bind::<Nullable<Inet>, _>(client.ip_net())
        .bind::<Nullable<Text>, _>(client.user_agent.as_deref())
        .bind::<Nullable<Text>, _>(client.client_type.as_deref())
        .bind::<Nullable<Text>, _>(client.client_version.as_deref())
        .bind::<Nullable<Text>, _>(client.agent_name.as_deref())
        .bind::<Nullable<Text>, _>(client.agent_session_id.as_deref())
        .bind::<Nullable<Text>, _>(client.agent_model.as_deref())
        .bind::<Nullable<SqlUuid>, _>(event.session_id.map(|id| id.0))
}
