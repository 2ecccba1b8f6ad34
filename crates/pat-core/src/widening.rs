//! What widens authority, and so asks for the password again where the sign-in isn't fresh.
//!
//! Inviting, reactivating and handing out a link that sets a password always do; the functions here tell for the rest.

use jiff::{SignedDuration, Timestamp};

use crate::policy::Policy;
use crate::scope::ScopeSet;

/// How long after the password was given a sign-in counts as fresh, in seconds.
pub const FRESH_SECONDS: i64 = 2 * 3600;

/// Whether a sign-in is fresh: at most [`FRESH_SECONDS`] have gone by since the password was given.
pub fn is_fresh(authenticated_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(authenticated_at) <= SignedDuration::from_secs(FRESH_SECONDS)
}

/// Whether a personal token gains a scope that not everyone may grant. A new token has had none before.
pub fn elevates(policy: &Policy, before: ScopeSet, after: ScopeSet) -> bool {
    !after.difference(before).difference(policy.everyone()).is_empty()
}

/// Whether a user gains a role.
pub fn adds_role<S: AsRef<str>>(before: &[S], after: &[S]) -> bool {
    after.iter().any(|role| before.iter().all(|other| other.as_ref() != role.as_ref()))
}
