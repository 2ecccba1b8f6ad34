//! A JSON body, with errors that name the place or the field.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use pat_core::wire::{FieldCode, FieldError};
use serde::Deserializer;
use serde::de::DeserializeOwned;

use super::MAX_BODY;
use crate::error::ApiError;

/// Unknown fields that an answer names: a body full of them is no reason for an answer as long.
const MAX_ERRORS: usize = 20;

/// The longest field name that an answer repeats, in characters.
const MAX_PATH_CHARS: usize = 100;

/// How much of a body that is too large is read, in bytes.
const MAX_THROWN_AWAY: usize = 16 * MAX_BODY;

/// For how long.
const PATIENCE: Duration = Duration::from_secs(2);

/// The body, of which every field is known to `T`.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(is_json) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let body = read_body(request).await?;
        parse(&body).map(Self)
    }
}

/// Reads a whole body.
///
/// # Errors
/// [`ApiError::TooLarge`], or a bad request if the client stopped in the middle of it.
pub async fn read_body(request: Request) -> Result<bytes::Bytes, ApiError> {
    let mut body = request.into_body();
    match Limited::new(&mut body, MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            throw_away(body).await;
            Err(ApiError::TooLarge)
        }
        Err(_) => Err(ApiError::BadRequest("The body ended too early.")),
    }
}

/// Reads on without keeping anything, for a while: most clients send all of a body before they read the answer, and one whose connection is
/// closed before that may never see it.
pub async fn throw_away(mut body: Body) {
    let read = async {
        let mut left = MAX_THROWN_AWAY;
        while left > 0 {
            let Some(Ok(frame)) = body.frame().await else { return };
            left = left.saturating_sub(frame.data_ref().map_or(0, bytes::Bytes::len));
        }
    };
    // Whoever takes longer gets the answer while they send.
    let _took_too_long = tokio::time::timeout(PATIENCE, read).await;
}

/// Whether a content type is `application/json`, whatever its parameters.
pub fn is_json(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = read(&mut reader)?;
    reader.end().map_err(|error| ApiError::BadJson(place(&error)))?;
    // serde reads a struct from an array as well, which no caller means.
    if body.trim_ascii_start().starts_with(b"{") { Ok(value) } else { Err(ApiError::field("body", FieldCode::Invalid)) }
}

/// Reads a value and names each field that `T` doesn't know.
pub(super) fn read<'de, T: DeserializeOwned>(source: impl Deserializer<'de, Error = serde_json::Error>) -> Result<T, ApiError> {
    let mut unknown = Vec::new();
    let mut note_unknown = |path: serde_ignored::Path<'_>| {
        if unknown.len() < MAX_ERRORS {
            unknown.push(FieldError::new(&clip(&path.to_string()), FieldCode::UnknownField));
        }
    };
    let watched = serde_ignored::Deserializer::new(source, &mut note_unknown);
    let value = serde_path_to_error::deserialize(watched).map_err(|error| refusal(&error))?;
    if unknown.is_empty() { Ok(value) } else { Err(ApiError::Invalid(unknown)) }
}

/// As much of a field's name as an answer repeats.
fn clip(path: &str) -> String {
    path.chars().take(MAX_PATH_CHARS).collect()
}

fn refusal(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    if error.inner().is_data() {
        // The path is "." for a body that isn't an object at all.
        let path = error.path().to_string();
        let field = if path == "." { "body" } else { &path };
        ApiError::field(&clip(field), FieldCode::Invalid)
    } else {
        ApiError::BadJson(place(error.inner()))
    }
}

/// Line and column only: the parser's own text would quote the input.
fn place(error: &serde_json::Error) -> String {
    format!("the mistake is at line {}, column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use pat_core::wire::{CreateToken, EditToken};

    use super::*;

    fn fields<T: DeserializeOwned + std::fmt::Debug>(body: &str) -> Vec<(String, FieldCode)> {
        match parse::<T>(body.as_bytes()).unwrap_err() {
            ApiError::Invalid(errors) => errors.into_iter().map(|error| (error.field, error.code)).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn unknown_and_mistyped_fields_are_named() {
        assert_eq!(fields::<EditToken>(r#"{"expires_at": null}"#), [("expires_at".into(), FieldCode::UnknownField)]);
        assert_eq!(fields::<EditToken>(r#"{"name": 1}"#), [("name".into(), FieldCode::Invalid)]);
        assert_eq!(fields::<CreateToken>(r#"{"scopes": ["a", 1]}"#), [("scopes[1]".into(), FieldCode::Invalid)]);
        let extra = r#"{"expiration": {"type": "days", "days": 7, "hours": 1}}"#;
        assert_eq!(fields::<CreateToken>(extra), [("expiration".into(), FieldCode::Invalid)]);
        assert_eq!(fields::<CreateToken>("[]"), [("body".into(), FieldCode::Invalid)]);
    }

    #[test]
    fn broken_json_says_where() {
        for (body, place) in [("{\n  \"name\": }", "line 2, column 11"), ("{} x", "line 1, column 4"), ("", "line 1, column 0")] {
            match parse::<EditToken>(body.as_bytes()).unwrap_err() {
                ApiError::BadJson(text) => assert!(text.contains(place), "{body:?}: {text}"),
                other => panic!("{body:?}: {other:?}"),
            }
        }
    }
}
