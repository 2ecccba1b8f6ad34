//! What asks for a fresh sign-in.

use jiff::{SignedDuration, Timestamp};
use pat_core::scope::ScopeSet;
use pat_core::widening::{FRESH_SECONDS, adds_role, elevates, is_fresh};

use crate::fixtures::{dx, set};

#[test]
fn a_sign_in_is_fresh_for_two_hours() {
    let given = Timestamp::UNIX_EPOCH;
    let after = |seconds| given + SignedDuration::from_secs(seconds);
    assert_eq!(FRESH_SECONDS, 7200);
    assert!(is_fresh(given, after(0)) && is_fresh(given, after(7200)));
    assert!(!is_fresh(given, after(7200) + SignedDuration::from_nanos(1)));
}

#[test]
fn a_token_widens_by_scopes_that_not_everyone_may_grant() {
    let policy = dx();
    let set = |names: &[&str]| set(&policy, names);
    let (everyone, elevated) = (set(&["catalog:read", "snapshots:read"]), set(&["catalog:read", "scorecards:write"]));
    assert!(!elevates(&policy, ScopeSet::EMPTY, policy.everyone()));
    assert!(elevates(&policy, ScopeSet::EMPTY, elevated));
    assert!(elevates(&policy, everyone, elevated));
    assert!(!elevates(&policy, elevated, everyone), "narrowing");
    assert!(!elevates(&policy, elevated, elevated.union(everyone)), "it has the scope already");
}

#[test]
fn a_user_widens_by_any_role_more() {
    assert!(adds_role(&["contributor"], &["contributor", "team_lead"]));
    assert!(adds_role(&["workspace_admin"], &["contributor"]), "another role, whatever it allows");
    assert!(!adds_role(&["contributor", "workspace_admin"], &["contributor"]));
    assert!(!adds_role(&["a", "b"], &["b", "a"]));
}
