//! An account with tokens whose secrets follow from their numbers, so that a kept database needs none of them stored.
//!
//! The first thousand users have one token each; one user has the next thousand; the rest is anybody's.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Result, bail};
use pat_core::secret::TokenSecret;
use pat_core::token::TokenKind;
use postgres::Client;

use super::wire::Request;
use crate::console::Console;
use crate::postgres::{Postgres, connect};
use crate::process;
use crate::progress::step;
use crate::seed::PASSWORD;
use crate::server::{self, Server};
use crate::workspace::Workspace;

const FILL: &str = include_str!("tokens.sql");
const PREPARE: &str = include_str!("prepare.sql");

/// Tokens of as many users.
pub(super) const OF_MANY: RangeInclusive<i64> = 1..=1_000;
/// Tokens of one user.
pub(super) const OF_ONE: RangeInclusive<i64> = 1_001..=2_000;

/// That user.
const OF_ONE_USER: i64 = 1_001;

/// Tokens that one statement makes.
const CHUNK: i64 = 20_000;

/// A token that the benchmark can use.
pub(super) struct Token {
    pub(super) number: i64,
}

impl Token {
    /// Everybody can work it out: it opens nothing but a benchmark's database.
    pub(super) fn secret(&self) -> TokenSecret {
        let mut stream = blake3::Hasher::new_derive_key("pat benchmark token v1").update(&self.number.to_le_bytes()).finalize_xof();
        TokenSecret::draw(TokenKind::Personal, |bytes| stream.fill(bytes))
    }

    /// As the statement that makes it calls it.
    fn name(&self) -> String {
        format!("bench-{}", self.number)
    }

    /// May an `auth.info` with it go on?
    pub(super) fn gateway(&self, host: SocketAddr) -> Request {
        Request::gateway(host, self.secret().expose(), &self.name())
    }

    /// `auth.info` with it.
    pub(super) fn auth_info(&self, host: SocketAddr) -> Request {
        Request::auth_info(host, self.secret().expose(), &self.name())
    }
}

/// `auth.info` with each of some tokens.
pub(super) fn auth_infos(host: SocketAddr, numbers: impl IntoIterator<Item = i64>) -> Vec<Request> {
    numbers.into_iter().map(|number| Token { number }.auth_info(host)).collect()
}

/// Signs one of those in who have some of the other tokens. Returns their number as well.
pub(super) fn sign_in(host: SocketAddr, number: u32) -> Result<(Console, i64)> {
    let user = OF_ONE_USER + 1 + i64::from(number);
    let console = Console::sign_in(&format!("http://{host}"), &format!("user-{user}@verify.test"), PASSWORD)?;
    Ok((console, user))
}

/// The URL of a database with so many tokens: the kept one, or a new one.
pub(super) fn database(workspace: &Workspace, postgres: &Postgres, binary: &Path, tokens: i64, audit: i64, fresh: bool) -> Result<String> {
    let any = format!("pat_verify_{tokens}_{audit}_");
    let name = format!("{any}{}", fingerprint(workspace)?);
    if !fresh && let Some(url) = postgres.database(&name)? {
        return Ok(url);
    }
    // What was made by other statements is of no use any more.
    postgres.drop_databases(&any)?;
    let unfinished = format!("{any}unfinished");
    fill(workspace, binary, &postgres.empty_database(&unfinished)?, tokens, audit)?;
    postgres.rename_database(&unfinished, &name)
}

/// Changes with the statements that fill it and with the migrations, as those may change before they are released.
fn fingerprint(workspace: &Workspace) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(FILL.as_bytes()).update(PREPARE.as_bytes());
    let mut folders: Vec<_> =
        std::fs::read_dir(workspace.root.join("migrations"))?.filter_map(Result::ok).map(|entry| entry.path()).collect();
    folders.sort();
    for file in folders.iter().map(|folder| folder.join("up.sql")).filter(|file| file.is_file()) {
        hasher.update(&std::fs::read(file)?);
    }
    Ok(hasher.finalize().to_hex().chars().take(8).collect())
}

fn fill(workspace: &Workspace, binary: &Path, url: &str, tokens: i64, audit: i64) -> Result<()> {
    // Makes the schema, and demo people, one of whose passwords all get.
    let listen = server::free_address(([127, 0, 0, 1], 0).into())?;
    drop(Server::start(binary, listen, url, Some(&workspace.target.join("bench-server.log")))?);
    let mut client = connect(url)?;
    client.batch_execute("SET synchronous_commit = off; SET jit = off; SET maintenance_work_mem = '512MB'")?;
    client.batch_execute(PREPARE)?;
    // A hundredth as many people as tokens, but enough for the three kinds of holders.
    let users = (tokens / 100).max(OF_ONE_USER + 100);
    client.execute("SELECT bench.make_users($1)", &[&users])?;
    let indexes = drop_indexes(&mut client)?;
    step(&format!("making {tokens} tokens"), || fill_tokens(&mut client, tokens, users))?;
    step("indexing them", || Ok(client.batch_execute(&indexes.join(";"))?))?;
    if audit > 0 {
        step(&format!("making {audit} audit rows"), || fill_audit(&mut client, tokens, audit))?;
    }
    step("collecting statistics", || Ok(client.batch_execute("VACUUM (ANALYZE)")?))
}

/// Drops what only makes filling slow, and returns how to make it again.
fn drop_indexes(client: &mut Client) -> Result<Vec<String>> {
    let rows = client.query(
        "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename IN ('tokens', 'token_usage')
            AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)",
        &[],
    )?;
    let mut made_by = Vec::new();
    for row in rows {
        client.batch_execute(&format!("DROP INDEX {}", row.get::<_, String>(0)))?;
        made_by.push(row.get(1));
    }
    Ok(made_by)
}

fn fill_tokens(client: &mut Client, tokens: i64, users: i64) -> Result<()> {
    let statement = client.prepare(FILL)?;
    let mut from = 1;
    while from <= tokens {
        stop_if_asked()?;
        let to = tokens.min(from + CHUNK - 1);
        let (digests, hints): (Vec<Vec<u8>>, Vec<String>) = (from..=to)
            .map(|number| Token { number }.secret())
            .map(|secret| (secret.digest().0.to_vec(), secret.hint().to_owned()))
            .unzip();
        let made = client.execute(&statement, &[&from, &digests, &hints, &users])?;
        if made != u64::try_from(to - from + 1)? {
            bail!("{made} tokens were made for the numbers {from} to {to}");
        }
        if to % 1_000_000 == 0 {
            eprintln!("  {} million", to / 1_000_000);
        }
        from = to + 1;
    }
    Ok(())
}

fn fill_audit(client: &mut Client, tokens: i64, audit: i64) -> Result<()> {
    let statement = client.prepare("SELECT bench.make_audit($1, $2, $3)")?;
    let mut from = 1;
    while from <= audit {
        stop_if_asked()?;
        let to = audit.min(from + 50 * CHUNK - 1);
        client.execute(&statement, &[&from, &to, &tokens])?;
        if to % 10_000_000 == 0 {
            eprintln!("  {} million", to / 1_000_000);
        }
        from = to + 1;
    }
    Ok(())
}

fn stop_if_asked() -> Result<()> {
    if process::interrupted() {
        bail!(process::Interrupted);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_follows_from_its_number() {
        let secret = |number| Token { number }.secret();
        assert!(secret(1) == secret(1) && secret(1) != secret(2));
        assert!(TokenSecret::parse(secret(7).expose()).is_ok());
    }
}
