//! What rows of the log refer to is written once, and only what is committed counts as written.

use diesel_async::SimpleAsyncConnection as _;
use tokio::task::JoinSet;

use crate::support::{Server, json};

/// Rows that the calls of a token refer to: rows, principals and clients.
async fn referred(server: &Server, token: &str) -> String {
    server
        .text(&format!(
            "SELECT concat_ws(' ', count(*), count(DISTINCT principal_id), count(DISTINCT client_id)) AS text
               FROM audit_events e JOIN audit_principals p ON p.id = principal_id
              WHERE token_id = '{token}' AND event_type = 'web_api.called'"
        ))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_refer_to_one_principal_and_one_client() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, token) = server.token(&owner, &["catalog:read"]).await;
    assert_eq!(bearer.get("/auth.info").await.status, 200);
    let mut calls = JoinSet::new();
    for _ in 1..1000 {
        let bearer = bearer.clone();
        calls.spawn(async move { bearer.get("/auth.info").await.status });
    }
    assert!(calls.join_all().await.iter().all(|status| *status == 200));
    assert_eq!(referred(&server, &token).await, "1000 1 1");
    let written = format!("audit_principals WHERE token_id = '{token}'");
    assert_eq!(server.count(&written).await, 1, "who minted it is who calls with it");

    assert_eq!(owner.edit(&token, 1, json!({ "name": "renamed" })).await.status, 200);
    assert_eq!(bearer.get("/auth.info").await.status, 200);
    assert_eq!(referred(&server, &token).await, "1001 2 1");
    assert_eq!(server.count(&written).await, 2, "as it was called then and as it is called now");
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_calls_and_changes_refer_to_what_is_written_already() {
    let server = Server::start().await;
    let owner = server.sign_in("database@demo.test").await;
    let (bearer, token) = server.token(&owner, &["catalog:write:entities"]).await;
    for n in 0..3 {
        let created = bearer.post("/entities.create", json!({ "identifier": format!("e{n}"), "type": "service" })).await;
        assert_eq!(created.status, 200, "{created:?}");
    }
    assert_eq!(referred(&server, &token).await, "3 1 1");
    for _ in 0..3 {
        server.sign_in("database@demo.test").await;
    }
    let alone = "audit_principals WHERE user_email = 'database@demo.test' AND token_id IS NULL";
    assert_eq!(server.count(alone).await, 1, "sessions are one person's");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_rolled_back_is_not_referred_to() {
    let server = Server::start().await;
    let owner = server.sign_in("database@demo.test").await;
    let (bearer, token) = server.token(&owner, &["catalog:read", "catalog:write:entities"]).await;
    // The token's name is new to the log from here on, and the rows of neither way can be written.
    assert_eq!(server.sql(&format!("UPDATE tokens SET name = 'other', name_key = 'other' WHERE id = '{token}'")).await, 1);
    server.sql("ALTER TABLE audit_events ADD CONSTRAINT broken CHECK (method IS NULL) NOT VALID").await;
    let create = json!({ "identifier": "late", "type": "service" });
    assert_ne!(bearer.get("/auth.info").await.status, 200);
    assert_ne!(bearer.post("/entities.create", create.clone()).await.status, 200);
    let named = format!("audit_principals WHERE token_id = '{token}' AND token_name = 'other'");
    assert_eq!(server.count(&named).await, 0, "it went with the rows");
    server.sql("ALTER TABLE audit_events DROP CONSTRAINT broken").await;
    assert_eq!(bearer.post("/entities.create", create).await.status, 200);
    assert_eq!(bearer.get("/auth.info").await.status, 200);
    assert_eq!(referred(&server, &token).await, "2 1 1", "a lost id would refer to nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_row_that_is_refused_fails_no_other_of_its_batch() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, token) = server.token(&owner, &["catalog:read"]).await;
    server.sql("ALTER TABLE audit_events ADD CONSTRAINT broken CHECK (method <> 'auth.info') NOT VALID").await;
    // Rows wait until all are there, and then go in together.
    let mut blocker = server.database.connect().await;
    blocker.batch_execute("BEGIN; LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let mut calls = JoinSet::new();
    for n in 0..20 {
        let (bearer, path) = (bearer.clone(), if n % 4 == 0 { "/auth.info" } else { "/entities.list" });
        calls.spawn(async move { (path, bearer.get(path).await.status) });
    }
    while server.count("pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").await < 2 {
        tokio::task::yield_now().await;
    }
    blocker.batch_execute("COMMIT").await.unwrap();
    for (path, status) in calls.join_all().await {
        assert_eq!(status == 200, path == "/entities.list", "{path} {status}");
    }
    assert!(referred(&server, &token).await.starts_with("15 "));
}
