//! The real process: what it logs, how it starts without a database, how it stops.

use std::process::{Child, Command, Stdio};

use reqwest::Client;

use crate::support::{Answer, Bearer, Browser, Database, PASSWORD, Server, json};

struct Process {
    child: Child,
    base: String,
    log: std::path::PathBuf,
}

impl Process {
    /// Starts the server at the most talkative log level.
    fn start(database_url: &str) -> Self {
        Self::start_with(database_url, &["--migrate", "--demo"])
    }

    fn start_with(database_url: &str, options: &[&str]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::env::temp_dir().join(format!("pat-server-test-{}.log", uuid::Uuid::now_v7()));
        let base = format!("http://127.0.0.1:{port}");
        let child = Command::new(env!("CARGO_BIN_EXE_pat-server"))
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--public-url", &base])
            .args(options)
            .env_clear()
            .env("DATABASE_URL", database_url)
            .env("RUST_LOG", "trace")
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, base, log }
    }

    /// Waits until a path answers with a status.
    async fn until(&mut self, path: &str, status: u16) {
        let url = format!("{}{path}", self.base);
        while Client::new().get(&url).send().await.map_or(0, |answer| answer.status().as_u16()) != status {
            assert!(self.child.try_wait().unwrap().is_none(), "the server ended: {}", self.log());
            tokio::task::yield_now().await;
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    fn signal(&self, signal: &str) {
        // The shell has `kill` built in; a small Linux image has no other.
        let arguments = ["-c", "kill \"$0\" \"$1\"", signal, &self.child.id().to_string()];
        assert!(Command::new("sh").args(arguments).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.log);
    }
}

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
        .args(["audit", "verify", "--head", server.log.to_str().unwrap(), "--audit-seal-key-file", file])
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
