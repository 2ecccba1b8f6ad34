//! Arguments from query, form and JSON, merged.

use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::WebApiError;
use crate::cursor;
use crate::extract::json::is_json;

/// Arguments as they came. They are read after the scope was checked.
#[derive(Clone, Copy, Debug)]
pub struct RawArguments<'a> {
    /// The query, without `?`.
    pub query: &'a str,
    /// For the content type.
    pub headers: &'a HeaderMap,
    /// The body; any verb may have one.
    pub body: &'a [u8],
}

/// Named arguments. Those of query and form are strings.
#[derive(Debug, Default)]
pub struct Arguments(Map<String, Value>);

impl RawArguments<'_> {
    /// Reads and merges them.
    ///
    /// # Errors
    /// A body that can't be read; an argument that is named twice with different values.
    pub fn parse(self) -> Result<Arguments, WebApiError> {
        let mut arguments = pairs(self.query.as_bytes())?;
        for (name, value) in self.body()? {
            match arguments.get(&name) {
                Some(other) if !is_same(other, &value) => {
                    return Err(WebApiError::argument(&name, "It stands in the query and in the body, with different values."));
                }
                _ => arguments.insert(name, value),
            };
        }
        match arguments.iter().find(|(name, value)| name.contains('\0') || has_nul(value)) {
            Some((name, _)) => Err(WebApiError::argument(name, "It may not hold NUL characters.")),
            None => Ok(Arguments(arguments)),
        }
    }

    fn body(self) -> Result<Map<String, Value>, WebApiError> {
        // Clients declare JSON on requests without a body.
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if is_json(content_type) {
            match serde_json::from_slice(self.body) {
                Ok(Value::Object(object)) => Ok(object),
                Ok(_) => Err(WebApiError::BadBody("it must be a JSON object".into())),
                Err(error) => Err(WebApiError::BadBody(format!("the mistake is at line {}, column {}", error.line(), error.column()))),
            }
        } else if content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
            pairs(self.body)
        } else {
            Err(WebApiError::UnsupportedMediaType)
        }
    }
}

fn pairs(text: &[u8]) -> Result<Map<String, Value>, WebApiError> {
    let mut arguments = Map::new();
    for (name, value) in url::form_urlencoded::parse(text) {
        let value = Value::String(value.into_owned());
        if arguments.get(name.as_ref()).is_some_and(|other| *other != value) {
            return Err(WebApiError::argument(&name, "It is named twice, with different values."));
        }
        arguments.insert(name.into_owned(), value);
    }
    Ok(arguments)
}

/// Postgres stores no NUL in text or JSON.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// Whether two places mean the same value: 5 in JSON is "5" in a query.
fn is_same(query: &Value, body: &Value) -> bool {
    let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    query == body || (!body.is_object() && !body.is_array() && as_text(query) == as_text(body))
}

impl Arguments {
    /// A text, or `None` where it is absent or null.
    pub fn text(&self, name: &str) -> Result<Option<&str>, WebApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(WebApiError::argument(name, "It must be a text.")),
        }
    }

    /// A text that isn't empty.
    pub fn required(&self, name: &str) -> Result<&str, WebApiError> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| WebApiError::argument(name, "It is required."))
    }

    /// `true` or `false`; absent is `false`.
    pub fn flag(&self, name: &str) -> Result<bool, WebApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if text == "true" => Ok(true),
            Some(Value::String(text)) if text == "false" => Ok(false),
            Some(_) => Err(WebApiError::argument(name, "It must be true or false.")),
        }
    }

    /// `limit`: from 1 to `max`.
    pub fn limit(&self, default: i64, max: i64) -> Result<i64, WebApiError> {
        let number = match self.0.get("limit") {
            None | Some(Value::Null) => return Ok(default),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        let in_range = number.filter(|limit| (1..=max).contains(limit));
        in_range.ok_or_else(|| WebApiError::argument("limit", format!("It must be a number from 1 to {max}.")))
    }

    /// `cursor`, as [`cursor::encode`] made it.
    pub fn cursor<T: DeserializeOwned>(&self) -> Result<Option<T>, WebApiError> {
        let Some(text) = self.text("cursor")?.filter(|text| !text.is_empty()) else { return Ok(None) };
        let position =
            cursor::decode::<Value>(text).filter(|position| !has_nul(position)).and_then(|position| serde_json::from_value(position).ok());
        position.map(Some).ok_or_else(|| WebApiError::argument("cursor", "It is not a next_cursor of this method."))
    }

    /// All arguments as one typed value; members that the type doesn't name are up to the type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, WebApiError> {
        serde_path_to_error::deserialize(Value::Object(self.0.clone())).map_err(|error| {
            let path = error.path().to_string();
            let name = if path == "." { "arguments" } else { &path };
            WebApiError::argument(name, format!("{}.", error.inner()))
        })
    }
}
