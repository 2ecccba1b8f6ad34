//! The fence: an answer whose ground has gone is taken back and made again (design section 6).

use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};

use crate::settings::set;
use crate::support::{Server, json};

/// Waits until a session of the database waits for a lock: the handler is then between its decision and its proof.
async fn until_somebody_waits(server: &Server) {
    let sql = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while server.count(sql).await == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_decided_before_a_delete_is_not_committed_after_it() {
    let server = Server::start().await;
    let owner = server.sign_in("database@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:write:entities"]).await;
    let mut blocker = server.database.connect().await;
    blocker.batch_execute("BEGIN; LOCK TABLE resources IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let call = tokio::spawn(async move { bearer.post("/entities.create", json!({ "identifier": "late", "type": "service" })).await });
    until_somebody_waits(&server).await;
    assert_eq!(owner.delete_token(&id).await.status, 204);
    blocker.batch_execute("COMMIT").await.unwrap();
    assert_eq!(call.await.unwrap().verdict(), (401, "invalid_auth"));
    assert_eq!(server.count("resources WHERE identifier = 'late'").await, 0);
    let calls = server.texts("SELECT outcome AS text FROM audit_log WHERE event_type = 'web_api.called'").await;
    assert_eq!(calls, ["refused"], "the attempt that was taken back left nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_decided_before_a_narrowing_answers_by_the_new_scopes() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read", "snapshots:read"]).await;
    let mut blocker = server.database.connect().await;
    blocker.batch_execute("BEGIN; LOCK TABLE resources IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let read = {
        let bearer = bearer.clone();
        tokio::spawn(async move { bearer.get("/entities.list").await })
    };
    until_somebody_waits(&server).await;
    assert_eq!(owner.edit(&id, 1, json!({ "scopes": ["snapshots:read"] })).await.status, 200);
    blocker.batch_execute("COMMIT").await.unwrap();
    assert_eq!(read.await.unwrap().verdict(), (403, "not_authorized"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_decided_before_a_change_of_settings_answers_by_the_new_ones() {
    let server = Server::start().await;
    let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    for (setting, value, refused_by) in [
        ("features", json!({ "enabled": [], "strength": "refuse_use" }), json!(null)),
        ("max_lifetime", json!({ "days": 7, "strength": "refuse_use" }), json!("max_lifetime")),
    ] {
        set(&admin, "features", json!({ "enabled": ["fabric"], "strength": "refuse_use" })).await;
        let (bearer, _) = server.token(&owner, &["catalog:read"]).await;
        let mut blocker = server.database.connect().await;
        blocker.batch_execute("BEGIN; LOCK TABLE resources IN ACCESS EXCLUSIVE MODE").await.unwrap();
        let read = tokio::spawn(async move { bearer.get("/entities.list").await });
        until_somebody_waits(&server).await;
        set(&admin, setting, value).await;
        blocker.batch_execute("COMMIT").await.unwrap();
        let answer = read.await.unwrap();
        assert_eq!((answer.verdict(), &answer.body["error_details"]["refused_by"]), ((403, "not_authorized"), &refused_by), "{setting}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_goes_stale_between_decision_and_proof_is_refused() {
    let server = Server::start().await;
    let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    set(&admin, "unused", json!({ "days": 7, "strength": "refuse_use" })).await;
    let (bearer, _) = server.token(&owner, &["catalog:read"]).await;
    let mut blocker = server.database.connect().await;
    blocker.batch_execute("BEGIN; LOCK TABLE resources IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let read = tokio::spawn(async move { bearer.get("/entities.list").await });
    until_somebody_waits(&server).await;
    server.advance_clock("7 days").await;
    blocker.batch_execute("COMMIT").await.unwrap();
    assert_eq!(read.await.unwrap().body["error_details"]["refused_by"], "unused");
    assert_eq!(server.count("token_usage WHERE last_used_at IS NOT NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_leaves_the_right_standing_only_costs_another_attempt() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, _) = server.token(&owner, &["catalog:read"]).await;
    let (_, other) = server.token(&owner, &["snapshots:read"]).await;
    let mut blocker = server.database.connect().await;
    blocker.batch_execute("BEGIN; LOCK TABLE resources IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let read = tokio::spawn(async move { bearer.get("/entities.list").await });
    until_somebody_waits(&server).await;
    assert_eq!(owner.delete_token(&other).await.status, 204);
    blocker.batch_execute("COMMIT").await.unwrap();
    assert_eq!(read.await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_attempt_holds_still_what_would_change() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, _) = server.token(&owner, &["catalog:read"]).await;
    // Drops every row whose transaction doesn't hold the locks of a change: the shared lock on the account and the owner's row,
    // which a transaction that locks it marks with its id. So a caller looks whose stamps move between decision and proof.
    server
        .sql(
            "CREATE FUNCTION unlucky() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 IF EXISTS (SELECT 1 FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' AND mode = 'ShareLock' AND granted)
                    AND EXISTS (SELECT 1 FROM users WHERE id = (SELECT user_id FROM audit_principals p WHERE p.id = NEW.principal_id) AND xmax::text = txid_current()::text)
                 THEN RETURN NEW; END IF;
                 RETURN NULL;
             END $$",
        )
        .await;
    server.sql("CREATE TRIGGER unlucky BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION unlucky()").await;
    let answer = bearer.get("/entities.list").await;
    assert_eq!(answer.status, 200, "three attempts fail to prove, the locked one does: {answer:?}");
    assert_eq!(server.count("audit_log WHERE event_type = 'web_api.called'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn expiry_between_decision_and_proof_is_noticed() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, _) = server.token(&owner, &["catalog:read"]).await;
    let mut blocker = server.database.connect().await;
    blocker.batch_execute("BEGIN; LOCK TABLE resources IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let read = tokio::spawn(async move { bearer.get("/entities.list").await });
    until_somebody_waits(&server).await;
    server.advance_clock("31 days").await;
    blocker.batch_execute("COMMIT").await.unwrap();
    assert_eq!(read.await.unwrap().verdict(), (401, "invalid_auth"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_begins_during_a_request_is_noticed() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    let mut blocker = server.database.connect().await;
    blocker.batch_execute("BEGIN; LOCK TABLE resources IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let read = tokio::spawn(async move { bearer.get("/entities.list").await });
    until_somebody_waits(&server).await;
    let until =
        server.text("SELECT to_char(pat_now() AT TIME ZONE 'UTC' + interval '1 day', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS text").await;
    assert_eq!(owner.post(&format!("/api/personal-access-tokens/{id}/pause"), json!({ "until": until })).await.status, 200);
    blocker.batch_execute("COMMIT").await.unwrap();
    assert_eq!(read.await.unwrap().verdict(), (401, "invalid_auth"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_ends_during_a_request_is_noticed() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    let until =
        server.text("SELECT to_char(pat_now() AT TIME ZONE 'UTC' + interval '1 day', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS text").await;
    assert_eq!(owner.post(&format!("/api/personal-access-tokens/{id}/pause"), json!({ "until": until })).await.status, 200);
    // The refusal has been decided on and waits to write its row when the pause ends.
    let mut blocker = server.database.connect().await;
    blocker.batch_execute("BEGIN; LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let read = tokio::spawn(async move { bearer.get("/entities.list").await });
    until_somebody_waits(&server).await;
    server.advance_clock("25 hours").await;
    blocker.batch_execute("COMMIT").await.unwrap();
    assert_eq!(read.await.unwrap().status, 200, "a refusal whose ground has gone is taken back, too");
    assert_eq!(server.count("audit_log WHERE event_type = 'web_api.called' AND outcome = 'refused'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_cancels_nothing() {
    let server = Server::start().await;
    let owner = server.sign_in("database@demo.test").await;
    let (bearer, _) = server.token(&owner, &["catalog:write:entities"]).await;
    let mut blocker = server.database.connect().await;
    blocker.batch_execute("BEGIN; LOCK TABLE resources IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let call = tokio::spawn(async move { bearer.post("/entities.create", json!({ "identifier": "finished", "type": "service" })).await });
    until_somebody_waits(&server).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    blocker.batch_execute("COMMIT").await.unwrap();
    while server.count("audit_log WHERE method = 'catalog.entities.create' AND outcome = 'succeeded'").await == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.count("resources WHERE identifier = 'finished'").await, 1, "the work and its row stand together");
    diesel::sql_query("SELECT 1").execute(&mut blocker).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_change_leaves_no_lock_behind() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    // A defect in the middle of a change: the account has lost its settings.
    server.sql("DELETE FROM account_settings").await;
    assert_eq!(owner.mint("x", &["catalog:read"]).await.verdict(), (500, "internal"));
    let lock = "pg_locks l JOIN pg_database d ON d.oid = l.database WHERE datname = current_database() AND locktype = 'advisory'";
    while server.count(lock).await > 0 {
        tokio::task::yield_now().await;
    }
    let idle = "pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    assert_eq!(server.count(idle).await, 0);
}
