//! The judgement, case by case.

use super::*;

const READ: Scopes = Scopes::CATALOG_READ;
const WRITE: Scopes = Scopes::CATALOG_WRITE;

fn at(second: u64) -> At {
    Duration::from_secs(second)
}

fn window(from: u64, until: u64) -> Window {
    Window { from: at(from), until: Some(at(until)) }
}

fn unanswered(from: u64) -> Window {
    Window { from: at(from), until: None }
}

fn made<V: Copy>(first: V, changes: &[(V, u64, Option<u64>)]) -> Register<V> {
    let mut register = Register::new(first);
    for (value, began, confirmed) in changes {
        register.push(Change { value: *value, began: at(*began), confirmed: confirmed.map(at) });
    }
    register
}

/// Facts of a token that may read and write.
struct Token {
    is_endless: bool,
    revoked: Register<bool>,
    paused: Register<bool>,
    scopes: Register<Scopes>,
    writes: Register<bool>,
    settings: Register<Settings>,
}

impl Token {
    fn new() -> Self {
        let (no, yes) = (Register::new(false), Register::new(true));
        let (scopes, settings) = (Register::new(READ.union(WRITE)), Register::new(Settings::default()));
        Self { is_endless: false, revoked: no.clone(), paused: no, scopes, writes: yes, settings }
    }

    fn verdicts(&self, needed: Scopes, window: Window) -> Vec<Verdict> {
        let Self { is_endless, revoked, paused, scopes, writes, settings } = self;
        let authority = Authority { is_endless: *is_endless, revoked, paused, scopes, writes, settings };
        authority.verdicts(needed, window).into_iter().collect()
    }
}

#[test]
fn a_confirmed_change_binds_requests_that_begin_afterwards_only() {
    let token = Token { revoked: made(false, &[(true, 10, Some(12))]), ..Token::new() };
    assert_eq!(token.verdicts(READ, window(1, 9)), [Verdict::Allowed], "it ended before the change began");
    assert_eq!(token.verdicts(READ, window(1, 11)), [Verdict::Allowed, Verdict::Dead], "they overlap");
    assert_eq!(token.verdicts(READ, window(11, 20)), [Verdict::Allowed, Verdict::Dead], "it began before the confirmation");
    assert_eq!(token.verdicts(READ, window(12, 13)), [Verdict::Dead]);
    assert_eq!(token.verdicts(READ, unanswered(13)), [Verdict::Dead]);
    assert_eq!(token.verdicts(READ, unanswered(1)), [Verdict::Allowed, Verdict::Dead]);
}

#[test]
fn an_unknown_change_may_hold_from_its_beginning_until_another_is_confirmed() {
    let token = Token { paused: made(false, &[(true, 10, None), (false, 20, Some(21))]), ..Token::new() };
    assert_eq!(token.verdicts(READ, window(1, 9)), [Verdict::Allowed]);
    assert_eq!(token.verdicts(READ, window(15, 16)), [Verdict::Allowed, Verdict::Paused]);
    assert_eq!(token.verdicts(READ, window(20, 30)), [Verdict::Allowed, Verdict::Paused]);
    assert_eq!(token.verdicts(READ, window(21, 30)), [Verdict::Allowed]);
}

#[test]
fn what_was_given_back_in_time_excuses_a_success() {
    let token = Token { paused: made(false, &[(true, 10, Some(11)), (false, 20, Some(21))]), ..Token::new() };
    assert_eq!(token.verdicts(READ, window(12, 19)), [Verdict::Paused]);
    assert_eq!(token.verdicts(READ, window(12, 20)), [Verdict::Allowed, Verdict::Paused]);
    assert_eq!(token.verdicts(READ, window(21, 22)), [Verdict::Allowed], "a refusal would be stale");
}

