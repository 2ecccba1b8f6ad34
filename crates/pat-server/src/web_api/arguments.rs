//! Arguments from query, form and JSON, merged.

use std::collections::HashSet;

use axum::http::{HeaderMap, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::WebApiError;
use super::json::Unambiguous;
use crate::cursor;
use crate::extract::json::is_json;

/// The longest identifier that is chosen by a caller, in characters: it is part of an index.
const MAX_IDENTIFIER_CHARS: usize = 255;

/// Refused arguments that an answer names.
const MAX_PROBLEMS: usize = 20;

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
pub struct Arguments {
    members: Map<String, Value>,
    /// Names of those that came as text, whatever they mean.
    texts: HashSet<String>,
}

impl RawArguments<'_> {
    /// Reads and merges them.
    ///
    /// # Errors
    /// A body that can't be read; an argument that is named twice with different values.
    pub fn parse(self) -> Result<Arguments, WebApiError> {
        let query = pairs(self.query.as_bytes())?;
        let body = self.body()?;
        let differ = query.iter().filter(|(name, value)| body.get(*name).is_some_and(|other| !is_same(value, other)));
        let differ: Vec<_> = differ.take(MAX_PROBLEMS).map(|(name, _)| (name.clone(), DIFFERS.to_owned())).collect();
        if !differ.is_empty() {
            return Err(WebApiError::arguments(differ));
        }
        let from_json = if self.is_form() { None } else { Some(&body) };
        let texts = query.keys().chain(self.is_form().then_some(&body).into_iter().flat_map(Map::keys));
        let texts = texts.filter(|name| from_json.is_none_or(|body| !body.contains_key(*name))).cloned().collect();
        let members: Map<String, Value> = query.into_iter().chain(body).collect();
        match members.iter().find(|(name, value)| name.contains('\0') || has_nul(value)) {
            Some((name, _)) => Err(WebApiError::argument(name, "It may not hold NUL characters.")),
            None => Ok(Arguments { members, texts }),
        }
    }

    fn body(self) -> Result<Map<String, Value>, WebApiError> {
        // Clients declare JSON on requests without a body.
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        if self.is_form() {
            pairs(self.body)
        } else if is_json(self.content_type()) {
            match serde_json::from_slice(self.body) {
                Ok(Unambiguous(Value::Object(object))) => Ok(object),
                Ok(_) => Err(WebApiError::BadBody("it must be a JSON object".into())),
                Err(error) => {
                    let what = if error.is_data() { "a key stands twice" } else { "the mistake is" };
                    Err(WebApiError::BadBody(format!("{what} at line {}, column {}", error.line(), error.column())))
                }
            }
        } else {
            Err(WebApiError::UnsupportedMediaType)
        }
    }

    fn is_form(self) -> bool {
        self.content_type().split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    }

    fn content_type(&self) -> &str {
        self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

const DIFFERS: &str = "It stands in the query and in the body, with different values.";

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
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(WebApiError::argument(name, "It must be a text.")),
        }
    }

    /// A text that says something; empty is absent.
    pub fn filled(&self, name: &str) -> Result<Option<&str>, WebApiError> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()))
    }

    /// A text that isn't empty.
    pub fn required(&self, name: &str) -> Result<&str, WebApiError> {
        self.filled(name)?.ok_or_else(|| missing(name))
    }

    /// Several texts that aren't empty; the refusal names all that are missing or no texts.
    pub fn all_required<const N: usize>(&self, names: [&str; N]) -> Result<[&str; N], WebApiError> {
        let found = names.map(|name| self.required(name));
        let mut problems = Vec::new();
        let texts = found.map(|found| match found {
            Ok(text) => text,
            Err(WebApiError::Arguments(refused)) => {
                problems.extend(refused);
                ""
            }
            Err(_) => "",
        });
        if problems.is_empty() { Ok(texts) } else { Err(WebApiError::arguments(problems)) }
    }

    /// One of a few words.
    pub fn choice<'a>(&'a self, name: &str, words: &[&str]) -> Result<Option<&'a str>, WebApiError> {
        let Some(text) = self.filled(name)? else { return Ok(None) };
        one_of(name, text, words).map(Some)
    }

    /// `true` or `false`.
    pub fn optional_flag(&self, name: &str) -> Result<Option<bool>, WebApiError> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if text == "true" => Ok(Some(true)),
            Some(Value::String(text)) if text == "false" => Ok(Some(false)),
            Some(_) => Err(WebApiError::argument(name, "It must be true or false.")),
        }
    }

    /// `true` or `false`; absent is `false`.
    pub fn flag(&self, name: &str) -> Result<bool, WebApiError> {
        Ok(self.optional_flag(name)?.unwrap_or(false))
    }

    /// A number from `min` to `max`.
    pub fn number(&self, name: &str, min: i64, max: i64) -> Result<Option<i64>, WebApiError> {
        let number = match self.members.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        let in_range = number.filter(|number| (min..=max).contains(number));
        let range = if max == i64::MAX { format!("of at least {min}") } else { format!("from {min} to {max}") };
        in_range.map(Some).ok_or_else(|| WebApiError::argument(name, format!("It must be a number {range}.")))
    }

    /// `limit`: from 1 to `max`.
    pub fn limit(&self, default: i64, max: i64) -> Result<i64, WebApiError> {
        Ok(self.number("limit", 1, max)?.unwrap_or(default))
    }

    /// `cursor`, as [`cursor::encode`] made it.
    pub fn cursor<T: DeserializeOwned>(&self) -> Result<Option<T>, WebApiError> {
        let Some(text) = self.filled("cursor")? else { return Ok(None) };
        let position =
            cursor::decode::<Value>(text).filter(|position| !has_nul(position)).and_then(|position| serde_json::from_value(position).ok());
        position.map(Some).ok_or_else(bad_cursor)
    }

    /// The arguments whose names begin with a prefix, by the rest of their names.
    pub fn with_prefix(&self, prefix: &str) -> Map<String, Value> {
        let rest = |(name, value): (&String, &Value)| Some((name.strip_prefix(prefix)?.to_owned(), value.clone()));
        self.members.iter().filter_map(rest).collect()
    }

    /// Texts in a list with commas; surrounding space doesn't count.
    pub fn comma_list(&self, name: &str) -> Result<Vec<&str>, WebApiError> {
        let text = self.filled(name)?.unwrap_or_default();
        Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect())
    }

    /// An identifier that the caller gives to something new.
    pub fn new_identifier(&self, name: &str) -> Result<&str, WebApiError> {
        let identifier = self.required(name)?;
        if identifier.chars().count() <= MAX_IDENTIFIER_CHARS && !identifier.chars().any(char::is_control) {
            return Ok(identifier);
        }
        let rule = format!("It has at most {MAX_IDENTIFIER_CHARS} characters, none of them control characters.");
        Err(WebApiError::argument(name, rule))
    }

    /// All arguments as one typed value.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, WebApiError> {
        self.read_and_rest().map(|(value, _)| value)
    }

    /// All arguments as one typed value, and those that it doesn't name. What a query or a form holds is a text; where the type
    /// wants something else, the text is read as JSON. The refusal names every argument of a wrong type.
    pub fn read_and_rest<T: DeserializeOwned>(&self) -> Result<(T, Map<String, Value>), WebApiError> {
        let (mut members, mut texts, mut problems) = (self.members.clone(), self.texts.clone(), Vec::new());
        loop {
            let mut rest = Vec::new();
            let error = match read(&members, &mut rest) {
                Ok(_) if !problems.is_empty() => return Err(WebApiError::arguments(problems)),
                Ok(value) => {
                    members.retain(|name, _| rest.contains(name));
                    return Ok((value, members));
                }
                Err(error) => error,
            };
            let path = error.path().to_string();
            let name = path.split(['.', '[']).next().unwrap_or_default().to_owned();
            // What isn't wrong at one argument, is missing. Nothing more is learned without it.
            let Some(value) = members.get_mut(&name).filter(|_| problems.len() < MAX_PROBLEMS) else {
                problems.push((if path == "." { "arguments".to_owned() } else { path }, format!("{}.", error.inner())));
                return Err(WebApiError::arguments(problems));
            };
            let as_json = value.as_str().filter(|_| texts.remove(&name)).and_then(|text| serde_json::from_str::<Unambiguous>(text).ok());
            if let Some(Unambiguous(json)) = as_json {
                *value = json;
            } else {
                problems.push((path, format!("{}.", error.inner())));
                members.shift_remove(&name);
            }
        }
    }
}

