//! What binds a code to the program that asked for it: PKCE (RFC 7636), and DX's own reading of it.
//!
//! Both call themselves `S256`. RFC 7636's challenge is the base64url of a SHA-256; that of DX's command line is the base64url of the
//! same SHA-256 written as lower-case hex. Their lengths, 43 and 86 characters, tell them apart when the challenge is parsed, once and for all:
//! what is kept is the hash that either one names. So a challenge is never checked by a second rule, and neither rule asks for less
//! than the whole SHA-256 of the verifier. `plain` is refused, and so is a challenge without its method, which would mean `plain`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// The one method that is taken.
pub const METHOD: &str = "S256";

/// A challenge of RFC 7636, in characters.
const RFC_7636_CHARS: usize = 43;

/// A challenge of DX's command line, in characters.
const DX_CHARS: usize = 86;

/// The SHA-256 that the verifier must have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

/// It isn't of either form, or not for [`METHOD`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no challenge of the method S256")]
pub struct BadChallenge;

impl Challenge {
    /// Parses a challenge of one of the two forms.
    ///
    /// # Errors
    /// Another method, another length, or text that neither form could be.
    pub fn parse(method: &str, text: &str) -> Result<Self, BadChallenge> {
        if method != METHOD {
            return Err(BadChallenge);
        }
        let hash = match text.len() {
            RFC_7636_CHARS => decode(text),
            DX_CHARS => decode(text).and_then(|hex| from_hex(&hex)),
            _ => None,
        };
        hash.and_then(|hash| Self::from_stored(&hash)).ok_or(BadChallenge)
    }

    /// The hash again, from what was stored.
    pub fn from_stored(hash: &[u8]) -> Option<Self> {
        hash.try_into().ok().map(Self)
    }

    /// What to store.
    pub fn hash(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether this is the verifier: 43 to 128 characters, as RFC 7636 wants them, with this SHA-256.
    pub fn is_of(&self, verifier: &str) -> bool {
        let is_verifier = (43..=128).contains(&verifier.len())
            && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'));
        // An early end of the comparison tells nothing: who doesn't know the verifier can't steer its hash.
        is_verifier && Sha256::digest(verifier.as_bytes()).as_slice() == self.0
    }
}

/// Strict: no padding, no other characters, no bits left over.
fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    text.chunks(2)
        .map(|pair| match pair {
            [high, low] => Some((digit(high)? << 4) | digit(low)?),
            _ => None,
        })
        .collect()
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenge(…)")
    }
}
