//! A command line on the same computer signs in through a browser, as DX's does: `/cli/auth`, consent, `/cli/token`.

use reqwest::Client;
use reqwest::header::{HeaderMap, HeaderValue, ORIGIN};

use crate::people::Admin;
use crate::support::{Answer, Browser, Server, json};

/// The reference's test vector.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const OF_DX: &str = "MTNkMzFlOTYxYTFhZDhlYzJmMTZiMTBjNGM5ODJlMDg3NmE4NzhhZDZkZjE0NDU2NmVlMTg5NGFjYjcwZjljMw";
const OF_RFC_7636: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "http://127.0.0.1:4321";

fn asked(challenge: &str, callback: &str) -> serde_json::Value {
    json!({
        "type": "browser", "callback_uri": callback, "state": "a state", "code_challenge": challenge, "code_challenge_method": "S256"
    })
}

/// A token as the consent page asks for it.
pub fn wanted(name: &str, scopes: &[&str]) -> serde_json::Value {
    json!({ "name": name, "expiration": { "type": "days", "days": 7 }, "scopes": scopes })
}

async fn approve(browser: &Browser, challenge: &str, name: &str, scopes: &[&str]) -> Answer {
    browser.post("/api/cli/approve", json!({ "request": asked(challenge, CALLBACK), "token": wanted(name, scopes) })).await
}

/// The code that the browser carries to the program.
fn code_of(approved: &Answer) -> String {
    assert_eq!(approved.status, 200, "{approved:?}");
    let address = approved.body["redirect_to"].as_str().unwrap();
    let query = address.strip_prefix("http://127.0.0.1:4321/?code=").unwrap_or_else(|| panic!("{address}"));
    query.strip_suffix("&state=a%20state").unwrap_or_else(|| panic!("{address}")).to_owned()
}

async fn code(browser: &Browser, name: &str, scopes: &[&str]) -> String {
    code_of(&approve(browser, OF_DX, name, scopes).await)
}

/// As a command line sends it: no cookie, no origin.
pub async fn fetch(server: &Server, form: &[(&str, &str)]) -> Answer {
    Answer::of(Client::new().post(format!("{}/cli/token", server.base)).header("user-agent", "dx-cli/0.2.0").form(form)).await
}

async fn exchange(server: &Server, code: &str, verifier: &str) -> Answer {
    fetch(server, &[("code", code), ("code_verifier", verifier)]).await
}

/// Rows of command lines, in order.
pub async fn rows(server: &Server) -> Vec<String> {
    let sql = "SELECT concat_ws(' ', event_type, outcome, reason, user_email, user_agent) AS text FROM audit_log
                WHERE event_type LIKE 'cli_sign_ins.%' OR context ? 'sign_in_id' ORDER BY time, id";
    server.texts(sql).await
}

fn error(answer: &Answer) -> (u16, &str) {
    assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
    assert!(answer.body["error_description"].is_string() && answer.body.as_object().unwrap().len() == 2, "{answer:?}");
    answer.verdict()
}

