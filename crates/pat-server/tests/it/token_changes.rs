//! Changes of many tokens: batches, progress, stops, and whoever goes on when a runner has died.

use std::sync::Arc;

use pat_core::id::AccountId;
use pat_core::wire::{ChangeTokens, TokenAct, TokenFilter, TokenTarget};
use pat_server::change::token_changes::{self as change, Batch};
use pat_server::store::token_changes as stored;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::people::Admin;
use crate::support::{Browser, Server, json};

/// Gives the demo account's member as many tokens.
async fn fill(server: &Server, tokens: i32) {
    let sql = format!(
        "INSERT INTO tokens (id, account_id, kind, owner_id, digest, hint, name, name_key, scopes, created_via)
         SELECT gen_random_uuid(), account_id, 'personal', id, sha256(n::text::bytea), 'abcd', 'bulk ' || n, 'bulk ' || n, '{{catalog:read}}', 'page'
           FROM users, generate_series(1, {tokens}) n WHERE email = 'member@demo.test'"
    );
    server.sql(&sql).await;
    server.sql("UPDATE account_settings SET token_cap = 10000").await;
}

fn revoke_all_with(scope: &str) -> ChangeTokens {
    let filter = TokenFilter { scope: Some(scope.to_owned()), ..TokenFilter::default() };
    let act = TokenAct::Revoke { reason: Some(pat_core::people::ReasonCode::Compromised), note: Some("leaked".to_owned()) };
    ChangeTokens { act, target: TokenTarget::Matching { filter } }
}

