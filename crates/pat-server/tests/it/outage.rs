//! The database away: said, retried, and never mistaken for a bad token.

use crate::support::{Database, Door, Server, json, serve};

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_answers_are_503_and_it_works_again_without_a_restart() {
    let mut server = Server::start().await;
    let door = Door::to(&server.database).await;
    (server.base, server.app) = serve(&door.url).await;
    let browser = server.sign_in("member@demo.test").await;
    let (bearer, _) = server.token(&browser, &["catalog:read"]).await;
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(browser.get("/readyz").await.body["status"], "ready");

    door.shut();
    assert_eq!(bearer.get("/entities.list").await.status, 503);
    let refused = bearer.get("/entities.list").await;
    assert_eq!((refused.verdict(), refused.header("retry-after")), ((503, "unavailable"), "1"));
    let mistyped = server.bearer(&format!("{}x", &bearer.token[..39])).get("/entities.list").await;
    assert_eq!(mistyped.verdict(), (401, "invalid_auth"), "a mistyped token needs no database");
    assert_eq!(server.bearer("nonsense").get("/entities.list").await.verdict(), (401, "invalid_auth"));
    for answer in [
        browser.get("/api/session").await,
        browser.get("/api/personal-access-tokens").await,
        browser.mint("x", &["catalog:read"]).await,
        server.visitor().post("/api/session", json!({ "email": "member@demo.test", "password": "x" })).await,
    ] {
        assert_eq!((answer.verdict(), answer.header("retry-after")), ((503, "unavailable"), "1"), "{answer:?}");
        assert!(!answer.text.contains("127.0.0.1"), "nothing of the database's address: {answer:?}");
    }
    assert_eq!(browser.get("/healthz").await.status, 200);
    let ready = browser.get("/readyz").await;
    assert_eq!((ready.status, &ready.body["status"]), (503, &json!("the database can't be reached")));

    door.open();
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(browser.mint("x", &["catalog:read"]).await.status, 201);
    assert_eq!(browser.get("/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_needs_migrations_and_durable_commits() {
    let empty = Database::create_empty().await;
    let (base, _) = serve(&empty.url).await;
    let answer = crate::support::Browser::new(&base).get("/readyz").await;
    assert_eq!(answer.body["status"], "migrations are missing: run pat-server migrate");

    let server = Server::start().await;
    let set = async |setting: &str| {
        let name = server.text("SELECT current_database()::text AS text").await;
        server.sql(&format!("ALTER DATABASE {name} SET {setting}")).await;
        serve(&server.database.url).await.0
    };
    let base = set("synchronous_commit = off").await;
    assert_eq!(crate::support::Browser::new(&base).get("/readyz").await.body["status"], "synchronous_commit is off");
    let base = set("default_transaction_read_only = on").await;
    assert_eq!(crate::support::Browser::new(&base).get("/readyz").await.body["status"], "the database is read-only");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_connection_is_replaced() {
    let server = Server::start().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    server
        .sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        .await;
    let mut answer = bearer.get("/entities.list").await;
    // A connection may be found dead only when it is used; then the answer is a 503, never a wrong one.
    while answer.status == 503 {
        answer = bearer.get("/entities.list").await;
    }
    assert_eq!(answer.status, 200);
}
