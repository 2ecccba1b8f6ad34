//! `PUBLIC_URL`: the one origin that people and pages use. It fixes the cookie and what counts as same-site.

use url::{Host, Url};

/// An origin: https, or http on loopback only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    authority: String,
    is_https: bool,
}

impl std::str::FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("it is not a URL: {error}"))?;
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback => {}
            _ => {
                return Err(
                    "it must begin with https://, as the session cookie would travel in the clear (http:// is for loopback only)".into()
                );
            }
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err("it must be an origin: scheme, host and port, nothing else".into());
        }
        let origin = url.origin().ascii_serialization();
        let authority = origin.split_once("://").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        Ok(Self { origin, authority, is_https: url.scheme() == "https" })
    }
}

impl PublicUrl {
    /// As a browser sends it in `Origin`: no slash at the end.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// As a browser sends it in `Host`.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The session cookie's name.
    pub fn cookie_name(&self) -> &'static str {
        if self.is_https { "__Host-session" } else { "session" }
    }

    /// Whether the cookie is for TLS only.
    pub fn is_https(&self) -> bool {
        self.is_https
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_origins_are_accepted() {
        let parse = |text: &str| text.parse::<PublicUrl>();
        assert_eq!(parse("https://pat.example/").unwrap().origin(), "https://pat.example");
        assert_eq!(parse("https://pat.example:443").unwrap().authority(), "pat.example");
        assert_eq!(parse("http://127.0.0.1:3000").unwrap().authority(), "127.0.0.1:3000");
        assert_eq!(parse("http://[::1]:3000").unwrap().origin(), "http://[::1]:3000");
        assert_eq!(parse("https://pat.example").unwrap().cookie_name(), "__Host-session");
        assert_eq!(parse("http://localhost:3000").unwrap().cookie_name(), "session");
        for wrong in [
            "http://pat.example",
            "pat.example",
            "https://pat.example/path",
            "https://a@b.example",
            "ftp://127.0.0.1",
            "https://b.example/?q",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
