//! The Console API's JSON (design section 5), shared by the server and the page.
//!
//! Times are RFC 3339 in UTC; scopes are in the policy table's order.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, TokenId, UserId};
use crate::people::ReasonCode;
use crate::policy::{Access, Policy};
use crate::token::{TokenStatus, Version};

macro_rules! wire {
    ($($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name { $($body)* }
    )+};
}

// After the macro, which they use.
mod events;
mod inventory;
mod people;
mod secret;
mod settings;
mod sign_in;

pub use events::{AuditEvent, EventList, UnusedScope, UnusedScopes};
pub use inventory::{
    AdminRevoke, AdminToken, AdminTokenList, ChangeState, ChangeTokens, NamedToken, Pause, Preview, RevokedAll, TokenAct, TokenChange,
    TokenChangeList, TokenFilter, TokenTarget,
};
pub use people::{AdminUser, Invite, RoleChoice, RoleList, RolesPreview, SetRoles, StruckToken, UserList, UserState};
pub use secret::{ConfirmPassword, CreatedOrganizationToken, CreatedToken, Invited, PasswordLink, SetPassword, SignIn};
pub use settings::{
    BlockedScopes, DaysSetting, FeatureChoice, FeatureSetting, NoExpiration, Rule, SavedSettings, Settings, SettingsEffect, SettingsPage,
    SettingsPreview, Strength,
};
pub use sign_in::{ApproveSignIn, DenySignIn, FindDevice, SignInDecided, SignInRequest, WaitingDevice};

wire! {
    /// `GET /api/session`: who is signed in.
    pub struct Session {
        /// The person.
        pub user: SessionUser,
        /// Their account.
        pub account: SessionAccount,
    }

    /// The person who is signed in.
    pub struct SessionUser {
        /// Their id.
        pub id: UserId,
        /// Their name.
        pub name: String,
        /// Their e-mail address.
        pub email: String,
        /// Their roles.
        pub roles: Vec<RoleLabel>,
    }

    /// A role by its stored name and the name that people read.
    pub struct RoleLabel {
        /// For example `workspace_admin`.
        pub name: String,
        /// For example "Workspace admin".
        pub label: String,
    }

    /// The account that somebody is signed in to.
    pub struct SessionAccount {
        /// Its id.
        pub id: AccountId,
        /// Its name.
        pub name: String,
        /// The product features it has.
        pub features: Vec<String>,
    }

    /// `GET /api/scopes`: what the caller may choose now.
    pub struct Choices {
        /// The grantable scopes (P1).
        pub scopes: Vec<ScopeChoice>,
        /// The expirations that fit the account's settings (P5).
        pub expirations: Expirations,
        /// While it is set nobody makes a token; this says why.
        pub creation_stopped: Option<String>,
    }

    /// A scope on the form.
    pub struct ScopeChoice {
        /// Its name.
        pub name: String,
        /// One line on what it allows.
        pub description: String,
        /// The resource it stands under.
        pub group: String,
        /// Read, write or admin.
        pub access: Access,
    }

    /// The expirations on the form.
    pub struct Expirations {
        /// Windows in days of 24 hours.
        pub days: Vec<u32>,
        /// Whether "no expiration" is allowed.
        pub never: bool,
        /// A custom date must end at or before this instant.
        #[serde(with = "crate::instant")]
        pub latest: Timestamp,
    }

    /// A personal access token, as its owner and admins see it. The secret is not part of it.
    pub struct PersonalAccessToken {
        /// Its id.
        pub id: TokenId,
        /// Goes up with every change; an edit sends it back in `If-Match`.
        pub version: Version,
        /// Its name.
        pub name: String,
        /// The last four characters of the secret.
        pub token_hint: String,
        /// What was granted.
        pub scopes: Vec<String>,
        /// Of these, what it may do now.
        pub effective_scopes: Vec<String>,
        /// Its status when this was read.
        pub status: TokenStatus,
        /// When it was made.
        #[serde(with = "crate::instant")]
        pub created_at: Timestamp,
        /// When it ends; null is never.
        #[serde(with = "crate::instant::optional")]
        pub expires_at: Option<Timestamp>,
        /// Until when it is paused.
        #[serde(with = "crate::instant::optional")]
        pub paused_until: Option<Timestamp>,
        /// Who paused it; an owner can't end an admin's pause.
        pub paused_by: Option<Person>,
        /// The account's setting that refuses it now, although it is active.
        pub refused_by: Option<Rule>,
        /// Its last use, at most a minute behind.
        #[serde(with = "crate::instant::optional")]
        pub last_used_at: Option<Timestamp>,
        /// The address of its last use.
        pub last_used_ip: Option<String>,
        /// The client of its last use.
        pub last_used_user_agent: Option<String>,
        /// When it was deleted.
        #[serde(with = "crate::instant::optional")]
        pub revoked_at: Option<Timestamp>,
        /// By whom; null if by the system.
        pub revoked_by: Option<Person>,
        /// Why; null when the owner did it.
        pub revoke_reason: Option<ReasonCode>,
        /// Why, in words.
        pub revoke_note: Option<String>,
    }

    /// Somebody, by name.
    pub struct Person {
        /// Their id.
        pub id: UserId,
        /// Their name.
        pub name: String,
    }

    /// `GET /api/personal-access-tokens`.
    pub struct TokenList {
        /// Newest first.
        pub personal_access_tokens: Vec<PersonalAccessToken>,
    }

    /// `POST /api/personal-access-tokens`. Whatever is missing is refused by the rule of its field.
    pub struct CreateToken {
        /// 1–100 characters (P7).
        #[serde(default)]
        pub name: String,
        /// When it shall end (P5).
        #[serde(default)]
        pub expiration: Option<RequestedExpiration>,
        /// At least one grantable scope (P1, P8).
        #[serde(default)]
        pub scopes: Vec<String>,
    }

    /// `PATCH /api/personal-access-tokens/{id}` (P9). What is left out stays.
    pub struct EditToken {
        /// The new name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The whole new set of scopes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub scopes: Option<Vec<String>>,
    }

    /// `GET /api/admin/organization-tokens`.
    pub struct OrganizationTokenList {
        /// One page of them, newest first.
        pub organization_tokens: Vec<PersonalAccessToken>,
        /// Pass it as `cursor` for the next page; null at the end.
        pub next_cursor: Option<String>,
    }

    /// Whose a token is.
    pub struct Owner {
        /// Their id.
        pub id: UserId,
        /// Their name.
        pub name: String,
        /// Their e-mail address.
        pub email: String,
    }

    /// An RFC 9457 problem, `application/problem+json`.
    pub struct Problem {
        /// `about:blank`: the code says more than a link could.
        #[serde(rename = "type")]
        pub kind: String,
        /// The status in words.
        pub title: String,
        /// The HTTP status.
        pub status: u16,
        /// What to branch on.
        pub code: String,
        /// What happened and what to do, in English.
        pub detail: String,
        /// Refused fields, for code `invalid`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub errors: Vec<FieldError>,
    }

    /// One refused field.
    pub struct FieldError {
        /// Its path in the request, for example `scopes`.
        pub field: String,
        /// What to branch on.
        pub code: FieldCode,
        /// What to do, in English.
        pub message: String,
        /// The scope that was refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub scope: Option<String>,
        /// Names of the roles that would allow the scope; empty where none would, as the account's features or settings mask it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub roles: Option<Vec<String>>,
        /// For `taken`: the token that has the name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub taken_by: Option<Box<TakenBy>>,
    }

    /// The token that has a name already. One made moments ago and never used may be the caller's own, its answer lost.
    pub struct TakenBy {
        /// Its id.
        pub id: TokenId,
        /// When it was made.
        #[serde(with = "crate::instant")]
        pub created_at: Timestamp,
        /// Its last use.
        #[serde(with = "crate::instant::optional")]
        pub last_used_at: Option<Timestamp>,
    }
}

