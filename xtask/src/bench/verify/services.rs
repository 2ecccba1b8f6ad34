//! What it costs to stand in front of an API: a gateway's question, a service that asks for itself, and a list behind a token.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::bed::{Asking, Bare, Bed};
use super::calls::{CALLS, CONNECTIONS, middle};
use super::data::{OF_MANY, Token, auth_infos};
use super::figures::{Figure, Goal, median, short};
use super::load::{Load, once};
use super::processor::Meter;
use super::wire::Request;

/// Entities of the account.
const ENTITIES: i32 = 100_000;

/// A page.
const PAGE: i32 = 50;

/// A gateway's question ÷ the call that it is about.
pub(super) fn gateway(bed: &mut Bed) -> Result<Vec<Figure>> {
    let calls = bed.callers(CONNECTIONS)?;
    let questions = OF_MANY.map(|number| Token { number }.gateway(bed.node.address)).collect();
    let questions = bed.load(questions, CONNECTIONS);
    let mut rates = Vec::new();
    for _round in 0..bed.rounds {
        let (called, asked) = (bed.run(&calls)?, bed.run(&questions)?);
        rates.push((asked.rate(), called.rate()));
    }
    Ok(vec![Figure::ratio("gateway: questions ÷ auth.info", Goal::AtLeast(0.85), &rates, "a second")])
}

/// An API that asks before it answers, from nothing remembered.
pub(super) fn pat_client(bed: &mut Bed) -> Result<Vec<Figure>> {
    let calls = bed.callers(CONNECTIONS)?;
    let api = Asking::start(&bed.asking, bed.node.address, &bed.log)?;
    let requests = auth_infos(api.address, OF_MANY);
    once(api.address, &requests, 16)?;
    let asking = Load { address: api.address, requests: requests.clone(), connections: CONNECTIONS, window: bed.window };
    let (bare, plain) = (bed.bare_request(Bare::Plain, "/"), bed.bare(Bare::Plain));
    let own = Meter { server: api.id(), ..bed.meter() };
    let (mut rates, mut added, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    for _round in 0..bed.rounds {
        let (called, asked) = (bed.run(&calls)?, asking.run(own)?);
        rates.push((asked.rate(), called.rate()));
        costs.push(asked.each(asked.spent.server));
        added.push(middle(api.address, requests.iter().take(CALLS))? - middle(plain, std::iter::repeat_n(&bare, CALLS))?);
    }
    let cost = format!("the API's own process {} µs a request", short(median(costs)));
    Ok(vec![
        Figure::amount("pat-client: p50 that the layer adds to a lone request", Goal::None, added, "µs"),
        Figure::ratio("pat-client: an API behind the layer ÷ auth.info", Goal::None, &rates, "a second").with(&cost),
    ])
}

/// A page from somewhere among many entities ÷ what its proof and its SELECT take.
pub(super) fn list(bed: &mut Bed) -> Result<Vec<Figure>> {
    let account = fill(bed)?;
    drop(bed.callers(1)?);
    let (lists, selects): (Vec<_>, Vec<_>) = (0..ENTITIES / PAGE - 1)
        .map(|page| {
            let (last, first) = (identifier(page * PAGE), identifier(page * PAGE + 1));
            let select = bed.bare_request(Bare::Served, &format!("/entities/{account}/{last}"));
            (entities(bed.node.address, page, &last, &first), select)
        })
        .unzip();
    let (calls, bare) = (auth_infos(bed.node.address, OF_MANY), bed.bare_request(Bare::Served, "/"));
    let served = bed.bare(Bare::Served);
    // Pages from all over, and others in each round.
    let pages = |of: &[Request], round: usize| of.iter().cycle().skip(round * 131).step_by(397).take(CALLS).cloned().collect::<Vec<_>>();
    let mut rounds = Vec::new();
    for round in 0..bed.rounds {
        let call = middle(bed.node.address, calls.iter().take(CALLS))?;
        let bare = middle(served, std::iter::repeat_n(&bare, CALLS))?;
        let select = middle(served, pages(&selects, round).iter())?;
        let list = middle(bed.node.address, pages(&lists, round).iter())?;
        rounds.push((list, call + select - bare));
    }
    let name = "list: 50 of 100,000 entities ÷ auth.info and the SELECT, p50";
    Ok(vec![Figure::ratio(name, Goal::AtMost(1.5), &rounds, "µs")])
}

fn identifier(number: i32) -> String {
    format!("entity-{number:06}")
}

fn entities(host: SocketAddr, page: i32, last: &str, first: &str) -> Request {
    let token = Token { number: i64::from(page) % OF_MANY.end() + 1 };
    let cursor = URL_SAFE_NO_PAD.encode(format!("\"{last}\""));
    Request::entities(host, token.secret().expose(), &cursor, &format!("[{{\"name\":\"Entity {first}\""))
}

/// Makes the entities, unless they were kept, and returns the account's id.
fn fill(bed: &mut Bed) -> Result<String> {
    let account: String = bed.client.query_one("SELECT account::text FROM bench.facts", &[])?.get(0);
    let made = "INSERT INTO resources (account_id, kind, identifier, body)
         SELECT account, 'entity', identifier, jsonb_build_object(
                    'identifier', identifier, 'name', 'Entity ' || identifier, 'type', 'service', 'description', 'What ' || identifier || ' is for',
                    'created_at', '2026-01-31T09:00:00.000Z', 'updated_at', '2026-01-31T09:00:00.000Z',
                    'owner_teams', jsonb_build_array(jsonb_build_object('id', 'MTI', 'name', 'Team ' || n % 100)),
                    'owner_users', jsonb_build_array(jsonb_build_object('id', 'MTI', 'email', 'user-' || n % 1000 || '@verify.test')),
                    'domain', NULL, 'aliases', '{}'::jsonb,
                    'properties', jsonb_build_object('tier', 'Tier-' || n % 3, 'language', 'Rust', 'is_public', n % 2 = 0))
           FROM bench.facts, generate_series(1, $1) n, LATERAL (SELECT 'entity-' || lpad(n::text, 6, '0') AS identifier) named
         ON CONFLICT DO NOTHING";
    if bed.client.execute(made, &[&ENTITIES])? > 0 {
        bed.client.batch_execute("VACUUM (ANALYZE) resources")?;
    }
    let count = "SELECT count(*) FROM resources, bench.facts WHERE account_id = account AND kind = 'entity'";
    let count: i64 = bed.client.query_one(count, &[])?.get(0);
    ensure!(count == i64::from(ENTITIES), "{count} entities");
    Ok(account)
}
