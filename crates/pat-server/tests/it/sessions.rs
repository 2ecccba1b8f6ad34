//! Signing in and out (design section 8).

use reqwest::{Client, Method};

use crate::support::{Answer, PASSWORD, Server, json};

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_gives_a_cookie_that_says_who_one_is() {
    let server = Server::start().await;
    let answer = server.visitor().post("/api/session", json!({ "email": " Scorecards@Demo.Test ", "password": PASSWORD })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["user"]["email"], "scorecards@demo.test");
    assert_eq!(answer.body["user"]["roles"][1], json!({ "name": "scorecard_admin", "label": "Scorecard admin" }));
    assert_eq!(answer.body["account"]["features"], json!(["fabric", "datacloud", "platformx"]));
    let cookie = answer.header("set-cookie");
    for part in ["session=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(answer.header("cache-control"), "no-store");
    // The cookie's secret itself is nowhere in the database.
    let secret = cookie.split(['=', ';']).nth(1).unwrap();
    assert_eq!(server.count(&format!("sessions s WHERE s::text LIKE '%{secret}%'")).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_for_good() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    assert_eq!(browser.get("/api/session").await.status, 200);
    let cookie = Client::new().get(format!("{}/api/session", server.base));
    assert_eq!(Answer::of(cookie).await.verdict(), (401, "not_signed_in"));
    assert_eq!(browser.delete("/api/session").await.status, 204);
    assert_eq!(browser.get("/api/session").await.verdict(), (401, "not_signed_in"));
    assert_eq!(server.count("sessions WHERE ended_at IS NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_password_unknown_address_and_deactivation_look_alike() {
    let server = Server::start().await;
    server.sql("UPDATE users SET deactivated_at = now() WHERE email = 'database@demo.test'").await;
    let mut answers = Vec::new();
    for (email, password) in
        [("member@demo.test", "wrong"), ("nobody@demo.test", PASSWORD), ("database@demo.test", PASSWORD), ("a\0b@demo.test", PASSWORD)]
    {
        let answer = server.visitor().post("/api/session", json!({ "email": email, "password": password })).await;
        assert_eq!(answer.verdict(), (401, "wrong_credentials"), "{email}");
        assert_eq!(answer.header("set-cookie"), "");
        answers.push(answer.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    // Failures are recorded for known addresses only.
    let refused = server.texts("SELECT user_email AS text FROM audit_log WHERE outcome = 'refused' ORDER BY time").await;
    assert_eq!(refused, ["member@demo.test", "database@demo.test"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_eleventh_guess_from_one_address_is_refused_before_hashing() {
    let server = Server::start().await;
    let guess = json!({ "email": "member@demo.test", "password": "wrong" });
    for _ in 0..10 {
        assert_eq!(server.visitor().post("/api/session", guess.clone()).await.status, 401);
    }
    let answer = server.visitor().post("/api/session", json!({ "email": "member@demo.test", "password": PASSWORD })).await;
    assert_eq!(answer.verdict(), (429, "too_many_attempts"));
    assert_eq!(answer.header("retry-after"), "300");
    // Another address of the same household is not affected.
    server.sign_in("admin@demo.test").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_one_instant_can_t_pass_together() {
    let server = Server::start().await;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let visitor = server.visitor();
        guesses
            .spawn(async move { visitor.post("/api/session", json!({ "email": "member@demo.test", "password": "wrong" })).await.status });
    }
    let statuses = guesses.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 10, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_credentials_are_refused_before_they_cost_anything() {
    let server = Server::start().await;
    let body = json!({ "email": "a".repeat(300), "password": "b".repeat(2000) });
    assert_eq!(server.visitor().post("/api/session", body).await.refused_fields(), ["email: too_long", "password: too_long"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unsafe_calls_pass_only_from_the_own_origin() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let url = format!("{}/api/session", server.base);
    let body = json!({ "email": "member@demo.test", "password": PASSWORD });
    let post = || Client::new().post(&url).json(&body);
    for (origin, site, status) in [
        (Some("https://evil.example"), None, 403),
        (Some("null"), None, 403),
        (Some("https://evil.example"), Some("same-origin"), 403),
        (None, None, 403),
        (None, Some("same-site"), 403),
        (None, Some("same-origin"), 200),
        (Some(server.base.as_str()), None, 200),
    ] {
        let mut request = post();
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        assert_eq!(Answer::of(request).await.status, status, "{origin:?} {site:?}");
    }
    let delete = browser.request(Method::DELETE, "/api/session").build().unwrap();
    assert_eq!(delete.headers().get("origin").unwrap(), server.base.as_str());
    assert_eq!(browser.get("/api/session").await.status, 200, "reads need no origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_when_idle_and_after_a_week() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    server.advance_clock("11 hours").await;
    assert_eq!(browser.get("/api/session").await.status, 200);
    server.advance_clock("22 hours").await;
    assert_eq!(browser.get("/api/session").await.status, 200, "the last request counts, not the first");
    server.advance_clock("34 hours 1 second").await;
    assert_eq!(browser.get("/api/session").await.status, 401);

    let browser = server.sign_in("member@demo.test").await;
    for hours in (40..=34 + 168).step_by(10) {
        server.advance_clock(&format!("{hours} hours")).await;
        assert_eq!(browser.get("/api/session").await.status, 200, "{hours}");
    }
    server.advance_clock("202 hours 2 seconds").await;
    assert_eq!(browser.get("/api/session").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_fields_are_named() {
    let server = Server::start().await;
    let answer = server.visitor().post("/api/session", json!({})).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.refused_fields(), ["email: required", "password: required"]);
}
