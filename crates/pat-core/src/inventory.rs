//! Which tokens an admin asks for, and what to do to many of them at once: the requests of `/api/admin/tokens`, checked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::pause::check_until;
use crate::people::RevokeReason;
use crate::policy::Policy;
use crate::token::{TokenKind, TokenStatus};
use crate::wire::{FieldCode, FieldError, TokenAct, TokenFilter};

/// How many tokens a change may name one by one.
pub const MAX_SELECTED: usize = 1000;

/// How many changes of many tokens an account may have under way.
pub const MAX_RUNNING_CHANGES: u64 = 5;

/// A filter that makes sense: all conditions that are given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// Personal or organization.
    pub kind: Option<TokenKind>,
    /// This user's.
    pub owner: Option<UserId>,
    /// Holding this scope.
    pub scope: Option<String>,
    /// With this status now.
    pub status: Option<TokenStatus>,
    /// Ending before this instant.
    #[serde(with = "crate::instant::optional")]
    pub expires_before: Option<Timestamp>,
    /// Without a use.
    pub unused: Option<Unused>,
    /// Without an end.
    pub no_expiration: bool,
}

/// For how long a token was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unused {
    /// Never.
    Ever,
    /// Not since an instant, and it is older than that.
    Since(#[serde(with = "crate::instant")] Timestamp),
}

impl Conditions {
    /// Checks a filter. Conditions that exclude each other are fine: they match nothing.
    ///
    /// # Errors
    /// The field to mend.
    pub fn parse(filter: &TokenFilter, policy: &Policy) -> Result<Self, FieldError> {
        if filter.scope.as_ref().is_some_and(|name| policy.scope_id(name).is_none()) {
            return Err(FieldError::new("scope", FieldCode::UnknownScope));
        }
        let unused = match (filter.never_used, filter.not_used_since) {
            (true, Some(_)) => return Err(FieldError::new("not_used_since", FieldCode::Invalid)),
            (true, None) => Some(Unused::Ever),
            (false, since) => since.map(Unused::Since),
        };
        Ok(Self {
            kind: filter.kind,
            owner: filter.owner,
            scope: filter.scope.clone(),
            status: filter.status,
            expires_before: filter.expires_before,
            unused,
            no_expiration: filter.no_expiration,
        })
    }
}

/// The order of a list of tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Newest first.
    #[default]
    Created,
    /// Oldest first.
    Oldest,
    /// Soonest end first, those without an end last.
    Expires,
    /// Never used first, then the longest ago.
    LastUsed,
}

/// What to do to many tokens, checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Revoke, for good.
    Revoke(RevokeReason),
    /// Pause until an instant; a longer pause stays as long.
    Pause(#[serde(with = "crate::instant")] Timestamp),
    /// End pauses.
    Resume {},
}

impl Act {
    /// Checks what an admin asks for at `now`.
    ///
    /// # Errors
    /// The field to mend.
    pub fn parse(act: &TokenAct, now: Timestamp) -> Result<Self, FieldError> {
        match act {
            TokenAct::Revoke { reason, note } => RevokeReason::parse(*reason, note.as_deref()).map(Self::Revoke),
            TokenAct::Pause { until } => check_until(*until, now).map(Self::Pause),
            TokenAct::Resume {} => Ok(Self::Resume {}),
        }
    }

    /// As it stands on the wire.
    pub fn wire(&self) -> TokenAct {
        match self {
            Self::Revoke(reason) => TokenAct::Revoke { reason: Some(reason.code()), note: reason.note().map(str::to_owned) },
            Self::Pause(until) => TokenAct::Pause { until: Some(*until) },
            Self::Resume {} => TokenAct::Resume {},
        }
    }
}
