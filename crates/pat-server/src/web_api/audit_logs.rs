//! `auditLogs.list`: the account's log in DX's shape.

use base64::Engine as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::auth::reply;
use super::{Call, Reply, WebApiError, wire_id};
use crate::store::audit::{self, Event};
use crate::store::{Conn, StoreError};

/// Where the next page begins: after this row.
#[derive(Serialize, Deserialize)]
struct Position {
    ts: Timestamp,
    id: Uuid,
}

/// `auditLogs.list`.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let limit = call.arguments.limit(50, 100)?;
    let before: Option<Position> = call.arguments.cursor()?;
    // Older than the log, and than Postgres can say.
    if before.as_ref().is_some_and(|position| position.ts < Timestamp::UNIX_EPOCH) {
        return Err(WebApiError::argument("cursor", "It is not a next_cursor of this method."));
    }
    let before = before.map(|position| (position.ts, position.id));
    let mut events = audit::list(conn, call.principal.account_id, before, limit + 1).await?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = events.len() > size;
    events.truncate(size);
    let next_cursor = events.last().filter(|_| has_more).map(cursor);
    let audit_logs: Vec<Value> = events.iter().map(entry).collect();
    reply(json!({ "audit_logs": audit_logs, "response_metadata": { "next_cursor": next_cursor.transpose()? } }))
}

fn cursor(event: &Event) -> Result<String, WebApiError> {
    let position = Position { ts: event.time, id: event.id };
    let text = serde_json::to_vec(&position).map_err(|error| StoreError::Defect(error.into()))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text))
}

fn entry(event: &Event) -> Value {
    let user = event.user_wire_id.map(|id| json!({ "id": wire_id(id), "name": event.user_name, "email": event.user_email }));
    json!({
        "user": user,
        "event_type": event.event_type,
        "time": format!("{:.3}", event.time),
        "ip_address": event.ip.map(|ip| ip.addr().to_string()),
        "context": context(event),
        "user_agent": event.user_agent,
        "performed_by_dx_user": false,
    })
}

/// The event's own context, joined by the columns that have no place in DX's shape.
fn context(event: &Event) -> Value {
    let mut context = event.context.as_object().cloned().unwrap_or_else(Map::new);
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            context.insert(name.to_owned(), value);
        }
    };
    let text = |text: &Option<String>| text.clone().map(Value::String);
    add("outcome", Some(Value::String(event.outcome.clone())));
    add("refusal", text(&event.reason));
    add("method", text(&event.method));
    add("token_id", event.token_id.map(|id| Value::String(id.to_string())));
    add("token_name", text(&event.token_name));
    add("client_type", text(&event.client_type));
    add("client_version", text(&event.client_version));
    add("agent_name", text(&event.agent_name));
    add("agent_session_id", text(&event.agent_session_id));
    add("agent_model", text(&event.agent_model));
    add("request_id", event.request_id.map(|id| Value::String(id.to_string())));
    Value::Object(context)
}
