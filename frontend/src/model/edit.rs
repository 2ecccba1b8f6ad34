//! An edit of a token.

use pat_core::wire::{EditToken, PersonalAccessToken};

/// The edit that turns the saved token into what the form says. Only what differs is sent, so that a token which has lost all its
/// scopes can still be renamed; with no difference it names the name.
pub fn difference(saved: &PersonalAccessToken, name: &str, scopes: &[String]) -> EditToken {
    // Neither names a scope twice, so two lists of one length differ only if one has what the other lacks.
    let scopes_differ = saved.scopes.len() != scopes.len() || scopes.iter().any(|scope| !saved.scopes.contains(scope));
    let name_differs = saved.name != name;
    EditToken { name: (name_differs || !scopes_differ).then(|| name.to_owned()), scopes: scopes_differ.then(|| scopes.to_vec()) }
}

/// The scopes that are left once some are taken away.
pub fn without(scopes: &[String], taken: &[String]) -> Vec<String> {
    scopes.iter().filter(|scope| !taken.contains(scope)).cloned().collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A token as the server sends it.
    pub fn saved() -> PersonalAccessToken {
        serde_json::from_value(serde_json::json!({
            "id": "00000000-0000-0000-0000-000000000000", "version": 3, "name": "ci", "token_hint": "ab12",
            "scopes": ["catalog:read", "scorecards:read"], "effective_scopes": ["catalog:read"], "status": "active",
            "created_at": "2027-01-31T12:00:00Z", "expires_at": null, "paused_until": null, "last_used_at": null,
            "last_used_ip": null, "last_used_user_agent": null, "revoked_at": null, "revoked_by": null, "revoke_reason": null
        }))
        .unwrap()
    }

    #[test]
    fn only_what_differs_is_sent() {
        let same: Vec<String> = vec!["scorecards:read".into(), "catalog:read".into()];
        let fewer: Vec<String> = vec!["catalog:read".into()];
        assert_eq!(difference(&saved(), "laptop", &same), EditToken { name: Some("laptop".into()), scopes: None });
        assert_eq!(difference(&saved(), "ci", &fewer), EditToken { name: None, scopes: Some(fewer.clone()) });
        assert_eq!(difference(&saved(), "laptop", &[]), EditToken { name: Some("laptop".into()), scopes: Some(vec![]) });
        assert_eq!(difference(&saved(), "ci", &same), EditToken { name: Some("ci".into()), scopes: None });
    }
}