impl RoleLabel {
    /// Roles, by their stored names.
    pub fn all(policy: &Policy, names: &[String]) -> Vec<Self> {
        names.iter().map(|name| Self { name: name.clone(), label: policy.role_label(name).to_owned() }).collect()
    }
}

/// When a new token shall end (P5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum RequestedExpiration {
    /// That many × 24 hours from creation: 7, 30, 60 or 90.
    Days {
        /// The number of days.
        days: i64,
    },
    /// Until the next day begins in the zone.
    Date {
        /// `YYYY-MM-DD`.
        date: String,
        /// An IANA name, for example `Europe/Paris`.
        time_zone: String,
    },
    /// No expiration.
    Never {},
}

/// Why a field was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldCode {
    /// Missing or empty.
    Required,
    /// Longer than allowed.
    TooLong,
    /// Shorter than allowed.
    TooShort,
    /// Holds control characters.
    ControlCharacters,
    /// Another live token of the user has this name.
    Taken,
    /// Not one of the windows on offer.
    NotOffered,
    /// No such date.
    InvalidDate,
    /// The date is over.
    Past,
    /// More than 100 years ahead.
    TooFar,
    /// No such IANA time zone.
    UnknownTimeZone,
    /// The account doesn't allow "no expiration".
    ExpirationRequired,
    /// Later than the account's maximum lifetime allows.
    ExceedsMaximum,
    /// The policy has no such scope.
    UnknownScope,
    /// Named twice.
    Duplicate,
    /// The caller's roles don't allow it (P2).
    NotGrantable,
    /// The request has no such field.
    UnknownField,
    /// Of the wrong type, or not understood.
    Invalid,
}
