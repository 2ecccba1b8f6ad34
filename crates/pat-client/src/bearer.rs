//! The bearer token of a request, read as pat-server reads it.

use http::{HeaderMap, HeaderName, header};

use crate::refusal::Refusal;

/// The longest text that is asked about. A token has 40 characters; what is longer is none.
const MAX_TOKEN: usize = 256;

/// With these a client asks the service to take the request for another one than was asked about.
const OVERRIDES: [HeaderName; 5] = [
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-rewrite-url"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-method-override"),
];

/// The token of a request that can be read in one way only.
///
/// # Errors
/// The refusals that need no look at the token.
pub fn token(headers: &HeaderMap) -> Result<String, Refusal> {
    if OVERRIDES.iter().any(|name| headers.contains_key(name)) {
        return Err(Refusal::overridden());
    }
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or_else(Refusal::not_authed)?;
    if values.next().is_some() {
        return Err(Refusal::two_credentials());
    }
    let text = value.to_str().ok().ok_or_else(Refusal::invalid_auth)?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => match token.trim() {
            token if token.is_empty() || token.len() > MAX_TOKEN => Err(Refusal::invalid_auth()),
            token => Ok(token.to_owned()),
        },
        _ => Err(Refusal::not_authed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Result<String, (u16, String)> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        token(&map).map_err(|refusal| (refusal.status.as_u16(), refusal.code.into_owned()))
    }

    #[test]
    fn one_bearer_token_is_read_and_nothing_else() {
        assert_eq!(read(&[("authorization", "bEARER  dxp_1 ")]), Ok("dxp_1".to_owned()));
        for (headers, refused) in [
            (vec![], (401, "not_authed")),
            (vec![("authorization", "dxp_1")], (401, "not_authed")),
            (vec![("authorization", "Basic dXNlcjpwdw==")], (401, "not_authed")),
            (vec![("authorization", "Bearer ")], (401, "invalid_auth")),
            (vec![("authorization", "Bearer é")], (401, "invalid_auth")),
            (vec![("authorization", "Bearer a"), ("authorization", "Bearer b")], (400, "invalid_request")),
            (vec![("authorization", "Bearer a"), ("x-http-method-override", "DELETE")], (403, "invalid_request")),
        ] {
            assert_eq!(read(&headers), Err((refused.0, refused.1.to_owned())), "{headers:?}");
        }
        let long = format!("Bearer {}", "x".repeat(MAX_TOKEN + 1));
        assert_eq!(read(&[("authorization", &long)]), Err((401, "invalid_auth".to_owned())));
    }
}
