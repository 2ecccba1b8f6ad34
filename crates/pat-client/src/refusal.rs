//! Why a request doesn't go on, as pat-server's Web API words it.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Map, Value, json};

/// The answer to a request that doesn't go on.
#[derive(Debug)]
pub struct Refusal {
    /// Never one of success.
    pub status: StatusCode,
    /// What clients branch on.
    pub code: Cow<'static, str>,
    /// A message, and what it is about.
    pub details: Box<Map<String, Value>>,
    /// `WWW-Authenticate`.
    pub challenge: Option<Cow<'static, str>>,
    /// Seconds after which it may be tried again.
    pub retry_after: Option<u64>,
}

impl Refusal {
    /// Whether it may go on can't be found out now.
    pub fn unavailable() -> Self {
        let message = "Whether the token may do this can't be found out now. Try again.";
        Self { retry_after: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message) }
    }

    /// No bearer token.
    pub fn not_authed() -> Self {
        let refusal = Self::new(StatusCode::UNAUTHORIZED, "not_authed", "Send a token: Authorization: Bearer <token>.");
        refusal.challenging("Bearer")
    }

    /// No token has this form.
    pub fn invalid_auth() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_auth", "The token is not valid.").challenging(r#"Bearer error="invalid_token""#)
    }

    /// More than one `Authorization` header.
    pub fn two_credentials() -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, "invalid_request", "Send one Authorization header, not several.");
        refusal.challenging(r#"Bearer error="invalid_request""#)
    }

    /// A header asks for another request than this.
    pub fn overridden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "invalid_request", "A header asks to take the request for another one.")
    }

    /// A verb, path and client's name that no batch can hold.
    pub fn too_long() -> Self {
        Self::new(StatusCode::URI_TOO_LONG, "invalid_path", "The path is too long.")
    }

    fn new(status: StatusCode, code: &'static str, message: &str) -> Self {
        let details = Map::from_iter([("message".to_owned(), Value::from(message))]);
        Self { status, code: code.into(), details: Box::new(details), challenge: None, retry_after: None }
    }

    fn challenging(self, challenge: &'static str) -> Self {
        Self { challenge: Some(challenge.into()), ..self }
    }

    /// As an answer of HTTP.
    pub fn into_response(self) -> Response<Full<Bytes>> {
        let body = json!({ "ok": false, "error": self.code, "error_details": self.details });
        let mut response = Response::new(Full::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = self.challenge.and_then(|text| HeaderValue::try_from(text.as_ref()).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