type ReadError = serde_path_to_error::Error<serde_json::Error>;

fn read<T: DeserializeOwned>(members: &Map<String, Value>, rest: &mut Vec<String>) -> Result<T, ReadError> {
    let mut note = |path: serde_ignored::Path<'_>| {
        if let serde_ignored::Path::Map { parent, key } = &path
            && matches!(parent, serde_ignored::Path::Root)
        {
            rest.push(key.clone());
        }
    };
    let watched = serde_ignored::Deserializer::new(Value::Object(members.clone()), &mut note);
    serde_path_to_error::deserialize(watched)
}

/// An argument that must be there and isn't.
pub fn missing(name: &str) -> WebApiError {
    WebApiError::argument(name, "It is required.")
}

/// A cursor that no page of the method ended with.
pub fn bad_cursor() -> WebApiError {
    WebApiError::argument("cursor", "It is not a next_cursor of this method.")
}

/// Refuses a text that is none of these words.
pub fn one_of<'a>(name: &str, text: &'a str, words: &[&str]) -> Result<&'a str, WebApiError> {
    if words.contains(&text) { Ok(text) } else { Err(WebApiError::argument(name, format!("It must be one of {}.", words.join(", ")))) }
}

/// A member of an update: left out, what is there stays; null empties it.
#[derive(Clone, Debug, Default)]
pub enum Given<T> {
    /// It was left out.
    #[default]
    Nothing,
    /// A value, or null.
    Value(Option<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Value)
    }
}

impl<T> Given<T> {
    /// Puts what is given in the place of what was there.
    pub fn replace(self, place: &mut Option<T>) {
        if let Self::Value(value) = self {
            *place = value;
        }
    }
}
