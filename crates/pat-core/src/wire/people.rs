//! `/api/admin/users`: who can do what.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{NamedToken, RoleLabel};
use crate::id::UserId;

wire! {
    /// `GET /api/admin/users`: people by name.
    pub struct UserList {
        /// One page of them.
        pub users: Vec<AdminUser>,
        /// Pass it as `cursor` for the next page; null at the end.
        pub next_cursor: Option<String>,
    }

    /// A person, as admins see them.
    pub struct AdminUser {
        /// Their id.
        pub id: UserId,
        /// Their name.
        pub name: String,
        /// Their e-mail address.
        pub email: String,
        /// Their roles.
        pub roles: Vec<RoleLabel>,
        /// Whether they can sign in.
        pub state: UserState,
        /// When they were added.
        #[serde(with = "crate::instant")]
        pub created_at: Timestamp,
        /// When they were last seen in a browser, as far as their sessions tell.
        #[serde(with = "crate::instant::optional")]
        pub last_seen_at: Option<Timestamp>,
        /// Browser sessions that are live now.
        pub sessions: u32,
        /// Their tokens that are neither revoked nor expired.
        pub live_tokens: u32,
    }

    /// `GET /api/admin/roles`: every role of the policy table, for the form.
    pub struct RoleList {
        /// In table order.
        pub roles: Vec<RoleChoice>,
    }

    /// A role on the form.
    pub struct RoleChoice {
        /// The stored name.
        pub name: String,
        /// The name that people read.
        pub label: String,
        /// What it is for.
        pub description: String,
        /// The scopes it adds to those of everyone.
        pub scopes: Vec<String>,
    }

    /// `POST /api/admin/users`.
    pub struct Invite {
        /// 1–100 characters.
        #[serde(default)]
        pub name: String,
        /// Unique in the whole installation.
        #[serde(default)]
        pub email: String,
        /// At least one.
        #[serde(default)]
        pub roles: Vec<String>,
    }

    /// `PUT /api/admin/users/{id}/roles`, and `POST …/roles/preview`.
    pub struct SetRoles {
        /// The roles that the admin saw; others have been set meanwhile if they differ (412).
        #[serde(default)]
        pub from: Vec<String>,
        /// The roles from now on; at least one.
        #[serde(default)]
        pub to: Vec<String>,
    }

    /// What a change of roles would take from live tokens (P3).
    pub struct RolesPreview {
        /// Scopes that the user may no longer grant.
        pub lost_scopes: Vec<String>,
        /// Scopes that the user may grant in addition.
        pub added_scopes: Vec<String>,
        /// The live tokens that lose scopes, newest first.
        pub tokens: Vec<StruckToken>,
    }

    /// A live token that loses scopes.
    pub struct StruckToken {
        /// The token.
        pub token: NamedToken,
        /// The scopes it loses.
        pub scopes: Vec<String>,
    }
}

/// Whether somebody can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// Has a password.
    Active,
    /// Has not chosen a password yet.
    Invited,
    /// Can't sign in; their tokens are revoked (P4).
    Deactivated,
}
