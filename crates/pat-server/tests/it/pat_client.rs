//! A service that asks for itself, with the layer of `pat-client` around it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json, Router};
use futures_util::future::join_all;
use futures_util::poll;
use pat_client::{Identity, PatLayer};
use pat_core::policy::Policy;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;

use crate::support::{Server, json};

const SHOP: &str = r#"
everyone = ["items:read"]
features = []
scopes = [
  { name = "items:read", group = "Items", access = "read", description = "Read items" },
  { name = "items:write", group = "Items", access = "write", description = "Change items" },
]
roles = [{ name = "workspace_admin", label = "Admin", description = "Everything", scopes = "all" }]
methods = [
  { name = "items.list", verb = "GET", paths = ["/v1/items"], scopes = ["items:read"] },
  { name = "items.change", verb = "PUT", paths = ["/v1/items/{id}"], scopes = ["items:read", "items:write"] },
]
"#;

/// A server that this machine may ask.
async fn shop() -> Server {
    Server::start_with(|app| {
        app.policy = Policy::parse(SHOP).unwrap();
        app.gateways = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await
}

/// An API behind the layer.
struct Api {
    router: Router,
    /// Requests that came through.
    served: Arc<AtomicU32>,
}

/// What the client got.
#[derive(Debug, PartialEq, Eq)]
struct Got {
    status: u16,
    body: Value,
    challenge: String,
    retry_after: String,
}

type Asked = Pin<Box<dyn Future<Output = Got> + Send>>;

impl Api {
    fn of(base: &str) -> Self {
        Self::behind(PatLayer::new(base).unwrap())
    }

    fn behind(layer: PatLayer) -> Self {
        let served = Arc::new(AtomicU32::new(0));
        let router = Router::new().fallback(whoami).with_state(served.clone()).layer(layer);
        Self { router, served }
    }

    fn ask(&self, verb: &str, uri: &str, token: Option<&str>) -> Asked {
        let mut request = Request::builder().method(verb).uri(uri).header("user-agent", "scanner/2");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = self.router.clone().oneshot(request.body(Body::empty()).unwrap());
        Box::pin(async { Got::of(answer.await.unwrap()).await })
    }

    fn list(&self, token: &str) -> Asked {
        self.ask("GET", "/v1/items", Some(token))
    }

    fn served(&self) -> u32 {
        self.served.load(Ordering::Relaxed)
    }
}

impl Got {
    async fn of(response: Response) -> Self {
        let (head, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let header = |name| head.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        Self {
            status: head.status.as_u16(),
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            challenge: header(header::WWW_AUTHENTICATE),
            retry_after: header(header::RETRY_AFTER),
        }
    }

    fn verdict(&self) -> (u16, &str) {
        (self.status, self.body["error"].as_str().unwrap_or(""))
    }

    /// Nobody could say whether it may.
    fn is_unavailable(&self) -> bool {
        self.verdict() == (503, "unavailable") && self.retry_after == "1"
    }
}

async fn whoami(State(served): State<Arc<AtomicU32>>, Extension(identity): Extension<Identity>, headers: HeaderMap) -> Json<Value> {
    served.fetch_add(1, Ordering::Relaxed);
    let user = identity.user.map(|user| (user.id, user.email));
    Json(
        json!({ "token": identity.token_id, "user": user, "scopes": identity.scopes, "with_token": headers.contains_key("authorization") }),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_comes_through_with_an_identity_and_is_on_record() {
    let server = shop().await;
    let (bearer, id) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
    let api = Api::behind(PatLayer::new(&server.base).unwrap().client_ip(|_| Some([198, 51, 100, 7].into())));
    let got = api.ask("GET", "/v1/items?x=1", Some(&bearer.token)).await;
    let user = json!([server.user_id("member@demo.test").await, "member@demo.test"]);
    assert_eq!((got.status, got.body), (200, json!({ "token": id, "user": user, "scopes": ["items:read"], "with_token": false })));
    assert_eq!(api.ask("HEAD", "/v1/items", Some(&bearer.token)).await.status, 200);

    let admin = server.sign_in("admin@demo.test").await;
    let request = json!({ "name": "job", "expiration": { "type": "never" }, "scopes": ["items:write", "items:read"] });
    let organization = admin.post("/api/admin/organization-tokens", request).await.body["token"].as_str().unwrap().to_owned();
    let got = api.ask("PUT", "/v1/items/7", Some(&organization)).await;
    assert_eq!((got.status, &got.body["user"]), (200, &Value::Null));

    let rows = server
        .texts("SELECT concat_ws(' ', outcome, method, context->>'forwarded_path', host(ip), user_agent) AS text FROM audit_log WHERE event_type = 'web_api.called' ORDER BY time")
        .await;
    let of = |what: &str| format!("succeeded {what} 198.51.100.7 scanner/2");
    assert_eq!(rows, [of("items.list /v1/items"), of("items.list /v1/items"), of("items.change /v1/items/7")]);
    assert_eq!(api.served(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_answered_as_the_server_would_and_goes_no_further() {
    let server = shop().await;
    let owner = server.sign_in("member@demo.test").await;
    let ((bearer, _), (dead, dead_id)) = (server.token(&owner, &["items:read"]).await, server.token(&owner, &["items:read"]).await);
    assert_eq!(owner.delete_token(&dead_id).await.status, 204);
    let api = Api::of(&server.base);
    for (verb, uri, token, verdict) in [
        ("GET", "/v1/items", None, (401, "not_authed")),
        ("GET", "/v1/items", Some("nonsense"), (401, "invalid_auth")),
        ("GET", "/v1/items", Some(dead.token.as_str()), (401, "invalid_auth")),
        ("PUT", "/v1/items/7", Some(bearer.token.as_str()), (403, "not_authorized")),
        ("GET", "/v1/secrets", Some(bearer.token.as_str()), (403, "unknown_method")),
        ("DELETE", "/v1/items", Some(bearer.token.as_str()), (403, "method_not_allowed")),
        ("GET", "/v1/../v1/items", Some(bearer.token.as_str()), (403, "invalid_path")),
        ("GET", "/v1/items%2F", Some(bearer.token.as_str()), (403, "invalid_path")),
    ] {
        let got = api.ask(verb, uri, token).await;
        assert_eq!(got.verdict(), verdict, "{verb} {uri}: {got:?}");
        // The same question as a gateway asks it.
        let mut request = reqwest::Client::new().get(format!("{}/gateway/authorize", server.base));
        request = request.header("x-original-method", verb).header("x-original-uri", uri);
        let response = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth).send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (status, challenge, retry_after) = (response.status().as_u16(), header("www-authenticate"), header("retry-after"));
        let body = response.json().await.unwrap();
        assert_eq!(got, Got { status, body, challenge, retry_after }, "{verb} {uri}");
    }
    let overridden =
        Request::get("/v1/items").header("authorization", format!("Bearer {}", bearer.token)).header("x-http-method-override", "PUT");
    let got = Got::of(api.router.clone().oneshot(overridden.body(Body::empty()).unwrap()).await.unwrap()).await;
    assert_eq!(got.verdict(), (403, "invalid_request"));
    assert_eq!(api.served(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_token_is_dead_for_the_next_request() {
    let server = shop().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["items:read"]).await;
    let api = Api::of(&server.base);
    assert_eq!(api.list(&bearer.token).await.status, 200);
    assert_eq!(owner.delete_token(&id).await.status, 204);
    let got = api.list(&bearer.token).await;
    assert_eq!((got.verdict(), got.challenge.as_str()), ((401, "invalid_auth"), r#"Bearer error="invalid_token""#));
    assert_eq!(api.served(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_say_is_refused() {
    let server = shop().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
    let nobody_listens = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let not_a_gateway = Server::start().await;
    for base in [&nobody_listens, &not_a_gateway.base] {
        let api = Api::of(base);
        let got = api.list(&bearer.token).await;
        assert!(got.is_unavailable(), "{got:?}");
        assert_eq!(api.served(), 0);
    }
    // Not recorded, so not allowed.
    server.sql("ALTER TABLE audit_events ADD CONSTRAINT none CHECK (event_type <> 'web_api.called') NOT VALID").await;
    let api = Api::of(&server.base);
    assert!(api.list(&bearer.token).await.status >= 500);
    assert_eq!(api.served(), 0);
}

/// Stands between the layer and the server, sees what travels, and lets it pass when it is told to.
struct Middle {
    base: String,
    /// Requests in each batch so far.
    seen: watch::Receiver<Vec<usize>>,
    door: Arc<Semaphore>,
}

struct Passing {
    target: String,
    seen: watch::Sender<Vec<usize>>,
    door: Arc<Semaphore>,
    /// Verdicts that get lost.
    lost: usize,
}

impl Middle {
    async fn to(server: &Server) -> Self {
        Self::losing(server, 0).await
    }

    async fn losing(server: &Server, lost: usize) -> Self {
        let (sender, seen) = watch::channel(Vec::new());
        let door = Arc::new(Semaphore::new(0));
        let target = format!("{}/gateway/authorize/batch", server.base);
        let passing = Arc::new(Passing { target, seen: sender, door: door.clone(), lost });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(passing);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, seen, door }
    }

    /// Waits until so many requests have come, whatever the batches.
    async fn saw(&self, requests: usize) -> Vec<usize> {
        self.seen.clone().wait_for(|sizes| sizes.iter().sum::<usize>() == requests).await.unwrap().clone()
    }

    /// Four batches that are under way, one request in each: who comes now has to wait.
    async fn occupy(&self, api: &Api, token: &str) -> Vec<Asked> {
        let mut waiting = Vec::new();
        for number in 1..=4 {
            waiting.push(asked(api.list(token)).await);
            self.saw(number).await;
        }
        waiting
    }
}

async fn pass(State(passing): State<Arc<Passing>>, Json(batch): Json<Value>) -> Response {
    passing.seen.send_modify(|sizes| sizes.push(batch["requests"].as_array().unwrap().len()));
    passing.door.acquire().await.unwrap().forget();
    let mut answer: Value = reqwest::Client::new().post(&passing.target).json(&batch).send().await.unwrap().json().await.unwrap();
    let verdicts = answer["verdicts"].as_array_mut().unwrap();
    verdicts.truncate(verdicts.len() - passing.lost);
    (StatusCode::OK, Json(answer)).into_response()
}

/// The request after it has joined those who wait.
async fn asked(mut request: Asked) -> Asked {
    assert!(poll!(&mut request).is_pending());
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_at_the_same_time_travels_together() {
    let server = shop().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
    let middle = Middle::to(&server).await;
    let api = Api::behind(PatLayer::new(&middle.base).unwrap().timeout(Duration::from_secs(30)));
    let mut waiting = middle.occupy(&api, &bearer.token).await;
    for _request in 0..300 {
        waiting.push(asked(api.list(&bearer.token)).await);
    }
    assert_eq!(*middle.seen.borrow(), [1; 4], "four batches are under way, no more");
    middle.door.add_permits(100);
    assert!(join_all(waiting).await.iter().all(|got| got.status == 200));
    let mut sizes = middle.saw(304).await;
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 1, 1, 1, 44, 256]);
    assert_eq!(api.served(), 304);
    assert_eq!(server.count("audit_events WHERE event_type = 'web_api.called'").await, 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_takes_nobody_s_verdict_along() {
    let server = shop().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
    let middle = Middle::to(&server).await;
    let api = Api::behind(PatLayer::new(&middle.base).unwrap().timeout(Duration::from_secs(30)));
    let mut waiting = middle.occupy(&api, &bearer.token).await;
    let mut together = Vec::new();
    for _request in 0..6 {
        together.push(asked(api.list(&bearer.token)).await);
    }
    // One before it set off, two while their batch is under way, and one whose batch was its own.
    drop(together.remove(0));
    middle.door.add_permits(1);
    assert_eq!(middle.saw(9).await, [1, 1, 1, 1, 5]);
    together.truncate(3);
    drop(waiting.remove(3));
    middle.door.add_permits(100);
    waiting.extend(together);
    let got = join_all(waiting).await;
    assert!(got.len() == 6 && got.iter().all(|got| got.status == 200), "{got:?}");
    assert_eq!(api.list(&bearer.token).await.status, 200, "the next one finds its way");
    assert_eq!(api.served(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_verdict_too_few_nobody_comes_through() {
    let server = shop().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
    let middle = Middle::losing(&server, 1).await;
    let api = Api::of(&middle.base);
    let mut waiting = middle.occupy(&api, &bearer.token).await;
    for _request in 0..5 {
        waiting.push(asked(api.list(&bearer.token)).await);
    }
    middle.door.add_permits(100);
    let got = join_all(waiting).await;
    assert_eq!(middle.saw(9).await, [1, 1, 1, 1, 5]);
    assert!(got.iter().all(Got::is_unavailable), "{got:?}");
    assert_eq!(api.served(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_longer_than_the_time_out() {
    let server = shop().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
    let middle = Middle::to(&server).await;
    let api = Api::behind(PatLayer::new(&middle.base).unwrap().timeout(Duration::from_millis(200)));
    // Some under way, some who never set off.
    let got = join_all((0..20).map(|_| api.list(&bearer.token))).await;
    assert!(got.iter().all(Got::is_unavailable), "{got:?}");
    assert_eq!(api.served(), 0);
    middle.door.add_permits(1000);
    let patient = Api::of(&middle.base);
    assert_eq!(patient.list(&bearer.token).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_paths_don_t_crowd_others_out() {
    let server = shop().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
    let middle = Middle::to(&server).await;
    let api = Api::behind(PatLayer::new(&middle.base).unwrap().timeout(Duration::from_secs(30)));
    let mut waiting = middle.occupy(&api, &bearer.token).await;
    // Together they are larger than what the server reads.
    let long = format!("/v1/items?q={}", "x".repeat(60_000));
    for _request in 0..20 {
        waiting.push(asked(api.ask("GET", &long, Some(&bearer.token))).await);
    }
    waiting.push(asked(api.list(&bearer.token)).await);
    middle.door.add_permits(1000);
    let got = join_all(waiting).await;
    assert!(got.iter().all(|got| got.status == 200), "{:?}", got.iter().map(|got| got.status).collect::<Vec<_>>());
}

#[test]
fn nothing_that_is_shown_holds_more_than_the_server_s_address() {
    let shown = format!("{:?}", PatLayer::new("http://127.0.0.1:3000").unwrap());
    assert!(shown.contains("http://127.0.0.1:3000/gateway/authorize/batch") && !shown.contains("line"), "{shown}");
}
