//! A token's kinds and states.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::microsecond;
use serde::{Deserialize, Serialize};

/// Whom a token acts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Belongs to a user and acts as that user.
    Personal,
    /// Belongs to the account; for machine-to-machine use.
    Organization,
}

impl TokenKind {
    /// The prefix of the token's text (design section 4).
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Personal => "dxp_",
            Self::Organization => "dxo_",
        }
    }

    /// The name in `auth.info`.
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Personal => "personal_access_token",
            Self::Organization => "account_web_api_token",
        }
    }

    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Organization => "organization",
        }
    }

    /// Parses the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Personal, Self::Organization].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a token is good for at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenStatus {
    /// Works.
    Active,
    /// Refused for now; works again by itself.
    Paused,
    /// Its time is over, for good.
    Expired,
    /// Deleted, for good.
    Revoked,
}

impl TokenStatus {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// Expired and revoked tokens never come back (P10).
    pub fn is_dead(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked)
    }
}

/// The instants that decide a token's status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// Live means now < this; `None` is no expiration.
    #[serde(with = "microsecond::optional")]
    pub expires_at: Option<Timestamp>,
    /// Paused until this instant.
    #[serde(with = "microsecond::optional")]
    pub paused_until: Option<Timestamp>,
    /// When it was deleted.
    #[serde(with = "microsecond::optional")]
    pub revoked_at: Option<Timestamp>,
}

impl Lifecycle {
    /// The status at an instant: revoked wins, then expired, then paused (design section 5).
    pub fn status(&self, now: Timestamp) -> TokenStatus {
        if self.revoked_at.is_some() {
            TokenStatus::Revoked
        } else if self.expires_at.is_some_and(|at| now >= at) {
            TokenStatus::Expired
        } else if self.paused_until.is_some_and(|until| now < until) {
            TokenStatus::Paused
        } else {
            TokenStatus::Active
        }
    }
}

/// Counts a token's changes; an edit names the one it saw (`If-Match`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Version(pub i32);
