//! What widens authority asks for the password again, two hours after it was given.

use crate::people::Admin;
use crate::support::{Browser, PASSWORD, Server, json};

/// More than two hours later.
async fn grow_stale(server: &Server) {
    server.advance_clock("2 hours 1 minute").await;
}

async fn confirm(browser: &Browser, password: &str) -> (u16, String) {
    let answer = browser.post("/api/session/confirm", json!({ "password": password })).await;
    (answer.status, answer.verdict().1.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_elevated_scope_asks_for_a_fresh_sign_in_and_others_don_t() {
    let server = Server::start().await;
    let owner = server.sign_in("scorecards@demo.test").await;
    let (_, id) = server.token(&owner, &["catalog:read", "scorecards:write"]).await;
    server.advance_clock("1 hour 59 minutes").await;
    assert_eq!(owner.mint("in time", &["scorecards:write"]).await.status, 201);
    grow_stale(&server).await;

    let refused = owner.mint("elevated", &["catalog:read", "scorecards:write"]).await;
    assert_eq!(refused.verdict(), (403, "fresh_sign_in_required"));
    assert!(refused.body["detail"].as_str().unwrap().contains("/api/session/confirm"), "{refused:?}");
    assert_eq!(owner.mint("plain", &["catalog:read"]).await.status, 201);
    assert_eq!(owner.mint("", &["scorecards:write"]).await.refused_fields(), ["name: required"], "mistakes come first");

    let narrowed = owner.edit(&id, 1, json!({ "scopes": ["catalog:read"] })).await;
    assert_eq!(narrowed.status, 200, "{narrowed:?}");
    let again = json!({ "scopes": ["catalog:read", "scorecards:write"] });
    assert_eq!(owner.edit(&id, 2, again.clone()).await.verdict(), (403, "fresh_sign_in_required"));
    assert_eq!(owner.edit(&id, 2, json!({ "scopes": ["catalog:read", "scorecards:read"], "name": "n" })).await.status, 200);
    assert_eq!(owner.token(&id).await.body["scopes"], json!(["catalog:read", "scorecards:read"]));
    let rows = server
        .texts("SELECT concat_ws(' ', event_type, outcome) AS text FROM audit_log WHERE reason = 'fresh_sign_in_required' ORDER BY time")
        .await;
    assert_eq!(rows, ["personal_access_tokens.created refused", "personal_access_tokens.updated refused"]);

    assert_eq!(confirm(&owner, PASSWORD).await, (204, String::new()));
    assert_eq!(owner.mint("elevated", &["catalog:read", "scorecards:write"]).await.status, 201);
    assert_eq!(owner.edit(&id, 3, again).await.status, 200);
    server.advance_clock("4 hours 2 minutes").await;
    assert_eq!(owner.mint("later", &["scorecards:write"]).await.verdict(), (403, "fresh_sign_in_required"));
    server.sign_in("scorecards@demo.test").await;
    assert_eq!(owner.mint("later", &["scorecards:write"]).await.status, 403, "one browser's sign-in is not another's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_confirms_nothing_and_is_recorded() {
    let server = Server::start().await;
    let owner = server.sign_in("scorecards@demo.test").await;
    grow_stale(&server).await;
    assert_eq!(confirm(&owner, "wrong").await, (401, "wrong_credentials".to_owned()));
    assert_eq!(owner.mint("elevated", &["scorecards:write"]).await.status, 403);
    assert_eq!(owner.get("/api/session").await.status, 200, "the session goes on");
    let mistakes = owner.post("/api/session/confirm", json!({ "pass": "x" })).await;
    assert_eq!(mistakes.refused_fields(), ["pass: unknown_field"]);
    assert_eq!(owner.post("/api/session/confirm", json!({})).await.refused_fields(), ["password: required"]);
    assert_eq!(owner.post("/api/session/confirm", json!({ "password": "x".repeat(2000) })).await.refused_fields(), ["password: too_long"]);
    assert_eq!(confirm(&owner, PASSWORD).await.0, 204);
    let rows = server
        .texts(
            "SELECT concat_ws(' ', user_email, outcome, reason) AS text FROM audit_log
              WHERE event_type = 'sessions.confirmed' AND session_id IS NOT NULL ORDER BY time",
        )
        .await;
    assert_eq!(rows, ["scorecards@demo.test refused wrong_credentials", "scorecards@demo.test succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_count_together_with_those_at_the_sign_in() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    for n in 0..10 {
        let guess = json!({ "email": "member@demo.test", "password": "wrong" });
        let status = if n % 2 == 0 { confirm(&owner, "wrong").await.0 } else { server.visitor().post("/api/session", guess).await.status };
        assert_eq!(status, 401);
    }
    assert_eq!(confirm(&owner, PASSWORD).await, (429, "too_many_attempts".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_admin_widens_asks_for_a_fresh_sign_in_and_what_they_narrow_doesn_t() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let (member, both) = ("member@demo.test", "scorecards@demo.test");
    grow_stale(&server).await;
    for answer in [
        admin.invite("Noor", "noor@demo.test", &["contributor"]).await,
        admin.post(&server, member, "password-link").await,
        admin.post(&server, member, "reactivate").await,
        admin.set_roles(&server, member, &["contributor", "team_lead"]).await,
        admin.set_roles(&server, both, &["team_lead"]).await,
    ] {
        assert_eq!(answer.verdict(), (403, "fresh_sign_in_required"));
    }
    assert_eq!(admin.invite("", "noor@demo.test", &["contributor"]).await.refused_fields(), ["name: required"], "mistakes come first");
    assert_eq!(server.count("users WHERE name = 'Noor'").await + server.count("password_links").await, 0);
    assert_eq!(admin.set_roles(&server, both, &["contributor"]).await.status, 200);
    assert_eq!(admin.deactivate(&server, member).await.status, 200);
    let sessions = format!("/api/admin/users/{}/sessions", server.user_id(both).await);
    assert_eq!(admin.browser.delete(&sessions).await.status, 204);
    let rows = server
        .texts("SELECT event_type AS text FROM audit_log WHERE reason = 'fresh_sign_in_required' AND outcome = 'refused' ORDER BY time")
        .await;
    let expected = ["users.created", "password_links.created", "users.reactivated", "user_roles.updated", "user_roles.updated"];
    assert_eq!(rows, expected);

    assert_eq!(confirm(&admin.browser, PASSWORD).await.0, 204);
    assert_eq!(admin.invite("Noor", "noor@demo.test", &["contributor"]).await.status, 201);
    assert_eq!(admin.post(&server, member, "reactivate").await.status, 200);
    assert_eq!(admin.post(&server, member, "password-link").await.status, 200);
    assert_eq!(admin.set_roles(&server, member, &["contributor", "team_lead"]).await.status, 200);
}
