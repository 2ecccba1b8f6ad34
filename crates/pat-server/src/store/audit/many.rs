//! Many rows in one statement.

use diesel::sql_types::{Array, Inet, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::{NewEvent, clean};
use crate::store::{Conn, StoreError};

const INSERT: &str = "
INSERT INTO audit_events (account_id, id, event_type, outcome, reason, user_id, user_name, user_email, token_id, token_name, method,
    context, request_id, ip, user_agent, client_type, client_version, agent_name, agent_session_id, agent_model, session_id)
SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)";

/// Writes rows, in the transaction of what they record.
pub async fn insert_all(conn: &mut Conn, events: &[NewEvent<'_>]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    diesel::sql_query(INSERT)
        .bind::<Array<SqlUuid>, _>(all(events, |event| event.account_id.0))
        .bind::<Array<SqlUuid>, _>(all(events, |_| Uuid::now_v7()))
        .bind::<Array<Text>, _>(all(events, |event| event.event_type.as_str()))
        .bind::<Array<Text>, _>(all(events, |event| event.outcome.as_str()))
        .bind::<Array<Nullable<Text>>, _>(all(events, |event| event.reason))
        .bind::<Array<Nullable<SqlUuid>>, _>(all(events, |event| event.user.map(|user| user.id.0)))
        .bind::<Array<Nullable<Text>>, _>(all(events, |event| event.user.map(|user| user.name)))
        .bind::<Array<Nullable<Text>>, _>(all(events, |event| event.user.map(|user| user.email)))
        .bind::<Array<Nullable<SqlUuid>>, _>(all(events, |event| event.token.map(|(id, _)| id.0)))
        .bind::<Array<Nullable<Text>>, _>(all(events, |event| event.token.map(|(_, name)| name)))
        .bind::<Array<Nullable<Text>>, _>(all(events, |event| event.method))
        .bind::<Array<Jsonb>, _>(all(events, |event| clean::context(event.context.clone())))
        .bind::<Array<SqlUuid>, _>(all(events, |event| event.client.request_id))
        .bind::<Array<Nullable<Inet>>, _>(all(events, |event| event.client.ip_net()))
        .bind::<Array<Nullable<Text>>, _>(all(events, |event| event.client.user_agent.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(all(events, |event| event.client.client_type.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(all(events, |event| event.client.client_version.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(all(events, |event| event.client.agent_name.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(all(events, |event| event.client.agent_session_id.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(all(events, |event| event.client.agent_model.as_deref()))
        .bind::<Array<Nullable<SqlUuid>>, _>(all(events, |event| event.session_id.map(|id| id.0)))
        .execute(conn)
        .await?;
    Ok(())
}

/// One column of all rows.
fn all<'a, T>(events: &'a [NewEvent<'a>], column: impl Fn(&'a NewEvent<'a>) -> T) -> Vec<T> {
    events.iter().map(column).collect()
}
