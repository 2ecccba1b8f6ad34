//! A device without a browser signs in by a code that a person types elsewhere (RFC 8628).

use reqwest::Client;

use crate::cli_sign_in::{fetch, rows, wanted};
use crate::support::{Answer, Browser, Server, json};

/// A device that has begun.
struct Device {
    code: String,
    user_code: String,
}

async fn begin(server: &Server) -> Device {
    let answer = Answer::of(ask(server)).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{answer:?}");
    let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
    assert_eq!(text("verification_uri"), format!("{}/cli/device", server.base));
    assert_eq!(text("verification_uri_complete"), format!("{}/cli/device?user_code={}", server.base, text("user_code")));
    assert_eq!((&answer.body["expires_in"], &answer.body["interval"]), (&json!(900), &json!(5)));
    Device { code: text("device_code"), user_code: text("user_code") }
}

fn ask(server: &Server) -> reqwest::RequestBuilder {
    let request = Client::new().post(format!("{}/cli/device", server.base)).header("user-agent", "dx-cli/0.2.0 (build box)");
    request.form(&[("client_id", "dx-cli")])
}

impl Device {
    async fn poll(&self, server: &Server) -> Answer {
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        fetch(server, &[("grant_type", grant), ("device_code", &self.code), ("client_id", "dx-cli")]).await
    }

    fn request(&self) -> serde_json::Value {
        json!({ "type": "device", "user_code": self.user_code })
    }
}

async fn approve(browser: &Browser, device: &Device, scopes: &[&str]) -> Answer {
    browser.post("/api/cli/approve", json!({ "request": device.request(), "token": wanted("build box", scopes) })).await
}

