//! Pauses: a token refuses until an instant and then works again by itself. Its time runs on meanwhile.

use jiff::{SignedDuration, Timestamp};

use crate::id::UserId;
use crate::token::{Lifecycle, TokenStatus};
use crate::wire::{FieldCode, FieldError};

/// How far ahead a pause may end, in days of 24 hours.
pub const MAX_PAUSE_DAYS: i64 = 30;

/// Who asks for a pause or its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pauser {
    /// The token's owner.
    Owner(UserId),
    /// A workspace admin.
    Admin(UserId),
}

/// What is known of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pausable {
    /// The instants that decide its status.
    pub lifecycle: Lifecycle,
    /// Who paused it last.
    pub paused_by: Option<UserId>,
}

/// Why a pause, or its end, is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PauseRefusal {
    /// Expired or revoked (P10).
    Dead,
    /// An admin paused it, and that pause is still in force.
    PausedByAdmin,
    /// A field to mend.
    Invalid(FieldError),
}

impl Pausable {
    /// Decides on a pause.
    ///
    /// # Errors
    /// See [`PauseRefusal`].
    pub fn pause(&self, by: Pauser, until: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, PauseRefusal> {
        self.check(by, now)?;
        check_until(until, now).map_err(PauseRefusal::Invalid)
    }

    /// Decides on the end of a pause, where there is one.
    ///
    /// # Errors
    /// See [`PauseRefusal`].
    pub fn resume(&self, by: Pauser, now: Timestamp) -> Result<(), PauseRefusal> {
        self.check(by, now)
    }

    /// Whether a new end of its pause, or none, lets it work earlier than somebody else wanted: more authority, not less.
    pub fn lifts_another_s(&self, by: UserId, until: Option<Timestamp>, now: Timestamp) -> bool {
        self.is_paused(now) && self.paused_by != Some(by) && until < self.lifecycle.paused_until
    }

    /// Whether a pause is in force.
    pub fn is_paused(&self, now: Timestamp) -> bool {
        self.lifecycle.status(now) == TokenStatus::Paused
    }

    fn check(&self, by: Pauser, now: Timestamp) -> Result<(), PauseRefusal> {
        match by {
            _ if self.lifecycle.status(now).is_dead() => Err(PauseRefusal::Dead),
            Pauser::Owner(owner) if self.is_paused(now) && self.paused_by != Some(owner) => Err(PauseRefusal::PausedByAdmin),
            _ => Ok(()),
        }
    }
}

/// Checks until when a pause shall last.
///
/// # Errors
/// For the field `until`.
pub fn check_until(until: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, FieldError> {
    let refused = |code| FieldError::new("until", code);
    let until = until.ok_or_else(|| refused(FieldCode::Required))?;
    if until <= now {
        return Err(refused(FieldCode::Past));
    }
    let latest = now.checked_add(SignedDuration::from_hours(24 * MAX_PAUSE_DAYS)).unwrap_or(Timestamp::MAX);
    if until > latest { Err(refused(FieldCode::TooFar)) } else { Ok(until) }
}
