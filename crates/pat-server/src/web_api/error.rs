//! The Web API's failures: `{"ok":false,"error":CODE,"error_details":{"message":…}}`, never with a 2xx status.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pat_core::policy::Verb;
use pat_core::wire::Rule;
use serde_json::{Map, Value, json};

use super::Notice;
use crate::error::ApiError;
use crate::store::StoreError;

/// Everything that a Web API call can answer instead of a success.
#[derive(Debug)]
pub enum WebApiError {
    /// No row for the path.
    UnknownMethod,
    /// The path is known, with these verbs.
    WrongVerb(Vec<Verb>),
    /// No bearer token.
    NotAuthed,
    /// More than one `Authorization` header.
    TwoCredentials,
    /// Malformed, unknown, expired, revoked or paused: alike to the byte.
    InvalidAuth,
    /// Too many failed look-ups from this address; the seconds to wait.
    RateLimited(u64),
    /// A call too many of a live token or its account.
    OverLimit(Box<OverLimit>),
    /// Scopes that the token lacks, and all those that the method needs.
    MissingScopes {
        /// Lacking.
        missing: Vec<String>,
        /// Needed.
        needed: Vec<String>,
    },
    /// The method is for another kind of token.
    WrongTokenKind,
    /// A setting of the account refuses the token.
    RefusedBy(Rule),
    /// Arguments to mend: name and what is wrong.
    Arguments(Vec<(String, String)>),
    /// The body isn't JSON or form data; says what is wrong.
    BadBody(String),
    /// Neither JSON nor a form.
    UnsupportedMediaType,
    /// Over 1 MB.
    TooLarge,
    /// No such resource.
    NotFound,
    /// The identifier is taken.
    Conflict,
    /// It can't be deleted: says what needs it.
    InUse(&'static str),
    /// What only one method or family answers.
    Own(OwnError),
    /// The method's row exists, its handler doesn't.
    NotImplemented,
    /// The database.
    Store(StoreError),
    /// A defect of ours.
    Defect(anyhow::Error),
}

/// As much of an argument's name as an answer and the log repeat, in characters.
const MAX_NAME_CHARS: usize = 100;

/// As much of what is wrong as an answer says, in characters.
const MAX_PROBLEM_CHARS: usize = 500;

fn clip(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

/// A call too many.
#[derive(Debug)]
pub struct OverLimit {
    /// Seconds after which there is room for it.
    retry_after: u32,
    notice: Notice,
}

/// An error that one method or family has for itself.
#[derive(Debug)]
pub struct OwnError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl WebApiError {
    /// The code of all that comes too often.
    pub const RATE_LIMITED: &'static str = "rate_limited";

    /// A call too many, after which the caller has to wait so many seconds.
    pub fn over_limit(retry_after: u32, notice: Notice) -> Self {
        Self::OverLimit(Box::new(OverLimit { retry_after, notice }))
    }

    /// What only one method or family answers: a code of the reference, with words of ours.
    pub fn own(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self::Own(OwnError { status, code, message: clip(&message.into(), MAX_PROBLEM_CHARS) })
    }

    /// The caller may call the method, but not do this.
    pub fn not_authorized(message: impl Into<String>) -> Self {
        Self::own(StatusCode::FORBIDDEN, "not_authorized", message)
    }

    /// One refused argument.
    pub fn argument(name: &str, problem: impl Into<String>) -> Self {
        Self::arguments([(name.to_owned(), problem.into())])
    }

    /// Refused arguments: name and what is wrong. Both may repeat what was sent, so they are clipped.
    pub fn arguments(problems: impl IntoIterator<Item = (String, String)>) -> Self {
        let clipped = problems.into_iter().map(|(name, problem)| (clip(&name, MAX_NAME_CHARS), clip(&problem, MAX_PROBLEM_CHARS)));
        Self::Arguments(clipped.collect())
    }

    /// What clients branch on; also the reason in the audit log.
    pub fn code(&self) -> &'static str {
        self.row().1
    }

    /// The status, never one of success.
    pub fn status(&self) -> StatusCode {
        self.row().0
    }

    fn row(&self) -> (StatusCode, &'static str) {
        match self {
            Self::UnknownMethod => (StatusCode::NOT_FOUND, "unknown_method"),
            Self::WrongVerb(_) => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::NotAuthed => (StatusCode::UNAUTHORIZED, "not_authed"),
            Self::TwoCredentials => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::InvalidAuth => (StatusCode::UNAUTHORIZED, "invalid_auth"),
            Self::RateLimited(_) | Self::OverLimit(_) => (StatusCode::TOO_MANY_REQUESTS, Self::RATE_LIMITED),
            Self::MissingScopes { .. } | Self::WrongTokenKind | Self::RefusedBy(_) => (StatusCode::FORBIDDEN, "not_authorized"),
            Self::Arguments(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_arguments"),
            Self::BadBody(_) => (StatusCode::BAD_REQUEST, "invalid_payload"),
            Self::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::Conflict | Self::InUse(_) => (StatusCode::CONFLICT, "conflict"),
            Self::Own(error) => (error.status, error.code),
            Self::NotImplemented => (StatusCode::NOT_IMPLEMENTED, "not_implemented"),
            Self::Store(StoreError::Unavailable(_)) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::Store(StoreError::Defect(_)) | Self::Defect(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// A message, and what it is about.
    pub fn details(&self) -> Map<String, Value> {
        let mut details = Map::new();
        let message = match self {
            Self::UnknownMethod => "There is no such method.".into(),
            Self::WrongVerb(verbs) => format!("This method takes {}.", allow(verbs)),
            Self::NotAuthed => "Send a token: Authorization: Bearer <token>.".into(),
            Self::TwoCredentials => "Send one Authorization header, not several.".into(),
            Self::InvalidAuth => "The token is not valid.".into(),
            Self::RateLimited(seconds) => format!("Too many invalid tokens from this address. Try again in {seconds} seconds."),
            Self::OverLimit(over) => format!("Too many calls within a minute. Try again in {} seconds.", over.retry_after),
            Self::MissingScopes { missing, .. } => {
                details.insert("missing_scopes".into(), json!(missing));
                format!("The token lacks {}. Its owner can add what their role allows.", missing.join(" and "))
            }
            Self::WrongTokenKind => "This method is not for this kind of token.".into(),
            Self::RefusedBy(rule) => {
                details.insert("refused_by".into(), json!(rule));
                format!("Your account's settings refuse this token: {}.", why(*rule))
            }
            Self::Arguments(problems) => {
                let list = problems.iter().map(|(name, problem)| json!({ "argument": name, "message": problem }));
                details.insert("arguments".into(), list.collect());
                problems.iter().map(|(name, problem)| format!("{name}: {problem}")).collect::<Vec<_>>().join(" ")
            }
            Self::BadBody(what) => format!("The body can't be read: {what}."),
            Self::UnsupportedMediaType => "Send arguments as JSON, as a form or in the query.".into(),
            Self::TooLarge => "The body is larger than 1 MB.".into(),
            Self::NotFound => "There is no such resource.".into(),
            Self::Conflict => "The identifier is taken.".into(),
            Self::InUse(by) => format!("It is in use: {by}."),
            Self::Own(error) => error.message.clone(),
            Self::NotImplemented => "This server doesn't implement the method.".into(),
            Self::Store(StoreError::Unavailable(_)) => "The database can't be reached. Try again.".into(),
            Self::Store(StoreError::Defect(_)) | Self::Defect(_) => "Something went wrong here. The request id finds it in the log.".into(),
        };
        details.insert("message".into(), Value::String(message));
        details
    }

    /// What is wrong, in words.
    pub fn message(&self) -> String {
        self.details().get("message").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// RFC 6750, section 3.
    pub fn challenge(&self) -> Option<String> {
        match self {
            Self::NotAuthed => Some("Bearer".into()),
            Self::InvalidAuth => Some(r#"Bearer error="invalid_token""#.into()),
            Self::MissingScopes { needed, .. } => Some(format!(r#"Bearer error="insufficient_scope", scope="{}""#, needed.join(" "))),
            Self::TwoCredentials => Some(r#"Bearer error="invalid_request""#.into()),
            _ => None,
        }
    }
}

impl IntoResponse for WebApiError {
    fn into_response(self) -> Response {
        match &self {
            Self::Store(error @ StoreError::Unavailable(_)) => tracing::warn!(%error, "answered 503"),
            Self::Store(error) => tracing::error!(%error, "answered 500"),
            Self::Defect(error) => tracing::error!(error = format!("{error:#}"), "answered 500"),
            _ => {}
        }
        let (status, code) = self.row();
        let body = json!({ "ok": false, "error": code, "error_details": self.details() });
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = self.challenge().and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        match self {
            Self::WrongVerb(verbs) => {
                if let Ok(value) = HeaderValue::try_from(allow(&verbs)) {
                    headers.insert(header::ALLOW, value);
                }
            }
            Self::RateLimited(seconds) => {
                headers.insert(header::RETRY_AFTER, seconds.into());
            }
            Self::OverLimit(over) => {
                headers.insert(header::RETRY_AFTER, over.retry_after.into());
                over.notice.add_to(headers);
            }
            Self::Store(StoreError::Unavailable(_)) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ if status == StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

fn why(rule: Rule) -> &'static str {
    match rule {
        Rule::MaxLifetime => "it lives longer than they allow",
        Rule::NoExpiration => "it has no expiration",
        Rule::Unused => "it was not used for too long",
        Rule::BlockedScopes => "it holds scopes that are blocked",
        Rule::Features => "it holds scopes of features that are off",
    }
}

fn allow(verbs: &[Verb]) -> String {
    let names = verbs.iter().map(|verb| if *verb == Verb::Get { "GET, HEAD" } else { verb.as_str() });
    names.collect::<Vec<_>>().join(", ")
}

impl From<StoreError> for WebApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<diesel::result::Error> for WebApiError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The errors of reading a body, which both surfaces share.
impl From<ApiError> for WebApiError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::TooLarge => Self::TooLarge,
            ApiError::BadRequest(what) => Self::BadBody(what.trim_end_matches('.').to_lowercase()),
            ApiError::Store(error) => Self::Store(error),
            other => Self::Defect(anyhow::anyhow!("{other:?}")),
        }
    }
}
