//! The real process: what it logs, how it starts without a database, how it stops.

use std::process::Command;

use diesel_async::SimpleAsyncConnection as _;
use reqwest::Client;
use tokio::task::JoinSet;

use crate::support::{Answer, Bearer, Browser, Database, PASSWORD, Process, Server, json};

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_reaches_the_log_even_at_trace_level() {
    let database = Database::create_empty().await;
    let mut server = Process::start(&database.url);
    server.until("/readyz", 200).await;
    let browser = Browser::new(&server.base);
    let sign_in = browser.post("/api/session", json!({ "email": "database@demo.test", "password": PASSWORD })).await;
    let cookie = sign_in.header("set-cookie").split(['=', ';']).nth(1).unwrap().to_owned();
    let created = browser.mint("ci", &["catalog:read"]).await;
    let token = created.body["token"].as_str().unwrap().to_owned();
    let bearer = Bearer::new(&server.base, &token);
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(bearer.post("/entities.create", json!({})).await.status, 403);
    let wrong_place = Answer::of(Client::new().get(format!("{}/auth.info?token={token}", server.base))).await;
    assert_eq!(wrong_place.status, 401);
    let mistyped = format!("{}!", &token[..39]);
    assert_eq!(Bearer::new(&server.base, &mistyped).get("/auth.info").await.status, 401);
    browser.post("/api/session", json!({ "email": "database@demo.test", "password": "wrong-password" })).await;
    let log = server.log();
    assert!(log.contains("serving") && log.contains(" DEBUG "), "{log}");
    for secret in [&token[4..34], &cookie, PASSWORD, "wrong-password"] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_it_starts_says_so_and_catches_up() {
    let server = Server::start().await;
    // A name that doesn't exist yet stands for a database that isn't up yet.
    let name = format!("pat_test_{}", uuid::Uuid::now_v7().simple());
    let url = server.database.url.rsplit_once('/').map(|(host, _)| format!("{host}/{name}")).unwrap();
    let mut late = Process::start(&url);
    late.until("/healthz", 200).await;
    late.until("/readyz", 503).await;
    while !late.log().contains("trying again") {
        tokio::task::yield_now().await;
    }
    server.sql(&format!("CREATE DATABASE {name}")).await;
    late.until("/readyz", 200).await;
    late.signal("-KILL");
    server.sql(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_it_seals_the_audit_log_and_logs_heads_but_not_the_key() {
    let database = Database::create().await;
    database
        .sql(
            "INSERT INTO audit_events (account_id, time, id, event_type, outcome)
             SELECT id, pat_now() - interval '20 minutes', gen_random_uuid(), 'web_api.called', 'succeeded' FROM accounts",
        )
        .await
        .unwrap();
    let key = "5e".repeat(32);
    let file = std::env::temp_dir().join(format!("seal-key-{}", uuid::Uuid::now_v7()));
    std::fs::write(&file, format!("{key}\n")).unwrap();
    let file = file.to_str().unwrap();
    let mut server = Process::start_with(&database.url, &["--audit-seal-key-file", file]);
    while !server.log().contains("the audit log is sealed") {
        assert!(server.child.try_wait().unwrap().is_none(), "the server ended: {}", server.log());
        tokio::task::yield_now().await;
    }
    server.signal("-TERM");
    assert!(tokio::task::block_in_place(|| server.child.wait().unwrap()).success(), "{}", server.log());
    assert!(!server.log().contains(&key));
    let output = Command::new(env!("CARGO_BIN_EXE_pat-server"))
        .args(["audit", "verify", "--head", server.log_file.to_str().unwrap(), "--audit-seal-key-file", file])
        .env_clear()
        .env("DATABASE_URL", &database.url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("2 rows in ") && said.contains(" in the chain"), "{output:?}");
    std::fs::remove_file(file).unwrap();

    let mut unsealed = Process::start_with(&database.url, &[]);
    unsealed.until("/readyz", 200).await;
    assert_eq!(unsealed.log().matches("the audit log is not sealed").count(), 1);
    let mistyped = Command::new(env!("CARGO_BIN_EXE_pat-server"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env_clear()
        .envs([("DATABASE_URL", database.url.as_str()), ("AUDIT_SEAL_KEY", &key[1..])])
        .output()
        .unwrap();
    let said = String::from_utf8(mistyped.stderr).unwrap();
    assert!(!mistyped.status.success() && said.contains("AUDIT_SEAL_KEY holds no keys: key 1 is not 64 hexadecimal digits"), "{said}");
    assert!(!said.contains(&key[1..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_to_stop_ends_it_with_success() {
    let database = Database::create().await;
    let mut server = Process::start(&database.url);
    server.until("/readyz", 200).await;
    server.signal("-TERM");
    let status = tokio::task::block_in_place(|| server.child.wait().unwrap());
    assert!(status.success(), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_kill() {
    let database = Database::create().await;
    let mut server = Process::start(&database.url);
    server.until("/readyz", 200).await;
    let browser = Browser::new(&server.base);
    browser.post("/api/session", json!({ "email": "member@demo.test", "password": PASSWORD })).await;
    let kept = browser.mint("kept", &["catalog:read"]).await;
    let deleted = browser.mint("deleted", &["catalog:read"]).await;
    let id = deleted.body["personal_access_token"]["id"].as_str().unwrap();
    assert_eq!(browser.delete_token(id).await.status, 204);
    server.signal("-KILL");
    server.child.wait().unwrap();

    let mut again = Process::start(&database.url);
    again.until("/readyz", 200).await;
    let call = |answer: &Answer| Bearer::new(&again.base, answer.body["token"].as_str().unwrap());
    assert_eq!(call(&kept).get("/entities.list").await.status, 200);
    assert_eq!(call(&deleted).get("/entities.list").await.verdict(), (401, "invalid_auth"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_alone_waits_for_its_database_too() {
    let server = Server::start().await;
    let name = format!("pat_test_{}", uuid::Uuid::now_v7().simple());
    let url = server.database.url.rsplit_once('/').map(|(host, _)| format!("{host}/{name}")).unwrap();
    let mut late = Process::start_with(&url, &["--demo"]);
    late.until("/healthz", 200).await;
    while !late.log().contains("trying again") {
        tokio::task::yield_now().await;
    }
    assert!(late.child.try_wait().unwrap().is_none(), "{}", late.log());
}

/// Calls that wait for the database when the signal comes, and a server that waits for them.
struct Draining {
    server: Process,
    calls: JoinSet<u16>,
    holder: diesel_async::AsyncPgConnection,
    database: Database,
}

impl Draining {
    async fn start() -> Self {
        let database = Database::create().await;
        let metrics = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // Postgres itself would end none of them.
        let url = format!("{}?options=-c%20statement_timeout%3D300s%20-c%20lock_timeout%3D300s", database.url);
        let mut server = Process::start_with(&url, &["--metrics-listen", &format!("127.0.0.1:{metrics}")]);
        server.until("/readyz", 200).await;
        let browser = Browser::new(&server.base);
        browser.post("/api/session", json!({ "email": "member@demo.test", "password": PASSWORD })).await;
        let minted = browser.mint("ci", &["catalog:read"]).await;
        let bearer = Bearer::new(&server.base, minted.body["token"].as_str().unwrap());
        assert_eq!(bearer.get("/auth.info").await.status, 200);
        let mut holder = database.connect().await;
        holder.batch_execute("BEGIN; LOCK TABLE audit_events IN SHARE ROW EXCLUSIVE MODE").await.unwrap();
        let mut calls = JoinSet::new();
        for _ in 0..10 {
            let bearer = bearer.clone();
            calls.spawn(async move { bearer.get("/auth.info").await.status });
        }
        // All of them are past the cache, on their way to the audit log.
        let page = format!("http://127.0.0.1:{metrics}/metrics");
        while !Answer::of(Client::new().get(&page)).await.text.contains("\npat_cache_hits_total 10\n") {
            tokio::task::yield_now().await;
        }
        Self { server, calls, holder, database }
    }

    async fn rows(&self) -> usize {
        let sql = "SELECT 1 FROM audit_events WHERE event_type = 'web_api.called'";
        self.database.sql(sql).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_flight_at_the_signal_are_answered_and_on_record() {
    let mut draining = Draining::start().await;
    draining.server.signal("-TERM");
    while !draining.server.log().contains("stopping") {
        tokio::task::yield_now().await;
    }
    assert!(Client::new().get(format!("{}/healthz", draining.server.base)).send().await.is_err(), "nobody new is let in");
    draining.holder.batch_execute("ROLLBACK").await.unwrap();
    let mut answers = Vec::new();
    while let Some(status) = draining.calls.join_next().await {
        answers.push(status.unwrap());
    }
    assert_eq!(answers, [200; 10]);
    let status = tokio::task::block_in_place(|| draining.server.child.wait().unwrap());
    assert!(status.success(), "{}", draining.server.log());
    assert_eq!(draining.rows().await, 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_can_t_end_are_answered_503_and_the_process_ends() {
    let mut draining = Draining::start().await;
    draining.server.signal("-TERM");
    let mut answers = Vec::new();
    while let Some(status) = draining.calls.join_next().await {
        answers.push(status.unwrap());
    }
    assert_eq!(answers, [503; 10]);
    // The lock is still held.
    let status = tokio::task::block_in_place(|| draining.server.child.wait().unwrap());
    assert!(status.success(), "{}", draining.server.log());
    draining.holder.batch_execute("ROLLBACK").await.unwrap();
}
