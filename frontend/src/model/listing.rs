//! The order of the list.

use pat_core::wire::PersonalAccessToken;

/// A user's tokens, those that work first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Active and paused ones.
    pub live: Vec<PersonalAccessToken>,
    /// Expired and revoked ones.
    pub ended: Vec<PersonalAccessToken>,
}

impl Listing {
    /// Splits a list and keeps its order.
    pub fn of(tokens: Vec<PersonalAccessToken>) -> Self {
        let (ended, live) = tokens.into_iter().partition(|token| token.status.is_dead());
        Self { live, ended }
    }
}
