//! The log as it is read back, newest first.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use ipnet::IpNet;
use jiff::Timestamp;
use pat_core::audit::{EventType, Outcome};
use pat_core::id::{AccountId, TokenId, UserId};
use pat_core::wire::{AuditEvent, NamedToken, Owner};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cursor;
use crate::store::schema::audit_events;
use crate::store::{Conn, StoreError};

/// A row.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = audit_events, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns")]
pub struct Event {
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    pub time: Timestamp,
    pub id: Uuid,
    pub event_type: String,
    pub outcome: String,
    pub reason: Option<String>,
    pub user_id: Option<Uuid>,
    pub user_name: Option<String>,
    pub user_email: Option<String>,
    pub token_id: Option<Uuid>,
    pub token_name: Option<String>,
    pub method: Option<String>,
    pub context: Value,
    pub request_id: Option<Uuid>,
    pub ip: Option<IpNet>,
    pub user_agent: Option<String>,
    pub client_type: Option<String>,
    pub client_version: Option<String>,
    pub agent_name: Option<String>,
    pub agent_session_id: Option<String>,
    pub agent_model: Option<String>,
}

impl Event {
    /// Where it stands in the log.
    pub fn position(&self) -> Position {
        Position { time: self.time, id: self.id }
    }

    /// As the Console API shows it.
    pub fn view(self) -> AuditEvent {
        // The ids say who and which; the names are personal and may be erased one day.
        let user = self.user_id.map(|id| Owner {
            id: UserId(id),
            name: self.user_name.unwrap_or_default(),
            email: self.user_email.unwrap_or_default(),
        });
        AuditEvent {
            id: self.id,
            time: self.time,
            event_type: self.event_type,
            outcome: self.outcome,
            reason: self.reason,
            user,
            token: self.token_id.map(|id| NamedToken { id: TokenId(id), name: self.token_name.unwrap_or_default() }),
            method: self.method,
            context: self.context,
            request_id: self.request_id,
            ip: self.ip.map(|ip| ip.addr().to_string()),
            user_agent: self.user_agent,
            client_type: self.client_type,
            client_version: self.client_version,
            agent_name: self.agent_name,
            agent_session_id: self.agent_session_id,
            agent_model: self.agent_model,
        }
    }
}

/// A place in the log. Pages go on after it, so that rows which arrive meanwhile move nothing.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Position {
    time: Timestamp,
    id: Uuid,
}

impl Position {
    /// As a cursor.
    pub fn cursor(self) -> String {
        cursor::encode(&json!({ "time": self.time, "id": self.id }))
    }

    /// Reads a cursor; `None` for what [`cursor`](Self::cursor) can't have made, such as a time that is older than the log.
    pub fn from_cursor(text: &str) -> Option<Self> {
        cursor::decode(text).filter(|position: &Self| position.time >= Timestamp::UNIX_EPOCH)
    }
}

/// Which rows of an account: all conditions that are given hold.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns")]
pub struct Filter {
    pub account: AccountId,
    pub user: Option<UserId>,
    pub token: Option<TokenId>,
    pub event_type: Option<EventType>,
    pub outcome: Option<Outcome>,
    /// At this instant or later.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// An address, or all of a network.
    pub ip: Option<IpNet>,
}

impl Filter {
    /// All rows of an account.
    pub fn all(account: AccountId) -> Self {
        Self { account, user: None, token: None, event_type: None, outcome: None, from: None, until: None, ip: None }
    }

    /// All rows about a token.
    pub fn token(account: AccountId, token: TokenId) -> Self {
        Self { token: Some(token), ..Self::all(account) }
    }
}

/// The newest rows that match, older than `before` where given.
pub async fn page(conn: &mut Conn, filter: &Filter, before: Option<Position>, limit: i64) -> Result<Vec<Event>, StoreError> {
    use audit_events as e;
    let at = jiff_diesel::Timestamp::from;
    let mut rows = e::table.filter(e::account_id.eq(filter.account.0)).select(Event::as_select()).into_boxed();
    if let Some(user) = filter.user {
        rows = rows.filter(e::user_id.eq(user.0));
    }
    if let Some(token) = filter.token {
        rows = rows.filter(e::token_id.eq(token.0));
    }
    // As literals, from our own list of names: with parameters a cached plan couldn't use the indexes of what is rare.
    if let Some(event_type) = filter.event_type {
        rows = rows.filter(sql::<Bool>(&format!("audit_events.event_type = '{}'", event_type.as_str())));
    }
    if let Some(outcome) = filter.outcome {
        rows = rows.filter(sql::<Bool>(&format!("audit_events.outcome = '{}'", outcome.as_str())));
    }
    if let Some(from) = filter.from {
        rows = rows.filter(e::time.ge(at(from)));
    }
    if let Some(until) = filter.until {
        rows = rows.filter(e::time.lt(at(until)));
    }
    if let Some(net) = filter.ip {
        let is_address = net.prefix_len() == net.max_prefix_len();
        rows = if is_address { rows.filter(e::ip.eq(net)) } else { rows.filter(e::ip.is_contained_by_or_eq(net)) };
    }
    if let Some(Position { time, id }) = before {
        // The first condition alone picks months and places in an index.
        rows = rows.filter(e::time.le(at(time))).filter(e::time.lt(at(time)).or(e::id.lt(id)));
    }
    Ok(rows.order((e::time.desc(), e::id.desc())).limit(limit).load(conn).await?)
}

/// The methods that a token called since `since`, refused calls included; with a limit only those of its last calls.
///
/// An index holds all that this reads: a busy token has a million rows.
pub async fn web_api_methods(conn: &mut Conn, token: TokenId, since: Timestamp, last: Option<i64>) -> Result<Vec<String>, StoreError> {
    let limit = last.map(|last| format!("ORDER BY time DESC LIMIT {last}")).unwrap_or_default();
    let query = format!(
        "SELECT DISTINCT method AS text FROM
           (SELECT method FROM audit_events WHERE token_id = $1 AND time >= $2 AND method IS NOT NULL {limit}) calls"
    );
    let rows: Vec<Named> =
        diesel::sql_query(query).bind::<SqlUuid, _>(token.0).bind::<Timestamptz, _>(jiff_diesel::Timestamp::from(since)).load(conn).await?;
    Ok(rows.into_iter().map(|row| row.text).collect())
}

/// The scopes that edits added to a token, each with the instant when that happened last.
pub async fn scopes_added(conn: &mut Conn, account: AccountId, token: TokenId) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let query = "
        SELECT scope AS text, max(time) AS time
          FROM audit_events CROSS JOIN LATERAL jsonb_array_elements_text(context -> 'added_scopes') scope
         WHERE account_id = $1 AND token_id = $2 AND outcome = 'succeeded'
           AND event_type IN ('personal_access_tokens.updated', 'organization_tokens.updated')
         GROUP BY scope";
    let rows: Vec<NamedAt> = diesel::sql_query(query).bind::<SqlUuid, _>(account.0).bind::<SqlUuid, _>(token.0).load(conn).await?;
    Ok(rows.into_iter().map(|row| (row.text, row.time)).collect())
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    text: String,
}

#[derive(QueryableByName)]
struct NamedAt {
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    time: Timestamp,
}
