//! What a browser gets around the page: headers, hosts, paths.

use reqwest::Client;

use crate::support::{Answer, Server};

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers_and_a_request_id() {
    let server = Server::start().await;
    for path in ["/", "/healthz", "/docs", "/docs/scopes", "/api/session", "/auth.info", "/api/nope", "/assets/nope.js", "/nope"] {
        let answer = server.visitor().get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("x-request-id").len(), 36, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_under_another_host_name_is_redirected_but_the_api_isn_t() {
    let server = Server::start().await;
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let get = async |path: &str| Answer::of(client.get(format!("{}{path}", server.base)).header("host", "evil.example")).await;
    let page = get("/settings?x=1").await;
    assert_eq!((page.status, page.header("location")), (307, format!("{}/settings?x=1", server.base).as_str()));
    let slashes = Answer::of(client.get(format!("{}//evil.example/", server.base)).header("host", "evil.example")).await;
    assert_eq!(slashes.header("location"), format!("{}/evil.example/", server.base));
    assert_eq!(get("/auth.info").await.verdict(), (401, "not_authed"));
    assert_eq!(get("/api/session").await.status, 401);
    assert_eq!(get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_verbs_are_answered_in_the_form_of_their_surface() {
    let server = Server::start().await;
    let visitor = server.visitor();
    assert_eq!(visitor.get("/api/nope").await.verdict(), (404, "not_found"));
    assert_eq!(visitor.get("/no.such").await.verdict(), (404, "unknown_method"));
    let put = Answer::of(visitor.request(reqwest::Method::PUT, "/api/session")).await;
    assert_eq!(put.verdict(), (405, "method_not_allowed"));
    assert!(put.header("allow").contains("POST"), "{put:?}");
    assert_eq!(Answer::of(visitor.request(reqwest::Method::POST, "/settings")).await.status, 405);
    assert_eq!(visitor.get("/assets/nope.js").await.status, 404);
    assert_eq!(visitor.get("/assets/../Cargo.toml").await.status, 404, "the client has folded the path");
    let folded = Answer::of(visitor.request(reqwest::Method::GET, "/assets/%2e%2e/%2e%2e/Cargo.toml")).await;
    assert!(folded.status >= 400 && !folded.text.contains("[package]"), "{folded:?}");
}
