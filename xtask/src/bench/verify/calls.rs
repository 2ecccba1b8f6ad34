//! What a call costs: under load, alone, and the first time after a change.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::bed::{Bare, Bed, Node};
use super::data::{OF_MANY, auth_infos};
use super::figures::{Figure, Goal, median, short};
use super::load::{Load, Sample, once};
use super::processor::Meter;
use super::wire::{Connection, Request};

/// Callers at once.
pub(super) const CONNECTIONS: usize = 256;

/// Calls of a round with one connection.
pub(super) const CALLS: usize = 300;

/// Changes of a round.
const CHANGES: usize = 100;

/// A cached token's call, proved and on record, ÷ an answer that costs nothing to find.
pub(super) fn throughput(bed: &mut Bed) -> Result<Vec<Figure>> {
    let calls = bed.callers(CONNECTIONS)?;
    let (mut rates, mut plain, mut costs, mut samples) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _round in 0..bed.rounds {
        let bare = bed.run_bare(Bare::Served, CONNECTIONS)?;
        let called = bed.run(&calls)?;
        let bare_plain = bed.run_bare(Bare::Plain, CONNECTIONS)?;
        rates.push((called.rate(), bare.rate()));
        plain.push((called.rate(), bare_plain.rate()));
        costs.push((called.each(called.spent.server + called.spent.postgres), bare.each(bare.spent.server)));
        samples.push(called);
    }
    Ok(vec![
        Figure::ratio("throughput: auth.info, cached ÷ bare route", Goal::AtLeast(0.5), &rates, "a second").with(&words(&samples)),
        Figure::ratio("throughput: ÷ bare axum", Goal::None, &plain, "a second"),
        Figure::ratio("throughput: processor time with Postgres ÷ bare route", Goal::AtMost(2.5), &costs, "µs a call")
            .with(&costs_of(&samples)),
    ])
}

/// A server that counts the calls of each account ÷ one that doesn't.
pub(super) fn limits(bed: &mut Bed) -> Result<Vec<Figure>> {
    let uncounted = bed.callers(CONNECTIONS)?;
    // More than can be made: what is measured is the counting.
    let node = Node::start_limited(&bed.binary, &bed.url, &bed.log, u32::MAX)?;
    let requests = auth_infos(node.address, OF_MANY);
    once(node.address, &requests, 16)?;
    let counted = Load { address: node.address, requests, connections: CONNECTIONS, window: bed.window };
    let meter = Meter { server: node.id(), ..bed.meter() };
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    for _round in 0..bed.rounds {
        let (without, with) = (bed.run(&uncounted)?, counted.run(meter)?);
        rates.push((with.rate(), without.rate()));
        costs.push((with.each(with.spent.server), without.each(without.spent.server)));
    }
    Ok(vec![
        Figure::ratio("limits: callers who are counted ÷ who aren't", Goal::AtLeast(0.97), &rates, "a second"),
        Figure::ratio("limits: the server's processor time", Goal::None, &costs, "µs a call"),
    ])
}

fn words(samples: &[Sample]) -> String {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let at = |hundredths| short(median(samples.iter().map(|sample| milliseconds(sample.percentile(hundredths))).collect()));
    format!("p50 {} ms, p99 {} ms", at(50), at(99))
}

/// Whose processor time it is.
fn costs_of(samples: &[Sample]) -> String {
    let part = |of: fn(&Sample) -> f64| short(median(samples.iter().map(of).collect()));
    let server = part(|sample| sample.each(sample.spent.server));
    let postgres = part(|sample| sample.each(sample.spent.postgres));
    let bench = part(|sample| sample.each(sample.spent.bench));
    format!("server {server}, Postgres {postgres} (and who asks {bench})")
}

/// What a lone call takes more than a bare answer ÷ what an INSERT through the same kind of pool takes more.
pub(super) fn latency(bed: &mut Bed) -> Result<Vec<Figure>> {
    drop(bed.callers(1)?);
    let mut rounds = Vec::new();
    let (insert, calls) = (bed.bare_request(Bare::Served, "/insert"), auth_infos(bed.node.address, OF_MANY));
    let bare = bed.bare_request(Bare::Served, "/");
    let served = bed.bare(Bare::Served);
    for _round in 0..bed.rounds {
        let bare = middle(served, std::iter::repeat_n(&bare, CALLS))?;
        let insert = middle(served, std::iter::repeat_n(&insert, CALLS))?;
        let call = middle(bed.node.address, calls.iter().take(CALLS))?;
        rounds.push((call - bare, insert - bare));
    }
    Ok(vec![Figure::ratio("latency: auth.info, cached, added p50 ÷ a committed INSERT", Goal::AtMost(1.3), &rounds, "µs")])
}

/// One connection, one request after another: the p50 in microseconds.
pub(super) fn middle<'a>(address: SocketAddr, requests: impl Iterator<Item = &'a Request>) -> Result<f64> {
    let mut connection = Connection::open(address)?;
    let times = requests.map(|request| Ok(connection.ask(request)?.0.as_secs_f64() * 1e6)).collect::<Result<_>>()?;
    Ok(median(times))
}

/// The first use after a change ÷ the next one.
pub(super) fn first_use(bed: &mut Bed) -> Result<Vec<Figure>> {
    let numbers = bed.take_unused(i64::try_from(CHANGES)?)?;
    let requests = auth_infos(bed.node.address, numbers.iter().copied());
    once(bed.node.address, &requests, 16)?;
    // Something that is decided on and doesn't show in the answer.
    let change = bed.client.prepare("UPDATE tokens SET paused_until = now() - interval '1 second' * random() WHERE id = $1::text::uuid")?;
    // Found beforehand: a search among all tokens would leave processor and caches cold for the call after it.
    let sql =
        "SELECT t.id::text FROM unnest($1::bigint[]) WITH ORDINALITY u (n, place) JOIN tokens t ON t.name = 'bench-' || u.n ORDER BY place";
    let ids: Vec<String> = bed.client.query(sql, &[&numbers])?.iter().map(|row| row.get(0)).collect();
    ensure!(ids.len() == numbers.len(), "a token is missing");
    let mut rounds = Vec::new();
    for _round in 0..bed.rounds {
        let (mut first, mut next) = (Vec::new(), Vec::new());
        let mut connection = Connection::open(bed.node.address)?;
        for (id, request) in ids.iter().zip(&requests) {
            ensure!(bed.client.execute(&change, &[id])? == 1, "a token is missing");
            for times in [&mut first, &mut next] {
                times.push(connection.ask(request)?.0.as_secs_f64() * 1e6);
            }
        }
        rounds.push((median(first), median(next)));
    }
    Ok(vec![Figure::ratio("first use: after a change ÷ cached, p50", Goal::AtMost(2.0), &rounds, "µs")])
}
