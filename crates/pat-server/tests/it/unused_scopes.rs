//! Scopes that a token doesn't need: told from the record of its calls.

use crate::support::{Browser, Server, json};

/// Names and ages in days of the scopes that the owner is told of.
async fn unused(server: &Server, browser: &Browser, path: &str) -> Vec<(String, i64)> {
    let answer = browser.get(path).await;
    assert_eq!((answer.status, &answer.body["days"]), (200, &json!(30)), "{answer:?}");
    let mut unused = Vec::new();
    for scope in answer.body["scopes"].as_array().unwrap() {
        let since = scope["granted_at"].as_str().unwrap();
        let days = server.text(&format!("SELECT round(extract(epoch FROM pat_now() - '{since}') / 86400)::text AS text")).await;
        unused.push((scope["scope"].as_str().unwrap().to_owned(), days.parse().unwrap()));
    }
    unused
}

fn named(scopes: &[(&str, i64)]) -> Vec<(String, i64)> {
    scopes.iter().map(|(scope, days)| ((*scope).to_owned(), *days)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_call_needed_is_named_to_the_owner_and_to_admins() {
    let server = Server::start().await;
    let (admin, owner) = (server.sign_in("admin@demo.test").await, server.sign_in("member@demo.test").await);
    let (bearer, id) = server.token(&owner, &["catalog:read", "scorecards:read"]).await;
    let (own, all) = (format!("/api/personal-access-tokens/{id}/unused-scopes"), format!("/api/admin/tokens/{id}/unused-scopes"));
    assert_eq!(unused(&server, &owner, &own).await, named(&[]), "nothing is old enough");
    server.sql(&format!("UPDATE tokens SET created_at = created_at - interval '20 days', expires_at = NULL WHERE id = '{id}'")).await;
    assert_eq!(owner.edit(&id, 1, json!({ "scopes": ["catalog:read", "scorecards:read", "snapshots:read"] })).await.status, 200);

    server.advance_clock("20 days").await;
    let (admin_20, owner) = (server.sign_in("admin@demo.test").await, server.sign_in("member@demo.test").await);
    drop(admin);
    assert_eq!(
        unused(&server, &owner, &own).await,
        named(&[("catalog:read", 40), ("scorecards:read", 40)]),
        "the third is held for 20 days"
    );
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(unused(&server, &owner, &own).await, named(&[("scorecards:read", 40)]));
    assert_eq!(unused(&server, &admin_20, &all).await, named(&[("scorecards:read", 40)]));

    server.advance_clock("40 days").await;
    let owner = server.sign_in("member@demo.test").await;
    assert_eq!(unused(&server, &owner, &own).await, named(&[("snapshots:read", 40), ("scorecards:read", 60)]));
    // A refused call shows a need, too.
    server.sql("UPDATE account_settings SET features = '{}'").await;
    assert_eq!(bearer.get("/scorecards.list").await.verdict(), (403, "not_authorized"));
    assert_eq!(unused(&server, &owner, &own).await, named(&[("snapshots:read", 40)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn older_calls_count_as_well_as_the_last_thousand() {
    let server = Server::start().await;
    server.open_log().await;
    let owner = server.sign_in("member@demo.test").await;
    let (_, id) = server.token(&owner, &["catalog:read", "scorecards:read"]).await;
    server.sql(&format!("UPDATE tokens SET created_at = created_at - interval '50 days' WHERE id = '{id}'")).await;
    let path = format!("/api/personal-access-tokens/{id}/unused-scopes");
    let calls = async |method: &str, count: u32, age: &str| {
        server
            .sql(&format!(
                "INSERT INTO audit_log (account_id, id, event_type, outcome, time, token_id, method)
                 SELECT account_id, gen_random_uuid(), 'web_api.called', 'succeeded', pat_now() - interval '{age}', id, '{method}'
                   FROM tokens, generate_series(1, {count}) WHERE id = '{id}'"
            ))
            .await;
    };
    calls("catalog.entities.list", 1_500, "1 hour").await;
    assert_eq!(unused(&server, &owner, &path).await, named(&[("scorecards:read", 50)]));
    calls("scorecards.list", 1, "40 days").await;
    assert_eq!(unused(&server, &owner, &path).await, named(&[]));
    // A call whose method has no row any more: nobody knows what it needed.
    let (_, id) = server.token(&owner, &["catalog:read"]).await;
    server.sql(&format!("UPDATE tokens SET created_at = created_at - interval '50 days' WHERE id = '{id}'")).await;
    let path = format!("/api/personal-access-tokens/{id}/unused-scopes");
    assert_eq!(unused(&server, &owner, &path).await, named(&[("catalog:read", 50)]));
    server
        .sql(&format!(
            "INSERT INTO audit_log (account_id, id, event_type, outcome, token_id, method)
             SELECT account_id, gen_random_uuid(), 'web_api.called', 'succeeded', id, 'catalog.of.old' FROM tokens WHERE id = '{id}'"
        ))
        .await;
    assert_eq!(unused(&server, &owner, &path).await, named(&[]));
}

#[tokio::test(flavor = "multi_thread")]
async fn organization_tokens_have_them_too_and_others_tokens_are_not_told() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let request = json!({ "name": "sync", "expiration": { "type": "never" }, "scopes": ["catalog:read"] });
    let created = admin.post("/api/admin/organization-tokens", request).await;
    let id = created.body["organization_token"]["id"].as_str().unwrap_or_else(|| panic!("{created:?}"));
    server.sql(&format!("UPDATE tokens SET created_at = created_at - interval '50 days' WHERE id = '{id}'")).await;
    let path = format!("/api/admin/tokens/{id}/unused-scopes");
    assert_eq!(unused(&server, &admin, &path).await, named(&[("catalog:read", 50)]));
    let edit = admin.request(reqwest::Method::PATCH, &format!("/api/admin/organization-tokens/{id}")).header("if-match", "\"1\"");
    let edited = crate::support::Answer::of(edit.json(&json!({ "scopes": ["catalog:read", "snapshots:read"] }))).await;
    assert_eq!(edited.status, 200, "{edited:?}");
    assert_eq!(unused(&server, &admin, &path).await, named(&[("catalog:read", 50)]), "the new scope is new");

    let (_, other) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    for id in [&other, id] {
        assert_eq!(admin.get(&format!("/api/personal-access-tokens/{id}/unused-scopes")).await.verdict(), (404, "not_found"));
        assert_eq!(admin.get(&format!("/api/personal-access-tokens/{id}/activity")).await.verdict(), (404, "not_found"));
    }
}
