//! `/metrics`: what it counts, and that nobody's identity, secret or path gets in.

use std::collections::BTreeSet;

use pat_core::secret::TokenSecret;
use pat_core::token::TokenKind;
use pat_server::app::SharedApp;
use pat_server::metrics::page;
use reqwest::Method;

use crate::support::{Answer, PASSWORD, Process, Server, json};

/// The page.
fn text(app: &SharedApp) -> String {
    page::text(app.clone()).unwrap()
}

/// The number on a line, by all that stands before it.
fn number(page: &str, sample: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {sample} in\n{page}")).parse().unwrap()
}

/// All samples without their numbers.
fn series(page: &str) -> BTreeSet<&str> {
    page.lines().filter(|line| !line.starts_with('#')).filter_map(|line| Some(line.rsplit_once(' ')?.0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn known_calls_give_known_numbers() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    for _ in 0..3 {
        assert_eq!(bearer.get("/entities.list").await.status, 200);
    }
    assert_eq!(bearer.post("/entities.create", json!({})).await.status, 403);
    let stranger = TokenSecret::draw(TokenKind::Personal, |bytes| rand::fill(bytes));
    for _ in 0..2 {
        assert_eq!(server.bearer(stranger.expose()).get("/auth.info").await.status, 401);
    }
    assert_eq!(server.bearer("nonsense").get("/auth.info").await.status, 401);
    assert_eq!(server.visitor().get("/auth.info").await.status, 401);
    // The cached principal is from before the edit: its proof fails, and the call is made again.
    assert_eq!(owner.edit(&id, 1, json!({ "name": "renamed" })).await.status, 200);
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(owner.delete_token(&id).await.status, 204);
    assert_eq!(bearer.get("/entities.list").await.status, 401);

    let page = text(&server.app);
    for (sample, expected) in [
        ("pat_verifications_total{verdict=\"allowed\"}", 4.0),
        ("pat_verifications_total{verdict=\"refused\"}", 1.0),
        ("pat_verifications_total{verdict=\"dead\"}", 1.0),
        ("pat_verifications_total{verdict=\"unknown\"}", 2.0),
        ("pat_verifications_total{verdict=\"malformed\"}", 1.0),
        ("pat_verifications_total{verdict=\"absent\"}", 1.0),
        ("pat_verifications_total{verdict=\"unavailable\"}", 0.0),
        ("pat_attempts_repeated_total", 2.0),
        ("pat_attempts_locked_total", 0.0),
        ("pat_principal_look_ups_total", 4.0),
        ("pat_cache_hits_total", 5.0),
        ("pat_cache_misses_total", 3.0),
        ("pat_cache_refills_total", 3.0),
        ("pat_cache_evictions_total", 0.0),
        ("pat_unknown_digest_hits_total", 1.0),
        ("pat_cache_principals", 1.0),
        ("pat_unknown_digests", 1.0),
        ("pat_audit_queue_rows", 0.0),
        ("pat_audit_batches_failed_total", 0.0),
        ("pat_shed_total", 0.0),
        ("pat_pool_refused_total", 0.0),
        ("pat_pool_connections_max", 20.0),
        ("pat_http_requests_total{method=\"GET\",route=\"catalog.entities.list\",status=\"2xx\"}", 4.0),
        ("pat_http_requests_total{method=\"GET\",route=\"catalog.entities.list\",status=\"4xx\"}", 1.0),
        ("pat_http_requests_total{method=\"PATCH\",route=\"/api/personal-access-tokens/{id}\",status=\"2xx\"}", 1.0),
        ("pat_http_request_seconds_count{method=\"GET\",route=\"catalog.entities.list\"}", 5.0),
        ("pat_http_request_seconds_bucket{method=\"GET\",route=\"catalog.entities.list\",le=\"+Inf\"}", 5.0),
    ] {
        assert!((number(&page, sample) - expected).abs() < f64::EPSILON, "{sample} isn't {expected}:\n{page}");
    }
    let rows = number(&page, "pat_audit_batch_rows_sum");
    assert!((rows - 7.0).abs() < f64::EPSILON, "a row a proved or failed try of a live token: {rows}");
    assert!(number(&page, "pat_audit_commit_seconds_count") <= rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_label_tells_who_or_what() {
    let server = Server::start().await;
    let owner = server.sign_in("admin@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    let call = bearer.request(Method::GET, "/entities.list?search_term=needle").header("user-agent", "agent-smith");
    assert_eq!(Answer::of(call).await.status, 200);
    assert_eq!(owner.token(&id).await.status, 200);
    let user = server.user_id("admin@demo.test").await;
    let page = text(&server.app);
    for private in
        [id.as_str(), &user, &bearer.token, &bearer.token[4..20], "needle", "agent-smith", "127.0.0.1", "admin@demo.test", PASSWORD]
    {
        assert!(!page.contains(private), "{private}:\n{page}");
    }
    // Nothing that could be an id of ours or a secret.
    for sample in series(&page) {
        assert!(
            !sample.split(['"', '/', ' ']).any(|part| part.len() >= 30 && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')),
            "{sample}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_make_series() {
    let server = Server::start().await;
    let visitor = server.visitor();
    let try_all = async |n: usize| {
        for path in [
            format!("/api/{n}"),
            format!("/x{n}"),
            format!("/x{n}.list"),
            format!("/api/personal-access-tokens/{n}"),
            format!("/admin/{n}"),
        ] {
            visitor.get(&path).await;
            let verb = Method::from_bytes(format!("VERB{n}").as_bytes()).unwrap();
            Answer::of(visitor.request(verb, &path)).await;
        }
    };
    try_all(0).await;
    let once = text(&server.app);
    for n in 1..40 {
        try_all(n).await;
    }
    let often = text(&server.app);
    assert_eq!(series(&once), series(&often));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_stands_on_a_listener_of_its_own_and_nowhere_else() {
    let database = crate::support::Database::create().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Process::start_with(&database.url, &["--metrics-listen", &format!("127.0.0.1:{port}")]);
    server.until("/readyz", 200).await;
    let client = reqwest::Client::new();
    let page = async || Answer::of(client.get(format!("http://127.0.0.1:{port}/metrics"))).await;
    let mut answer = page().await;
    // The months are looked at once the database is up to date.
    while !answer.text.contains("\npat_audit_months_left ") {
        answer = page().await;
    }
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
    assert!((number(&answer.text, "pat_audit_months_left") - 3.0).abs() < f64::EPSILON, "{}", answer.text);
    assert!(number(&answer.text, "pat_audit_rows_misplaced").abs() < f64::EPSILON);
    let public = Answer::of(client.get(format!("{}/metrics", server.base))).await;
    assert!(!public.text.contains("pat_verifications"), "{public:?}");
    let other = Answer::of(client.get(format!("http://127.0.0.1:{port}/api/session"))).await;
    assert_eq!(other.status, 404);
}

/// Every metric that the alerts and the dashboard ask for is one that the page has.
#[tokio::test(flavor = "multi_thread")]
async fn alerts_and_dashboard_ask_for_what_there_is() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, _) = server.token(&owner, &["catalog:read"]).await;
    assert_eq!(bearer.get("/auth.info").await.status, 200);
    let page = text(&server.app);
    let of_kind: BTreeSet<_> = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    let mut there = BTreeSet::new();
    for (name, kind) in of_kind {
        match kind {
            "histogram" => there.extend(["_bucket", "_sum", "_count"].map(|part| format!("{name}{part}"))),
            _ => there.extend([name.to_owned()]),
        }
    }
    for file in ["alerts.yml", "grafana-dashboard.json"] {
        let text = std::fs::read_to_string(format!("{}/../../docs/operations/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let asked: BTreeSet<_> =
            text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| word.starts_with("pat_")).collect();
        assert!(asked.len() > 10, "{file} asks for {asked:?}");
        for name in asked {
            assert!(there.contains(name), "{file} asks for {name}, which isn't there");
        }
    }
}
