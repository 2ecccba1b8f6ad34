//! Scopes that a token holds and doesn't need, as far as the record of its calls tells.

use jiff::{SignedDuration, Timestamp};

use crate::policy::Policy;
use crate::scope::{ScopeId, ScopeSet};

/// For how many days of 24 hours a scope must have been held without need before it is named.
pub const DAYS: u32 = 30;

/// The scopes that calls of these methods needed, whatever the calls' outcome: all of each method's row. `None` if a method has no
/// row any more, as then nobody knows.
pub fn needed<S: AsRef<str>>(policy: &Policy, methods: impl IntoIterator<Item = S>) -> Option<ScopeSet> {
    let row = |name: &str| policy.methods().iter().find(|method| method.name == name);
    methods.into_iter().try_fold(ScopeSet::EMPTY, |needed, name| Some(needed.union(row(name.as_ref())?.scopes)))
}

/// The granted scopes that no call needed and that the token has held for over [`DAYS`] days, in table order. `since` says from
/// when on it holds a scope.
pub fn unused(granted: ScopeSet, needed: ScopeSet, since: impl Fn(ScopeId) -> Timestamp, now: Timestamp) -> Vec<(ScopeId, Timestamp)> {
    let held = granted.difference(needed).iter().map(|scope| (scope, since(scope)));
    held.filter(|(_, since)| now.duration_since(*since) > SignedDuration::from_hours(24 * i64::from(DAYS))).collect()
}
