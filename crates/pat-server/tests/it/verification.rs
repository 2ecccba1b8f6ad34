//! The cache of principals: it saves look-ups and never decides on its own.

use tokio::task::JoinSet;

use crate::support::{Server, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_call_asks_the_database_for_nothing_but_its_row() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    let first = bearer.get("/auth.info").await;
    assert_eq!(bearer.get("/auth.info").await.body, first.body, "what was kept is what was read");
    let counts = server.app.principals.counts();
    assert_eq!((counts.hits, counts.misses, counts.refills), (1, 1, 1));
    assert_eq!(owner.edit(&id, 1, json!({ "name": "renamed" })).await.status, 200);
    assert_eq!(bearer.get("/auth.info").await.body["auth"]["token_name"], "renamed");
    let counts = server.app.principals.counts();
    assert_eq!((counts.hits, counts.misses, counts.refills), (2, 1, 2), "the kept one failed its proof and was read again");
    assert_eq!(server.count("audit_log WHERE event_type = 'web_api.called'").await, 3, "a row an answer, and no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_tokens_are_looked_up_once_and_kept_apart() {
    let server = Server::start().await;
    let stranger = pat_core::secret::TokenSecret::draw(pat_core::token::TokenKind::Personal, |bytes| rand::fill(bytes));
    let bearer = server.bearer(stranger.expose());
    for _ in 0..3 {
        assert_eq!(bearer.get("/auth.info").await.verdict(), (401, "invalid_auth"));
    }
    assert_eq!(server.app.principals.counts().refills, 0);
    let (valid, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    assert_eq!(valid.get("/auth.info").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_at_once_leave_a_thousand_rows() {
    let server = Server::start().await;
    let (member, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    let (one, _) = server.token(&member, &["catalog:read"]).await;
    let (two, _) = server.token(&admin, &["snapshots:read"]).await;
    let mut calls = JoinSet::new();
    for n in 0..1000 {
        let (bearer, path) = if n % 2 == 0 { (one.clone(), "/auth.info") } else { (two.clone(), "/entities.list") };
        calls.spawn(async move { bearer.get(path).await.status });
    }
    let statuses = calls.join_all().await;
    assert_eq!((statuses.iter().filter(|s| **s == 200).count(), statuses.iter().filter(|s| **s == 403).count()), (500, 500));
    let rows = server.texts("SELECT outcome || ' ' || count(*) || ' ' || count(DISTINCT request_id) AS text FROM audit_log WHERE event_type = 'web_api.called' GROUP BY outcome ORDER BY outcome").await;
    assert_eq!(rows, ["refused 500 500", "succeeded 500 500"]);
}
