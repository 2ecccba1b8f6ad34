//! What an upstream is told of who calls.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use pat_core::id::{TokenId, UserId};
use pat_core::policy::Policy;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;

use crate::store::principals::Principal;

/// What is escaped in a header's value, besides all that isn't ASCII.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// Who calls, with which token, and what it may.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Identity {
    /// The owner's e-mail address; null for an organization token.
    user: Option<String>,
    /// The owner's id; null for an organization token.
    user_id: Option<UserId>,
    /// The token's id.
    token_id: TokenId,
    /// The token's name.
    token_name: String,
    /// What it may now, in the order of the policy table.
    scopes: Vec<String>,
}

impl Identity {
    /// Of a principal that was proved.
    pub fn of(principal: &Principal, policy: &Policy) -> Self {
        let user = principal.user.as_ref();
        Self {
            user: user.map(|user| user.email.clone()),
            user_id: user.map(|user| user.id),
            token_id: principal.token_id,
            token_name: principal.token_name.clone(),
            scopes: policy.scope_names(principal.standing.effective),
        }
    }

    /// As headers. All of them are there, empty where there is nothing to say: a gateway that copies them then overwrites whatever
    /// a client sent under these names.
    pub fn into_headers(self) -> HeaderMap {
        let user_id = self.user_id.map(|id| id.to_string()).unwrap_or_default();
        let values = [
            ("x-auth-user", self.user.unwrap_or_default()),
            ("x-auth-user-id", user_id),
            ("x-auth-token-id", self.token_id.to_string()),
            ("x-auth-token-name", self.token_name),
            ("x-auth-scopes", self.scopes.join(" ")),
        ];
        let header = |(name, value): (&'static str, String)| {
            let value = HeaderValue::try_from(utf8_percent_encode(&value, ESCAPED).to_string()).ok()?;
            Some((HeaderName::from_static(name), value))
        };
        values.into_iter().filter_map(header).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_is_there_and_holds_ascii_only() {
        let identity = Identity {
            user: None,
            user_id: None,
            token_id: TokenId(uuid::Uuid::nil()),
            token_name: "Zoë's 100% laptop\r\nX-Auth-User: root".to_owned(),
            scopes: vec!["a:b".to_owned(), "c:d".to_owned()],
        };
        let headers = identity.into_headers();
        let value = |name: &str| headers.get(name).unwrap().to_str().unwrap();
        assert_eq!((value("x-auth-user"), value("x-auth-user-id"), value("x-auth-scopes")), ("", "", "a:b c:d"));
        assert_eq!(value("x-auth-token-name"), "Zo%C3%AB's 100%25 laptop%0D%0AX-Auth-User: root");
        assert_eq!(headers.len(), 5);
    }
}
