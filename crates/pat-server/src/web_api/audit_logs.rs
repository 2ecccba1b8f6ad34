//! `auditLogs.list`: the account's log in DX's shape.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::auth::reply;
use super::{Call, Reply, WebApiError, wire_id};
use crate::store::audit::{self, Event, Filter, Position};
use crate::store::{Conn, people};

/// `auditLogs.list`.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let limit = call.arguments.limit(50, 100)?;
    let cursor = call.arguments.text("cursor")?.filter(|text| !text.is_empty());
    let before = cursor
        .map(|text| Position::from_cursor(text).ok_or_else(|| WebApiError::argument("cursor", "It is not a next_cursor of this method.")));
    let account = call.principal.account_id;
    let mut events = audit::page(conn, &Filter::all(account), before.transpose()?, limit + 1).await?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = events.len() > size;
    events.truncate(size);
    let next_cursor = events.last().filter(|_| has_more).map(|event| event.position().cursor());
    let wire_ids = people::wire_ids(conn, account, events.iter().filter_map(|event| event.user_id)).await?;
    let audit_logs: Vec<Value> = events.iter().map(|event| entry(event, &wire_ids)).collect();
    reply(json!({ "audit_logs": audit_logs, "response_metadata": { "next_cursor": next_cursor } }))
}

fn entry(event: &Event, wire_ids: &HashMap<Uuid, i64>) -> Value {
    let id = event.user_id.and_then(|id| wire_ids.get(&id));
    let user = id.map(|id| json!({ "id": wire_id(*id), "name": event.user_name, "email": event.user_email }));
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
