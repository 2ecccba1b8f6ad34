//! P5, P10, P11: may this token call this method, and for how long does the answer hold.

use jiff::Timestamp;
use pat_core::policy::{Found, Method, Policy};
use pat_core::scope::ScopeSet;
use pat_core::settings::Ruling;
use pat_core::token::{Lifecycle, TokenKind, TokenStatus};
use pat_core::verify::{Decision, Refusal, Standing, Window, decide};
use pat_core::wire::Rule;

use crate::fixtures::{at, dx, set};

const NOON: &str = "2026-06-15T12:00:00Z";
const SECOND_BEFORE: &str = "2026-06-15T11:59:59Z";
const SECOND_AFTER: &str = "2026-06-15T12:00:01Z";
const FAR: &str = "2027-01-01T00:00:00Z";

fn lifecycle(expires: Option<&str>, paused: Option<&str>, revoked: Option<&str>) -> Lifecycle {
    Lifecycle { expires_at: expires.map(at), paused_until: paused.map(at), revoked_at: revoked.map(at) }
}

fn method<'a>(policy: &'a Policy, verb: &str, path: &str) -> &'a Method {
    match policy.find(verb, path) {
        Found::Method(method) => method,
        other => panic!("{verb} {path}: {other:?}"),
    }
}

fn call(kind: TokenKind, lifecycle: Lifecycle, effective: ScopeSet, method: &Method, now: Timestamp) -> Decision {
    decide(&Standing { kind, lifecycle, ruling: Ruling::default(), effective }, method, now)
}

#[test]
fn p5_live_means_now_before_expires_at() {
    let token = lifecycle(Some(NOON), None, None);
    let nanosecond_before = at(NOON) - jiff::SignedDuration::from_nanos(1);
    for (now, status) in [
        (at(SECOND_BEFORE), TokenStatus::Active),
        (nanosecond_before, TokenStatus::Active),
        (at(NOON), TokenStatus::Expired),
        (at(SECOND_AFTER), TokenStatus::Expired),
    ] {
        assert_eq!(token.status(now), status, "{now}");
    }
    assert_eq!(Lifecycle::default().status(Timestamp::MAX), TokenStatus::Active, "no expiration");
}

#[test]
fn a_pause_ends_by_itself() {
    let token = lifecycle(Some(FAR), Some(NOON), None);
    for (now, status) in [
        (SECOND_BEFORE, TokenStatus::Paused),
        (NOON, TokenStatus::Active),
        (SECOND_AFTER, TokenStatus::Active),
        (FAR, TokenStatus::Expired),
    ] {
        assert_eq!(token.status(at(now)), status, "{now}");
    }
}

#[test]
fn p10_revoked_wins_then_expired_then_paused() {
    let (past, future) = (Some(SECOND_BEFORE), Some(SECOND_AFTER));
    for (token, status, is_dead) in [
        (lifecycle(past, future, past), TokenStatus::Revoked, true),
        (lifecycle(None, None, past), TokenStatus::Revoked, true),
        // Another node's clock may run ahead: deleted is deleted.
        (lifecycle(None, None, future), TokenStatus::Revoked, true),
        (lifecycle(past, future, None), TokenStatus::Expired, true),
        (lifecycle(future, future, None), TokenStatus::Paused, false),
        (lifecycle(future, past, None), TokenStatus::Active, false),
    ] {
        assert_eq!(token.status(at(NOON)), status, "{token:?}");
        assert_eq!(status.is_dead(), is_dead);
    }
}

#[test]
fn p11_a_method_needs_all_its_scopes() {
    let policy = dx();
    let method = method(&policy, "GET", "/snapshots.getFile");
    for (effective, missing) in [
        (vec![], vec!["snapshots:read", "snapshots:admin"]),
        (vec!["snapshots:read"], vec!["snapshots:admin"]),
        (vec!["snapshots:admin", "catalog:read"], vec!["snapshots:read"]),
        (vec!["snapshots:admin", "snapshots:read"], vec![]),
    ] {
        let decision = call(TokenKind::Personal, Lifecycle::default(), set(&policy, &effective), method, at(NOON));
        let expected = if missing.is_empty() {
            Decision::Allowed(Window::default())
        } else {
            Decision::Refused(Refusal::MissingScopes(set(&policy, &missing)), Window::default())
        };
        assert_eq!(decision, expected, "{effective:?}");
    }
}

