//! The log as it is read back, newest first.

use diesel::prelude::*;
use diesel::sql_types::{Inet, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use ipnet::IpNet;
use jiff::Timestamp;
use pat_core::audit::{EventType, Outcome};
use pat_core::id::{AccountId, TokenId, UserId};
use pat_core::wire::{AuditEvent, NamedToken, Owner};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::search::Search;
use crate::cursor;
use crate::store::statement::Statement;
use crate::store::{Conn, StoreError};

/// A row.
#[derive(Clone, Debug, QueryableByName)]
#[expect(missing_docs, reason = "the columns")]
pub struct Event {
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    pub time: Timestamp,
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub event_type: String,
    #[diesel(sql_type = Text)]
    pub outcome: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub user_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    pub user_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub user_email: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub token_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    pub token_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub method: Option<String>,
    #[diesel(sql_type = Jsonb)]
    pub context: Value,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub request_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Inet>)]
    pub ip: Option<IpNet>,
    #[diesel(sql_type = Nullable<Text>)]
    pub user_agent: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub client_type: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub client_version: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub agent_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub agent_session_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
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
    pub(super) time: Timestamp,
    pub(super) id: Uuid,
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
///
/// Who and where are looked up first: rows hold ids only. Joins come last, for the rows of the page.
pub async fn page(conn: &mut Conn, filter: &Filter, before: Option<Position>, limit: i64) -> Result<Vec<Event>, StoreError> {
    let Some(search) = Search::prepare(conn, filter, before, limit).await? else { return Ok(Vec::new()) };
    let page = Statement::new(
        "SELECT e.time, e.id, e.event_type, e.outcome, e.reason, p.user_id, p.user_name, p.user_email, p.token_id, p.token_name, e.method,
                e.context, e.request_id, c.ip, c.user_agent, c.client_type, c.client_version, c.agent_name, c.agent_session_id, c.agent_model
           FROM (",
    );
    let page = search.newest(page).sql(
        ") e LEFT JOIN audit_principals p ON p.id = e.principal_id LEFT JOIN audit_clients c ON c.id = e.client_id
         ORDER BY e.time DESC, e.id DESC",
    );
    Ok(page.query().load(conn).await?)
}

/// The methods that a token called since `since`, refused calls included; with a limit those of its last calls under each of
/// its names and owners' names suffice.
///
/// An index holds all that this reads: a busy token has a million rows.
pub async fn web_api_methods(conn: &mut Conn, token: TokenId, since: Timestamp, last: Option<i64>) -> Result<Vec<String>, StoreError> {
    let limit = last.map(|last| format!("ORDER BY time DESC LIMIT {last}")).unwrap_or_default();
    let query = format!(
        "SELECT DISTINCT method AS text FROM audit_principals p CROSS JOIN LATERAL
           (SELECT method FROM audit_events WHERE principal_id = p.id AND time >= $2 AND method IS NOT NULL {limit}) calls
          WHERE p.token_id = $1"
    );
    let rows: Vec<Named> =
        diesel::sql_query(query).bind::<SqlUuid, _>(token.0).bind::<Timestamptz, _>(jiff_diesel::Timestamp::from(since)).load(conn).await?;
    Ok(rows.into_iter().map(|row| row.text).collect())
}

/// The scopes that edits added to a token, each with the instant when that happened last.
pub async fn scopes_added(conn: &mut Conn, account: AccountId, token: TokenId) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let query = "
        SELECT scope AS text, max(time) AS time
          FROM audit_principals p CROSS JOIN LATERAL
               (SELECT context, time FROM audit_events WHERE principal_id = p.id AND outcome = 'succeeded'
                   AND event_type IN ('personal_access_tokens.updated', 'organization_tokens.updated') OFFSET 0) edits
         CROSS JOIN LATERAL jsonb_array_elements_text(context -> 'added_scopes') scope
         WHERE p.account_id = $1 AND p.token_id = $2
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
