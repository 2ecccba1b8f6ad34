//! What is asked about a token.

use pat_core::attempt::Attempt;
use pat_core::id::AccountId;
use serde_json::{Value, json};

use crate::web_api::RawArguments;

/// The longest path that a row keeps, in characters.
const MAX_PATH_CHARS: usize = 300;

/// What a token is used for. Whatever it is, it is decided and proved alike.
#[derive(Clone, Copy, Debug)]
pub enum Ask<'a> {
    /// Run the method.
    Run(RawArguments<'a>),
    /// Only say that the method may be run, by whoever asks.
    Permit,
    /// Only say that the method may be run, by an upstream that serves it at this path (without the query: it may hold secrets).
    Forward(&'a str),
    /// Say what the token stands for at this moment, to an organization token of this account. To others it is unknown.
    Introspect(AccountId),
}

impl Ask<'_> {
    /// Where an attempt begins: who asks what a token stands for is not told from memory.
    pub(super) fn first_attempt(self) -> Attempt {
        match self {
            Self::Introspect(_) => Attempt::first().missed(),
            _ => Attempt::first(),
        }
    }

    /// Whether it counts for the limits. Whoever asks about a token is counted by their own.
    pub(super) fn is_counted(self) -> bool {
        !matches!(self, Self::Introspect(_))
    }

    /// Whether a token of this account is any business of who asks.
    pub(super) fn concerns(self, account: AccountId) -> bool {
        !matches!(self, Self::Introspect(asker) if asker != account)
    }

    /// What the row says of it.
    pub(super) fn context(self) -> Option<(&'static str, Value)> {
        match self {
            Self::Run(_) | Self::Permit => None,
            Self::Forward(path) => Some(("forwarded_path", json!(path.chars().take(MAX_PATH_CHARS).collect::<String>()))),
            Self::Introspect(_) => Some(("introspected", json!(true))),
        }
    }
}
