//! The record: who did what, with which token, and how it ended (design section 7).

use std::collections::HashSet;

use crate::support::{Answer, Server, json};

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_the_main_story_is_on_record() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let created = browser.mint("dx-cli-laptop", &["catalog:read"]).await;
    let bearer = server.bearer(created.body["token"].as_str().unwrap());
    let id = created.body["personal_access_token"]["id"].as_str().unwrap();
    browser.mint("second", &["scorecards:write"]).await;
    let call =
        bearer.request(reqwest::Method::GET, "/entities.list").header("user-agent", "dx-cli/0.2.0").header("x-client-type", "dx-cli");
    Answer::of(call.header("x-client-version", "0.2.0").header("x-dx-agent-name", "claude").header("x-dx-agent-session-id", "s-1")).await;
    bearer.get("/teams.list").await;
    browser.edit(id, 1, json!({ "name": "renamed", "scopes": ["catalog:read", "snapshots:read"] })).await;
    browser.edit(id, 1, json!({ "name": "late" })).await;
    browser.delete_token(id).await;
    bearer.get("/entities.list").await;
    browser.delete("/api/session").await;

    let rows = server
        .texts(
            "SELECT concat_ws(' | ', event_type, outcome, reason, method, token_name, user_email) AS text
               FROM audit_log ORDER BY time, id",
        )
        .await;
    assert_eq!(
        rows,
        [
            "sessions.created | succeeded | member@demo.test",
            "personal_access_tokens.created | succeeded | dx-cli-laptop | member@demo.test",
            "personal_access_tokens.created | refused | invalid | member@demo.test",
            "web_api.called | succeeded | catalog.entities.list | dx-cli-laptop | member@demo.test",
            "web_api.called | refused | not_authorized | teams.list | dx-cli-laptop | member@demo.test",
            "personal_access_tokens.updated | succeeded | dx-cli-laptop | member@demo.test",
            "personal_access_tokens.updated | refused | stale | renamed | member@demo.test",
            "personal_access_tokens.deleted | succeeded | renamed | member@demo.test",
            "web_api.called | refused | invalid_auth | catalog.entities.list | renamed | member@demo.test",
            "sessions.deleted | succeeded | member@demo.test",
        ]
    );
    let client = server.text("SELECT concat_ws(' | ', ip::text, user_agent, client_type, client_version, agent_name, agent_session_id) AS text FROM audit_log WHERE client_type IS NOT NULL").await;
    assert_eq!(client, "127.0.0.1/32 | dx-cli/0.2.0 | dx-cli | 0.2.0 | claude | s-1");
    let change =
        server.text("SELECT context::text AS text FROM audit_log WHERE event_type LIKE '%updated' AND outcome = 'succeeded'").await;
    let change: serde_json::Value = serde_json::from_str(&change).unwrap();
    assert_eq!((&change["name"]["to"], &change["added_scopes"]), (&json!("renamed"), &json!(["snapshots:read"])));
    assert_eq!(server.count("audit_log WHERE session_id IS NOT NULL").await, 7, "console acts name their session");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_id_of_an_answer_is_found_in_the_log() {
    let server = Server::start().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    let answer = bearer.get("/entities.list").await;
    let id = answer.header("x-request-id");
    assert_eq!(server.text(&format!("SELECT method AS text FROM audit_log WHERE request_id = '{id}'")).await, "catalog.entities.list");
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_logs_list_pages_through_dx_s_shape() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let (bearer, id) = server.token(&admin, &["auditLogs:read", "catalog:read"]).await;
    for _ in 0..6 {
        bearer.get("/entities.list").await;
    }
    // Rows of one instant must not be lost between pages.
    server.stop_clock("2030-01-01 00:00:00Z").await;
    server.sql(&format!("UPDATE tokens SET expires_at = NULL WHERE id = '{id}'")).await;
    for _ in 0..5 {
        bearer.get("/auth.info").await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = bearer.get(&format!("/auditLogs.list?limit=3&cursor={cursor}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        seen.extend(page.body["audit_logs"].as_array().unwrap().clone());
        match page.body["response_metadata"]["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let ids: HashSet<_> = seen.iter().map(|row| row["context"]["request_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), seen.len(), "no row twice");
    // Sign-in, mint, 6 and 5 calls; the pages themselves are newer than the first page's cursor.
    assert_eq!(seen.len(), 13, "{seen:#?}");
    assert!(seen.windows(2).all(|pair| pair[0]["time"].as_str() >= pair[1]["time"].as_str()));
    let call = &seen[0];
    assert_eq!(call["event_type"], "web_api.called");
    assert_eq!(call["time"], "2030-01-01T00:00:00.000Z");
    assert_eq!(call["user"], json!({ "id": "MTAwMQ", "name": "Ada Admin", "email": "admin@demo.test" }));
    assert_eq!((&call["context"]["method"], &call["context"]["outcome"]), (&json!("auth.info"), &json!("succeeded")));
    assert!(call["context"]["token_name"].as_str().unwrap().starts_with("token "));
    assert_eq!((&call["ip_address"], &call["performed_by_dx_user"]), (&json!("127.0.0.1"), &json!(false)));
    assert_eq!(bearer.get("/auditLogs.list?limit=101").await.verdict(), (422, "invalid_arguments"));
    assert_eq!(bearer.get("/auditLogs.list?cursor=eyJ0cyI6MX0").await.verdict(), (422, "invalid_arguments"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_row_nothing_happens_and_nothing_is_answered() {
    let server = Server::start().await;
    let owner = server.sign_in("database@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read", "catalog:write:entities"]).await;
    server
        .sql("CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$")
        .await;
    server.sql("CREATE TRIGGER full_disk BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION full_disk()").await;
    for answer in [
        bearer.get("/entities.list").await,
        bearer.post("/entities.create", json!({ "identifier": "ghost", "type": "service" })).await,
        owner.mint("ghost", &["catalog:read"]).await,
        owner.delete_token(&id).await,
        owner.edit(&id, 1, json!({ "name": "ghost" })).await,
    ] {
        assert_eq!((answer.verdict(), answer.header("retry-after")), ((503, "unavailable"), "1"), "{answer:?}");
        assert!(!answer.text.contains("dxp_") && !answer.text.contains("extend"), "{answer:?}");
    }
    server.sql("DROP TRIGGER full_disk ON audit_events").await;
    assert_eq!(bearer.get("/entities.info?identifier=ghost").await.status, 404);
    assert_eq!(server.count("tokens WHERE name = 'ghost' OR revoked_at IS NOT NULL").await, 0);
    assert_eq!(bearer.get("/entities.list").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_write_leaves_its_row_but_no_change() {
    let server = Server::start().await;
    let (bearer, _) = server.token(&server.sign_in("database@demo.test").await, &["catalog:write:entities"]).await;
    let taken = bearer.post("/entities.create", json!({ "identifier": "accounts-service", "type": "service" })).await;
    assert_eq!(taken.verdict(), (409, "conflict"));
    let row = server.text("SELECT concat_ws(' ', outcome, reason, method) AS text FROM audit_log WHERE method IS NOT NULL").await;
    assert_eq!(row, "refused conflict catalog.entities.create");
}
