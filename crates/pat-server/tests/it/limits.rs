//! How many calls an account and a token may make, and what answers tell of it.

use pat_core::secret::TokenSecret;
use pat_core::token::TokenKind;
use pat_server::limits::Limits;
use pat_server::metrics::Verdict;
use reqwest::Method;

use crate::support::{Answer, Bearer, Browser, Database, PASSWORD, Process, Server, json};

async fn limited(account: u32, token: u32) -> Server {
    Server::start_with(|app| {
        app.limits = Limits::new(account, token);
        app.gateways = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await
}

/// The `r` and the `t` of a policy in the standard header.
fn left(answer: &Answer, policy: &str) -> (u32, u32) {
    let header = answer.header("ratelimit");
    let of_policy = header.split(", ").find_map(|item| item.strip_prefix(&format!("\"{policy}\";")));
    let parameters: Vec<&str> = of_policy.unwrap_or_else(|| panic!("no {policy} in {header:?}: {answer:?}")).split(';').collect();
    let number = |name: &str| parameters.iter().find_map(|item| item.strip_prefix(name)?.strip_prefix('=')).unwrap().parse().unwrap();
    (number("r"), number("t"))
}

/// A gateway's question.
async fn forward(bearer: &Bearer, path: &str) -> Answer {
    let ask = bearer.request(Method::GET, "/gateway/authorize").header("x-original-method", "GET").header("x-original-uri", path);
    Answer::of(ask).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_all_tokens_of_an_account_count_together() {
    let server = limited(4, 0).await;
    let (member, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    let (first, _) = server.token(&member, &["catalog:read"]).await;
    let (second, _) = server.token(&admin, &["catalog:read"]).await;
    let answer = first.get("/auth.info").await;
    assert_eq!((answer.status, answer.header("ratelimit-policy")), (200, r#""account";q=4;w=60"#));
    assert_eq!(left(&answer, "account").0, 3);
    let refused = second.get("/snapshots.list").await;
    assert_eq!((refused.status, left(&refused, "account").0), (403, 2), "a refusal is a call, too");
    let wrong = first.get("/catalog.entities.info").await;
    assert_eq!((wrong.status, left(&wrong, "account").0), (422, 1));
    let missing = second.get("/catalog.entities.info?identifier=nope").await;
    assert_eq!((missing.status, left(&missing, "account").0), (404, 0));

    for bearer in [&first, &second, &first] {
        let over = bearer.get("/auth.info").await;
        assert_eq!(over.verdict(), (429, "rate_limited"));
        let wait: u32 = over.header("retry-after").parse().unwrap();
        assert!((1..=61).contains(&wait), "{over:?}");
        assert_eq!(left(&over, "account"), (0, wait));
        assert_eq!(over.header("ratelimit-policy"), r#""account";q=4;w=60"#);
        let message = over.body["error_details"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("{wait} seconds")), "{message}");
    }
    assert_eq!(server.app.metrics.verifications.counter(Verdict::RateLimited).get(), 3);

    let (other, _) = server.token(&server.sign_in("admin@other.test").await, &["snapshots:read"]).await;
    assert_eq!(left(&other.get("/auth.info").await, "account").0, 3, "another account has calls of its own");
    assert_eq!(member.get("/api/personal-access-tokens").await.status, 200, "the settings page isn't limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_calls_leave_a_row_a_minute_and_token_and_do_no_work() {
    let server = limited(1, 0).await;
    // All within one minute of the database's clock.
    server.stop_clock(&server.text("SELECT now()::text AS text").await).await;
    let owner = server.sign_in("database@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read", "catalog:write:entities"]).await;
    assert_eq!(bearer.get("/auth.info").await.status, 200);
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(bearer.post("/entities.create", json!({ "identifier": "never-made", "type": "service" })).await);
    }
    assert!(answers.iter().all(|answer| answer.status == 429), "{answers:?}");
    assert_eq!(server.count("resources WHERE identifier = 'never-made'").await, 0);
    let rows = server
        .texts("SELECT concat_ws(' ', outcome, reason, method, token_id, context ->> 'limit', request_id) AS text FROM audit_log WHERE event_type = 'web_api.called' AND reason IS NOT NULL")
        .await;
    let request = answers[0].header("x-request-id");
    assert_eq!(rows, [format!("refused rate_limited catalog.entities.create {id} account {request}")]);

    let now = server.text("SELECT (pat_now() + interval '1 minute')::text AS text").await;
    server.stop_clock(&now).await;
    // The node's idea of the database's clock comes with the next look-up.
    owner.edit(&id, 1, json!({ "name": "renamed" })).await;
    assert_eq!(bearer.get("/auth.info").await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_can_have_a_limit_of_its_own() {
    let server = limited(0, 2).await;
    let owner = server.sign_in("member@demo.test").await;
    let ((first, _), (second, _)) = (server.token(&owner, &["catalog:read"]).await, server.token(&owner, &["catalog:read"]).await);
    let statuses = [
        first.get("/auth.info").await.status,
        first.get("/auth.info").await.status,
        first.get("/auth.info").await.status,
        second.get("/auth.info").await.status,
    ];
    assert_eq!(statuses, [200, 200, 429, 200]);
    let answer = second.get("/auth.info").await;
    assert_eq!((answer.header("ratelimit-policy"), left(&answer, "token").0), (r#""token";q=2;w=60"#, 0));

    let both = limited(10, 5).await;
    let (bearer, _) = both.token(&both.sign_in("member@demo.test").await, &["catalog:read"]).await;
    let answer = bearer.get("/auth.info").await;
    assert_eq!(answer.header("ratelimit-policy"), r#""account";q=10;w=60, "token";q=5;w=60"#);
    assert_eq!((left(&answer, "account").0, left(&answer, "token").0), (9, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_limits_accounts_to_a_thousand_unless_it_is_told_otherwise() {
    let database = Database::create().await;
    for (variables, policy) in [
        (vec![("TOKEN_CALLS_PER_MINUTE", "7")], r#""account";q=1000;w=60, "token";q=7;w=60"#),
        (vec![("ACCOUNT_CALLS_PER_MINUTE", "0")], ""),
    ] {
        let mut process = Process::start_in(&database.url, &[], &variables);
        process.until("/readyz", 200).await;
        let owner = Browser::new(&process.base);
        owner.post("/api/session", json!({ "email": "member@demo.test", "password": PASSWORD })).await;
        let created = owner.mint(&format!("{variables:?}"), &["catalog:read"]).await;
        let answer = Bearer::new(&process.base, created.body["token"].as_str().unwrap()).get("/auth.info").await;
        assert_eq!((answer.status, answer.header("ratelimit-policy")), (200, policy));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_of_gateways_count_as_well() {
    let server = limited(2, 0).await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    assert_eq!(forward(&bearer, "/auth.info").await.status, 200);
    assert_eq!(bearer.get("/auth.info").await.status, 200);
    let over = forward(&bearer, "/auth.info").await;
    assert_eq!(over.verdict(), (429, "rate_limited"));
    assert_eq!((left(&over, "account").0, over.header("x-auth-user")), (0, ""));
    assert_eq!(over.header("retry-after"), left(&over, "account").1.to_string());
    let body = json!({ "requests": [{ "token": bearer.token, "method": "GET", "uri": "/auth.info" }] });
    let batch = bearer.post("/gateway/authorize/batch", body).await;
    let verdict = &batch.body["verdicts"][0];
    assert_eq!((&verdict["status"], &verdict["error"]), (&json!(429), &json!("rate_limited")));
    assert!(verdict["retry_after"].as_u64().is_some_and(|seconds| seconds > 0), "{verdict}");
    assert!(verdict["identity"].is_null(), "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_tell_nothing_of_tokens_that_do_not_work() {
    let server = limited(100, 100).await;
    let owner = server.sign_in("member@demo.test").await;
    let (live, _) = server.token(&owner, &["catalog:read"]).await;
    let (revoked, id) = server.token(&owner, &["catalog:read"]).await;
    owner.delete_token(&id).await;
    let (paused, id) = server.token(&owner, &["catalog:read"]).await;
    server.sql(&format!("UPDATE tokens SET paused_until = pat_now() + interval '1 hour' WHERE id = '{id}'")).await;
    let stranger = server.bearer(TokenSecret::draw(TokenKind::Personal, |bytes| rand::fill(bytes)).expose());
    for bearer in [revoked, paused, stranger] {
        let answer = bearer.get("/auth.info").await;
        assert_eq!(answer.status, 401);
        for header in ["ratelimit", "ratelimit-policy", "x-token-expires-at"] {
            assert_eq!(answer.header(header), "", "{header}");
        }
    }
    assert_eq!(left(&live.get("/auth.info").await, "account").0, 99, "and they take nothing from the account");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_tell_when_a_personal_token_ends() {
    let server = limited(4, 0).await;
    let admin = server.sign_in("admin@demo.test").await;
    let created = admin.mint("ends", &["catalog:read"]).await;
    let bearer = server.bearer(created.body["token"].as_str().unwrap());
    let expires_at = created.body["personal_access_token"]["expires_at"].as_str().unwrap();
    for (path, status) in [("/auth.info", 200), ("/snapshots.list", 403), ("/entities.info", 422)] {
        let answer = bearer.get(path).await;
        assert_eq!((answer.status, answer.header("x-token-expires-at")), (status, expires_at), "{path}");
    }
    let never = json!({ "name": "never", "expiration": { "type": "never" }, "scopes": ["catalog:read"] });
    let created = admin.post("/api/personal-access-tokens", never).await;
    let endless = server.bearer(created.body["token"].as_str().unwrap()).get("/auth.info").await;
    assert_eq!((endless.status, endless.headers.contains_key("x-token-expires-at")), (200, false));
    let over = bearer.get("/auth.info").await;
    assert_eq!((over.status, over.header("x-token-expires-at")), (429, expires_at));
}
