//! The record against the answers, the audit log and the database. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::caller::{agent, identifier};
use super::database::{Found, Row};
use super::http::LIMIT;
use super::judge::{self, At, Register, Verdict, Window, Wrong};
use super::record::{Call, Ended, Method, Record};

/// A check: how often it was made, and what it found.
#[derive(Debug, Default)]
pub(super) struct Check {
    pub(super) made: u64,
    pub(super) violations: Vec<Violation>,
}

/// Something that must not be, and the call that it is about.
#[derive(Debug)]
pub(super) struct Violation {
    pub(super) what: String,
    /// Its number in the record.
    pub(super) call: Option<usize>,
}

pub(super) const STALE_SUCCESS: &str = "successes of requests that began after a confirmed change";
pub(super) const STALE_WRITE: &str = "writes done by such requests";
pub(super) const STALE_REFUSAL: &str = "refusals of requests that began after a confirmed grant";
pub(super) const LOST: &str = "confirmed changes lost";
pub(super) const WITHOUT_ROW: &str = "answers without an audit row";
pub(super) const WITHOUT_REQUEST: &str = "audit rows that match no request";
pub(super) const STATUS: &str = "answers that nothing explains, such as 500";
pub(super) const HUNG: &str = "requests that hung";
pub(super) const SURPRISE: &str = "surprises";
pub(super) const CALM: &str = "503 while nothing was wrong";

/// Checks that must have been made.
pub(super) const REQUIRED: [&str; 9] = [STALE_SUCCESS, STALE_WRITE, STALE_REFUSAL, LOST, WITHOUT_ROW, WITHOUT_REQUEST, STATUS, HUNG, CALM];