async fn ended(browser: &Browser, id: &str) -> serde_json::Value {
    loop {
        let change = browser.get(&format!("/api/admin/tokens/changes/{id}")).await.body;
        if change["state"] != "running" {
            return change;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_match_are_revoked_with_a_row_each_and_nothing_else() {
    let server = Server::start().await;
    let (admin, owner) = (server.sign_in("admin@demo.test").await, server.sign_in("member@demo.test").await);
    fill(&server, 2_300).await;
    let (spared, spared_id) = server.token(&owner, &["snapshots:read"]).await;
    let (other, _) = server.token(&server.sign_in("admin@other.test").await, &["catalog:read"]).await;
    let (struck, struck_id) = server.token(&owner, &["catalog:read"]).await;
    let target = json!({ "type": "matching", "filter": { "scope": "catalog:read" } });
    let preview = admin.post("/api/admin/tokens/preview", target.clone()).await.body;
    assert_eq!((&preview["count"], &preview["owners"]), (&json!(2_301), &json!(1)));
    assert_eq!(preview["sample"].as_array().unwrap().len(), 10);
    assert_eq!(preview["sample"][0]["token"]["id"], struck_id, "newest first");

    let act = json!({ "type": "revoke", "reason": "compromised", "note": " leaked " });
    let begun = admin.post("/api/admin/tokens/changes", json!({ "act": act, "target": target })).await;
    assert_eq!(begun.status, 202, "{begun:?}");
    assert_eq!((&begun.body["matched"], &begun.body["asked_by"]["name"]), (&json!(2_301), &json!("Ada Admin")));
    let id = begun.body["id"].as_str().unwrap();
    let change = ended(&admin, id).await;
    assert_eq!((&change["state"], &change["done"]), (&json!("finished"), &json!(2_301)), "{change}");
    assert_eq!(change["act"]["note"], "leaked");

    assert_eq!(struck.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    assert_eq!(other.get("/entities.list").await.status, 200, "another account's");
    assert_eq!(spared.get("/teams.list").await.status, 200);
    assert_eq!(owner.token(&spared_id).await.body["version"], 1);
    let seen = owner.token(&struck_id).await.body;
    assert_eq!((&seen["revoke_reason"], &seen["revoked_by"]["name"]), (&json!("compromised"), &json!("Ada Admin")));
    let rows = "audit_log WHERE event_type = 'personal_access_tokens.deleted' AND user_email = 'admin@demo.test'";
    assert_eq!(server.count(&format!("{rows} AND context->>'change_id' = '{id}' AND context->>'reason' = 'compromised'")).await, 2_301);
    assert_eq!(server.count(&format!("(SELECT DISTINCT token_id FROM {rows}) r")).await, 2_301);
    let events = server
        .texts("SELECT event_type || ' ' || coalesce(context->>'state', context->>'matched') || ' ' || coalesce(context->>'done', '') AS text FROM audit_log WHERE event_type LIKE 'token_changes%' ORDER BY time, id")
        .await;
    assert_eq!(events, ["token_changes.started 2301 ", "token_changes.ended finished 2301"]);
    assert_eq!(admin.get("/api/admin/tokens/changes").await.body["changes"][0]["id"], id);
}

#[tokio::test(flavor = "multi_thread")]
async fn selected_tokens_are_paused_and_resumed_and_unknown_ids_are_skipped() {
    let server = Server::start().await;
    let (admin, owner) = (server.sign_in("admin@demo.test").await, server.sign_in("member@demo.test").await);
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    let (_, foreign) = server.token(&server.sign_in("admin@other.test").await, &["catalog:read"]).await;
    let target = json!({ "type": "selected", "ids": [id, foreign, Uuid::now_v7()] });
    assert_eq!(admin.post("/api/admin/tokens/preview", target.clone()).await.body["count"], 1);
    let until =
        server.text("SELECT to_char(pat_now() AT TIME ZONE 'UTC' + interval '2 days', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS text").await;
    let change = async |act: serde_json::Value| {
        let begun = admin.post("/api/admin/tokens/changes", json!({ "act": act, "target": target })).await;
        assert_eq!(begun.status, 202, "{begun:?}");
        ended(&admin, begun.body["id"].as_str().unwrap()).await
    };
    assert_eq!(change(json!({ "type": "pause", "until": until })).await["done"], 1);
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    let seen = owner.token(&id).await.body;
    assert_eq!((&seen["status"], &seen["paused_by"]["name"]), (&json!("paused"), &json!("Ada Admin")));
    assert_eq!(change(json!({ "type": "resume" })).await["done"], 1);
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(change(json!({ "type": "resume" })).await["done"], 0, "there is no pause to end");
    assert_eq!(
        server.texts("SELECT event_type AS text FROM audit_log WHERE context ? 'change_id' AND token_id IS NOT NULL ORDER BY time").await,
        ["personal_access_tokens.paused", "personal_access_tokens.resumed"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_by_field_and_recorded() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let all = json!({ "type": "matching", "filter": {} });
    let many: Vec<_> = (0..1_001).map(|_| Uuid::now_v7()).collect();
    for (act, target, refused) in [
        (json!({ "type": "revoke" }), all.clone(), "act.reason: required"),
        (json!({ "type": "revoke", "reason": "other" }), all.clone(), "act.note: required"),
        (json!({ "type": "pause" }), all.clone(), "act.until: required"),
        (json!({ "type": "pause", "until": "2020-01-01T00:00:00Z" }), all.clone(), "act.until: past"),
        (json!({ "type": "pause", "until": "2100-01-01T00:00:00Z" }), all.clone(), "act.until: too_far"),
        (json!({ "type": "resume" }), json!({ "type": "selected", "ids": [] }), "target.ids: required"),
        (json!({ "type": "resume" }), json!({ "type": "selected", "ids": many }), "target.ids: too_long"),
        (json!({ "type": "resume" }), json!({ "type": "matching", "filter": { "scope": "nope" } }), "target.filter.scope: unknown_scope"),
        (json!({ "type": "explode" }), all, "act.type: invalid"),
        (json!({ "type": "resume" }), json!({ "type": "matching", "filter": { "colour": "red" } }), "target: invalid"),
    ] {
        let answer = admin.post("/api/admin/tokens/changes", json!({ "act": act, "target": target })).await;
        assert_eq!((answer.status, answer.refused_fields()), (422, vec![refused.to_owned()]), "{act} {target}");
    }
    assert_eq!(server.count("token_changes").await, 0);
    assert_eq!(server.count("audit_log WHERE event_type = 'token_changes.started' AND outcome = 'refused'").await, 8);
    let unknown = Uuid::now_v7();
    assert_eq!(admin.get(&format!("/api/admin/tokens/changes/{unknown}")).await.verdict(), (404, "not_found"));
    assert_eq!(admin.post(&format!("/api/admin/tokens/changes/{unknown}/stop"), json!({})).await.verdict(), (404, "not_found"));
}

/// Begins a change that nobody runs yet.
async fn begin(server: &Server, admin: &Admin) -> (Uuid, AccountId) {
    let begun = change::begin(&server.app, admin.asker(), &revoke_all_with("catalog:read")).await.unwrap();
    (begun.id, admin.asker().account_id)
}

/// Claims a change as a new runner.
async fn claim(server: &Server, id: Uuid) -> Option<Uuid> {
    let runner = Uuid::now_v7();
    stored::claim(&mut server.app.store.conn().await.unwrap(), id, runner).await.unwrap().map(|_| runner)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_stopped_leaves_the_rest_alone() {
    let server = Server::start().await;
    fill(&server, 100).await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let browser = server.sign_in("admin@demo.test").await;
    let (id, account) = begin(&server, &admin).await;
    let runner = claim(&server, id).await.unwrap();
    assert_eq!(change::batch(&server.app.store, account, id, runner, 30).await.unwrap(), Batch::More);
    let path = format!("/api/admin/tokens/changes/{id}");
    let under_way = browser.get(&path).await.body;
    assert_eq!((&under_way["state"], &under_way["done"], &under_way["matched"]), (&json!("running"), &json!(30), &json!(100)));
    let stopped = browser.post(&format!("{path}/stop"), json!({})).await;
    assert_eq!((stopped.status, &stopped.body["state"], &stopped.body["done"]), (200, &json!("stopped"), &json!(30)));
    assert_eq!(change::batch(&server.app.store, account, id, runner, 30).await.unwrap(), Batch::Over);
    assert_eq!(server.count("tokens WHERE revoked_at IS NOT NULL").await, 30);
    assert_eq!(browser.post(&format!("{path}/stop"), json!({})).await.body, stopped.body, "it stays as it is");
    let ends = server.texts("SELECT concat_ws(' ', user_email, context->>'state', context->>'done', context->>'had_ended_already') AS text FROM audit_log WHERE event_type = 'token_changes.ended' ORDER BY time").await;
    assert_eq!(ends, ["admin@demo.test stopped 30", "admin@demo.test stopped 30 true"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_goes_on_when_a_runner_has_died() {
    let server = Server::start().await;
    fill(&server, 100).await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let (id, account) = begin(&server, &admin).await;
    let dead = claim(&server, id).await.unwrap();
    change::batch(&server.app.store, account, id, dead, 30).await.unwrap();
    change::run(&server.app, id, 30).await.unwrap();
    assert_eq!(server.count("tokens WHERE revoked_at IS NOT NULL").await, 30, "it may be alive");
    server.advance_clock("31 seconds").await;
    change::run(&server.app, id, 30).await.unwrap();
    assert_eq!(server.count("tokens WHERE revoked_at IS NOT NULL").await, 100);
    assert_eq!(change::batch(&server.app.store, account, id, dead, 30).await.unwrap(), Batch::Over, "it was not dead, and finds it done");
    assert_eq!(server.count("audit_log WHERE event_type = 'personal_access_tokens.deleted'").await, 100);
    assert_eq!(server.count("token_changes WHERE state = 'finished' AND done = 100").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_takes_up_what_another_left_and_leaves_it_when_it_stops() {
    let server = Server::start().await;
    fill(&server, 100).await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let (id, _) = begin(&server, &admin).await;
    let upkeep = tokio::spawn(change::go_on(server.app.clone()));
    while server.count("token_changes WHERE state = 'finished'").await == 0 {
        tokio::task::yield_now().await;
    }
    upkeep.abort();
    assert_eq!(server.count("tokens WHERE revoked_at IS NOT NULL").await, 100);

    fill_again(&server).await;
    let (next, _) = begin(&server, &admin).await;
    assert_ne!(next, id);
    server.app.stopping.cancel();
    change::run(&server.app, next, 30).await.unwrap();
    assert_eq!(server.count(&format!("token_changes WHERE id = '{next}' AND state = 'running' AND done = 30 AND runner IS NULL")).await, 1);
}

async fn fill_again(server: &Server) {
    server.sql("UPDATE tokens SET revoked_at = NULL, revoked_by = NULL, revoke_reason = NULL, revoke_note = NULL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_runners_at_once_one_runs_and_each_token_is_changed_once() {
    let server = Arc::new(Server::start().await);
    fill(&server, 200).await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let (id, _) = begin(&server, &admin).await;
    let mut runners = JoinSet::new();
    for _ in 0..6 {
        let server = server.clone();
        runners.spawn(async move { change::run(&server.app, id, 7).await.unwrap() });
    }
    runners.join_all().await;
    assert_eq!(server.count("token_changes WHERE state = 'finished' AND done = 200").await, 1);
    assert_eq!(server.count("audit_log WHERE event_type = 'personal_access_tokens.deleted'").await, 200);
    assert_eq!(server.count("tokens WHERE version = 2").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_stops_when_its_asker_is_no_admin_any_more() {
    let server = Server::start().await;
    fill(&server, 100).await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    server.sql("INSERT INTO user_roles SELECT account_id, id, 'workspace_admin' FROM users WHERE email = 'scorecards@demo.test'").await;
    let (id, account) = begin(&server, &admin).await;
    let runner = claim(&server, id).await.unwrap();
    change::batch(&server.app.store, account, id, runner, 30).await.unwrap();
    server.sql("UPDATE users SET deactivated_at = now() WHERE email = 'admin@demo.test'").await;
    assert_eq!(change::batch(&server.app.store, account, id, runner, 30).await.unwrap(), Batch::Over);
    assert_eq!(server.count("tokens WHERE revoked_at IS NOT NULL").await, 30);
    let end = server
        .text(
            "SELECT concat_ws(' ', context->>'state', context->>'because') AS text FROM audit_log WHERE event_type = 'token_changes.ended'",
        )
        .await;
    assert_eq!(end, "stopped asker_is_no_admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_made_after_it_began_are_spared() {
    let server = Server::start().await;
    fill(&server, 10).await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let owner = server.sign_in("member@demo.test").await;
    let (id, _) = begin(&server, &admin).await;
    let (bearer, _) = server.token(&owner, &["catalog:read"]).await;
    change::run(&server.app, id, 3).await.unwrap();
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(server.count("tokens WHERE revoked_at IS NOT NULL").await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_five_changes_under_way_at_most() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    for _ in 0..5 {
        begin(&server, &admin).await;
    }
    let refused = change::begin(&server.app, admin.asker(), &revoke_all_with("catalog:read")).await.unwrap_err();
    assert_eq!(refused.code(), "too_many_changes");
    let other = Admin::sign_in(&server, "admin@other.test").await;
    begin(&server, &other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_revoke_against_edits_equals_one_after_the_other() {
    let server = Arc::new(Server::start().await);
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let owner = Arc::new(server.sign_in("member@demo.test").await);
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(server.token(&owner, &["catalog:read"]).await.1);
    }
    let (id, _) = begin(&server, &admin).await;
    let run = {
        let server = server.clone();
        tokio::spawn(async move { change::run(&server.app, id, 2).await.unwrap() })
    };
    let mut edits = JoinSet::new();
    for id in &ids {
        let (owner, id) = (owner.clone(), id.clone());
        edits.spawn(async move { (id.clone(), owner.edit(&id, 1, json!({ "scopes": ["snapshots:read"] })).await.status) });
    }
    let edits = edits.join_all().await;
    run.await.unwrap();
    for (id, status) in edits {
        let token = owner.token(&id).await.body;
        match status {
            200 => assert_eq!((&token["status"], &token["scopes"]), (&json!("active"), &json!(["snapshots:read"])), "it no longer matched"),
            409 => assert_eq!((&token["status"], &token["scopes"]), (&json!("revoked"), &json!(["catalog:read"]))),
            other => panic!("{other}"),
        }
    }
    assert_eq!(server.count("tokens WHERE revoked_at IS NULL AND 'catalog:read' = ANY (scopes)").await, 0);
}
