//! Deletes under load: how long one takes to be confirmed, and whether any call that began afterwards succeeds.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use pat_core::secret::TokenSecret;
use pat_core::token::TokenKind;

use super::bed::Bed;
use super::data::sign_in;
use super::figures::{Figure, Goal};
use super::load::{Script, drive, percentile};
use super::wire::{Answer, Request};
use crate::console::Console;
use crate::postgres::connect;
use crate::process;

/// Callers at once.
const CONNECTIONS: usize = 64;

/// Deletes of a round.
const DELETES: usize = 200;

/// People whose tokens they are.
const OWNERS: usize = 10;

/// How many tokens around the one that is being deleted are called with: some that live, some that are dead.
const NEAR: usize = 6;

const LIVE: u8 = 0;
/// The delete was asked for: either answer is right.
const DYING: u8 = 1;
/// The delete was confirmed.
const DEAD: u8 = 2;

/// A token to be deleted.
struct Victim {
    owner: usize,
    id: String,
    request: Request,
    state: AtomicU8,
}

/// What callers saw.
#[derive(Default)]
struct Seen {
    refused_after: u64,
    stale: u64,
}

/// A delete, asked to confirmed, ÷ a bare committed UPDATE under the same load.
pub(super) fn deletes(bed: &mut Bed) -> Result<Vec<Figure>> {
    let others = bed.callers(CONNECTIONS)?.requests;
    let owners = (0..u32::try_from(OWNERS)?).map(|number| sign_in(bed.node.address, number)).collect::<Result<Vec<_>>>()?;
    let mut rounds = Vec::new();
    let mut seen = Seen::default();
    for _round in 0..bed.rounds {
        let victims = make_victims(bed, &owners)?;
        let (at, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let mut calls = Calls { victims: &victims, others: &others, at: &at, stop: &stop, asked: vec![(None, LIVE); CONNECTIONS], seen };
        let address = bed.node.address;
        let times = std::thread::scope(|scope| {
            let calling = scope.spawn(|| drive(address, CONNECTIONS, &mut calls));
            let times = delete(&bed.url, &owners, &victims, &at);
            stop.store(true, Ordering::SeqCst);
            calling.join().map_err(|_panic| anyhow!("the callers failed"))??;
            times
        })?;
        seen = calls.seen;
        rounds.push(times);
    }
    ensure!(seen.refused_after > 0, "no call began after a confirmed delete");
    let stale = f64::from(u32::try_from(seen.stale)?);
    let detail = format!("{} calls began after a confirmed delete and were refused", seen.refused_after);
    Ok(vec![
        Figure::ratio("delete: under load, p99 ÷ a bare committed UPDATE", Goal::AtMost(2.0), &rounds, "ms"),
        Figure::amount("delete: stale successes", Goal::AtMost(0.0), vec![stale], "").with(&detail),
    ])
}

fn make_victims(bed: &mut Bed, owners: &[(Console, i64)]) -> Result<Vec<Victim>> {
    let mut victims = Vec::new();
    for number in 0..DELETES {
        let secret = TokenSecret::draw(TokenKind::Personal, |bytes| rand::fill(bytes));
        let owner = number % owners.len();
        let (_, user) = owners.get(owner).context("nobody owns it")?;
        let row = bed.client.query_one(
            "INSERT INTO tokens (id, account_id, kind, owner_id, digest, hint, name, name_key, scopes, created_via)
             SELECT v.id, account, 'personal', u.id, $1, $2, 'victim-' || v.id, 'victim-' || v.id, '{catalog:read}', 'page'
               FROM bench.facts, bench.users u, bench.id(now()) v (id) WHERE u.n = $3 RETURNING id::text",
            &[&secret.digest().0.as_slice(), &secret.hint(), user],
        )?;
        let id: String = row.get(0);
        let request = Request::auth_info(bed.node.address, secret.expose(), &format!("victim-{id}"));
        victims.push(Victim { owner, id, request, state: AtomicU8::new(LIVE) });
    }
    Ok(victims)
}

/// Deletes one after another, in turn with the baseline. Returns the p99 of both in milliseconds.
fn delete(url: &str, owners: &[(Console, i64)], victims: &[Victim], at: &AtomicUsize) -> Result<(f64, f64)> {
    let mut client = connect(url)?;
    let update = client.prepare("UPDATE bench_updates SET changes = changes + 1 WHERE id = 1")?;
    let (mut deletes, mut updates) = (Vec::new(), Vec::new());
    for (number, victim) in victims.iter().enumerate() {
        if process::interrupted() {
            bail!(process::Interrupted);
        }
        at.store(number, Ordering::SeqCst);
        let (console, _) = owners.get(victim.owner).context("nobody owns it")?;
        victim.state.store(DYING, Ordering::SeqCst);
        let asked = Instant::now();
        let answer = console.ask("DELETE", &format!("/api/personal-access-tokens/{}", victim.id), None)?;
        deletes.push(asked.elapsed());
        ensure!(answer.status == 204, "a delete was answered with {}: {}", answer.status, answer.body);
        victim.state.store(DEAD, Ordering::SeqCst);
        let asked = Instant::now();
        client.execute(&update, &[])?;
        updates.push(asked.elapsed());
    }
    let p99 = |mut times: Vec<Duration>| {
        times.sort_unstable();
        percentile(&times, 99).as_secs_f64() * 1000.0
    };
    Ok((p99(deletes), p99(updates)))
}

/// Half of the calls are with a token that is just alive or just dead.
struct Calls<'a> {
    victims: &'a [Victim],
    others: &'a [Request],
    at: &'a AtomicUsize,
    stop: &'a AtomicBool,
    /// Which victim each caller has asked with, and how it stood before.
    asked: Vec<(Option<usize>, u8)>,
    seen: Seen,
}

impl Script for Calls<'_> {
    fn next(&mut self, caller: usize) -> Option<&Request> {
        if self.stop.load(Ordering::SeqCst) {
            return None;
        }
        let asked = self.asked.get_mut(caller)?;
        let near = (self.at.load(Ordering::SeqCst) + rand::random_range(0..NEAR)).saturating_sub(NEAR / 2);
        match self.victims.get(near) {
            Some(victim) if rand::random_bool(0.5) => {
                *asked = (Some(near), victim.state.load(Ordering::SeqCst));
                Some(&victim.request)
            }
            _ => {
                *asked = (None, LIVE);
                self.others.get(rand::random_range(0..self.others.len()))
            }
        }
    }

    fn answered(&mut self, caller: usize, answer: &Answer<'_>, _took: Duration) -> Result<()> {
        let (victim, before) = *self.asked.get(caller).context("nothing was asked")?;
        let victim = victim.and_then(|victim| self.victims.get(victim));
        let now = victim.map_or(LIVE, |victim| victim.state.load(Ordering::SeqCst));
        match (answer.status, before, now) {
            (200, DEAD, _) => self.seen.stale += 1,
            (401, DEAD, _) => self.seen.refused_after += 1,
            (200, _, _) | (401, _, DYING | DEAD) => {}
            (status, ..) => bail!("status {status}: {}", String::from_utf8_lossy(answer.body)),
        }
        Ok(())
    }
}