#[test]
fn a_method_without_scopes_is_open_to_every_live_token() {
    let policy = dx();
    let method = method(&policy, "GET", "/auth.info");
    for kind in [TokenKind::Personal, TokenKind::Organization] {
        assert_eq!(call(kind, Lifecycle::default(), ScopeSet::EMPTY, method, at(NOON)), Decision::Allowed(Window::default()));
    }
}

#[test]
fn a_method_for_one_kind_refuses_the_other() {
    let policy = dx();
    let method = method(&policy, "POST", "/studio.reports.delete");
    let effective = set(&policy, &["studio:reports:write"]);
    let decision = |kind| call(kind, Lifecycle::default(), effective, method, at(NOON));
    assert_eq!(decision(TokenKind::Personal), Decision::Allowed(Window::default()));
    assert_eq!(decision(TokenKind::Organization), Decision::Refused(Refusal::WrongKind, Window::default()));
}

#[test]
fn dead_goes_before_paused_before_a_rule_before_kind_and_scopes() {
    let policy = dx();
    let method = method(&policy, "POST", "/studio.reports.delete");
    let decision = |lifecycle, ruling| {
        let standing = Standing { kind: TokenKind::Organization, lifecycle, ruling, effective: ScopeSet::EMPTY };
        decide(&standing, method, at(NOON))
    };
    let window = |from: Option<&str>, until: Option<&str>| Window { from: from.map(at), until: until.map(at) };
    let broken = Ruling { broken: Some(Rule::MaxLifetime), stale_at: Some(at(SECOND_BEFORE)) };
    let stale = Ruling { broken: None, stale_at: Some(at(NOON)) };
    let soon_stale = Ruling { broken: None, stale_at: Some(at(SECOND_AFTER)) };
    for (lifecycle, ruling, expected) in [
        (lifecycle(Some(NOON), Some(FAR), None), broken, Decision::Dead(TokenStatus::Expired)),
        (lifecycle(Some(FAR), Some(FAR), None), broken, Decision::Refused(Refusal::Paused, window(None, Some(FAR)))),
        (
            lifecycle(Some(FAR), Some(SECOND_BEFORE), None),
            broken,
            Decision::Refused(Refusal::Setting(Rule::MaxLifetime), window(Some(SECOND_BEFORE), Some(FAR))),
        ),
        (
            lifecycle(Some(FAR), Some(SECOND_BEFORE), None),
            stale,
            Decision::Refused(Refusal::Setting(Rule::Unused), window(Some(NOON), Some(FAR))),
        ),
        // The answer holds only until the rule strikes.
        (lifecycle(Some(FAR), None, None), soon_stale, Decision::Refused(Refusal::WrongKind, window(None, Some(SECOND_AFTER)))),
        (lifecycle(Some(FAR), None, None), Ruling::default(), Decision::Refused(Refusal::WrongKind, window(None, Some(FAR)))),
    ] {
        assert_eq!(decision(lifecycle, ruling), expected, "{lifecycle:?} {ruling:?}");
    }
}

#[test]
fn a_decision_holds_until_the_tokens_own_instants_change_it() {
    let policy = dx();
    let method = method(&policy, "GET", "/catalog.entities.list");
    let all = set(&policy, &["catalog:read"]);
    let window = |from: Option<&str>, until: Option<&str>| Window { from: from.map(at), until: until.map(at) };
    let missing = Refusal::MissingScopes(all);
    for (token, effective, expected) in [
        (lifecycle(None, None, None), all, Decision::Allowed(window(None, None))),
        (lifecycle(Some(FAR), None, None), all, Decision::Allowed(window(None, Some(FAR)))),
        (lifecycle(Some(FAR), Some(NOON), None), all, Decision::Allowed(window(Some(NOON), Some(FAR)))),
        (lifecycle(Some(FAR), Some(NOON), None), ScopeSet::EMPTY, Decision::Refused(missing, window(Some(NOON), Some(FAR)))),
        (lifecycle(None, Some(FAR), None), all, Decision::Refused(Refusal::Paused, window(None, Some(FAR)))),
        (lifecycle(Some(SECOND_AFTER), Some(FAR), None), all, Decision::Refused(Refusal::Paused, window(None, Some(SECOND_AFTER)))),
        (lifecycle(Some(NOON), None, None), all, Decision::Dead(TokenStatus::Expired)),
        (lifecycle(Some(FAR), Some(FAR), Some(NOON)), all, Decision::Dead(TokenStatus::Revoked)),
    ] {
        assert_eq!(call(TokenKind::Personal, token, effective, method, at(NOON)), expected, "{token:?}");
    }
}
