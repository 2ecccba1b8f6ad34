//! Bodies that carry a secret. Their `Debug` shows the name only, so that none can slip into a log.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AdminUser, PersonalAccessToken};

/// The answer to a create: the only one that holds the secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedToken {
    /// The secret, shown once.
    pub token: String,
    /// The token.
    pub personal_access_token: PersonalAccessToken,
}

/// The answer to the creation of an organization token: the only one that holds the secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedOrganizationToken {
    /// The secret, shown once.
    pub token: String,
    /// The token.
    pub organization_token: PersonalAccessToken,
}

/// The answer to an invitation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invited {
    /// The person.
    pub user: AdminUser,
    /// What they choose their password with.
    pub link: PasswordLink,
}

/// A one-time link that sets a password, shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordLink {
    /// The whole link; its secret is in the fragment.
    pub url: String,
    /// Until when it works.
    #[serde(with = "crate::instant")]
    pub expires_at: Timestamp,
}

/// `POST /api/session/confirm`: the password again, which makes the sign-in fresh.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfirmPassword {
    /// Password.
    #[serde(default)]
    pub password: String,
}

/// `POST /api/session`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// E-mail address, in any case.
    #[serde(default)]
    pub email: String,
    /// Password.
    #[serde(default)]
    pub password: String,
}

/// `POST /api/password`: redeems a one-time link.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetPassword {
    /// The secret from the link's fragment.
    #[serde(default)]
    pub link: String,
    /// The new password.
    #[serde(default)]
    pub password: String,
}

macro_rules! name_only_debug {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

name_only_debug!(CreatedToken, CreatedOrganizationToken, Invited, PasswordLink, ConfirmPassword, SignIn, SetPassword);
