//! Unused scopes: what is named, and what never is.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use pat_core::policy::Policy;
use pat_core::scope::{ScopeId, ScopeSet};
use pat_core::unused::{DAYS, needed, unused};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::fixtures::{at, dx, set};

const NOW: &str = "2026-06-15T12:00:00Z";

/// The names of what is unused on a token that holds `granted` since its creation at `since`.
fn named(policy: &Policy, granted: &[&str], methods: &[&str], since: &str) -> Vec<String> {
    let Some(needed) = needed(policy, methods) else { return vec!["nobody knows".to_owned()] };
    let unused = unused(set(policy, granted), needed, |_| at(since), at(NOW));
    policy.scope_names(unused.into_iter().map(|(scope, _)| scope).collect())
}

#[test]
fn what_no_call_needed_for_over_thirty_days_is_named() {
    let policy = dx();
    let granted = ["scorecards:read", "catalog:read", "snapshots:read"];
    let long_ago = "2026-01-01T00:00:00Z";
    assert_eq!(named(&policy, &granted, &[], long_ago), ["snapshots:read", "catalog:read", "scorecards:read"], "in table order");
    assert_eq!(named(&policy, &granted, &["catalog.entities.list"], long_ago), ["snapshots:read", "scorecards:read"]);
    assert_eq!(named(&policy, &granted, &["auth.info"], long_ago).len(), 3, "a method that needs none");
    assert_eq!(named(&policy, &[], &[], long_ago), Vec::<String>::new());
}

#[test]
fn thirty_days_to_the_second_are_not_over_thirty_days() {
    let policy = dx();
    assert_eq!(named(&policy, &["catalog:read"], &[], "2026-05-16T12:00:00Z"), Vec::<String>::new());
    assert_eq!(named(&policy, &["catalog:read"], &[], "2026-05-16T11:59:59Z"), ["catalog:read"]);
}

#[test]
fn a_method_of_old_leaves_nothing_to_say() {
    assert_eq!(named(&dx(), &["catalog:read"], &["auth.info", "catalog.of.old"], "2026-01-01T00:00:00Z"), ["nobody knows"]);
}

fn method_names() -> Vec<String> {
    dx().methods().iter().map(|method| method.name.clone()).chain(["catalog.of.old".to_owned()]).collect()
}

proptest! {
    #[test]
    fn a_scope_that_some_recorded_call_needed_is_never_named(
        granted in vec(any::<prop::sample::Index>(), 0..18),
        ages in vec(0_i64..200, 18),
        methods in vec(select(method_names()), 0..12),
    ) {
        let policy = dx();
        let all: Vec<ScopeId> = (0..policy.scopes().len()).filter_map(ScopeId::at).collect();
        let granted: ScopeSet = granted.into_iter().map(|index| *index.get(&all)).collect();
        let since = |scope: ScopeId| -> Timestamp { at(NOW) - SignedDuration::from_hours(24 * ages[scope.index() % ages.len()]) };
        let known: Option<Vec<_>> =
            methods.iter().map(|name| policy.methods().iter().find(|method| method.name == *name)).collect();
        let Some(rows) = known else {
            prop_assert_eq!(needed(&policy, &methods), None);
            return Ok(());
        };
        // The slow way round: a scope is unused if each row of the record lacks it.
        let expected: BTreeSet<ScopeId> = granted
            .iter()
            .filter(|scope| rows.iter().all(|row| !row.scopes.contains(*scope)))
            .filter(|scope| ages[scope.index() % ages.len()] > i64::from(DAYS))
            .collect();
        let unused = unused(granted, needed(&policy, &methods).unwrap(), since, at(NOW));
        prop_assert!(unused.iter().all(|(scope, at)| *at == since(*scope)));
        prop_assert_eq!(unused.into_iter().map(|(scope, _)| scope).collect::<BTreeSet<_>>(), expected);
    }
}
