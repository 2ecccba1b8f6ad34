//! Each check finds what it is there for, and nothing in a record where all is well.

use std::time::Duration;

use super::super::database::{StoredToken, StoredUser};
use super::super::judge::{Change, Scopes, Settings};
use super::super::record::{Act, Token, User};
use super::*;

fn at(second: u64) -> At {
    Duration::from_secs(second)
}

fn answered(second: u64, status: u16, request_id: &str) -> Ended {
    Ended::Answered { at: at(second), status, request_id: request_id.to_owned() }
}

fn call(number: u64, method: Method, began: u64, ended: Ended) -> Call {
    Call { number, token: 0, node: 0, worker: 0, method, began: at(began), ended }
}

fn row(request_id: &str, method: Method, is_success: bool) -> Row {
    let (token_id, method) = ("t".to_owned(), method.name().to_owned());
    Row { request_id: request_id.to_owned(), token_id, method, is_success, agent: agent(0) }
}

/// A token that reads and writes, revoked between the seconds 10 and 11: once read with before and once refused after.
fn all_well() -> (Record, Found) {
    let scopes = Scopes::CATALOG_READ.union(Scopes::CATALOG_WRITE);
    let mut revoked = Register::new(false);
    revoked.push(Change { value: true, began: at(10), confirmed: Some(at(11)) });
    let (id, secret) = ("t".to_owned(), "secret".to_owned());
    let paused = Register::new(false);
    let token = Token { id, secret, owner: 0, is_endless: false, revoked, paused, scopes: Register::new(scopes) };
    let email = "u@torture.test".to_owned();
    let user = User { id: "u".to_owned(), email: email.clone(), writes: Register::new(true), is_active: Register::new(true) };
    let calls = vec![
        call(0, Method::Entities, 1, answered(2, 200, "a")),
        call(1, Method::Create, 2, answered(3, 200, "b")),
        call(2, Method::Create, 12, answered(13, 401, "c")),
        call(3, Method::Info, 9, Ended::Lost),
    ];
    let acts = vec![Act { what: "DELETE /t".to_owned(), began: at(10), ended: answered(11, 204, "d") }];
    let record = Record { users: vec![user], tokens: vec![token], calls, acts, ..Record::default() };
    let stored = StoredToken { name: "t".to_owned(), is_revoked: true, is_paused: false, scopes };
    let found = Found {
        calls: vec![row("a", Method::Entities, true), row("b", Method::Create, true), row("x", Method::Info, true)],
        acts: BTreeSet::from(["d".to_owned()]),
        tokens: BTreeMap::from([("t".to_owned(), stored)]),
        users: BTreeMap::from([(email, StoredUser { writes: true, is_active: true })]),
        settings: Settings::default(),
        entities: BTreeSet::from(["torture-1".to_owned()]),
    };
    (record, found)
}

/// The checks that fail after something was spoilt.
fn failing(spoil: impl Fn(&mut Record, &mut Found)) -> Vec<&'static str> {
    let (mut record, mut found) = all_well();
    spoil(&mut record, &mut found);
    let calm = [Window { from: at(0), until: Some(at(5)) }];
    let Checks(checks) = all(&record, &found, &calm);
    checks.into_iter().filter(|(_, check)| !check.violations.is_empty()).map(|(name, _)| name).collect()
}

#[test]
fn nothing_is_found_where_all_is_well() {
    assert_eq!(failing(|_, _| {}), [""; 0]);
}

#[test]
fn a_success_after_the_revocation_is_found() {
    let late = |record: &mut Record, found: &mut Found| {
        record.calls.push(call(9, Method::Entities, 12, answered(13, 200, "z")));
        found.calls.push(row("z", Method::Entities, true));
    };
    assert_eq!(failing(late), [STALE_SUCCESS]);
}

