//! The audit log's seals: every kind of tampering is found, honest work never is (docs/audit-seals.md).

mod keeping;
mod sealing;
mod tampering;

use std::process::{Command, Output};

use diesel_async::SimpleAsyncConnection as _;
use jiff::SignedDuration;
use pat_core::seal::chain::{Head, Seal};
use pat_core::seal::commitment;
use pat_core::seal::key::Keys;
use pat_server::seals::sealer::{SETTLED_AFTER, Step, step};
use pat_server::seals::verify::{Range, Report, verify};
use pat_server::store::{Store, seals};

use crate::support::Server;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const OTHER_KEY: &str = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const EVERYTHING: Range = Range { from: None, until: None };

/// A log in a database of its own, at noon of 10 March 2026, written with SQL only.
struct Log {
    server: Server,
    store: Store,
    keys: Keys,
}

impl Log {
    /// Empty.
    async fn new() -> Self {
        let server = Server::start().await;
        for month in ["2026-02-01", "2026-03-01", "2026-04-01"] {
            server.sql(&format!("SELECT make_audit_partition('{month}')")).await;
        }
        server.stop_clock("2026-03-10T12:00:00Z").await;
        let store = server.database.store();
        let log = Self { server, store, keys: Keys::parse(KEY).unwrap() };
        log.principal(1, "member@demo.test").await;
        log.principal(2, "admin@demo.test").await;
        log.client(1, "203.0.113.7/32").await;
        log.client(2, "2001:db8::1/128").await;
        log
    }

    /// With rows 1 to 6: three in the minute from 11:00 on, one in the next, two an hour later. Sealed.
    async fn sealed() -> Self {
        let log = Self::new().await;
        for (id, time) in [(1, "11:00:01"), (2, "11:00:02"), (3, "11:00:03"), (4, "11:01:00"), (5, "11:50:00"), (6, "11:50:59.999999")] {
            log.event(id, &format!("2026-03-10T{time}Z")).await;
        }
        log.seal_all().await;
        log
    }

    async fn principal(&self, id: i64, email: &str) {
        let name = self.server.text(&format!("SELECT name AS text FROM users WHERE email = '{email}'")).await;
        let token = format!("token {id}");
        let commitment = commitment(&salt(id), &[Some(&name), Some(email), Some(&token)]);
        let sql = format!(
            "INSERT INTO audit_principals
             SELECT {id}, account_id, id, name, email, '{}', '{token}', '{}', decode('{}', 'hex'), pat_now() - interval '9 days' FROM users WHERE email = '{email}'",
            uuid::Uuid::from_u128(id.unsigned_abs().into()),
            uuid::Uuid::from_bytes(salt(id)),
            blake3::Hash::from_bytes(commitment).to_hex(),
        );
        assert_eq!(self.server.sql(&sql).await, 1);
    }

    async fn client(&self, id: i64, ip: &str) {
        let commitment = commitment(&salt(id), &[Some(ip), Some("curl/8.5"), None, None, Some("claude"), None, None]);
        let sql = format!(
            "INSERT INTO audit_clients (id, account_id, ip, user_agent, agent_name, salt, commitment, created_at)
             SELECT {id}, id, '{ip}', 'curl/8.5', 'claude', '{}', decode('{}', 'hex'), pat_now() - interval '9 days' FROM accounts WHERE name = 'Demo'",
            uuid::Uuid::from_bytes(salt(id)),
            blake3::Hash::from_bytes(commitment).to_hex(),
        );
        assert_eq!(self.server.sql(&sql).await, 1);
    }

    /// By principal 1 through client 1.
    async fn event(&self, id: u128, time: &str) {
        self.event_by(id, time, 1, 1).await;
    }

    async fn event_by(&self, id: u128, time: &str, principal: i64, client: i64) {
        assert_eq!(self.server.sql(&insert(id, time, principal, client)).await, 1);
    }

    /// What the triggers forbid: somebody with all rights to the database.
    async fn tamper(&self, sql: &str) {
        let script = format!("SET session_replication_role = replica; {sql}");
        self.server.database.connect().await.batch_execute(&script).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    async fn step(&self) -> Step {
        step(&self.store, self.keys.current(), SETTLED_AFTER).await.unwrap().0
    }

    /// Seals all that is old enough.
    async fn seal_all(&self) -> Vec<Seal> {
        let mut seals = Vec::new();
        while let Step::Sealed(seal) = self.step().await {
            seals.push(seal);
        }
        seals
    }

    async fn verify(&self) -> Result<Report, String> {
        self.verify_with(&self.keys, EVERYTHING, &[]).await
    }

    async fn verify_with(&self, keys: &Keys, range: Range, heads: &[Head]) -> Result<Report, String> {
        let mut conn = seals::patient_conn(&self.store).await.unwrap();
        verify(&mut conn, keys, range, heads).await.map_err(|error| error.to_string())
    }

    /// Runs `pat-server` with the key.
    fn pat_server(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pat-server"));
        command.args(arguments).env_clear().env("DATABASE_URL", &self.server.database.url).env("AUDIT_SEAL_KEY", KEY);
        command.output().unwrap()
    }
}

fn salt(id: i64) -> [u8; 16] {
    [u8::try_from(id).unwrap(); 16]
}

fn insert(id: u128, time: &str, principal: i64, client: i64) -> String {
    format!(
        "INSERT INTO audit_events (account_id, time, id, principal_id, client_id, event_type, outcome, method, context, request_id)
         SELECT id, '{time}', '{}', {principal}, {client}, 'web_api.called', 'succeeded', 'catalog.entities.list', '{{\"n\": {id}}}', gen_random_uuid()
           FROM accounts WHERE name = 'Demo'",
        row(id)
    )
}

/// A row's id.
fn row(id: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(id)
}

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
