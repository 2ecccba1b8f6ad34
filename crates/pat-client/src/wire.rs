//! `POST /gateway/authorize/batch`, as pat-server describes it at `/api/openapi.json`.

use std::net::IpAddr;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::identity::{Identity, User};
use crate::refusal::Refusal;

/// What travels together.
#[derive(Serialize)]
pub struct Batch<'a> {
    /// In the order of their verdicts.
    pub requests: &'a [Question],
}

/// May this request go on? No `Debug`, as it holds a secret.
#[derive(Serialize)]
pub struct Question {
    /// The bearer token.
    pub token: String,
    /// The verb.
    pub method: String,
    /// Path and query.
    pub uri: String,
    /// Where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// What sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

impl Question {
    /// Bytes of it in a batch, at most.
    pub fn size(&self) -> usize {
        // Names, marks and the address take less than this.
        const REST: usize = 256;
        // Each byte of a text may need an escape of six.
        let escaped = self.uri.len() + self.user_agent.as_deref().map_or(0, str::len);
        REST + self.token.len() + self.method.len() + 6 * escaped
    }
}

/// One verdict a request, in their order.
#[derive(Deserialize)]
pub struct Verdicts {
    /// As many as there were requests.
    pub verdicts: Vec<Verdict>,
}

/// May it go on?
#[derive(Deserialize)]
pub struct Verdict {
    status: u16,
    error: Option<String>,
    #[serde(default)]
    error_details: Box<Map<String, Value>>,
    challenge: Option<String>,
    retry_after: Option<u64>,
    identity: Option<WireIdentity>,
}

#[derive(Deserialize)]
struct WireIdentity {
    user: Option<String>,
    user_id: Option<Uuid>,
    token_id: Uuid,
    token_name: String,
    scopes: Vec<String>,
}

impl Verdict {
    /// What it comes to. Whoever is no one is not let through, and what makes no sense isn't either.
    pub fn decide(self) -> Result<Identity, Refusal> {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        match (status, self.identity, self.error) {
            (StatusCode::OK, Some(identity), None) => identity.typed().ok_or_else(Refusal::unavailable),
            (status, None, Some(code)) if status.is_client_error() || status.is_server_error() => Err(Refusal {
                status,
                code: code.into(),
                details: self.error_details,
                challenge: self.challenge.map(Into::into),
                retry_after: self.retry_after,
            }),
            _ => Err(Refusal::unavailable()),
        }
    }
}

impl WireIdentity {
    fn typed(self) -> Option<Identity> {
        let user = match (self.user_id, self.user) {
            (Some(id), Some(email)) => Some(User { id, email }),
            (None, None) => None,
            _ => return None,
        };
        Some(Identity { user, token_id: self.token_id, token_name: self.token_name, scopes: self.scopes })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decide(verdict: Value) -> Result<Identity, (u16, String)> {
        let verdict: Verdict = serde_json::from_value(verdict).unwrap();
        verdict.decide().map_err(|refusal| (refusal.status.as_u16(), refusal.code.into_owned()))
    }

    fn identity() -> Value {
        json!({ "user": "a@b.test", "user_id": Uuid::nil(), "token_id": Uuid::nil(), "token_name": "t", "scopes": ["a:b"] })
    }

    #[test]
    fn an_identity_with_200_is_let_through_and_nothing_else() {
        let known = decide(json!({ "status": 200, "identity": identity() })).unwrap();
        assert_eq!((known.user.unwrap().email.as_str(), known.scopes), ("a@b.test", vec!["a:b".to_owned()]));
        let unavailable = Err((503, "unavailable".to_owned()));
        let mut half = identity();
        half["user_id"] = Value::Null;
        for nonsense in [
            json!({ "status": 200 }),
            json!({ "status": 200, "identity": null }),
            json!({ "status": 200, "identity": half }),
            json!({ "status": 200, "error": "invalid_auth", "identity": identity() }),
            json!({ "status": 204, "identity": identity() }),
            json!({ "status": 401, "identity": identity() }),
            json!({ "status": 200, "error": "invalid_auth" }),
            json!({ "status": 302, "error": "moved" }),
            json!({ "status": 401 }),
            json!({ "status": 7, "identity": identity() }),
        ] {
            assert_eq!(decide(nonsense.clone()), unavailable, "{nonsense}");
        }
        assert_eq!(decide(json!({ "status": 401, "error": "invalid_auth" })), Err((401, "invalid_auth".to_owned())));
    }

    #[test]
    fn no_question_is_larger_than_it_says() {
        let nasty = "\u{1}\"\\".repeat(500);
        let ip = Some("2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap());
        let question = Question { token: "t".repeat(40), method: "GET".into(), uri: nasty.clone(), ip, user_agent: Some(nasty) };
        assert!(serde_json::to_vec(&question).unwrap().len() <= question.size());
    }
}
