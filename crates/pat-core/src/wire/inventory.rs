//! `/api/admin/tokens` and `/api/admin/organization-tokens`: which tokens exist, and changes of many.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Owner, Person, PersonalAccessToken};
use crate::id::{TokenId, UserId};
use crate::people::ReasonCode;
use crate::token::{TokenKind, TokenStatus};

wire! {
    /// `GET /api/admin/tokens`: the account's tokens.
    pub struct AdminTokenList {
        /// One page of them.
        pub tokens: Vec<AdminToken>,
        /// Pass it as `cursor` for the next page; null at the end.
        pub next_cursor: Option<String>,
    }

    /// A token with its kind and owner.
    pub struct AdminToken {
        /// The token.
        pub token: PersonalAccessToken,
        /// Personal or organization.
        pub kind: TokenKind,
        /// Whose it is; null for an organization token.
        pub owner: Option<Owner>,
    }

    /// A token by name.
    pub struct NamedToken {
        /// Its id.
        pub id: TokenId,
        /// Its name.
        pub name: String,
    }

    /// `DELETE /api/admin/tokens/{id}` and the same of an organization token.
    pub struct AdminRevoke {
        /// Why.
        #[serde(default)]
        pub reason: Option<ReasonCode>,
        /// In words, at most 500 characters; required for `other`. The owner reads both.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub note: Option<String>,
    }

    /// `POST …/{id}/pause`.
    pub struct Pause {
        /// Until when, at most 30 days ahead.
        #[serde(default, with = "crate::instant::optional")]
        pub until: Option<Timestamp>,
    }

    /// `POST /api/admin/tokens/preview`, and part of other previews: what a change would touch.
    pub struct Preview {
        /// How many live tokens.
        pub count: u64,
        /// How many owners they have.
        pub owners: u64,
        /// Some of them, newest first.
        pub sample: Vec<AdminToken>,
    }

    /// `POST /api/admin/tokens/changes`: the same to many tokens. Only live ones are touched.
    pub struct ChangeTokens {
        /// What to do.
        pub act: TokenAct,
        /// To which.
        pub target: TokenTarget,
    }

    /// `GET /api/admin/tokens/changes`: the last hundred, newest first.
    pub struct TokenChangeList {
        /// Changes of many tokens.
        pub changes: Vec<TokenChange>,
    }

    /// A change of many tokens, which runs in batches.
    pub struct TokenChange {
        /// Its id.
        pub id: Uuid,
        /// What is done.
        pub act: TokenAct,
        /// How far it is.
        pub state: ChangeState,
        /// How many tokens matched when it began.
        pub matched: u64,
        /// How many were changed so far.
        pub done: u64,
        /// Who asked for it; null for the operator.
        pub asked_by: Option<Person>,
        /// When.
        #[serde(with = "crate::instant")]
        pub created_at: Timestamp,
        /// When it ended.
        #[serde(with = "crate::instant::optional")]
        pub ended_at: Option<Timestamp>,
    }

    /// `DELETE /api/personal-access-tokens`: all of one's own at once.
    pub struct RevokedAll {
        /// How many were live.
        pub revoked: u64,
    }
}

/// Which tokens: all conditions that are given must hold. The same names stand in the query of the list. An unknown one is refused
/// also here, within an enum: it would make a change of few a change of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenFilter {
    /// Personal or organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TokenKind>,
    /// This user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// Holding this scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// With this status now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<TokenStatus>,
    /// Ending before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::instant::optional")]
    pub expires_before: Option<Timestamp>,
    /// Last used before this instant, or never; not for tokens made after it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::instant::optional")]
    pub not_used_since: Option<Timestamp>,
    /// Never used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub never_used: bool,
    /// Without an end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_expiration: bool,
}

/// What to do to many tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum TokenAct {
    /// Revoke, for good.
    Revoke {
        /// Why.
        #[serde(default)]
        reason: Option<ReasonCode>,
        /// In words; required for `other`.
        #[serde(default)]
        note: Option<String>,
    },
    /// Pause.
    Pause {
        /// Until when, at most 30 days ahead.
        #[serde(default, with = "crate::instant::optional")]
        until: Option<Timestamp>,
    },
    /// End pauses.
    Resume {},
}

/// Which tokens to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum TokenTarget {
    /// These, at most 1000.
    Selected {
        /// Their ids.
        ids: Vec<TokenId>,
    },
    /// All that match and existed when the change began.
    Matching {
        /// The filter.
        filter: TokenFilter,
    },
}

/// How far a change of many tokens is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// Under way.
    Running,
    /// Somebody stopped it, or whoever asked for it may no longer; what was done stays done.
    Stopped,
    /// Through.
    Finished,
}
