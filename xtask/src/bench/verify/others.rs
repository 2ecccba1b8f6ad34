//! What others do to callers: changes of authority, and a flood of unknown tokens.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use pat_core::secret::TokenSecret;
use pat_core::token::TokenKind;
use serde_json::{Value, json};

use super::bed::Bed;
use super::data::sign_in;
use super::figures::{Figure, Goal};
use super::load::{Load, Sample, Script, drive};
use super::processor::memory;
use super::wire::{Answer, Request};
use crate::console::Console;

const CONNECTIONS: usize = 256;

/// People who change their tokens.
const CHANGERS: u32 = 10;

/// Changes a second by each of them.
const CHANGES: u32 = 10;

/// Connections of the one who floods.
const FLOODERS: usize = 256;

/// Different tokens that are made up for a flood.
const MADE_UP: usize = 200_000;

/// Callers while other users of the account change a hundred tokens a second ÷ while nothing changes.
pub(super) fn changes(bed: &mut Bed) -> Result<Vec<Figure>> {
    let calls = bed.callers(CONNECTIONS)?;
    let people: Vec<Changer> = (0..CHANGERS).map(|number| Changer::new(bed, number)).collect::<Result<_>>()?;
    let (mut rounds, mut made) = (Vec::new(), 0.0);
    for _round in 0..bed.rounds {
        let alone = bed.run(&calls)?;
        let changes = AtomicU32::new(0);
        let start = Instant::now();
        let among_changes = during(bed, &calls, people.iter().map(|person| |stop: &AtomicBool| person.change(stop, &changes)))?;
        made += f64::from(changes.into_inner()) / start.elapsed().as_secs_f64();
        rounds.push((among_changes.rate(), alone.rate()));
    }
    let rate = made / f64::from(u32::try_from(bed.rounds)?);
    ensure!(rate >= 90.0, "only {rate:.0} changes a second were made, which a hundred were to be");
    let detail = format!("{rate:.0} changes a second");
    Ok(vec![Figure::ratio("changes: callers while others change ÷ alone", Goal::AtLeast(0.9), &rounds, "a second").with(&detail)])
}

/// Runs a load while others do something until they are told to stop.
fn during<W: Fn(&AtomicBool) -> Result<()> + Send>(bed: &Bed, load: &Load, works: impl Iterator<Item = W>) -> Result<Sample> {
    let stop = &AtomicBool::new(false);
    let (load, meter) = (load.clone(), bed.meter());
    std::thread::scope(|scope| {
        let others: Vec<_> = works.map(|work| scope.spawn(move || work(stop))).collect();
        let sample = load.run(meter);
        stop.store(true, Ordering::SeqCst);
        for other in others {
            other.join().map_err(|_panic| anyhow!("one of the others failed"))??;
        }
        sample
    })
}

/// Somebody with tokens, who pauses and resumes them.
struct Changer {
    console: Console,
    tokens: Vec<String>,
    /// What a pause is asked for with.
    pause: Value,
}

impl Changer {
    fn new(bed: &mut Bed, number: u32) -> Result<Self> {
        let (console, user) = sign_in(bed.node.address, number)?;
        let tokens = bed.client.query(
            "SELECT t.id::text FROM tokens t JOIN bench.users u ON u.id = t.owner_id WHERE u.n = $1 AND revoked_at IS NULL LIMIT 50",
            &[&user],
        )?;
        ensure!(!tokens.is_empty(), "a user has no tokens");
        let tomorrow = "SELECT to_char(now() AT TIME ZONE 'UTC' + interval '1 day', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
        let until: String = bed.client.query_one(tomorrow, &[])?.get(0);
        Ok(Self { console, tokens: tokens.iter().map(|row| row.get(0)).collect(), pause: json!({ "until": until }) })
    }

    fn change(&self, stop: &AtomicBool, changes: &AtomicU32) -> Result<()> {
        let mut next = Instant::now();
        for token in self.tokens.iter().cycle() {
            let path = format!("/api/personal-access-tokens/{token}/pause");
            for (method, body) in [("POST", Some(&self.pause)), ("DELETE", None)] {
                let answer = self.console.ask(method, &path, body)?;
                ensure!(answer.status == 200, "a change was answered with {}: {}", answer.status, answer.body);
                changes.fetch_add(1, Ordering::Relaxed);
                next += Duration::from_secs(1) / CHANGES;
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
            }
            if stop.load(Ordering::SeqCst) {
                break;
            }
        }
        Ok(())
    }
}

/// Callers while one address floods with unknown tokens ÷ without. All callers have that address, too.
pub(super) fn flood(bed: &mut Bed) -> Result<Vec<Figure>> {
    let calls = bed.callers(CONNECTIONS)?;
    let requests = made_up(bed.node.address);
    let address = bed.node.address;
    let flooded = AtomicU32::new(0);
    let flood = |stop: &AtomicBool| {
        let from = flooded.load(Ordering::Relaxed);
        drive(address, FLOODERS, &mut Flood { requests: &requests, from: usize::try_from(from)?, next: 0, stop, answered: &flooded })
    };
    // The address is known for what it is, and what is kept of it is there, before memory is looked at.
    during(bed, &calls, std::iter::once(&flood))?;
    let before = memory(bed.node.id())?;
    let (mut rounds, mut rate) = (Vec::new(), 0.0);
    for _round in 0..bed.rounds {
        let alone = bed.run(&calls)?;
        let (start, so_far) = (Instant::now(), flooded.load(Ordering::Relaxed));
        let among = during(bed, &calls, std::iter::once(&flood))?;
        rate += f64::from(flooded.load(Ordering::Relaxed) - so_far) / start.elapsed().as_secs_f64();
        rounds.push((among.rate(), alone.rate()));
    }
    let rate = rate / f64::from(u32::try_from(bed.rounds)?);
    let after = memory(bed.node.id())?;
    let megabytes = |bytes: u64| f64::from(u32::try_from(bytes / 1_000_000).unwrap_or(u32::MAX));
    Ok(vec![
        Figure::ratio("flood: callers while one address floods ÷ alone", Goal::AtLeast(0.8), &rounds, "a second")
            .with(&format!("{rate:.0} unknown tokens a second")),
        Figure::ratio("flood: memory after ÷ before", Goal::AtMost(1.05), &[(megabytes(after), megabytes(before))], "MB"),
    ])
}

/// `auth.info` with tokens that are well-formed and nobody's.
fn made_up(host: SocketAddr) -> Vec<Request> {
    let secrets = (0..MADE_UP).map(|_| TokenSecret::draw(TokenKind::Personal, |bytes| rand::fill(bytes)));
    secrets.map(|secret| Request::auth_info(host, secret.expose(), "").expecting(&[401, 429])).collect()
}

struct Flood<'a> {
    requests: &'a [Request],
    /// Where the last flood ended.
    from: usize,
    next: usize,
    stop: &'a AtomicBool,
    answered: &'a AtomicU32,
}

impl Script for Flood<'_> {
    fn next(&mut self, _caller: usize) -> Option<&Request> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        self.next += 1;
        self.requests.get((self.from + self.next) % self.requests.len())
    }

    fn answered(&mut self, _caller: usize, answer: &Answer<'_>, _took: Duration) -> Result<()> {
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.requests.first().context("nothing was asked")?.check(answer)
    }
}
