//! What everyone's tokens are filtered by. It stands in the page's address under the names that the server gives it.

use pat_core::instant;
use pat_core::token::{TokenKind, TokenStatus};
use pat_core::wire::TokenFilter;

/// The parameters of the list.
pub const PARAMETERS: [&str; 9] =
    ["kind", "owner", "scope", "status", "expires_before", "not_used_since", "never_used", "no_expiration", "sort"];

/// The orders, each as the server knows it. The first is what it does unasked.
pub const SORTS: [&str; 4] = ["created", "oldest", "expires", "last_used"];

/// Every status with its name in the address.
pub const STATUSES: [(TokenStatus, &str); 4] = [
    (TokenStatus::Active, "active"),
    (TokenStatus::Paused, "paused"),
    (TokenStatus::Expired, "expired"),
    (TokenStatus::Revoked, "revoked"),
];

/// The filter that an address asks for; `None` if it can't be understood, so that nothing is done to more tokens than are shown.
pub fn filter(get: impl Fn(&str) -> String) -> Option<TokenFilter> {
    read(get).ok()
}

fn read(get: impl Fn(&str) -> String) -> Result<TokenFilter, Nonsense> {
    Ok(TokenFilter {
        kind: given(&get("kind"), TokenKind::parse)?,
        owner: given(&get("owner"), |text| text.parse().ok())?,
        scope: given(&get("scope"), |text| Some(text.to_owned()))?,
        status: given(&get("status"), status)?,
        expires_before: given(&get("expires_before"), instant::parse)?,
        not_used_since: given(&get("not_used_since"), instant::parse)?,
        never_used: given(&get("never_used"), |text| text.parse().ok())?.unwrap_or_default(),
        no_expiration: given(&get("no_expiration"), |text| text.parse().ok())?.unwrap_or_default(),
    })
}

fn status(text: &str) -> Option<TokenStatus> {
    STATUSES.into_iter().find(|(_, name)| *name == text).map(|(status, _)| status)
}

/// A parameter that can't be understood.
struct Nonsense;

/// A parameter, which may be missing.
fn given<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Nonsense> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some).ok_or(Nonsense) }
}

#[cfg(test)]
mod tests {
    use pat_core::id::UserId;
    use serde_json::Value;
    use uuid::Uuid;

    use super::*;

    fn everything() -> TokenFilter {
        TokenFilter {
            kind: Some(TokenKind::Personal),
            owner: Some(UserId(Uuid::from_u128(7))),
            scope: Some("catalog:read".into()),
            status: Some(TokenStatus::Paused),
            expires_before: Some("2027-01-31T12:00:00Z".parse().unwrap()),
            not_used_since: Some("2026-10-01T00:00:00Z".parse().unwrap()),
            never_used: true,
            no_expiration: true,
        }
    }

    /// The query under the names on the wire, which the list and the changes of many have in common.
    fn query_of(filter: &TokenFilter) -> impl Fn(&str) -> String {
        let on_the_wire = serde_json::to_value(filter).unwrap();
        move |name| match &on_the_wire[name] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    #[test]
    fn an_address_asks_for_what_the_same_names_mean_on_the_wire() {
        for asked in [everything(), TokenFilter::default()] {
            assert_eq!(filter(query_of(&asked)), Some(asked));
        }
        for (status, name) in STATUSES {
            assert_eq!(serde_json::to_value(status).unwrap(), name);
        }
    }

    #[test]
    fn every_condition_is_a_parameter() {
        let Value::Object(on_the_wire) = serde_json::to_value(everything()).unwrap() else { panic!("not an object") };
        for name in on_the_wire.keys() {
            assert!(PARAMETERS.contains(&name.as_str()), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_no_filter() {
        for (name, nonsense) in
            [("kind", "cat"), ("owner", "ada"), ("status", "Active"), ("expires_before", "tomorrow"), ("never_used", "yes")]
        {
            assert_eq!(filter(|asked| if asked == name { nonsense.into() } else { String::new() }), None, "{name}");
        }
    }
}
