//! `cargo xtask seed`: a database as large as a customer's after years.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};

use ::postgres::Client;
use anyhow::{Context, Result, anyhow, bail};
use pat_core::policy::{DX_POLICY, Policy};

use crate::console::Console;
use crate::postgres::{Postgres, Purpose, connect};
use crate::process;
use crate::progress::step;
use crate::server::{self, Server};
use crate::workspace::Workspace;

/// Who signs in to the seeded account, with the password of the demo users.
pub(crate) const ADMIN: &str = "admin@bench.test";
/// The password of every seeded user.
pub(crate) const PASSWORD: &str = "demo-password";

const PREPARE: &str = include_str!("seed/prepare.sql");
const PEOPLE: &str = include_str!("seed/people.sql");
const USERS: &str = include_str!("seed/users.sql");
const ROLES: &str = include_str!("seed/roles.sql");
const TOKENS: &str = include_str!("seed/tokens.sql");
const USAGE: &str = include_str!("seed/usage.sql");
const CALLERS: &str = include_str!("seed/callers.sql");
const PRINCIPALS: &str = include_str!("seed/principals.sql");
const CLIENTS: &str = include_str!("seed/clients.sql");
const AUDIT: &str = include_str!("seed/audit.sql");
const CHANGES: &str = include_str!("seed/changes.sql");

/// Rows that one statement makes.
const CHUNK: i64 = 100_000;

/// Slots of a scope in `seed.methods`; the statement for the audit log knows the number, too.
const SLOTS: usize = 8;

/// How many rows of each kind.
#[derive(Clone, Copy, clap::Args)]
pub(crate) struct Sizes {
    /// Tokens of the account
    #[arg(long, default_value_t = Self::default().tokens, value_parser = clap::value_parser!(i64).range(1000..))]
    pub(crate) tokens: i64,
    /// People of the account
    #[arg(long, default_value_t = Self::default().users, value_parser = clap::value_parser!(i64).range(100..))]
    pub(crate) users: i64,
    /// Rows of its audit log, over four months
    #[arg(long, default_value_t = Self::default().audit, value_parser = clap::value_parser!(i64).range(1000..))]
    pub(crate) audit: i64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { tokens: 1_000_000, users: 10_000, audit: 10_000_000 }
    }
}

/// Options of `cargo xtask seed`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    sizes: Sizes,
    /// Where to; without it, the database of `cargo xtask dev`
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

/// Fills a database, which is migrated first. It gets one more account and keeps what it holds.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let postgres;
    let url = if let Some(url) = &arguments.database_url {
        url
    } else {
        postgres = Postgres::start(workspace, Purpose::Dev)?;
        &postgres.url
    };
    step("building the server", || {
        process::check(workspace.cargo().args(["build", "--package", "pat-server"]), "the server doesn't compile: see above")
    })?;
    fill(workspace, &server::debug_binary(workspace), url, arguments.sizes)?;
    println!("Sign in as {ADMIN} with the password {PASSWORD}.");
    Ok(())
}

