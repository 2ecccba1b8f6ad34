//! A token that was just made.

use pat_core::wire::PersonalAccessToken;
use serde::Deserialize;

/// The token with its secret, which nothing else holds: the server's answer for both kinds of token, read by one piece of code.
#[derive(Clone, Deserialize)]
pub struct NewToken {
    /// The secret.
    #[serde(rename = "token")]
    pub secret: String,
    /// The token.
    #[serde(rename = "personal_access_token", alias = "organization_token")]
    pub token: PersonalAccessToken,
}

#[cfg(test)]
mod tests {
    use pat_core::wire::{CreatedOrganizationToken, CreatedToken};
    use serde::Serialize;

    use super::*;
    use crate::model::edit::tests::saved;

    fn read(answer: &impl Serialize) -> NewToken {
        serde_json::from_str(&serde_json::to_string(answer).unwrap()).unwrap()
    }

    #[test]
    fn both_answers_are_understood() {
        let personal = read(&CreatedToken { token: "dxp_secret".into(), personal_access_token: saved() });
        let organization = read(&CreatedOrganizationToken { token: "dxo_secret".into(), organization_token: saved() });
        assert_eq!((personal.secret.as_str(), organization.secret.as_str()), ("dxp_secret", "dxo_secret"));
        assert_eq!((personal.token, organization.token), (saved(), saved()));
    }
}
