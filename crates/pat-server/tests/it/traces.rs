//! Traces: sent where OpenTelemetry is configured, and without secrets.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use tokio::net::TcpListener;

use crate::support::{Bearer, Browser, Database, PASSWORD, Process, json};

type Received = Arc<Mutex<Vec<u8>>>;

/// A collector that keeps what it gets.
async fn collector() -> (String, Received) {
    async fn keep(State(received): State<Received>, body: Bytes) {
        received.lock().unwrap().extend_from_slice(&body);
    }
    let received = Received::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", post(keep)).with_state(received.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (endpoint, received)
}

fn contains(received: &Received, text: &str) -> bool {
    received.lock().unwrap().windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_become_spans_without_secrets() {
    let database = Database::create().await;
    let (endpoint, received) = collector().await;
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "100")];
    let mut server = Process::start_in(&database.url, &[], &variables);
    server.until("/readyz", 200).await;
    let browser = Browser::new(&server.base);
    let sign_in = browser.post("/api/session", json!({ "email": "member@demo.test", "password": PASSWORD })).await;
    let cookie = sign_in.header("set-cookie").split(['=', ';']).nth(1).unwrap().to_owned();
    let created = browser.mint("named-needle", &["catalog:read"]).await;
    let (token, id) = (created.body["token"].as_str().unwrap(), created.body["personal_access_token"]["id"].as_str().unwrap());
    assert_eq!(browser.token(id).await.status, 200);
    assert_eq!(Bearer::new(&server.base, token).get("/entities.list?search_term=query-needle").await.status, 200);
    let expected = [
        "GET catalog.entities.list",
        "GET /api/personal-access-tokens/{id}",
        "http.response.status_code",
        "pat.attempts",
        "look up",
        "prove",
        "postgresql",
        "pat-server",
    ];
    while !expected.iter().all(|text| contains(&received, text)) {
        tokio::task::yield_now().await;
    }
    // What is sent at the end counts, too.
    server.signal("-TERM");
    assert!(tokio::task::block_in_place(|| server.child.wait().unwrap()).success(), "{}", server.log());
    for private in [token, &token[4..34], &cookie, PASSWORD, id, "query-needle", "named-needle", "member@demo.test"] {
        assert!(!contains(&received, private), "{private} is in the traces");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_harms_nobody() {
    let database = Database::create().await;
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"), ("OTEL_BSP_SCHEDULE_DELAY", "50")];
    let mut server = Process::start_in(&database.url, &[], &variables);
    server.until("/readyz", 200).await;
    server.until("/healthz", 200).await;
    server.signal("-TERM");
    assert!(tokio::task::block_in_place(|| server.child.wait().unwrap()).success(), "{}", server.log());
}
