//! What admins do to people: the last workspace admin, reasons for deleting (P10) on others' behalf, passwords.

use serde::{Deserialize, Serialize};

use crate::policy::WORKSPACE_ADMIN;
use crate::wire::{FieldCode, FieldError};

/// The longest reason for a revocation, in characters.
pub const MAX_REASON_CHARS: usize = 500;

/// Whether these roles make a workspace admin.
pub fn is_workspace_admin<S: AsRef<str>>(roles: &[S]) -> bool {
    roles.iter().any(|role| role.as_ref() == WORKSPACE_ADMIN)
}

/// A change that would leave the account without an active workspace admin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the last active workspace admin can't be demoted or deactivated")]
pub struct LastWorkspaceAdmin;

/// Refuses to take the admin role from the last active workspace admin. `other_admins` counts the active ones besides them.
///
/// # Errors
/// [`LastWorkspaceAdmin`].
pub fn keep_an_admin(was_active_admin: bool, stays_active_admin: bool, other_admins: u64) -> Result<(), LastWorkspaceAdmin> {
    if was_active_admin && !stays_active_admin && other_admins == 0 { Err(LastWorkspaceAdmin) } else { Ok(()) }
}

/// Why an admin revoked a token, as a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// Its secret is known to others.
    Compromised,
    /// Its owner left.
    Left,
    /// Nobody uses it.
    Unused,
    /// It breaks a rule of the account.
    Policy,
    /// The note says why.
    Other,
}

impl ReasonCode {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 5] = [Self::Compromised, Self::Left, Self::Unused, Self::Policy, Self::Other];

    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compromised => "compromised",
            Self::Left => "left",
            Self::Unused => "unused",
            Self::Policy => "policy",
            Self::Other => "other",
        }
    }

    /// Parses the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

/// Why an admin revoked a token: a code, and a note of at most 500 characters after trimming, which `other` needs. The owner reads both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeReason {
    code: ReasonCode,
    note: Option<String>,
}

impl RevokeReason {
    /// A reason that needs no words.
    pub fn without_note(code: ReasonCode) -> Self {
        Self { code, note: None }
    }

    /// Trims and checks a reason.
    ///
    /// # Errors
    /// The fields to mend: `reason`, `note`.
    pub fn parse(code: Option<ReasonCode>, note: Option<&str>) -> Result<Self, FieldError> {
        let code = code.ok_or_else(|| FieldError::new("reason", FieldCode::Required))?;
        let note = note.map(str::trim).filter(|note| !note.is_empty());
        let mistake = match note {
            None if code == ReasonCode::Other => Some(FieldCode::Required),
            Some(note) if note.chars().count() > MAX_REASON_CHARS => Some(FieldCode::TooLong),
            Some(note) if note.chars().any(|c| c.is_control() && c != '\n') => Some(FieldCode::ControlCharacters),
            _ => None,
        };
        match mistake {
            Some(mistake) => Err(FieldError::new("note", mistake)),
            None => Ok(Self { code, note: note.map(str::to_owned) }),
        }
    }

    /// The code.
    pub fn code(&self) -> ReasonCode {
        self.code
    }

    /// The words.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// The shortest password, in characters.
pub const MIN_PASSWORD_CHARS: usize = 12;

/// The longest password, in bytes: hashing a longer one would be work for nothing.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// Checks a password that somebody chooses (not one that they sign in with).
///
/// # Errors
/// Why it was refused.
pub fn check_new_password(password: &str) -> Result<(), FieldCode> {
    if password.len() > MAX_PASSWORD_BYTES {
        Err(FieldCode::TooLong)
    } else if password.chars().count() < MIN_PASSWORD_CHARS {
        Err(FieldCode::TooShort)
    } else {
        Ok(())
    }
}
