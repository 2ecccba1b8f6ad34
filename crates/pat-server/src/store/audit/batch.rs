//! Many rows as one statement: columns travel as typed arrays, so that the statement's text is always the same.

use diesel::sql_types::{Array, Inet, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use ipnet::IpNet;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{NewEvent, Proof, clean};
use crate::store::{Conn, StoreError};

/// A row with what must still stand for it to go in; ready to be written, whatever happens to the request meanwhile.
#[derive(Clone, Debug)]
pub struct ProvedRow {
    account_id: Uuid,
    id: Uuid,
    event_type: &'static str,
    outcome: &'static str,
    reason: Option<String>,
    user_name: Option<String>,
    user_email: Option<String>,
    token_id: Option<Uuid>,
    token_name: Option<String>,
    method: Option<String>,
    context: Value,
    request_id: Uuid,
    ip: Option<IpNet>,
    user_agent: Option<String>,
    client_type: Option<String>,
    client_version: Option<String>,
    agent_name: Option<String>,
    agent_session_id: Option<String>,
    agent_model: Option<String>,
    proof: Proof,
}

impl ProvedRow {
    /// The row of an event, cleaned to the columns' types.
    pub fn new(event: NewEvent<'_>, proof: Proof) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let client = event.client;
        Self {
            account_id: event.account_id.0,
            id: Uuid::now_v7(),
            event_type: event.event_type.as_str(),
            outcome: event.outcome.as_str(),
            reason: owned(event.reason),
            user_name: owned(event.user.map(|user| user.name)),
            user_email: owned(event.user.map(|user| user.email)),
            token_id: event.token.map(|(id, _)| id.0),
            token_name: owned(event.token.map(|(_, name)| name)),
            method: owned(event.method),
            context: clean::context(event.context),
            request_id: client.request_id,
            ip: client.ip_net(),
            user_agent: client.user_agent.clone(),
            client_type: client.client_type.clone(),
            client_version: client.client_version.clone(),
            agent_name: client.agent_name.clone(),
            agent_session_id: client.agent_session_id.clone(),
            agent_model: client.agent_model.clone(),
            proof,
        }
    }

    /// Names the row among those that went in.
    pub fn id(&self) -> Uuid {
        self.id
    }
}

/// The fence for many. A holder is looked up once, however many rows are theirs: the planner may join either way, the stamps
/// are compared row by row.
const INSERT: &str = "
INSERT INTO audit_events (account_id, id, event_type, outcome, reason, user_id, user_name, user_email, token_id, token_name, method,
    context, request_id, ip, user_agent, client_type, client_version, agent_name, agent_session_id, agent_model)
SELECT r.account_id, r.id, r.event_type, r.outcome, r.reason, r.user_id, r.user_name, r.user_email, r.token_id, r.token_name, r.method,
       r.context, r.request_id, r.ip, r.user_agent, r.client_type, r.client_version, r.agent_name, r.agent_session_id, r.agent_model
  FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
    AS r (account_id, id, event_type, outcome, reason, user_id, user_name, user_email, token_id, token_name, method, context,
          request_id, ip, user_agent, client_type, client_version, agent_name, agent_session_id, agent_model,
          account_stamp, user_stamp, holds_from, holds_until)
  JOIN accounts a ON a.id = r.account_id AND a.stamp = r.account_stamp
  LEFT JOIN users u ON u.id = r.user_id AND u.account_id = r.account_id
 WHERE u.id IS NOT DISTINCT FROM r.user_id AND u.stamp IS NOT DISTINCT FROM r.user_stamp
   AND (r.holds_from IS NULL OR r.holds_from <= pat_now()) AND (r.holds_until IS NULL OR pat_now() < r.holds_until)
RETURNING id";

#[derive(diesel::QueryableByName)]
struct WentIn {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Writes, as one transaction of one statement, those rows whose ground still stands, and returns their ids. Nothing may be
/// answered for the others.
pub async fn insert_proved_rows(conn: &mut Conn, rows: &[ProvedRow]) -> Result<Vec<Uuid>, StoreError> {
    fn column<'a, T>(rows: &'a [ProvedRow], of: impl Fn(&'a ProvedRow) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    let at = |instant: Option<Timestamp>| instant.map(jiff_diesel::Timestamp::from);
    let query = diesel::sql_query(INSERT)
        .bind::<Array<SqlUuid>, _>(column(rows, |row| row.account_id))
        .bind::<Array<SqlUuid>, _>(column(rows, |row| row.id))
        .bind::<Array<Text>, _>(column(rows, |row| row.event_type))
        .bind::<Array<Text>, _>(column(rows, |row| row.outcome))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.reason.as_deref()))
        .bind::<Array<Nullable<SqlUuid>>, _>(column(rows, |row| row.proof.user.map(|(id, _)| id.0)))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.user_name.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.user_email.as_deref()))
        .bind::<Array<Nullable<SqlUuid>>, _>(column(rows, |row| row.token_id))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.token_name.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.method.as_deref()))
        .bind::<Array<Jsonb>, _>(column(rows, |row| &row.context))
        .bind::<Array<SqlUuid>, _>(column(rows, |row| row.request_id))
        .bind::<Array<Nullable<Inet>>, _>(column(rows, |row| row.ip))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.user_agent.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.client_type.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.client_version.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.agent_name.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.agent_session_id.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.agent_model.as_deref()))
        .bind::<Array<SqlUuid>, _>(column(rows, |row| row.proof.account_stamp))
        .bind::<Array<Nullable<SqlUuid>>, _>(column(rows, |row| row.proof.user.map(|(_, stamp)| stamp)))
        .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |row| at(row.proof.window.from)))
        .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |row| at(row.proof.window.until)));
    let went_in: Vec<WentIn> = query.load(conn).await?;
    Ok(went_in.into_iter().map(|row| row.id).collect())
}
