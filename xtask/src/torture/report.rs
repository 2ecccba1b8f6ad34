//! What is printed at the end: counts of what was done and checked, and the story of each violation.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::check::{self, Checks, Violation, seconds};
use super::faults;
use super::judge::{At, Register};
use super::record::{Call, Ended, Record};

/// Violations of one check that are told in full.
const STORIES: usize = 3;

/// How far around a call its story goes.
const AROUND: Duration = Duration::from_secs(4);

/// Prints everything, and says whether all was well: no violation, and nothing done or checked too seldom.
pub(super) fn print(record: &Record, checks: &Checks, faults_lasted: Duration) -> bool {
    let mut counts: BTreeMap<&str, u64> = record.counts.iter().map(|(what, count)| (*what, *count)).collect();
    for call in &record.calls {
        let what = match &call.ended {
            Ended::Answered { status: 200, .. } => "calls answered 200",
            Ended::Answered { status: 401, .. } => "calls answered 401",
            Ended::Answered { status: 403, .. } => "calls answered 403",
            Ended::Answered { status: 503, .. } => "calls answered 503",
            Ended::Answered { .. } => "calls answered otherwise",
            Ended::Lost | Ended::Hung => "calls without an answer",
        };
        *counts.entry(what).or_default() += 1;
    }
    for (name, check) in &checks.0 {
        counts.insert(name, check.made);
    }
    let mut too_few = 0;
    println!("\nDone:");
    for (what, count) in counts.iter().filter(|(what, _)| !checks.0.contains_key(*what)) {
        too_few += line(what, *count, None, minimum(what, faults_lasted));
    }
    for what in required().filter(|what| !counts.contains_key(what)) {
        too_few += line(what, 0, None, minimum(what, faults_lasted));
    }
    println!("\nChecked (violations of checks made):");
    for (name, check) in &checks.0 {
        too_few += line(name, check.made, Some(check.violations.len()), minimum(name, faults_lasted));
    }
    for (name, check) in &checks.0 {
        for violation in check.violations.iter().take(STORIES) {
            println!("\n✗ {name}: {}", story(record, violation));
        }
    }
    let violations = checks.violations();
    println!("\n{violations} violations, {too_few} counts below their minimum");
    violations == 0 && too_few == 0
}

/// Everything in the record, in the order in which it began. No secret is part of it.
pub(super) fn log(record: &Record) -> String {
    let mut events = record.faults.clone();
    let ended = |ended: &Ended| match ended {
        Ended::Answered { at, status, request_id } => format!("{status} at {} (request {request_id})", seconds(*at)),
        Ended::Lost => "lost".to_owned(),
        Ended::Hung => "hung".to_owned(),
    };
    events.extend(record.acts.iter().map(|act| (act.began, format!("{}: {}", act.what, ended(&act.ended)))));
    events.extend(record.calls.iter().map(|call| {
        let token = record.tokens.get(call.token).map_or("", |token| &token.id);
        (call.began, format!("call {} of {} to node {} with {token}: {}", call.number, call.method.name(), call.node, ended(&call.ended)))
    }));
    for token in &record.tokens {
        let id = &token.id;
        tell(&mut events, &format!("{id} revoked"), &token.revoked);
        tell(&mut events, &format!("{id} paused"), &token.paused);
        tell(&mut events, &format!("{id} scopes"), &token.scopes);
    }
    for user in &record.users {
        tell(&mut events, &format!("{} may write", user.email), &user.writes);
        tell(&mut events, &format!("{} is active", user.email), &user.is_active);
    }
    tell(&mut events, "settings", &record.settings);
    events.sort();
    events.iter().fold(String::new(), |log, (at, event)| log + &format!("{:>12} {event}\n", seconds(*at)))
}