const INVALID: (u16, &str) = (400, "invalid_grant");

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_gets_the_token_that_its_person_chose() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    for (challenge, name) in [(OF_DX, "as DX does"), (OF_RFC_7636, "as RFC 7636 has it")] {
        let code = code_of(&approve(&browser, challenge, name, &["catalog:read", "snapshots:read"]).await);
        let answer = exchange(&server, &code, VERIFIER).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{answer:?}");
        assert_eq!(answer.body["redirect_uri"], format!("{}/cli/done", server.base));
        assert_eq!((&answer.body["token_type"], &answer.body["expires_in"]), (&json!("Bearer"), &json!(7 * 24 * 3600)));
        assert_eq!(answer.body["scope"], "snapshots:read catalog:read");
        let info = server.bearer(answer.body["access_token"].as_str().unwrap()).get("/auth.info").await;
        assert_eq!((info.status, &info.body["auth"]["token_name"]), (200, &json!(name)), "{info:?}");
        assert_eq!(info.body["auth"]["scopes"], json!(["snapshots:read", "catalog:read"]));
    }
    assert_eq!(server.count("tokens WHERE created_via = 'cli'").await, 2);
    let rows = rows(&server).await;
    let both =
        ["cli_sign_ins.approved succeeded member@demo.test", "personal_access_tokens.created succeeded member@demo.test dx-cli/0.2.0"];
    assert_eq!(rows, [both, both].concat());
    let context =
        server.text("SELECT context::text AS text FROM audit_log WHERE event_type = 'cli_sign_ins.approved' ORDER BY time LIMIT 1").await;
    let context: serde_json::Value = serde_json::from_str(&context).unwrap();
    assert_eq!((&context["callback"], &context["name"]), (&json!(CALLBACK), &json!("as DX does")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_changes_nothing_and_consent_makes_no_token() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let before = server.count("audit_events").await;
    for path in [
        "/cli/auth?callback_uri=http://127.0.0.1:4321&state=s&code_challenge=x&code_challenge_method=S256",
        "/cli/device?user_code=X",
        "/cli/done",
    ] {
        let page = browser.get(path).await;
        assert!(page.status == 200 || page.text.contains("not built"), "{page:?}");
    }
    assert_eq!((server.count("audit_events").await, server.count("cli_sign_ins").await), (before, 0));
    code(&browser, "consented", &["catalog:read"]).await;
    assert_eq!((server.count("tokens WHERE name = 'consented'").await, server.count("cli_sign_ins").await), (0, 1));
    assert_eq!(browser.get("/cli/token").await.verdict(), (405, "method_not_allowed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_goes_to_the_program_and_is_on_record() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let denied = browser.post("/api/cli/deny", json!({ "request": asked(OF_DX, CALLBACK) })).await;
    assert_eq!(denied.body["redirect_to"], "http://127.0.0.1:4321/?error=access_denied&state=a%20state");
    assert_eq!(rows(&server).await, ["cli_sign_ins.denied succeeded member@demo.test"]);
    assert_eq!(server.count("cli_sign_ins").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_code_goes_anywhere_but_to_loopback() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    for callback in
        ["https://evil.example", "http://localhost:4321", "http://127.0.0.1:4321@evil.example", "http://127.0.0.1:4321/path", ""]
    {
        for (path, token) in [("approve", Some(wanted("n", &["catalog:read"]))), ("deny", None)] {
            let mut body = json!({ "request": asked(OF_DX, callback) });
            if let Some(token) = token {
                body["token"] = token;
            }
            let answer = browser.post(&format!("/api/cli/{path}"), body).await;
            assert_eq!((answer.status, answer.refused_fields()), (422, vec!["callback_uri: invalid".to_owned()]), "{callback}");
        }
    }
    for (challenge, method) in [(VERIFIER, "plain"), ("short", "S256"), (OF_DX, "plain"), (OF_DX, "")] {
        let mut request = asked(challenge, CALLBACK);
        request["code_challenge_method"] = json!(method);
        let answer = browser.post("/api/cli/approve", json!({ "request": request, "token": wanted("n", &["catalog:read"]) })).await;
        assert_eq!(answer.refused_fields(), ["code_challenge: invalid"], "{challenge} {method}");
    }
    let mut request = asked(OF_DX, CALLBACK);
    request["state"] = json!("x".repeat(513));
    assert_eq!(browser.post("/api/cli/deny", json!({ "request": request })).await.refused_fields(), ["state: too_long"]);
    assert_eq!(server.count("cli_sign_ins").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_for_somebody_signed_in_on_this_site_and_follows_the_rules_of_a_mint() {
    let server = Server::start().await;
    let browser = server.sign_in("scorecards@demo.test").await;
    let body = json!({ "request": asked(OF_DX, CALLBACK), "token": wanted("n", &["catalog:read"]) });
    assert_eq!(server.visitor().post("/api/cli/approve", body.clone()).await.verdict(), (401, "not_signed_in"));
    // In place of the origin that the page sends.
    let foreign = HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static("http://evil.example"))]);
    let foreign = browser.request(reqwest::Method::POST, "/api/cli/approve").headers(foreign).json(&body);
    assert_eq!(Answer::of(foreign).await.verdict(), (403, "cross_site"));

    assert_eq!(browser.mint("Taken", &["catalog:read"]).await.status, 201);
    assert_eq!(approve(&browser, OF_DX, "taken", &["catalog:read"]).await.refused_fields(), ["name: taken"]);
    assert_eq!(approve(&browser, OF_DX, "n", &["auditLogs:read"]).await.refused_fields(), ["scopes: not_grantable"]);
    assert_eq!(approve(&browser, OF_DX, "n", &[]).await.refused_fields(), ["scopes: required"]);
    server.sql("UPDATE account_settings SET max_lifetime_days = 3").await;
    assert_eq!(approve(&browser, OF_DX, "n", &["catalog:read"]).await.refused_fields(), ["expiration: exceeds_maximum"]);
    server.sql("UPDATE account_settings SET max_lifetime_days = NULL, creation_stopped = 'Not this week.'").await;
    assert_eq!(approve(&browser, OF_DX, "n", &["catalog:read"]).await.verdict(), (403, "creation_stopped"));
    server.sql("UPDATE account_settings SET creation_stopped = NULL").await;
    server.advance_clock("2 hours 1 minute").await;
    assert_eq!(approve(&browser, OF_DX, "n", &["scorecards:write"]).await.verdict(), (403, "fresh_sign_in_required"));
    assert_eq!(approve(&browser, OF_DX, "n", &["catalog:read"]).await.status, 200);
    let refused = rows(&server).await.iter().filter(|row| row.starts_with("cli_sign_ins.approved refused")).count();
    assert_eq!((refused, server.count("cli_sign_ins").await), (6, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_verifier_spends_the_code() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let code = code(&browser, "n", &["catalog:read"]).await;
    let wrong = VERIFIER.replace('d', "e");
    // Neither the challenge in any of its forms nor the hash answers it.
    assert_eq!(error(&exchange(&server, &code, &wrong).await), INVALID);
    assert_eq!(error(&exchange(&server, &code, VERIFIER).await), INVALID);
    for verifier in [OF_DX, OF_RFC_7636] {
        let code = self::code(&browser, "n", &["catalog:read"]).await;
        assert_eq!(error(&exchange(&server, &code, verifier).await), INVALID);
    }
    assert_eq!(server.count("tokens WHERE created_via = 'cli'").await, 0);
    let rows = rows(&server).await;
    assert_eq!(
        rows.iter().filter(|row| *row == "cli_sign_ins.redeemed refused wrong_verifier member@demo.test dx-cli/0.2.0").count(),
        3,
        "{rows:?}"
    );
    assert_eq!(rows.len(), 6, "the second use of a spent code leaves no row");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_is_sent_must_be_the_same() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    for (callback, status) in [("http://127.0.0.1:4321/", 200), ("http://127.0.0.1:4322", 400), ("https://evil.example", 400)] {
        let code = code(&browser, callback, &["catalog:read"]).await;
        let form = [("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER), ("redirect_uri", callback)];
        let answer = fetch(&server, &form).await;
        assert_eq!(answer.status, status, "{callback}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_used_twice_revokes_what_it_issued() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let code = code(&browser, "stolen", &["catalog:read"]).await;
    let issued = exchange(&server, &code, VERIFIER).await;
    let bearer = server.bearer(issued.body["access_token"].as_str().unwrap());
    assert_eq!(bearer.get("/auth.info").await.status, 200);
    server.advance_clock("2 hours").await;
    // The thief may not even have the verifier.
    assert_eq!(error(&exchange(&server, &code, &VERIFIER.replace('d', "e")).await), INVALID);
    assert_eq!(bearer.get("/auth.info").await.verdict(), (401, "invalid_auth"));
    assert_eq!(error(&exchange(&server, &code, VERIFIER).await), INVALID);
    let own = browser.get("/api/personal-access-tokens?status=revoked").await;
    let token = &own.body["personal_access_tokens"][0];
    assert_eq!((&token["name"], &token["revoke_reason"]), (&json!("stolen"), &json!("compromised")));
    assert_eq!(token["revoke_note"], "The code that it was issued for was used a second time.");
    let rows = rows(&server).await;
    assert_eq!(
        rows[2..],
        [
            "cli_sign_ins.redeemed refused code_used_twice member@demo.test dx-cli/0.2.0",
            "personal_access_tokens.deleted succeeded dx-cli/0.2.0"
        ],
        "{rows:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_exchanges_at_once_leave_nothing_that_works() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    for round in 0..5 {
        let code = code(&browser, &format!("race {round}"), &["catalog:read"]).await;
        let (one, two) = tokio::join!(exchange(&server, &code, VERIFIER), exchange(&server, &code, VERIFIER));
        let (won, lost) = if one.status == 200 { (one, two) } else { (two, one) };
        assert_eq!((won.status, error(&lost)), (200, INVALID));
        let bearer = server.bearer(won.body["access_token"].as_str().unwrap());
        assert_eq!(bearer.get("/auth.info").await.status, 401);
    }
    assert_eq!(server.count("tokens WHERE created_via = 'cli'").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_lives_a_minute_and_no_other_one_works() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let code = code(&browser, "n", &["catalog:read"]).await;
    server.advance_clock("1 minute 1 second").await;
    assert_eq!(error(&exchange(&server, &code, VERIFIER).await), INVALID);
    assert_eq!(error(&exchange(&server, "no such code", VERIFIER).await), INVALID);
    assert_eq!(rows(&server).await[1..], ["cli_sign_ins.redeemed refused code_over member@demo.test dx-cli/0.2.0"]);
    assert_eq!(server.count("tokens WHERE created_via = 'cli'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_digest_of_a_code_is_stored() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let code = code(&browser, "n", &["catalog:read"]).await;
    let row = server.text("SELECT to_jsonb(c)::text AS text FROM cli_sign_ins c").await;
    let log = server.texts("SELECT context::text AS text FROM audit_log").await.join(" ");
    assert!(!row.contains(&code) && !log.contains(&code) && !row.contains(VERIFIER), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_are_refused_in_the_form_of_oauth() {
    let server = Server::start().await;
    for (form, code) in [
        (&[][..], "invalid_request"),
        (&[("code", "x")], "invalid_request"),
        (&[("code_verifier", "x")], "invalid_request"),
        (&[("grant_type", "password"), ("username", "x")], "unsupported_grant_type"),
        (&[("grant_type", "urn:ietf:params:oauth:grant-type:device_code")], "invalid_request"),
        (&[("code", "x"), ("code", "y"), ("code_verifier", "z")], "invalid_request"),
    ] {
        assert_eq!(error(&fetch(&server, form).await), (400, code), "{form:?}");
    }
    let in_query = Client::new().post(format!("{}/cli/token?code=x&code_verifier=y", server.base));
    assert_eq!(error(&Answer::of(in_query).await), (400, "invalid_request"), "addresses are written to logs");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_between_consent_and_exchange_counts() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let refused = async |code: &str, reason: &str| {
        let answer = exchange(&server, code, VERIFIER).await;
        assert_eq!(error(&answer), INVALID, "{reason}");
        let last = rows(&server).await.pop().unwrap();
        assert!(last.starts_with(&format!("cli_sign_ins.redeemed refused {reason} ")), "{last}");
        assert_eq!(error(&exchange(&server, code, VERIFIER).await), INVALID, "it is spent");
        answer.body["error_description"].as_str().unwrap().to_owned()
    };

    let demoted = server.sign_in("scorecards@demo.test").await;
    let code_of_demoted = code(&demoted, "n", &["scorecards:write"]).await;
    assert_eq!(admin.set_roles(&server, "scorecards@demo.test", &["contributor"]).await.status, 200);
    let said = refused(&code_of_demoted, "invalid").await;
    assert!(said.contains("scorecards:write"), "{said}");

    let stopped = server.sign_in("member@demo.test").await;
    let code_of_stopped = code(&stopped, "n", &["catalog:read"]).await;
    server.sql("UPDATE account_settings SET creation_stopped = 'Not this week.'").await;
    let said = refused(&code_of_stopped, "creation_stopped").await;
    assert!(said.contains("Not this week."), "{said}");
    server.sql("UPDATE account_settings SET creation_stopped = NULL").await;

    let named = code(&stopped, "mine", &["catalog:read"]).await;
    assert_eq!(stopped.mint("Mine", &["catalog:read"]).await.status, 201);
    refused(&named, "invalid").await;

    let signed_out = code(&stopped, "n", &["catalog:read"]).await;
    assert_eq!(stopped.delete("/api/session").await.status, 204);
    refused(&signed_out, "session_over").await;

    let deactivated = server.sign_in("snapshots@demo.test").await;
    let code_of_deactivated = code(&deactivated, "n", &["catalog:read"]).await;
    assert_eq!(admin.deactivate(&server, "snapshots@demo.test").await.status, 200);
    refused(&code_of_deactivated, "session_over").await;
    assert_eq!(server.count("tokens WHERE created_via = 'cli'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_over_are_cleaned_up_a_day_later() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let first = code(&browser, "first", &["catalog:read"]).await;
    assert_eq!(exchange(&server, &first, VERIFIER).await.status, 200);
    code(&browser, "second", &["catalog:read"]).await;
    server.advance_clock("23 hours").await;
    let again = server.sign_in("member@demo.test").await;
    code(&again, "third", &["catalog:read"]).await;
    assert_eq!(server.count("cli_sign_ins").await, 3);
    server.advance_clock("25 hours").await;
    let again = server.sign_in("member@demo.test").await;
    code(&again, "fourth", &["catalog:read"]).await;
    assert_eq!(server.count("cli_sign_ins").await, 2);
    assert_eq!(error(&exchange(&server, &first, VERIFIER).await), INVALID);
    assert_eq!(server.count("tokens WHERE created_via = 'cli' AND revoked_at IS NULL").await, 1);
}
