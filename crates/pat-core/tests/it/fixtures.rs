//! What most tests start from.

use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;
use pat_core::expiry::ExpirationLimits;
use pat_core::policy::{DX_POLICY, Policy};
use pat_core::scope::ScopeSet;
use pat_core::settings::AccountSettings;

/// No limit but the hundred years.
pub(crate) const UNLIMITED: ExpirationLimits = ExpirationLimits { max_lifetime_days: None, never_allowed: true };

pub(crate) fn dx() -> Policy {
    Policy::parse(DX_POLICY).unwrap()
}

/// An account with every feature, without restrictions.
pub(crate) fn account() -> AccountSettings {
    AccountSettings::new(strings(&["fabric", "datacloud", "platformx"]))
}

pub(crate) fn set(policy: &Policy, names: &[&str]) -> ScopeSet {
    names.iter().map(|name| policy.scope_id(name).unwrap_or_else(|| panic!("there is no scope {name}"))).collect()
}

pub(crate) fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

pub(crate) fn at(instant: &str) -> Timestamp {
    instant.parse().unwrap()
}

/// The time zones compiled in, so that the machine's own don't matter.
pub(crate) fn zones() -> TimeZoneDatabase {
    TimeZoneDatabase::bundled()
}
