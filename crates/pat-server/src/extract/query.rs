//! A query, with errors that name the field.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use pat_core::wire::FieldCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::json;
use crate::error::ApiError;

/// The query, of which every field is known to `T`. All values are texts.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let mut fields = Map::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if fields.insert(name.clone().into_owned(), Value::String(value.into_owned())).is_some() {
                return Err(ApiError::field(&name, FieldCode::Duplicate));
            }
        }
        json::read(Value::Object(fields)).map(Self)
    }
}
