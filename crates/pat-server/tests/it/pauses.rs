//! Pauses: by the owner, by an admin, and their end by the clock.

use crate::support::{Answer, Browser, Server, json};

async fn pause(browser: &Browser, path: &str, until: &str) -> Answer {
    browser.post(&format!("{path}/pause"), json!({ "until": until })).await
}

/// A server whose clock stands still, with a token of the member's.
async fn server() -> (Server, Browser, Browser, crate::support::Bearer, String) {
    let server = Server::start().await;
    server.stop_clock("2027-01-01T12:00:00Z").await;
    let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    (server, owner, admin, bearer, id)
}

fn own(id: &str) -> String {
    format!("/api/personal-access-tokens/{id}")
}

fn any(id: &str) -> String {
    format!("/api/admin/tokens/{id}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_token_refuses_and_works_again_by_itself() {
    let (server, owner, _, bearer, id) = server().await;
    let paused = pause(&owner, &own(&id), "2027-01-03T12:00:00Z").await;
    assert_eq!((paused.status, &paused.body["status"], &paused.body["version"]), (200, &json!("paused"), &json!(2)), "{paused:?}");
    assert_eq!((&paused.body["paused_until"], &paused.body["paused_by"]["name"]), (&json!("2027-01-03T12:00:00Z"), &json!("Max Member")));
    assert_eq!(paused.header("etag"), "\"2\"");
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    server.stop_clock("2027-01-03T11:59:59Z").await;
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    server.stop_clock("2027-01-03T12:00:00Z").await;
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    let owner = server.sign_in("member@demo.test").await;
    assert_eq!(owner.token(&id).await.body["status"], "active");
    server.stop_clock("2027-01-31T12:00:00Z").await;
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"), "its time ran on");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_owner_ends_a_pause_early() {
    let (server, owner, _, bearer, id) = server().await;
    pause(&owner, &own(&id), "2027-01-03T12:00:00Z").await;
    let resumed = owner.delete(&format!("{}/pause", own(&id))).await;
    assert_eq!((resumed.status, &resumed.body["status"], &resumed.body["paused_until"]), (200, &json!("active"), &json!(null)));
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    let again = owner.delete(&format!("{}/pause", own(&id))).await;
    assert_eq!((again.status, &again.body["version"]), (200, &resumed.body["version"]), "there is none to end");
    let rows = server
        .texts("SELECT concat_ws(' ', event_type, outcome, context->>'until') AS text FROM audit_log WHERE event_type ~ 'paused|resumed' ORDER BY id")
        .await;
    assert_eq!(
        rows,
        [
            "personal_access_tokens.paused succeeded 2027-01-03T12:00:00Z",
            "personal_access_tokens.resumed succeeded",
            "personal_access_tokens.resumed succeeded"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_s_pause_is_not_the_owner_s_to_change_while_it_lasts() {
    let (server, owner, admin, bearer, id) = server().await;
    let paused = pause(&admin, &any(&id), "2027-01-05T00:00:00Z").await;
    assert_eq!((paused.status, &paused.body["token"]["paused_by"]["name"]), (200, &json!("Ada Admin")), "{paused:?}");
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    assert_eq!(owner.delete(&format!("{}/pause", own(&id))).await.verdict(), (409, "paused_by_admin"));
    assert_eq!(pause(&owner, &own(&id), "2027-01-02T00:00:00Z").await.verdict(), (409, "paused_by_admin"));
    assert_eq!(owner.token(&id).await.body["paused_until"], "2027-01-05T00:00:00Z");
    assert_eq!(
        server.count("audit_log WHERE outcome = 'refused' AND reason = 'paused_by_admin' AND user_email = 'member@demo.test'").await,
        2
    );
    let resumed = admin.delete(&format!("{}/pause", any(&id))).await;
    assert_eq!((resumed.status, &resumed.body["token"]["status"]), (200, &json!("active")));
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    pause(&admin, &any(&id), "2027-01-05T00:00:00Z").await;
    server.stop_clock("2027-01-05T00:00:00Z").await;
    let owner = server.sign_in("member@demo.test").await;
    let own_pause = pause(&owner, &own(&id), "2027-01-06T00:00:00Z").await;
    assert_eq!((own_pause.status, &own_pause.body["paused_by"]["name"]), (200, &json!("Max Member")), "a pause that is over is none");
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_that_make_no_sense_are_refused() {
    let (server, owner, admin, _, id) = server().await;
    for path in [own(&id), any(&id)] {
        let browser = if path.contains("admin") { &admin } else { &owner };
        for (body, refused) in [
            (json!({}), "until: required"),
            (json!({ "until": null }), "until: required"),
            (json!({ "until": "soon" }), "until: invalid"),
            (json!({ "until": "2027-01-01T12:00:00Z" }), "until: past"),
            (json!({ "until": "2027-01-31T12:00:01Z" }), "until: too_far"),
        ] {
            let answer = browser.post(&format!("{path}/pause"), body.clone()).await;
            assert_eq!((answer.status, answer.refused_fields()), (422, vec![refused.to_owned()]), "{path} {body}");
        }
        assert_eq!(pause(browser, &path, "2027-01-31T12:00:00Z").await.status, 200, "30 days");
    }
    owner.delete_token(&id).await;
    for (browser, path) in [(&owner, own(&id)), (&admin, any(&id))] {
        assert_eq!(pause(browser, &path, "2027-01-02T00:00:00Z").await.verdict(), (409, "token_dead"));
        assert_eq!(browser.delete(&format!("{path}/pause")).await.verdict(), (409, "token_dead"));
    }
    let other = server.sign_in("admin@other.test").await;
    assert_eq!(pause(&other, &any(&id), "2027-01-02T00:00:00Z").await.verdict(), (404, "not_found"));
    assert_eq!(pause(&admin, &own(&id), "2027-01-02T00:00:00Z").await.verdict(), (404, "not_found"), "not their own");
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_somebody_else_s_pause_asks_an_admin_for_a_fresh_sign_in() {
    let (server, owner, admin, _, id) = server().await;
    pause(&owner, &own(&id), "2027-01-10T00:00:00Z").await;
    server.stop_clock("2027-01-01T14:00:01Z").await;
    let resume = format!("{}/pause", any(&id));
    assert_eq!(admin.delete(&resume).await.verdict(), (403, "fresh_sign_in_required"));
    assert_eq!(pause(&admin, &any(&id), "2027-01-09T00:00:00Z").await.verdict(), (403, "fresh_sign_in_required"), "earlier");
    assert_eq!(owner.token(&id).await.body["paused_until"], "2027-01-10T00:00:00Z");
    assert_eq!(pause(&admin, &any(&id), "2027-01-11T00:00:00Z").await.status, 200, "later takes nothing back");
    let all = json!({ "act": { "type": "resume" }, "target": { "type": "matching", "filter": {} } });
    assert_eq!(admin.post("/api/admin/tokens/changes", all).await.verdict(), (403, "fresh_sign_in_required"));
    assert_eq!(admin.delete(&resume).await.status, 200, "it is their own by now");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_token_is_paused_too() {
    let (server, _, admin, _, _) = server().await;
    let request = json!({ "name": "ci", "scopes": ["catalog:read"], "expiration": { "type": "never" } });
    let made = admin.post("/api/admin/organization-tokens", request).await.body;
    let bearer = server.bearer(made["token"].as_str().unwrap());
    let id = made["organization_token"]["id"].as_str().unwrap();
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(pause(&admin, &any(id), "2027-01-02T00:00:00Z").await.status, 200);
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    assert_eq!(admin.delete(&format!("{}/pause", any(id))).await.status, 200);
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(
        server.texts("SELECT event_type AS text FROM audit_log WHERE event_type ~ 'paused|resumed' ORDER BY id").await,
        ["organization_tokens.paused", "organization_tokens.resumed"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_one_s_own_tokens_are_revoked_at_once() {
    let (server, owner, admin, bearer, id) = server().await;
    let (_, second) = server.token(&owner, &["snapshots:read"]).await;
    let (_, dead) = server.token(&owner, &["snapshots:read"]).await;
    owner.delete_token(&dead).await;
    let (spared, _) = server.token(&admin, &["catalog:read"]).await;
    let answer = owner.delete("/api/personal-access-tokens").await;
    assert_eq!((answer.status, &answer.body), (200, &json!({ "revoked": 2 })));
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    assert_eq!(spared.get("/entities.list").await.status, 200);
    for id in [&id, &second] {
        let token = owner.token(id).await.body;
        assert_eq!(
            (&token["status"], &token["revoke_reason"], &token["revoked_by"]["name"]),
            (&json!("revoked"), &json!(null), &json!("Max Member"))
        );
    }
    let rows =
        "audit_log WHERE event_type = 'personal_access_tokens.deleted' AND context->>'because' = 'personal_access_tokens.all_deleted'";
    assert_eq!(server.count(rows).await, 2);
    assert_eq!(server.count("audit_log WHERE event_type = 'personal_access_tokens.all_deleted' AND context->>'revoked' = '2'").await, 1);
    assert_eq!(owner.delete("/api/personal-access-tokens").await.body, json!({ "revoked": 0 }));
}