async fn find(browser: &Browser, user_code: &str) -> Answer {
    browser.post("/api/cli/device", json!({ "user_code": user_code })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_gets_the_token_once_its_person_has_allowed_it() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let device = begin(&server).await;
    assert_eq!(device.poll(&server).await.verdict(), (400, "authorization_pending"));

    let found = find(&browser, &device.user_code.to_lowercase().replace('-', " ")).await;
    assert_eq!((found.status, &found.body["user_code"]), (200, &json!(device.user_code)), "{found:?}");
    assert_eq!((&found.body["ip"], &found.body["user_agent"]), (&json!("127.0.0.1"), &json!("dx-cli/0.2.0 (build box)")));
    let approved = approve(&browser, &device, &["catalog:read"]).await;
    assert_eq!((approved.status, &approved.body["redirect_to"]), (200, &json!(null)), "{approved:?}");
    assert_eq!(server.count("tokens WHERE created_via = 'cli'").await, 0, "it is made when the device comes for it");

    let issued = device.poll(&server).await;
    assert_eq!((issued.status, &issued.body["scope"]), (200, &json!("catalog:read")), "{issued:?}");
    assert_eq!(issued.body.get("redirect_uri"), None);
    let bearer = server.bearer(issued.body["access_token"].as_str().unwrap());
    assert_eq!(bearer.get("/auth.info").await.body["auth"]["token_name"], "build box");
    assert_eq!(
        rows(&server).await,
        ["cli_sign_ins.approved succeeded member@demo.test", "personal_access_tokens.created succeeded member@demo.test dx-cli/0.2.0"]
    );
    assert_eq!(find(&browser, &device.user_code).await.verdict(), (410, "user_code_invalid"));
    assert_eq!(device.poll(&server).await.verdict(), (400, "invalid_grant"), "a second use");
    assert_eq!(bearer.get("/auth.info").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_has_to_wait_longer_each_time() {
    let server = Server::start().await;
    let device = begin(&server).await;
    let asked = async |at: &str| {
        server.stop_clock(&format!("2027-01-31 12:00:{at}+00")).await;
        device.poll(&server).await.verdict().1.to_owned()
    };
    server.sql("UPDATE cli_sign_ins SET expires_at = '2027-01-31 12:10:00+00'").await;
    assert_eq!(asked("00").await, "authorization_pending");
    assert_eq!(asked("05").await, "authorization_pending");
    assert_eq!(asked("09").await, "slow_down");
    assert_eq!(asked("18").await, "slow_down", "ten seconds now");
    assert_eq!(asked("33").await, "authorization_pending", "fifteen");
    assert_eq!(rows(&server).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_and_the_end_are_told_to_the_device() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let device = begin(&server).await;
    let denied = browser.post("/api/cli/deny", json!({ "request": device.request() })).await;
    assert_eq!((denied.status, &denied.body["redirect_to"]), (200, &json!(null)));
    assert_eq!(device.poll(&server).await.verdict(), (400, "access_denied"));
    assert_eq!(approve(&browser, &device, &["catalog:read"]).await.verdict(), (410, "user_code_invalid"));
    let late = begin(&server).await;
    let approved_late = begin(&server).await;
    assert_eq!(approve(&browser, &approved_late, &["catalog:read"]).await.status, 200);
    server.advance_clock("15 minutes 1 second").await;
    assert_eq!(late.poll(&server).await.verdict(), (400, "expired_token"));
    assert_eq!(approved_late.poll(&server).await.verdict(), (400, "expired_token"));
    assert_eq!(find(&browser, &late.user_code).await.verdict(), (410, "user_code_invalid"));
    assert_eq!(server.count("tokens WHERE created_via = 'cli'").await, 0);
    let rows = rows(&server).await;
    assert_eq!(
        rows[..2],
        ["cli_sign_ins.denied succeeded member@demo.test", "cli_sign_ins.redeemed refused access_denied member@demo.test dx-cli/0.2.0"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_decides() {
    let server = Server::start().await;
    let (one, two) = (server.sign_in("member@demo.test").await, server.sign_in("scorecards@demo.test").await);
    let device = begin(&server).await;
    let (first, second) = tokio::join!(approve(&one, &device, &["catalog:read"]), approve(&two, &device, &["catalog:read"]));
    let mut verdicts = [first.status, second.status];
    verdicts.sort_unstable();
    assert_eq!(verdicts, [200, 410]);
    assert_eq!(device.poll(&server).await.status, 200);
    assert_eq!(server.count("tokens WHERE created_via = 'cli'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_counted_by_person_and_by_address() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let device = begin(&server).await;
    for _ in 0..10 {
        assert_eq!(find(&browser, "BBBB-BBBB").await.verdict(), (410, "user_code_invalid"));
    }
    let refused = find(&browser, &device.user_code).await;
    assert_eq!((refused.verdict(), refused.header("retry-after")), ((429, "too_many_attempts"), "600"));
    assert_eq!(approve(&browser, &device, &["catalog:read"]).await.status, 429, "nor is the other door open");
    assert_eq!(find(&browser, "nonsense").await.status, 410, "what can't be a code is no guess");
    let rows = rows(&server).await;
    assert_eq!(rows, ["cli_sign_ins.sought refused user_code_invalid member@demo.test"; 10]);

    let others = ["scorecards", "selfservice", "snapshots", "database"];
    for name in others {
        let other = server.sign_in(&format!("{name}@demo.test")).await;
        for _ in 0..10 {
            assert_eq!(find(&other, "BBBB-BBBB").await.status, 410, "{name}");
        }
    }
    let fresh = server.sign_in("admin@demo.test").await;
    assert_eq!(find(&fresh, &device.user_code).await.status, 429, "the address has guessed too often");
}

#[tokio::test(flavor = "multi_thread")]
async fn right_codes_are_no_guesses() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let device = begin(&server).await;
    for _ in 0..15 {
        assert_eq!(find(&browser, &device.user_code).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_begins_so_many_devices_a_minute() {
    let server = Server::start().await;
    for _ in 0..30 {
        begin(&server).await;
    }
    let refused = Answer::of(ask(&server)).await;
    assert_eq!((refused.verdict(), refused.header("retry-after")), ((429, "temporarily_unavailable"), "60"), "{refused:?}");
    assert_eq!(server.count("cli_sign_ins").await, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_digests_are_stored_and_ways_don_t_mix() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let device = begin(&server).await;
    let row = server.text("SELECT to_jsonb(c)::text AS text FROM cli_sign_ins c").await;
    assert!(!row.contains(&device.code), "{row}");
    assert_eq!(approve(&browser, &device, &["catalog:read"]).await.status, 200);
    let as_code = fetch(&server, &[("code", &device.code), ("code_verifier", crate::cli_sign_in::VERIFIER)]).await;
    assert_eq!(as_code.verdict(), (400, "invalid_grant"));
    assert_eq!(device.poll(&server).await.status, 200, "that spent nothing");
}
