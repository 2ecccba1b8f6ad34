//! An id in the path. What isn't one names nothing: 404, like any id that isn't the caller's.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::error::ApiError;

/// The path's only parameter.
#[derive(Debug)]
pub struct Id<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.ok().ok_or(ApiError::NotFound)?;
        text.parse().ok().map(Self).ok_or(ApiError::NotFound)
    }
}
