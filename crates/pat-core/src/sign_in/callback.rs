//! Where the answer of the consent page may go: to this computer, and nowhere else.

use std::fmt;
use std::num::NonZeroU16;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The longest `state` that is handed back, in bytes.
pub const MAX_STATE_BYTES: usize = 512;

/// What may stand in a query as it is (RFC 3986: unreserved).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A port on loopback where a program listens: `http://127.0.0.1:<port>` or `http://[::1]:<port>`, with or without one slash.
///
/// A name such as `localhost` could be made to mean another computer; a path could be a page of a program that never asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callback {
    host: Loopback,
    port: NonZeroU16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loopback {
    V4,
    V6,
}

/// It is not [`Callback`]'s form. It doesn't hold the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no port on loopback")]
pub struct NotLoopback;

/// What the program is told.
#[derive(Clone, Copy, Debug)]
pub enum Reply<'a> {
    /// The code to exchange.
    Code(&'a str),
    /// The person said no.
    Denied,
}

impl Loopback {
    fn origin(self) -> &'static str {
        match self {
            Self::V4 => "http://127.0.0.1:",
            Self::V6 => "http://[::1]:",
        }
    }
}

impl Callback {
    /// Parses a `callback_uri`.
    ///
    /// # Errors
    /// Anything else than a port on loopback.
    pub fn parse(text: &str) -> Result<Self, NotLoopback> {
        let after = |host: Loopback| text.strip_prefix(host.origin()).map(|rest| (host, rest));
        let (host, rest) = after(Loopback::V4).or_else(|| after(Loopback::V6)).ok_or(NotLoopback)?;
        let digits = rest.strip_suffix('/').unwrap_or(rest);
        // `parse` alone would take "+80" and "080", which others may read otherwise.
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        let port = if is_plain { digits.parse().ok() } else { None };
        Ok(Self { host, port: port.ok_or(NotLoopback)? })
    }

    /// The address that the browser is sent to.
    pub fn address(self, reply: Reply<'_>, state: Option<&str>) -> String {
        let reply = match reply {
            Reply::Code(code) => format!("code={}", encode(code)),
            Reply::Denied => "error=access_denied".to_owned(),
        };
        let state = state.map(|state| format!("&state={}", encode(state))).unwrap_or_default();
        format!("{self}/?{reply}{state}")
    }
}

fn encode(text: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(text, QUERY)
}

impl fmt::Display for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.host.origin(), self.port)
    }
}