#[test]
fn scopes_roles_and_settings_take_part() {
    let struck = Token { scopes: made(READ.union(WRITE), &[(READ, 1, Some(2))]), ..Token::new() };
    assert_eq!(struck.verdicts(WRITE, window(3, 4)), [Verdict::Forbidden]);
    assert_eq!(struck.verdicts(READ, window(3, 4)), [Verdict::Allowed]);
    let demoted = Token { writes: made(true, &[(false, 1, Some(2))]), ..Token::new() };
    assert_eq!(demoted.verdicts(READ.union(WRITE), window(3, 4)), [Verdict::Forbidden]);
    let set =
        |settings: Settings| Token { is_endless: true, settings: made(Settings::default(), &[(settings, 1, Some(2))]), ..Token::new() };
    let usual = Settings::default();
    assert_eq!(set(Settings { blocked: READ, ..usual }).verdicts(READ, window(3, 4)), [Verdict::Forbidden]);
    assert_eq!(set(Settings { blocked: READ, ..usual }).verdicts(WRITE, window(3, 4)), [Verdict::Allowed]);
    assert_eq!(set(Settings { without_fabric: true, ..usual }).verdicts(WRITE, window(3, 4)), [Verdict::Forbidden]);
    assert_eq!(set(Settings { must_expire: true, ..usual }).verdicts(Scopes::default(), window(3, 4)), [Verdict::Forbidden]);
    let expires = Token { is_endless: false, ..set(Settings { must_expire: true, ..usual }) };
    assert_eq!(expires.verdicts(READ, window(3, 4)), [Verdict::Allowed]);
}

#[test]
fn the_dead_go_before_the_paused_and_those_before_the_forbidden() {
    let (yes, none) = (Register::new(true), Register::new(Scopes::default()));
    let paused = Token { paused: yes.clone(), scopes: none.clone(), ..Token::new() };
    assert_eq!(paused.verdicts(READ, window(1, 2)), [Verdict::Paused]);
    let dead = Token { revoked: yes.clone(), paused: yes, scopes: none, ..Token::new() };
    assert_eq!(dead.verdicts(READ, window(1, 2)), [Verdict::Dead]);
}

#[test]
fn an_answer_is_judged_by_the_verdicts_that_were_right() {
    let (allowed, dead) = (BTreeSet::from([Verdict::Allowed]), BTreeSet::from([Verdict::Dead]));
    let (paused, forbidden) = (BTreeSet::from([Verdict::Paused]), BTreeSet::from([Verdict::Forbidden]));
    for others in [&dead, &paused, &forbidden] {
        assert_eq!(status(200, others), Err(Wrong::StaleSuccess));
    }
    assert_eq!(
        (status(200, &allowed), status(403, &forbidden), status(401, &paused), status(401, &dead)),
        (Ok(()), Ok(()), Ok(()), Ok(()))
    );
    assert_eq!((status(401, &allowed), status(403, &allowed)), (Err(Wrong::StaleRefusal), Err(Wrong::StaleRefusal)));
    assert_eq!((status(503, &dead), status(500, &allowed), status(502, &allowed)), (Ok(()), Err(Wrong::Status), Err(Wrong::Status)));
    assert!(needs_row(200, &allowed) && needs_row(403, &forbidden) && needs_row(401, &paused));
    assert!(!needs_row(401, &dead) && !needs_row(503, &allowed));
}

#[test]
fn registers_tell_what_is_known() {
    let register = made(1, &[(2, 1, Some(2)), (3, 5, None)]);
    assert_eq!((register.known(), register.is_unknown(), register.changes().len()), (2, true, 2));
}

#[test]
fn scopes_have_the_names_of_the_policy_table() {
    let names = ["catalog:read", "snapshots:read"];
    let scopes = Scopes::from_names(names.into_iter().chain(["auditLogs:read"]));
    assert_eq!(scopes, READ.union(Scopes::SNAPSHOTS_READ));
    assert_eq!(scopes.names(), names);
    assert!(!scopes.is_empty() && scopes.without(scopes).is_empty());
}
