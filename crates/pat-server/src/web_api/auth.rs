//! `auth.*`: what the calling token is. No scope is needed.

use serde_json::json;

use super::{Call, Reply, WebApiError, teams, wire_id};
use crate::store::pool::Data;

/// `auth.info`.
pub fn info(call: Call<'_>) -> Result<Reply, WebApiError> {
    let principal = call.principal;
    reply(json!({
        "auth": {
            "token_type": principal.standing.kind.wire_name(),
            "token_name": principal.token_name,
            "scopes": principal.granted.names(call.policy),
            "effective_scopes": call.policy.scope_names(principal.standing.effective),
            "expires_at": principal.standing.lifecycle.expires_at,
            "created_at": principal.created_at,
        },
        "account": { "name": principal.account_name },
    }))
}

/// `auth.whoami`: with the team of a personal token's owner.
pub async fn whoami(call: Call<'_>, data: &mut Data<'_>) -> Result<Reply, WebApiError> {
    let principal = call.principal;
    let team = match &principal.user {
        Some(user) => teams::of_member(call, data.conn().await?, &user.email).await?,
        None => None,
    };
    let user = principal.user.as_ref().map(|user| json!({ "id": wire_id(user.wire_id), "name": user.name, "email": user.email }));
    reply(json!({
        "auth_token_type": principal.standing.kind.wire_name(),
        "account": { "name": principal.account_name },
        "user": user,
        "team": team.as_ref().map(teams::Team::summary),
    }))
}

/// The members of a JSON object.
pub fn reply(body: serde_json::Value) -> Result<Reply, WebApiError> {
    match body {
        serde_json::Value::Object(members) => Ok(members),
        other => Err(WebApiError::Defect(anyhow::anyhow!("a reply must be an object, not {other}"))),
    }
}
