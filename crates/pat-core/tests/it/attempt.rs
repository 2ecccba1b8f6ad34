//! The steps of an attempt (design section 6), one by one; the model explores how they mix.

use pat_core::attempt::{Attempt, Decided, FREE_TRIES, Next, Row, Source};
use pat_core::policy::{Found, Method, Policy};
use pat_core::settings::Ruling;
use pat_core::token::{Lifecycle, TokenKind, TokenStatus};
use pat_core::verify::{Standing, Window};

use crate::fixtures::{at, dx, set};

const NOON: &str = "2026-06-15T12:00:00Z";

fn standing(policy: &Policy, expires: Option<&str>) -> Standing {
    let lifecycle = Lifecycle { expires_at: expires.map(at), ..Lifecycle::default() };
    Standing { kind: TokenKind::Personal, lifecycle, ruling: Ruling::default(), effective: set(policy, &["catalog:read"]) }
}

fn auth_info(policy: &Policy) -> &Method {
    match policy.find("GET", "/auth.info") {
        Found::Method(method) => method,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_cache_comes_first_and_what_it_lacks_is_read() {
    assert_eq!(Attempt::first().source(), Source::Cache);
    assert_eq!(Attempt::first().missed().source(), Source::Database);
}

#[test]
fn only_the_primary_says_that_a_token_is_dead() {
    let policy = dx();
    let dead = standing(&policy, Some(NOON));
    let decide = |attempt: Attempt| attempt.decide(&dead, auth_info(&policy), at(NOON));
    match decide(Attempt::first()) {
        Decided::Reread(again) => assert_eq!(again.source(), Source::Database),
        other => panic!("{other:?}"),
    }
    assert!(matches!(decide(Attempt::first().missed()), Decided::Dead(TokenStatus::Expired)));
}

#[test]
fn the_row_goes_in_only_while_what_was_decided_holds() {
    let policy = dx();
    let end = "2026-06-15T12:00:01Z";
    let Decided::Allowed(work) = Attempt::first().decide(&standing(&policy, Some(end)), auth_info(&policy), at(NOON)) else {
        panic!("it may")
    };
    assert_eq!(work.done().window(), Window { from: None, until: Some(at(end)) });
}

#[test]
fn after_three_tries_come_the_locks_and_then_the_end() {
    let policy = dx();
    let lives = standing(&policy, None);
    let mut attempt = Attempt::first();
    for tries in 1..=FREE_TRIES {
        let Decided::Allowed(work) = attempt.decide(&lives, auth_info(&policy), at(NOON)) else { panic!("it may") };
        let prove = work.done();
        assert!(!prove.is_locked());
        assert!(matches!(prove.recorded(Row::Committed), Next::Answer(_)));
        assert!(matches!(prove.recorded(Row::Unknown), Next::Unavailable));
        let Next::Again(again) = prove.recorded(Row::LeftOut) else { panic!("try {tries} is not the last one") };
        assert_eq!(again.source(), if tries < FREE_TRIES { Source::Database } else { Source::Locked });
        attempt = again;
    }
    let Decided::Allowed(work) = attempt.decide(&lives, auth_info(&policy), at(NOON)) else { panic!("it may") };
    assert!(work.done().is_locked());
    assert!(matches!(work.done().recorded(Row::Committed), Next::Answer(_)));
    assert!(matches!(work.done().recorded(Row::LeftOut), Next::Unavailable));
}
