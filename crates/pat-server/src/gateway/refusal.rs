//! Why a request may not go on, in statuses that gateways understand: nginx knows 401 and 403, and takes the rest for a failure.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pat_core::target::NotCanonical;
use serde_json::{Map, Value, json};

use crate::web_api::WebApiError;

/// Why not.
#[derive(Debug)]
pub enum Refused {
    /// What the gateway tells of the request is missing or contradicts itself.
    Request(&'static str),
    /// An upstream could read the path otherwise than it was matched.
    Target(NotCanonical),
    /// As the Web API would refuse it.
    Call(WebApiError),
}

impl Refused {
    /// What clients branch on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(_) => "invalid_request",
            Self::Target(_) => "invalid_path",
            Self::Call(error) => error.code(),
        }
    }

    /// A message, and what it is about.
    pub fn details(&self) -> Map<String, Value> {
        let message = match self {
            Self::Call(error) => return error.details(),
            Self::Request(what) => format!("{what}."),
            Self::Target(problem) => format!("The path can be read in two ways: {problem}."),
        };
        Map::from_iter([("message".to_owned(), Value::String(message))])
    }

    /// The status, which is never one of success.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Request(_) | Self::Target(_) => StatusCode::FORBIDDEN,
            Self::Call(error) => match error.status() {
                status @ (StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS) => status,
                status if status.is_server_error() => status,
                _ => StatusCode::FORBIDDEN,
            },
        }
    }
}

impl From<WebApiError> for Refused {
    fn from(error: WebApiError) -> Self {
        Self::Call(error)
    }
}

impl From<NotCanonical> for Refused {
    fn from(problem: NotCanonical) -> Self {
        Self::Target(problem)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code, details) = (self.status(), self.code(), self.details());
        if let Self::Call(error) = self {
            let mut response = error.into_response();
            *response.status_mut() = status;
            response.headers_mut().remove(header::ALLOW);
            return response;
        }
        let body = json!({ "ok": false, "error": code, "error_details": details });
        let mut response = (status, Json(body)).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
