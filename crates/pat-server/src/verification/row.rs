//! What the audit log says of a call.

use pat_core::audit::{EventType, Outcome};
use pat_core::policy::Method;
use pat_core::token::TokenStatus;
use serde_json::{Value, json};

use super::Ask;
use crate::client::Client;
use crate::store::audit::NewEvent;
use crate::store::principals::Principal;
use crate::web_api::{Reply, WebApiError};

/// Refused arguments that a row names.
const MAX_ARGUMENTS: usize = 20;

/// The row of a live token's call.
pub fn of<'a>(
    client: &'a Client,
    method: &'a Method,
    principal: &'a Principal,
    ask: Ask<'_>,
    reply: &Result<Reply, WebApiError>,
) -> NewEvent<'a> {
    let why = match reply {
        Err(WebApiError::MissingScopes { missing, .. }) => Some(("missing_scopes", json!(missing))),
        Err(WebApiError::RefusedBy(rule)) => Some(("refused_by", json!(rule))),
        Err(WebApiError::Arguments(problems)) => {
            Some(("arguments", problems.iter().take(MAX_ARGUMENTS).map(|(name, _)| name.as_str()).collect()))
        }
        _ => None,
    };
    let context = ask.context().into_iter().chain(why).map(|(name, value)| (name.to_owned(), value)).collect();
    event(client, method, principal, reply.as_ref().err().map(WebApiError::code), Value::Object(context))
}

/// The row of a dead token's refusal, which stands for others of the same minute.
pub fn of_dead<'a>(client: &'a Client, method: &'a Method, principal: &'a Principal, status: TokenStatus, since: u32) -> NewEvent<'a> {
    let context = json!({ "token_status": status, "refusals_since_last_row": since });
    event(client, method, principal, Some(WebApiError::InvalidAuth.code()), context)
}

/// The row of a refused call over a limit, which stands for others of the same minute.
pub fn of_over_limit<'a>(client: &'a Client, method: &'a Method, principal: &'a Principal, limit: &str, since: u32) -> NewEvent<'a> {
    let context = json!({ "limit": limit, "refusals_since_last_row": since });
    event(client, method, principal, Some(WebApiError::RATE_LIMITED), context)
}

fn event<'a>(
    client: &'a Client,
    method: &'a Method,
    principal: &'a Principal,
    refusal: Option<&'static str>,
    context: Value,
) -> NewEvent<'a> {
    NewEvent {
        account_id: principal.account_id,
        event_type: EventType::WebApiCalled,
        outcome: if refusal.is_some() { Outcome::Refused } else { Outcome::Succeeded },
        reason: refusal,
        user: principal.event_user(),
        token: Some((principal.token_id, &principal.token_name)),
        method: Some(&method.name),
        context,
        session_id: None,
        client,
    }
}
