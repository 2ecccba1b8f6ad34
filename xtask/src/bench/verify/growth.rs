//! What size does: of the database, of one token's use, of one user's tokens, of the cache.

use anyhow::{Context, Result};

use super::bed::{Bed, Node};
use super::data::{OF_MANY, OF_ONE, auth_infos};
use super::figures::{Figure, Goal, median};
use super::load::{Load, once};
use super::processor::{Meter, memory};
use super::wire::{Connection, Request};

const CONNECTIONS: usize = 256;

/// First calls of a round that don't count: they open connections and read what everybody needs.
const THROWN_AWAY: usize = 100;

/// First calls of a round that count.
const FIRST: usize = 300;

/// Principals that are cached at once while memory is measured.
const CHUNK: usize = 50_000;

/// Ten million tokens ÷ a thousand.
pub(super) fn growth(bed: &mut Bed) -> Result<Vec<Figure>> {
    let (mut uncached, mut cached) = (Vec::new(), Vec::new());
    let large = bed.callers(CONNECTIONS)?;
    for _round in 0..bed.rounds {
        // New each time, as only then it knows none of its thousand.
        let small = Node::start(&bed.binary, &bed.small_url, &bed.log)?;
        let requests = auth_infos(small.address, OF_MANY);
        let numbers = bed.take_unused(i64::try_from(THROWN_AWAY + FIRST)?)?;
        let in_large = first_calls(&bed.node, &auth_infos(bed.node.address, numbers))?;
        let in_small = first_calls(&small, &requests)?;
        uncached.push((in_large, in_small));

        once(small.address, &requests, 16)?;
        let meter = Meter { server: small.id(), ..bed.meter() };
        let load = Load { address: small.address, requests, connections: CONNECTIONS, window: bed.window };
        let in_small = load.run(meter)?;
        cached.push((bed.run(&large)?.rate(), in_small.rate()));
    }
    let name = |what| format!("growth: {what}, {} tokens ÷ 1,000", bed.tokens);
    Ok(vec![
        Figure::ratio(&name("cached, throughput"), Goal::AtLeast(0.95), &cached, "a second"),
        Figure::ratio(&name("uncached, p50"), Goal::AtMost(1.3), &uncached, "µs"),
    ])
}

/// The p50 of calls with tokens that the server doesn't know, one after another.
fn first_calls(node: &Node, requests: &[Request]) -> Result<f64> {
    let mut connection = Connection::open(node.address)?;
    let mut times = Vec::new();
    for (number, request) in requests.iter().take(THROWN_AWAY + FIRST).enumerate() {
        let (took, _) = connection.ask(request)?;
        if number >= THROWN_AWAY {
            times.push(took.as_secs_f64() * 1e6);
        }
    }
    Ok(median(times))
}

/// One token hammered by everyone, and one user with a thousand, ÷ as many callers with tokens of a thousand users.
pub(super) fn tokens(bed: &mut Bed) -> Result<Vec<Figure>> {
    let many = bed.callers(CONNECTIONS)?;
    let hammered = bed.load(auth_infos(bed.node.address, [1]), CONNECTIONS);
    let busy = bed.load(auth_infos(bed.node.address, OF_ONE), CONNECTIONS);
    once(bed.node.address, &busy.requests, 16)?;
    let (mut one_token, mut one_user) = (Vec::new(), Vec::new());
    for _round in 0..bed.rounds {
        let rate = bed.run(&many)?.rate();
        one_token.push((bed.run(&hammered)?.rate(), rate));
        one_user.push((bed.run(&busy)?.rate(), bed.run(&many)?.rate()));
    }
    Ok(vec![
        Figure::ratio("tokens: one by everyone ÷ random ones", Goal::AtLeast(0.95), &one_token, "a second"),
        Figure::ratio("tokens: a thousand of one user ÷ of a thousand users", Goal::AtLeast(0.95), &one_user, "a second"),
    ])
}

/// What the server grows by while it gets to know tokens, ÷ how many.
pub(super) fn cached_principals(bed: &mut Bed) -> Result<Vec<Figure>> {
    let node = Node::start(&bed.binary, &bed.url, &bed.log)?;
    // Connections, threads and buffers are not what is measured.
    let (warm, numbers) = (auth_infos(node.address, OF_MANY), OF_ONE.end() + 1..=OF_ONE.end() + bed.principals);
    once(node.address, &warm, CONNECTIONS)?;
    once(node.address, &warm, CONNECTIONS)?;
    let before = memory(node.id())?;
    let numbers: Vec<i64> = numbers.collect();
    for chunk in numbers.chunks(CHUNK) {
        once(node.address, &auth_infos(node.address, chunk.iter().copied()), CONNECTIONS)?;
    }
    let grown = memory(node.id())?.checked_sub(before).context("the server has shrunk")?;
    let bytes = f64::from(u32::try_from(grown)?) / f64::from(u32::try_from(numbers.len())?);
    let detail = format!("{} MB over {} principals, one run", grown / 1_000_000, numbers.len());
    Ok(vec![Figure::amount("memory: a cached principal", Goal::AtMost(300.0), vec![bytes], "bytes").with(&detail)])
}
