//! "Bad input gets a clear answer, and nothing is lost", row by row.

use reqwest::{Client, Method};
use serde_json::Value;

use crate::support::{Answer, Browser, Server, json};

async fn mint(browser: &Browser, name: &str, expiration: Value, scopes: Value) -> Answer {
    browser.post("/api/personal-access-tokens", json!({ "name": name, "expiration": expiration, "scopes": scopes })).await
}

fn week() -> Value {
    json!({ "type": "days", "days": 7 })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_scope_is_named_with_the_roles_that_would_allow_it() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let scopes = json!(["scorecards:write", "snapshots:admin", "no:such", "catalog:read", "catalog:read"]);
    let answer = mint(&browser, "x", week(), scopes).await;
    assert_eq!(answer.verdict(), (422, "invalid"));
    assert_eq!(answer.refused_fields(), ["scopes: not_grantable", "scopes: not_grantable", "scopes: unknown_scope", "scopes: duplicate"]);
    let errors = &answer.body["errors"];
    assert_eq!((&errors[0]["scope"], &errors[0]["roles"]), (&json!("scorecards:write"), &json!(["workspace_admin", "scorecard_admin"])));
    assert_eq!(errors[1]["roles"], json!(["workspace_admin", "snapshot_admin"]));
    assert_eq!(mint(&browser, "x", week(), json!([])).await.refused_fields(), ["scopes: required"]);
    assert_eq!(
        browser.post("/api/personal-access-tokens", json!({})).await.refused_fields(),
        ["name: required", "expiration: required", "scopes: required"]
    );
    assert_eq!(server.count("tokens").await, 0, "nothing is silently dropped, and no token is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_checked() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let longest = "é".repeat(100);
    assert_eq!(mint(&browser, &longest, week(), json!(["catalog:read"])).await.status, 201);
    for (name, code) in [
        ("", "required"),
        (" \u{3000} ", "required"),
        (&"x".repeat(101), "too_long"),
        ("a\nb", "control_characters"),
        ("a\u{0}", "control_characters"),
    ] {
        assert_eq!(mint(&browser, name, week(), json!(["catalog:read"])).await.refused_fields(), [format!("name: {code}")], "{name:?}");
    }
    assert_eq!(mint(&browser, "CI", week(), json!(["catalog:read"])).await.status, 201);
    assert_eq!(mint(&browser, " ci ", week(), json!(["catalog:read"])).await.refused_fields(), ["name: taken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn expirations_are_checked() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let date = |date: &str, zone: &str| json!({ "type": "date", "date": date, "time_zone": zone });
    for (expiration, code) in [
        (json!({ "type": "days", "days": 31 }), "not_offered"),
        (json!({ "type": "days", "days": -7 }), "not_offered"),
        (date("2020-01-01", "Europe/Paris"), "past"),
        (date("2200-01-01", "Europe/Paris"), "too_far"),
        (date("2027-02-30", "Europe/Paris"), "invalid_date"),
        (date("27-02-03", "Europe/Paris"), "invalid_date"),
        (date("2027-01-31", "Mars/Olympus"), "unknown_time_zone"),
        (json!({ "type": "sometime" }), "invalid"),
        (json!({ "type": "never", "really": true }), "invalid"),
        (json!("never"), "invalid"),
    ] {
        let answer = mint(&browser, "x", expiration.clone(), json!(["catalog:read"])).await;
        let field = answer.body["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status == 422 && field.starts_with("expiration"), "{expiration}: {answer:?}");
        assert_eq!(answer.body["errors"][0]["code"], code, "{expiration}");
    }
    let answer = mint(&browser, "x", date("2099-06-30", "Europe/Paris"), json!(["catalog:read"])).await;
    assert_eq!(answer.body["personal_access_token"]["expires_at"], "2099-06-30T22:00:00Z");
    let never = mint(&browser, "y", json!({ "type": "never" }), json!(["catalog:read"])).await;
    assert_eq!(never.body["personal_access_token"]["expires_at"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_checked() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let post =
        |body: String, kind: &str| browser.request(Method::POST, "/api/personal-access-tokens").header("content-type", kind).body(body);
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(1024 * 1024));
    assert_eq!(Answer::of(post(large.clone(), "application/json")).await.verdict(), (413, "too_large"));
    let broken = Answer::of(post("{\n  \"name\": nope}".into(), "application/json")).await;
    assert_eq!(broken.verdict(), (400, "bad_json"));
    assert!(broken.body["detail"].as_str().unwrap().contains("line 2, column"), "{broken:?}");
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        assert_eq!(Answer::of(post("{}".into(), kind)).await.verdict(), (415, "unsupported_media_type"), "{kind}");
    }
    assert_eq!(Answer::of(post("{}".into(), "Application/JSON; charset=utf-8")).await.status, 422);
    let unknown = browser.post("/api/personal-access-tokens", json!({ "name": "x", "colour": "red", "expires_at": null })).await;
    assert_eq!(unknown.refused_fields(), ["colour: unknown_field", "expires_at: unknown_field"]);
    for answer in [broken, unknown] {
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }

    // The same limits on the Web API, also for a body whose length isn't declared.
    let (bearer, _) = server.token(&server.sign_in("database@demo.test").await, &["catalog:write:entities"]).await;
    let create =
        |body: reqwest::Body, kind: &str| bearer.request(Method::POST, "/catalog.entities.create").header("content-type", kind).body(body);
    assert_eq!(Answer::of(create(large.clone().into(), "application/json")).await.verdict(), (413, "too_large"));
    let chunks = futures_chunks(&large);
    assert_eq!(Answer::of(create(chunks, "application/json")).await.verdict(), (413, "too_large"));
    let broken = Answer::of(create("{\n!".into(), "application/json")).await;
    assert_eq!(broken.verdict(), (400, "invalid_payload"));
    assert!(broken.body["error_details"]["message"].as_str().unwrap().contains("line 2, column 1"), "{broken:?}");
    assert_eq!(Answer::of(create("<a/>".into(), "text/xml")).await.verdict(), (415, "unsupported_media_type"));
}

/// A body that is sent in chunks.
fn futures_chunks(text: &str) -> reqwest::Body {
    let (sender, body) = http_body_util::channel::Channel::<bytes::Bytes>::new(1);
    let chunks: Vec<_> = text.as_bytes().chunks(64 * 1024).map(bytes::Bytes::copy_from_slice).collect();
    tokio::spawn(async move {
        let mut sender = sender;
        for chunk in chunks {
            if sender.send_data(chunk).await.is_err() {
                return;
            }
        }
    });
    reqwest::Body::wrap(body)
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_one_surface_are_worth_nothing_on_the_other() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    assert_eq!(browser.get("/auth.info").await.verdict(), (401, "not_authed"));
    let (bearer, id) = server.token(&browser, &["catalog:read"]).await;
    assert_eq!(bearer.get("/api/session").await.verdict(), (401, "not_signed_in"));
    let create = bearer.request(Method::POST, "/api/personal-access-tokens").header("origin", &server.base);
    assert_eq!(Answer::of(create.json(&json!({}))).await.verdict(), (401, "not_signed_in"));
    let delete = bearer.request(Method::DELETE, &format!("/api/personal-access-tokens/{id}")).header("origin", &server.base);
    assert_eq!(Answer::of(delete).await.verdict(), (401, "not_signed_in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_credentials_get_the_answer_of_their_kind() {
    let server = Server::start().await;
    let url = format!("{}/auth.info", server.base);
    let get = || Client::new().get(&url);
    let none = Answer::of(get()).await;
    assert_eq!((none.verdict(), none.header("www-authenticate")), ((401, "not_authed"), "Bearer"));
    assert_eq!(Answer::of(get().basic_auth("user", Some("password"))).await.verdict(), (401, "not_authed"));
    assert_eq!(Answer::of(get().header("authorization", "Bearer")).await.verdict(), (401, "not_authed"));
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    let two = get().header("authorization", format!("Bearer {}", bearer.token)).header("authorization", "Bearer x");
    assert_eq!(Answer::of(two).await.verdict(), (400, "invalid_request"));
    let lower = get().header("authorization", format!("bearer  {}", bearer.token));
    assert_eq!(Answer::of(lower).await.status, 200, "the scheme is case-insensitive");
    for token in ["nonsense", "dxp_", &bearer.token[..39], &format!("{}x", bearer.token), &bearer.token.to_lowercase()] {
        assert_eq!(server.bearer(token).get("/auth.info").await.verdict(), (401, "invalid_auth"), "{token}");
    }
    let not_text = get().header("authorization", reqwest::header::HeaderValue::from_bytes(b"Bearer \xff").unwrap());
    assert_eq!(Answer::of(not_text).await.verdict(), (401, "invalid_auth"));
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_answers_nor_rows_grow_with_bad_input() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let (bearer, _) = server.token(&browser, &["catalog:read"]).await;
    let nul = mint(&browser, "x", week(), json!(["a\u{0}b"])).await;
    assert_eq!(nul.refused_fields(), ["scopes: unknown_scope"]);
    let long = mint(&browser, "x", week(), json!(["s".repeat(900_000)])).await;
    assert_eq!(long.refused_fields(), ["scopes: unknown_scope"]);
    let unknown: serde_json::Map<String, Value> = (0..50_000).map(|n| (format!("field-{n}"), Value::Null)).collect();
    let many = browser.post("/api/personal-access-tokens", Value::Object(unknown)).await;
    assert_eq!(many.refused_fields().len(), 20);
    let name = "n".repeat(900_000);
    assert_eq!(browser.post("/api/personal-access-tokens", json!({ &name: 1 })).await.status, 422);
    let form = bearer.request(Method::POST, "/entities.create").form(&[(name.as_str(), "1"), ("identifier", "x")]);
    assert_eq!(Answer::of(form).await.status, 403);
    let form = bearer.request(Method::GET, "/entities.list").form(&[("limit", "1"), ("limit", "2"), (name.as_str(), "1")]);
    assert_eq!(Answer::of(form).await.status, 422);
    let largest: i64 = server.text("SELECT max(length(context::text))::text AS text FROM audit_log").await.parse().unwrap();
    assert!(largest < 2_000, "{largest}");
    for answer in [nul, long, many] {
        assert!(answer.text.len() < 10_000, "{}", answer.text.len());
    }
}
