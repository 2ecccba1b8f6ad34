//! A token that was just made.

use pat_core::wire::{CreatedOrganizationToken, CreatedToken, PersonalAccessToken};

/// The token with its secret, which nothing else holds.
#[derive(Clone)]
pub struct NewToken {
    /// The secret.
    pub secret: String,
    /// The token.
    pub token: PersonalAccessToken,
}

impl From<CreatedToken> for NewToken {
    fn from(created: CreatedToken) -> Self {
        Self { secret: created.token, token: created.personal_access_token }
    }
}

impl From<CreatedOrganizationToken> for NewToken {
    fn from(created: CreatedOrganizationToken) -> Self {
        Self { secret: created.token, token: created.organization_token }
    }
}