/// Changes with every change of the statements.
pub(crate) fn fingerprint() -> String {
    let mut hasher = blake3::Hasher::new();
    for sql in [PREPARE, PEOPLE, USERS, ROLES, TOKENS, USAGE, CALLERS, PRINCIPALS, CLIENTS, AUDIT, CHANGES] {
        hasher.update(sql.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(8).collect()
}

/// Fills a database by means of a built server.
pub(crate) fn fill(workspace: &Workspace, binary: &Path, url: &str, sizes: Sizes) -> Result<()> {
    make_account(workspace, binary, url)?;
    let mut client = session(url)?;
    prepare(&mut client, sizes)?;
    step(&format!("making {} people", sizes.users), || {
        for sql in [PEOPLE, USERS, ROLES] {
            client.batch_execute(sql)?;
        }
        Ok(())
    })?;
    client.batch_execute("ALTER TABLE seed.people ADD PRIMARY KEY (n); ANALYZE seed.people")?;
    step(&format!("making {} tokens", sizes.tokens), || chunks(&mut client, TOKENS, 1, sizes.tokens, &Progress::new(sizes.tokens)))?;
    step("noting when they were used", || Ok(client.batch_execute(USAGE)?))?;
    client.batch_execute(CHANGES)?;
    make_audit_log(&mut client, url, sizes)?;
    client.batch_execute("DROP SCHEMA seed CASCADE")?;
    step("collecting statistics", || Ok(client.batch_execute("VACUUM (ANALYZE)")?))
}

/// The account and its admin are made by the server's own means, so that they are as in earnest.
fn make_account(workspace: &Workspace, binary: &Path, url: &str) -> Result<()> {
    let listen = server::free_address(([127, 0, 0, 1], 0).into())?;
    let server = Server::start(binary, listen, url, Some(&workspace.target.join("seed-server.log")))?;
    let mut client = connect(url)?;
    if client.query_opt("SELECT FROM users WHERE email = $1", &[&ADMIN])?.is_some() {
        bail!("the database is seeded already: {ADMIN} is there");
    }
    step("making the account", || {
        let mut create = Command::new(binary);
        create.args(["account", "create", "--name", "Bench", "--admin-name", "Bea Bench", "--email", ADMIN]).env("DATABASE_URL", url);
        let output = process::read(&mut create)?;
        let link = String::from_utf8(output.stdout).context("the server printed no link")?;
        let secret = link.trim().split_once('#').map(|(_, secret)| secret);
        let secret = secret.with_context(|| format!("no account was made: {}", String::from_utf8_lossy(&output.stderr).trim()))?;
        Console::visit(&server.base_url).set_password(secret, PASSWORD)
    })
}

/// A connection for long statements. A crash loses the seed anyway, so no statement waits for the disk.
fn session(url: &str) -> Result<Client> {
    let mut client = connect(url)?;
    client.batch_execute("SET synchronous_commit = off; SET jit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'; SET statement_timeout = 0")?;
    Ok(client)
}

fn prepare(client: &mut Client, sizes: Sizes) -> Result<()> {
    let policy = Policy::parse(DX_POLICY).map_err(|error| anyhow!("the policy table: {error}"))?;
    client.batch_execute("DROP SCHEMA IF EXISTS seed CASCADE")?;
    client.batch_execute(PREPARE)?;
    for (place, (name, frequency)) in (1_i32..).zip(frequencies(&policy)) {
        client.execute("INSERT INTO seed.scopes VALUES ($1, $2, $3)", &[&name, &place, &frequency])?;
    }
    for (place, role) in (1_i32..).zip(policy.roles()) {
        client.execute("INSERT INTO seed.roles VALUES ($1, $2, $3)", &[&role.name, &place, &policy.scope_names(role.adds)])?;
    }
    for (scope, slot, method) in methods(&policy) {
        client.execute("INSERT INTO seed.methods VALUES ($1, $2, $3)", &[&scope, &i32::try_from(slot)?, &method])?;
    }
    client.execute(
        "INSERT INTO seed.facts SELECT account_id, id, password_hash, $2, now, $3, $4,
             (date_trunc('month', now AT TIME ZONE 'UTC') - interval '3 months') AT TIME ZONE 'UTC', $5
         FROM users, pat_now() now WHERE email = $1",
        &[&ADMIN, &policy.scope_names(policy.everyone()), &(sizes.users - 1), &sizes.tokens, &sizes.audit],
    )?;
    // The busiest user has a thousand.
    client.batch_execute("UPDATE account_settings SET token_cap = 2000 WHERE account_id = (SELECT account FROM seed.facts)")?;
    client.batch_execute(
        "SELECT make_audit_partition(day::date) FROM seed.facts, generate_series(log_begins, now, interval '1 month') day;
         ANALYZE seed.scopes; ANALYZE seed.roles; ANALYZE seed.methods",
    )?;
    Ok(())
}

/// Each scope with the part of those who may grant it that put it on a token: from 0.9 down to 0, which is for three tokens.
fn frequencies(policy: &Policy) -> Vec<(String, f64)> {
    let mut common = [0.9, 0.6, 0.4, 0.25, 0.15, 0.08, 0.04].into_iter();
    let mut elevated = [0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005].into_iter();
    let everyone = policy.scope_names(policy.everyone());
    let names = policy.scopes().iter().map(|scope| scope.name.clone());
    names
        .map(|name| {
            let next = if everyone.contains(&name) { common.next() } else { elevated.next() };
            (name, next.unwrap_or(0.0))
        })
        .collect()
}

/// For each slot of a scope a method, in turn. A scope that no method needs is filled with one that every token may call.
fn methods(policy: &Policy) -> Vec<(String, usize, String)> {
    let all = policy.methods().iter().map(|method| (method.name.as_str(), policy.scope_names(method.scopes)));
    let all: Vec<_> = all.collect();
    let mut slots = Vec::new();
    for scope in policy.scopes() {
        let needing = all.iter().filter(|(_, scopes)| scopes.last() == Some(&scope.name)).map(|(name, _)| *name);
        let names: Vec<&str> = needing.chain(["auth.info"]).collect();
        let turns = names.iter().cycle().take(SLOTS).enumerate();
        slots.extend(turns.map(|(slot, method)| (scope.name.clone(), slot, (*method).to_owned())));
    }
    slots
}

/// Two connections, each with one half of the time, as making a row costs as much as storing it.
fn make_audit_log(client: &mut Client, url: &str, sizes: Sizes) -> Result<()> {
    client.batch_execute("ANALYZE tokens; ANALYZE token_usage; ANALYZE users")?;
    client.batch_execute(CALLERS)?;
    client.batch_execute("ALTER TABLE seed.callers ADD PRIMARY KEY (place); ANALYZE seed.callers")?;
    let callers: i64 =
        client.query_one("UPDATE seed.facts SET callers = (SELECT count(*) FROM seed.callers) RETURNING callers", &[])?.get(0);
    if callers == 0 {
        bail!("no token was used in the time of the audit log: make more tokens");
    }
    client.batch_execute(PRINCIPALS)?;
    client.batch_execute(CLIENTS)?;
    let middle = sizes.audit / 2;
    step(&format!("making {} audit rows", sizes.audit), || {
        let progress = Progress::new(sizes.audit);
        std::thread::scope(|scope| {
            let second = scope.spawn(|| chunks(&mut session(url)?, AUDIT, middle + 1, sizes.audit, &progress));
            let first = chunks(client, AUDIT, 1, middle, &progress);
            first.and(second.join().map_err(|_panic| anyhow!("the second connection failed"))?)
        })
    })
}

/// Runs a statement for the numbers from `first` to `last`, chunk by chunk.
fn chunks(client: &mut Client, sql: &str, first: i64, last: i64, progress: &Progress) -> Result<()> {
    let statement = client.prepare(sql)?;
    let mut from = first;
    while from <= last {
        if process::interrupted() {
            bail!(process::Interrupted);
        }
        let to = last.min(from + CHUNK - 1);
        let made = client.execute(&statement, &[&from, &to])?;
        if made != u64::try_from(to - from + 1)? {
            bail!("{made} rows were made for the numbers {from} to {to}");
        }
        progress.add(to - from + 1);
        from = to + 1;
    }
    Ok(())
}

/// Says after each tenth how far it is.
struct Progress {
    all: i64,
    done: AtomicI64,
}

impl Progress {
    fn new(all: i64) -> Self {
        Self { all, done: AtomicI64::new(0) }
    }

    fn add(&self, rows: i64) {
        let before = self.done.fetch_add(rows, Ordering::Relaxed);
        let tenths = |done: i64| done * 10 / self.all;
        let now = tenths(before + rows);
        if now > tenths(before) && now < 10 {
            eprintln!("  {now}0 %");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        Policy::parse(DX_POLICY).unwrap()
    }

    #[test]
    fn scopes_go_from_nearly_every_token_to_three() {
        let frequencies = frequencies(&policy());
        assert_eq!(frequencies.len(), policy().scopes().len());
        assert!(frequencies.iter().any(|(_, part)| (*part - 0.9).abs() < f64::EPSILON));
        assert_eq!(frequencies.iter().filter(|(_, part)| *part <= 0.0).count(), 1, "one scope is for three tokens: {frequencies:?}");
    }

    #[test]
    fn a_call_needs_the_scope_whose_slot_it_stands_in() {
        let policy = policy();
        let slots = methods(&policy);
        assert_eq!(slots.len(), policy.scopes().len() * SLOTS);
        for (scope, slot, name) in slots {
            let method = policy.methods().iter().find(|method| method.name == name).unwrap();
            let needed = policy.scope_names(method.scopes);
            assert!(name == "auth.info" || needed.contains(&scope), "{scope} {slot}: {name}");
        }
    }
}
