//! The Web API: RPC-style methods at `/<family>.<method>`, bearer tokens only (design section 5).
//!
//! The order is: size, path and verb, `Authorization`, look-up, scope, arguments, handler. From the look-up of a live token
//! on, every answer has a row in the audit log.

pub mod arguments;
pub mod attribute_groups;
pub mod audit_logs;
pub mod auth;
pub mod describe;
pub mod entities;
pub mod entity_types;
pub mod error;
pub mod initiatives;
pub mod json;
pub mod links;
pub mod lists;
pub mod notice;
pub mod owners;
pub mod query_runs;
pub mod relations;
pub mod reports_of_entities;
pub mod sandbox;
pub mod scorecards;
pub mod snapshots;
pub mod stored;
pub mod studio_reports;
pub mod teams;
pub mod users;
pub mod workflow_runs;
pub mod workflows;

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use pat_core::attempt::Proven;
use pat_core::policy::{Found, Method, Policy};
use pat_core::secret::TokenSecret;
use serde::Serialize;
use serde_json::Value;

pub use self::arguments::{Arguments, RawArguments};
pub use self::error::WebApiError;
pub use self::notice::Notice;
use crate::app::SharedApp;
use crate::client::Client;
use crate::extract::json::read_body;
use crate::metrics::Verdict;
use crate::store::principals::Principal;
use crate::verification::{self, Answer, Ask};

/// What a handler gets: who calls, with what.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The caller. That they may is decided.
    pub principal: &'a Principal,
    /// The arguments.
    pub arguments: &'a Arguments,
    /// The policy table in force.
    pub policy: &'a Policy,
}

/// What a handler answers: the members beside `ok`.
pub type Reply = serde_json::Map<String, Value>;

/// A success as it goes over the wire.
#[derive(Serialize)]
struct Envelope<'a> {
    ok: bool,
    #[serde(flatten)]
    reply: &'a Reply,
}

/// Whether a path is the Web API's: its first segment has a dot.
pub fn is_web_api(path: &str) -> bool {
    path.strip_prefix('/').unwrap_or(path).split('/').next().is_some_and(|segment| segment.contains('.'))
}

/// Answers a call.
pub async fn serve(app: &SharedApp, client: &Client, request: Request) -> Response {
    answer(app, client, request).await.unwrap_or_else(WebApiError::into_response)
}

async fn answer(app: &SharedApp, client: &Client, request: Request) -> Result<Response, WebApiError> {
    let (parts, body) = request.into_parts();
    let body = read_body(Request::new(body)).await?;
    let method = find(&app.policy, parts.method.as_str(), parts.uri.path())?;
    let secret = bearer(&parts.headers).inspect_err(|error| {
        let is_absent = matches!(error, WebApiError::NotAuthed);
        app.metrics.verifications.count(if is_absent { Verdict::Absent } else { Verdict::Malformed });
    })?;
    let raw = RawArguments { query: parts.uri.query().unwrap_or_default(), headers: &parts.headers, body: &body };
    // A reply leaves with its proof only.
    let Answer { reply, notice, proven: Proven { .. }, .. } = verification::answer(app, client, method, &secret, Ask::Run(raw)).await?;
    let mut response = match reply {
        Ok(reply) => respond(method, &reply),
        // Of a paused token, which looks like one that never was.
        Err(error @ WebApiError::InvalidAuth) => return Err(error),
        Err(error) => error.into_response(),
    };
    notice.add_to(response.headers_mut());
    Ok(response)
}

fn respond(method: &Method, reply: &Reply) -> Response {
    let plain = axum::Json(Envelope { ok: true, reply }).into_response();
    let mut response = query_runs::respond(&method.name, reply, plain);
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// The row of a request.
///
/// # Errors
/// If the table has none, or has it with other verbs.
pub fn find<'a>(policy: &'a Policy, verb: &str, path: &str) -> Result<&'a Method, WebApiError> {
    match policy.find(verb, path) {
        Found::Method(method) => Ok(method),
        Found::OtherVerbs(verbs) => Err(WebApiError::WrongVerb(verbs)),
        Found::Nothing => Err(WebApiError::UnknownMethod),
    }
}

/// The token in `Authorization: Bearer …` (RFC 6750; the scheme in any case).
///
/// # Errors
/// If there is none, more than one, or something that can't be a token.
pub fn bearer(headers: &HeaderMap) -> Result<TokenSecret, WebApiError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(WebApiError::NotAuthed)?;
    if values.next().is_some() {
        return Err(WebApiError::TwoCredentials);
    }
    let text = value.to_str().ok().ok_or(WebApiError::InvalidAuth)?;
    let (scheme, token) = text.split_once(' ').ok_or(WebApiError::NotAuthed)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(WebApiError::NotAuthed);
    }
    TokenSecret::parse(token.trim()).ok().ok_or(WebApiError::InvalidAuth)
}

/// DX's form of a numeric id: unpadded base64 of its decimal digits.
pub fn wire_id(id: i64) -> String {
    STANDARD_NO_PAD.encode(id.to_string())
}

/// The number of [`wire_id`]; `None` for what isn't one.
pub fn parse_wire_id(id: &str) -> Option<i64> {
    let digits = String::from_utf8(STANDARD_NO_PAD.decode(id).ok()?).ok()?;
    digits.parse().ok()
}