/// All checks by their names.
#[derive(Debug, Default)]
pub(super) struct Checks(pub(super) BTreeMap<&'static str, Check>);

impl Checks {
    fn check(&mut self, name: &'static str, call: Option<usize>, violation: Option<String>) {
        let check = self.0.entry(name).or_default();
        check.made += 1;
        check.violations.extend(violation.map(|what| Violation { what, call }));
    }

    /// How often a check was made.
    pub(super) fn made(&self, name: &str) -> u64 {
        self.0.get(name).map_or(0, |check| check.made)
    }

    /// How many violations a check found.
    pub(super) fn of(&self, name: &str) -> usize {
        self.0.get(name).map_or(0, |check| check.violations.len())
    }

    /// Whether a stale success was found.
    pub(super) fn caught(&self) -> bool {
        self.of(STALE_SUCCESS) + self.of(STALE_WRITE) > 0
    }

    pub(super) fn violations(&self) -> usize {
        self.0.values().map(|check| check.violations.len()).sum()
    }
}

/// Makes all checks. During the spans in `calm` nothing was done to anything; one without an end lasts.
pub(super) fn all(record: &Record, found: &Found, calm: &[Window]) -> Checks {
    let mut checks = Checks::default();
    calls(&mut checks, record, found, calm);
    acts(&mut checks, record, found, calm);
    rows(&mut checks, record, found);
    state(&mut checks, record, found);
    let surprises: BTreeSet<_> = record.surprises.iter().collect();
    for surprise in surprises {
        checks.check(SURPRISE, None, Some(surprise.clone()));
    }
    checks
}

fn calls(checks: &mut Checks, record: &Record, found: &Found, calm: &[Window]) {
    let rows: BTreeMap<_, _> = found.calls.iter().map(|row| (row.request_id.as_str(), row)).collect();
    for (index, call) in record.calls.iter().enumerate() {
        let Some(token) = record.tokens.get(call.token) else { continue };
        let Some(authority) = record.authority(token) else { continue };
        let at = Some(index);
        checks.check(HUNG, at, matches!(call.ended, Ended::Hung).then(|| format!("no answer within {} s", LIMIT.as_secs())));
        in_calm(checks, at, call.window(), &call.ended, calm);
        let is_written = found.entities.contains(&identifier(call.number));
        if call.method == Method::Create {
            write(checks, at, is_written, &authority.verdicts(call.method.needs(), call.work_window()));
        }
        let Ended::Answered { status, request_id, .. } = &call.ended else { continue };
        let verdicts = authority.verdicts(call.method.needs(), call.window());
        answer(checks, at, *status, &verdicts);
        if judge::needs_row(*status, &verdicts) {
            let fits = rows.get(request_id.as_str()).is_some_and(|row| row.is_success == (*status == 200) && is_of(row, call, &token.id));
            checks.check(WITHOUT_ROW, at, (!fits).then(|| format!("{status} has no row, or another one (request {request_id})")));
        }
        if call.method == Method::Create && *status != 503 {
            let is_lost = (*status == 200) != is_written;
            let there = if is_written { "there" } else { "not there" };
            checks.check(LOST, at, is_lost.then(|| format!("{status} was answered, and the entity is {there}")));
        }
    }
}

/// A write for which there was no authority at any time in which it may have been made.
fn write(checks: &mut Checks, at: Option<usize>, is_written: bool, verdicts: &BTreeSet<Verdict>) {
    if !verdicts.contains(&Verdict::Allowed) {
        checks.check(STALE_WRITE, at, is_written.then(|| format!("an entity was written; right was {verdicts:?}")));
    }
}

/// An answer that was not right at any time while it was waited for. Those that could not go wrong aren't counted.
fn answer(checks: &mut Checks, at: Option<usize>, status: u16, verdicts: &BTreeSet<Verdict>) {
    let wrong = judge::status(status, verdicts).err();
    let said = || format!("{status} was answered; right was {verdicts:?}");
    checks.check(STATUS, at, (wrong == Some(Wrong::Status)).then(said));
    if status == 503 {
        return;
    }
    if !verdicts.contains(&Verdict::Allowed) {
        checks.check(STALE_SUCCESS, at, (wrong == Some(Wrong::StaleSuccess)).then(said));
    }
    let is_stale = wrong == Some(Wrong::StaleRefusal);
    if is_stale || verdicts.len() == 1 {
        checks.check(STALE_REFUSAL, at, is_stale.then(said));
    }
}

fn is_of(row: &Row, call: &Call, token_id: &str) -> bool {
    row.token_id == token_id && row.method == call.method.name() && row.agent == agent(call.worker)
}

fn in_calm(checks: &mut Checks, call: Option<usize>, window: Window, ended: &Ended, spans: &[Window]) {
    let is_within = |span: &Window| span.from <= window.from && span.until.is_none_or(|end| window.until.is_some_and(|until| until <= end));
    if spans.iter().any(is_within) {
        checks.check(CALM, call, matches!(ended, Ended::Answered { status: 503, .. }).then(|| "503 without a fault".to_owned()));
    }
}

fn acts(checks: &mut Checks, record: &Record, found: &Found, calm: &[Window]) {
    for act in &record.acts {
        let said = |what: &str| format!("{} at {}: {what}", act.what, seconds(act.began));
        checks.check(HUNG, None, matches!(act.ended, Ended::Hung).then(|| said("no answer")));
        let until = if let Ended::Answered { at, .. } = act.ended { Some(at) } else { None };
        in_calm(checks, None, Window { from: act.began, until }, &act.ended, calm);
        let Ended::Answered { status, request_id, .. } = &act.ended else { continue };
        checks.check(STATUS, None, (*status >= 500 && *status != 503).then(|| said(&status.to_string())));
        // Reads have none; nor has a session that is over, or an unknown link.
        if *status < 300 && !act.what.starts_with("GET") {
            checks.check(WITHOUT_ROW, None, (!found.acts.contains(request_id)).then(|| said("confirmed without an audit row")));
        }
    }
}

/// Rows of answers that were not heard are matched by token, method and caller.
fn rows(checks: &mut Checks, record: &Record, found: &Found) {
    let mut heard = BTreeSet::new();
    let mut unheard: BTreeMap<(&str, &str, String), u64> = BTreeMap::new();
    for call in &record.calls {
        if let Ended::Answered { request_id, .. } = &call.ended {
            heard.insert(request_id.as_str());
        } else if let Some(token) = record.tokens.get(call.token) {
            *unheard.entry((&token.id, call.method.name(), agent(call.worker))).or_default() += 1;
        }
    }
    let mut seen = BTreeSet::new();
    for row in &found.calls {
        let is_second = !seen.insert(row.request_id.as_str());
        let of_unheard = unheard.get_mut(&(row.token_id.as_str(), row.method.as_str(), row.agent.clone()));
        let fits = match of_unheard {
            _ if heard.contains(row.request_id.as_str()) => true,
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        };
        let what = || format!("request {} of {} with token {}", row.request_id, row.method, row.token_id);
        checks.check(WITHOUT_REQUEST, None, (!fits || is_second).then(what));
    }
}

/// The database's state is one that the record allows.
fn state(checks: &mut Checks, record: &Record, found: &Found) {
    let mut known = BTreeSet::new();
    for token in &record.tokens {
        known.insert(token.id.as_str());
        let what = match found.tokens.get(&token.id) {
            None => Some("is gone"),
            Some(stored) if !may_be(&token.revoked, &stored.is_revoked) => Some("is revoked or isn't, wrongly"),
            // What was revoked needs no pause and no scopes any more.
            Some(stored) if stored.is_revoked => None,
            Some(stored) if !may_be(&token.paused, &stored.is_paused) => Some("is paused or isn't, wrongly"),
            Some(stored) if !may_be(&token.scopes, &stored.scopes) => Some("has other scopes"),
            Some(_) => None,
        };
        checks.check(LOST, None, what.map(|what| format!("token {} {what}", token.id)));
    }
    for (id, stored) in &found.tokens {
        let is_known = known.contains(id.as_str()) || record.maybe_minted.contains(&stored.name);
        checks.check(LOST, None, (!is_known).then(|| format!("token {id} was made although its mint was refused")));
    }
    for user in &record.users {
        let fits = found
            .users
            .get(&user.email)
            .is_some_and(|stored| may_be(&user.is_active, &stored.is_active) && may_be(&user.writes, &stored.writes));
        checks.check(LOST, None, (!fits).then(|| format!("{} has other roles or another state", user.email)));
    }
    checks.check(LOST, None, (!may_be(&record.settings, &found.settings)).then(|| "the settings are others".to_owned()));
}

/// Whether a register may hold a value at the end.
fn may_be<V: Copy + PartialEq>(register: &Register<V>, value: &V) -> bool {
    register.possible(Window { from: At::MAX, until: None }).any(|possible| possible == *value)
}

/// `12.345 s`
pub(super) fn seconds(at: At) -> String {
    format!("{:.3} s", at.as_secs_f64())
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