#[test]
fn a_write_after_the_revocation_is_found_whatever_was_answered() {
    let written = |found: &mut Found| found.entities.insert("torture-9".to_owned());
    let lost = |record: &mut Record, found: &mut Found| {
        record.calls.push(call(9, Method::Create, 12, Ended::Lost));
        written(found);
    };
    assert_eq!(failing(lost), [STALE_WRITE]);
    let unavailable = |record: &mut Record, found: &mut Found| {
        record.calls.push(call(9, Method::Create, 12, answered(13, 503, "z")));
        written(found);
    };
    assert_eq!(failing(unavailable), [STALE_WRITE]);
    let before = |record: &mut Record, found: &mut Found| {
        record.calls.push(call(9, Method::Create, 9, Ended::Lost));
        written(found);
    };
    assert_eq!(failing(before), [""; 0], "it may have been in time");
}

#[test]
fn a_refusal_before_the_revocation_is_found() {
    let early = |record: &mut Record, found: &mut Found| {
        record.calls.push(call(9, Method::Info, 6, answered(7, 403, "z")));
        found.calls.push(row("z", Method::Info, false));
    };
    assert_eq!(failing(early), [STALE_REFUSAL]);
    let overlapping = |record: &mut Record, found: &mut Found| {
        record.calls.push(call(9, Method::Info, 9, answered(12, 403, "z")));
        found.calls.push(row("z", Method::Info, false));
    };
    assert_eq!(failing(overlapping), [STALE_REFUSAL], "live or dead, never without a scope");
}

#[test]
fn answers_and_rows_that_dont_match_are_found() {
    assert_eq!(failing(|_, found| drop(found.calls.remove(0))), [WITHOUT_ROW]);
    assert_eq!(failing(|_, found| found.calls.iter_mut().for_each(|row| row.is_success = false)), [WITHOUT_ROW]);
    assert_eq!(failing(|_, found| found.acts.clear()), [WITHOUT_ROW]);
    assert_eq!(failing(|_, found| found.calls.push(row("y", Method::Info, true))), [WITHOUT_REQUEST], "one unheard call, two rows");
    assert_eq!(failing(|_, found| found.calls.push(row("a", Method::Entities, true))), [WITHOUT_REQUEST], "two rows of one request");
    assert_eq!(failing(|_, found| drop(found.calls.pop())), [""; 0], "a call that nobody heard of may have no row");
}

#[test]
fn lost_changes_are_found() {
    assert_eq!(failing(|_, found| found.tokens.clear()), [LOST]);
    assert_eq!(failing(|_, found| found.tokens.values_mut().for_each(|token| token.is_revoked = false)), [LOST]);
    assert_eq!(failing(|_, found| found.users.values_mut().for_each(|user| user.writes = false)), [LOST]);
    assert_eq!(failing(|_, found| found.settings.must_expire = true), [LOST]);
    assert_eq!(failing(|_, found| found.entities.clear()), [LOST]);
    let another = |found: &mut Found| {
        let stored = StoredToken { name: "t-5".to_owned(), is_revoked: false, is_paused: false, scopes: Scopes::CATALOG_READ };
        found.tokens.insert("other".to_owned(), stored);
    };
    assert_eq!(failing(|_, found| another(found)), [LOST], "nobody made it");
    let unknown = |record: &mut Record, found: &mut Found| {
        another(found);
        record.maybe_minted.insert("t-5".to_owned());
    };
    assert_eq!(failing(unknown), [""; 0]);
}

#[test]
fn hangs_odd_answers_and_trouble_without_a_cause_are_found() {
    assert_eq!(failing(|record, _| record.calls.push(call(9, Method::Info, 6, Ended::Hung))), [HUNG]);
    assert_eq!(failing(|record, _| record.calls.push(call(9, Method::Info, 6, answered(7, 500, "z")))), [STATUS]);
    assert_eq!(failing(|record, _| record.calls.push(call(9, Method::Info, 1, answered(2, 503, "z")))), [CALM]);
    assert_eq!(failing(|record, _| record.calls.push(call(9, Method::Info, 6, answered(7, 503, "z")))), [""; 0]);
    assert_eq!(failing(|record, _| record.surprises.push("a node ended".to_owned())), [SURPRISE]);
}