/// Prints a count, and returns 1 if it is too small.
fn line(what: &str, count: u64, violations: Option<usize>, minimum: u64) -> usize {
    let is_enough = count >= minimum;
    let mark = if is_enough && violations.unwrap_or(0) == 0 { '✓' } else { '✗' };
    let violations = violations.map(|violations| format!("{violations:>6} of ")).unwrap_or_default();
    let minimum = if minimum == 0 { String::new() } else { format!(" (at least {minimum})") };
    println!("{mark} {violations}{count:>8}  {what}{minimum}");
    usize::from(!is_enough)
}

fn required() -> impl Iterator<Item = &'static str> {
    let changes = ["mints", "deletes", "admin's deletes", "edits", "pauses", "resumptions", "promotions", "demotions", "settings changes"];
    let calls = ["calls answered 200", "calls answered 401", "calls answered 403", "hang-ups", "unknown outcomes"];
    faults::names().chain([faults::PROMOTION]).chain(changes).chain(calls).chain(check::REQUIRED)
}

/// How often something must have been done or checked for the result to mean something.
fn minimum(what: &str, lasted: Duration) -> u64 {
    let seconds = lasted.as_secs();
    if faults::names().any(|fault| fault == what) {
        return (seconds / 45).max(1);
    }
    match what {
        faults::PROMOTION => 1,
        "mints" | "deletes" | "edits" | "pauses" => (seconds / 5).max(1),
        "resumptions" | "promotions" | "demotions" | "admin's deletes" | "settings changes" => (seconds / 15).max(1),
        "hang-ups" => (seconds / 2).max(1),
        "unknown outcomes" => (seconds / 30).max(1),
        "calls answered 200" | check::STALE_SUCCESS | check::STALE_REFUSAL | check::WITHOUT_ROW | check::WITHOUT_REQUEST => seconds * 4,
        "calls answered 401" | "calls answered 403" | check::LOST | check::STALE_WRITE => seconds,
        check::STATUS | check::HUNG => seconds * 8,
        check::CALM => 10,
        _ => 0,
    }
}

/// A violation with what happened around it.
fn story(record: &Record, violation: &Violation) -> String {
    let mut story = violation.what.clone();
    let Some(call) = violation.call.and_then(|index| record.calls.get(index)) else { return story };
    let Some(token) = record.tokens.get(call.token) else { return story };
    let Call { number, node, method, began, ended, .. } = call;
    let _ = write!(story, "\n  call {number} of {} to node {node} with token {} (owner {})", method.name(), token.id, token.owner);
    let mut events = vec![(*began, "the request began".to_owned())];
    if let Ended::Answered { at, status, .. } = ended {
        events.push((*at, format!("answered {status}")));
    }
    tell(&mut events, "revoked", &token.revoked);
    tell(&mut events, "paused", &token.paused);
    tell(&mut events, "scopes", &token.scopes);
    if let Some(user) = record.users.get(token.owner) {
        tell(&mut events, "the owner may write", &user.writes);
    }
    tell(&mut events, "settings", &record.settings);
    events.extend(record.faults.iter().cloned());
    let end = call.window().until.unwrap_or(*began);
    let near = |at: At| at + AROUND >= *began && at <= end + AROUND;
    events.retain(|(at, _)| near(*at));
    events.sort();
    for (at, event) in events {
        let _ = write!(story, "\n  {:>12}  {event}", seconds(at));
    }
    story
}

fn tell<V: Copy + std::fmt::Debug>(events: &mut Vec<(At, String)>, what: &str, register: &Register<V>) {
    for change in register.changes() {
        let value = change.value;
        events.push((change.began, format!("change begins: {what} = {value:?}")));
        match change.confirmed {
            Some(at) => events.push((at, format!("change confirmed: {what} = {value:?}"))),
            None => events.push((change.began, format!("(its outcome is unknown: {what} = {value:?})"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_done_and_nothing_checked_is_no_success() {
        assert!(required().all(|what| minimum(what, Duration::from_secs(1)) > 0));
        assert!(!print(&Record::default(), &Checks::default(), Duration::from_mins(1)));
    }
}
