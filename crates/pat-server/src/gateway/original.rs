//! What was asked of the gateway, as each of them says it. What could be read in two ways is refused.

use axum::http::{HeaderMap, HeaderName};
use pat_core::target::RequestTarget;

use super::refusal::Refused;

/// Verb and target, as nginx is configured to send them.
const ORIGINAL: [HeaderName; 2] = [HeaderName::from_static("x-original-method"), HeaderName::from_static("x-original-uri")];

/// Verb and target, as Traefik and Caddy send them.
const FORWARDED: [HeaderName; 2] = [HeaderName::from_static("x-forwarded-method"), HeaderName::from_static("x-forwarded-uri")];

/// With these a client asks an upstream to take the request for another one than the gateway saw.
const OVERRIDES: [HeaderName; 5] = [
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-rewrite-url"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-method-override"),
];

/// The request that waits at the gateway.
#[derive(Debug)]
pub struct Original<'a> {
    /// Its verb, as sent.
    pub verb: &'a str,
    /// Its path and query, in the one spelling that all servers read alike.
    pub target: RequestTarget<'a>,
}

impl<'a> Original<'a> {
    /// The request in one pair of headers.
    pub fn in_headers(headers: &'a HeaderMap) -> Result<Self, Refused> {
        let [verb, target] = match (names_any(headers, &ORIGINAL), names_any(headers, &FORWARDED)) {
            (true, false) => pair(headers, &ORIGINAL)?,
            (false, true) => pair(headers, &FORWARDED)?,
            (true, true) => return Err(Refused::Request("The original request stands there twice: send X-Original-… or X-Forwarded-…")),
            (false, false) => return Err(Refused::Request("The original request is missing: send its verb and its path in headers")),
        };
        Self::new(verb, target, headers)
    }

    /// The request as this request's own verb and the rest of its path.
    pub fn in_request_line(verb: &'a str, target: &'a str, headers: &'a HeaderMap) -> Result<Self, Refused> {
        if names_any(headers, &ORIGINAL) || names_any(headers, &FORWARDED) {
            return Err(Refused::Request("The original request stands there twice: in the path and in headers"));
        }
        Self::new(verb, target, headers)
    }

    /// A request that is told in so many words.
    pub fn new(verb: &'a str, target: &'a str, headers: &HeaderMap) -> Result<Self, Refused> {
        if names_any(headers, &OVERRIDES) {
            return Err(Refused::Request("A header asks the upstream to take the request for another one"));
        }
        Ok(Self { verb, target: RequestTarget::parse(target)? })
    }
}

fn names_any(headers: &HeaderMap, names: &[HeaderName]) -> bool {
    names.iter().any(|name| headers.contains_key(name))
}

fn pair<'a>(headers: &'a HeaderMap, names: &[HeaderName; 2]) -> Result<[&'a str; 2], Refused> {
    let [verb, target] = names;
    Ok([one(headers, verb)?, one(headers, target)?])
}

fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, Refused> {
    let mut values = headers.get_all(name).iter();
    match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(Refused::Request("Of the headers that tell the original request each must stand there once, in ASCII")),
    }
}
