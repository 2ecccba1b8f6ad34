//! What Postgres itself can do: the other side of every ratio.

use std::io::Read;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use postgres::{Client, Statement};
use rand::seq::IndexedRandom;

use crate::seed::ADMIN;

/// Keys of each table among which every baseline draws anew.
const POOL: i64 = 20_000;

/// A table whose rows a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Users,
    Tokens,
    Audit,
}

/// A connection of its own, and the keys to read by.
pub(super) struct Database {
    client: Client,
    account: String,
    users: Vec<String>,
    tokens: Vec<String>,
    /// Time and id.
    audit: Vec<(String, String)>,
    statements: Vec<(Table, Statement)>,
}

impl Database {
    pub(super) fn open(mut client: Client) -> Result<Self> {
        let account = client.query_one("SELECT account_id::text FROM users WHERE email = $1", &[&ADMIN])?.get(0);
        let mut database = Self { client, account, users: Vec::new(), tokens: Vec::new(), audit: Vec::new(), statements: Vec::new() };
        database.users =
            database.texts(&format!("SELECT id::text FROM users WHERE account_id = @account ORDER BY random() LIMIT {POOL}"))?;
        database.tokens =
            database.texts(&format!("SELECT id::text FROM tokens WHERE account_id = @account ORDER BY random() LIMIT {POOL}"))?;
        let sql =
            format!("SELECT time::text || '|' || id FROM audit_events TABLESAMPLE SYSTEM (0.5) WHERE account_id = @account LIMIT {POOL}");
        let keys = database.texts(&sql)?;
        database.audit = keys.iter().filter_map(|key| key.split_once('|')).map(|(time, id)| (time.to_owned(), id.to_owned())).collect();
        if database.users.is_empty() || database.tokens.is_empty() || database.audit.is_empty() {
            bail!("the database is not seeded");
        }
        Ok(database)
    }

    /// Statistics of now, and nothing that only the first reader of a page has to do.
    pub(super) fn warm(&mut self) -> Result<()> {
        self.client.batch_execute("VACUUM (ANALYZE)")?;
        self.client.batch_execute(
            "SELECT count(request_id) FROM audit_events; SELECT count(user_name) FROM audit_principals;
             SELECT count(user_agent) FROM audit_clients; SELECT count(hint) FROM tokens; SELECT count(ip) FROM token_usage",
        )?;
        Ok(())
    }

    /// One line on what was measured against.
    pub(super) fn sizes(&mut self) -> Result<String> {
        self.text(
            "SELECT (SELECT count(*) FROM tokens WHERE account_id = @account) || ' tokens, '
                 || (SELECT count(*) FROM users WHERE account_id = @account) || ' users, '
                 || (SELECT count(*) FROM audit_events WHERE account_id = @account) || ' audit rows, Postgres '
                 || current_setting('server_version') || ', fsync ' || current_setting('fsync')",
        )
    }

    /// One text that a query selects. `@account` stands for the account.
    pub(super) fn text(&mut self, sql: &str) -> Result<String> {
        self.texts(sql)?.into_iter().next().with_context(|| format!("no row: {sql}"))
    }

    /// A number that a query counts.
    pub(super) fn count(&mut self, from: &str) -> Result<u64> {
        Ok(self.text(&format!("SELECT count(*)::text FROM {from}"))?.parse()?)
    }

    fn texts(&mut self, sql: &str) -> Result<Vec<String>> {
        let sql = self.complete(sql);
        let rows = self.client.query(&sql, &[]).with_context(|| sql.clone())?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    fn complete(&self, sql: &str) -> String {
        sql.replace("@account", &format!("'{}'", self.account))
    }

    /// How long a SELECT of so many rows by primary key takes, of random ones each time.
    pub(super) fn select(&mut self, table: Table, rows: usize) -> Result<Duration> {
        let mut random = rand::rng();
        let (sql, first, second): (_, Vec<&str>, Vec<&str>) = match table {
            Table::Users => (
                "SELECT * FROM users WHERE id = ANY ($1::text[]::uuid[]) AND $2::text[] IS NOT NULL",
                self.users.sample(&mut random, rows).map(String::as_str).collect(),
                Vec::new(),
            ),
            Table::Tokens => (
                "SELECT * FROM tokens WHERE id = ANY ($1::text[]::uuid[]) AND $2::text[] IS NOT NULL",
                self.tokens.sample(&mut random, rows).map(String::as_str).collect(),
                Vec::new(),
            ),
            Table::Audit => {
                let keys = self.audit.sample(&mut random, rows);
                let (times, ids) = keys.map(|(time, id)| (time.as_str(), id.as_str())).unzip();
                (
                    "SELECT e.* FROM unnest($1::text[]::timestamptz[], $2::text[]::uuid[]) k (time, id)
                       JOIN audit_log e ON e.account_id = @account AND e.time = k.time AND e.id = k.id",
                    times,
                    ids,
                )
            }
        };
        let expected = first.len();
        // Prepared once, so that it may be planned once.
        let statement = if let Some((_, statement)) = self.statements.iter().find(|(of, _)| *of == table) {
            statement.clone()
        } else {
            let statement = self.client.prepare(&self.complete(sql))?;
            self.statements.push((table, statement.clone()));
            statement
        };
        let start = Instant::now();
        let found = self.client.query(&statement, &[&first, &second])?.len();
        let time = start.elapsed();
        if found != expected {
            bail!("the baseline found {found} of {expected} rows of {table:?}");
        }
        Ok(time)
    }

    /// How long COPY takes to hand over what a query selects.
    pub(super) fn copy(&mut self, query: &str) -> Result<Duration> {
        let sql = format!("COPY ({}) TO STDOUT", self.complete(query));
        let start = Instant::now();
        let mut reader = self.client.copy_out(&sql).with_context(|| sql.clone())?;
        let mut buffer = vec![0_u8; 1 << 16];
        while reader.read(&mut buffer)? > 0 {}
        Ok(start.elapsed())
    }

    /// How often the big tables were read from end to end so far. Other connections report what they did within a second.
    pub(super) fn sequential_scans(&mut self) -> Result<i64> {
        std::thread::sleep(Duration::from_millis(1200));
        let scans = self.text(
            "SELECT coalesce(sum(seq_scan), 0)::text FROM pg_stat_user_tables
              WHERE (relname IN ('tokens', 'token_usage') OR relname LIKE 'audit_events%') AND n_live_tup > 10000",
        )?;
        Ok(scans.parse()?)
    }
}
