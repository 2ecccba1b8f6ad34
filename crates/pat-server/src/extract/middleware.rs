//! What happens to every request before and after its handler.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::MAX_BODY;
use super::json::throw_away;
use super::uncancelled::Uncancelled;
use crate::app::{App, SharedApp};
use crate::client::Client;
use crate::error::ApiError;
use crate::metrics::http::Route;
use crate::store::StoreError;
use crate::traces;
use crate::web_api::{self, WebApiError};

/// How long a client waits at most. The work itself goes on.
const LIMIT: Duration = Duration::from_secs(30);

/// How often a wait looks whether the server is about to end.
const LOOK: Duration = Duration::from_secs(1);

/// How long the work may take. Then it is dropped, and with it its connection, which ends its transaction.
const WORK_LIMIT: Duration = Duration::from_mins(1);

/// What the page may load and do: only this origin's files, no inline script or style.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Headers of every answer.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Reads who sent the request, runs it, and adds the headers of every answer. A client that hangs up drops this, but not the
/// work: nothing is cancelled half-way.
pub async fn serve(State(app): State<SharedApp>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let client = Client::read(request.headers(), peer, &app.trusted_proxies);
    let request_id = client.request_id;
    let is_web_api = web_api::is_web_api(request.uri().path());
    let (route, since) = (Route::of(&request, &app.policy), Instant::now());
    request.extensions_mut().insert(client);
    let span = traces::request(&route, request_id);
    let mut response = if declares_too_much(&request) {
        throw_away(request.into_body()).await;
        error(is_web_api, ApiError::TooLarge)
    } else {
        let work = next.run(request).instrument(span.clone());
        wait(&app, Uncancelled::new(work, &app.background, Instant::now() + WORK_LIMIT))
            .await
            .unwrap_or_else(|failure| error(is_web_api, failure))
    };
    span.record("http.response.status_code", response.status().as_u16());
    app.metrics.requests.count(&route, response.status().as_u16(), since.elapsed());
    let headers = response.headers_mut();
    headers.reserve(HEADERS.len() + 1);
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    if let Ok(value) = HeaderValue::from_str(&request_id.to_string()) {
        headers.insert("x-request-id", value);
    }
    response
}

/// Waits for a request's work as long as a client should.
async fn wait<F>(app: &App, work: Uncancelled<F>) -> Result<Response, ApiError>
where
    F: Future<Output = Response> + Send + 'static,
{
    let since = Instant::now();
    let mut work = pin!(work);
    loop {
        match tokio::time::timeout(LOOK, &mut work).await {
            Ok(Ok(response)) => return Ok(response),
            // What it says was printed when it happened.
            Ok(Err(_panic)) => return Err(ApiError::Defect(anyhow::anyhow!("a panic"))),
            Err(_) if app.last_call.load(Ordering::Relaxed) => return Err(StoreError::Unavailable("the server stops".into()).into()),
            Err(elapsed) if since.elapsed() >= LIMIT => {
                // A slow client is as possible as a database that has stopped talking, which must not keep others waiting.
                app.store.doubt();
                return Err(StoreError::Unavailable(elapsed.into()).into());
            }
            Err(_) => {}
        }
    }
}

fn declares_too_much(request: &Request) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    length.is_some_and(|length| length > MAX_BODY)
}

fn error(is_web_api: bool, error: ApiError) -> Response {
    match error {
        error if !is_web_api => error.into_response(),
        ApiError::TooLarge => WebApiError::TooLarge.into_response(),
        ApiError::Store(error) => WebApiError::Store(error).into_response(),
        other => WebApiError::Defect(anyhow::anyhow!("{other:?}")).into_response(),
    }
}

/// Unsafe calls of the Console API pass only from this origin's own page (design section 8).
pub async fn same_origin(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let may_pass = is_safe || comes_from(app.public_url.origin(), request.headers());
    let mut response = if may_pass { next.run(request).await } else { ApiError::CrossSite.into_response() };
    // Answers are for one person at one moment, and some hold a secret.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn comes_from(origin: &str, headers: &HeaderMap) -> bool {
    match headers.get(header::ORIGIN) {
        Some(sent) => sent.as_bytes() == origin.as_bytes(),
        None => headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin"),
    }
}

/// The answer to a verb that a path of the Console API doesn't take; axum adds `Allow`.
pub async fn method_not_allowed() -> Response {
    ApiError::MethodNotAllowed.into_response()
}
