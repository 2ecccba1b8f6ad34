//! What an admin does to tokens.

use pat_core::token::TokenStatus;
use pat_core::wire::{AdminToken, TokenAct, TokenTarget};

/// An act, before its details are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Revoke, for good.
    Revoke,
    /// Refuse for a while.
    Pause,
    /// End a pause.
    Resume,
}

impl Act {
    /// All of them, in the order shown.
    pub const ALL: [Self; 3] = [Self::Revoke, Self::Pause, Self::Resume];

    /// What can be done to a token with this status.
    pub fn possible(status: TokenStatus) -> &'static [Self] {
        match status {
            TokenStatus::Active => &[Self::Revoke, Self::Pause],
            TokenStatus::Paused => &[Self::Revoke, Self::Resume],
            TokenStatus::Expired | TokenStatus::Revoked => &[],
        }
    }
}

impl From<&TokenAct> for Act {
    fn from(act: &TokenAct) -> Self {
        match act {
            TokenAct::Revoke { .. } => Self::Revoke,
            TokenAct::Pause { .. } => Self::Pause,
            TokenAct::Resume {} => Self::Resume,
        }
    }
}

/// An act that waits for its details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What to do.
    pub act: Act,
    /// To what.
    pub target: Target,
}

/// What an act is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One token.
    One(Box<AdminToken>),
    /// Many, which takes a while.
    Many(TokenTarget),
}
