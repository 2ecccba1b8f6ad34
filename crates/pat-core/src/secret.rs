//! The text of a token (design section 4): `dxp_` or `dxo_`, 30 characters of randomness, 6 of checksum.

use std::fmt;

use crate::token::TokenKind;

/// Digits of randomness and checksum, in base-62 order. Tokens in the wild depend on it: never change it.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_LEN: usize = 30;
const CHECKSUM_LEN: usize = 6;

/// The length of a token's text, in bytes and in characters.
pub const TOKEN_LEN: usize = 4 + RANDOM_LEN + CHECKSUM_LEN;

/// Names project and purpose, so that the digest is of no use elsewhere. Stored digests depend on it: never change it.
const DIGEST_CONTEXT: &str = "personal-access-tokens 2026-11 token digest v1";

/// A well-formed token. It has no `Display`, and its `Debug` shows the kind only.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret {
    text: String,
    kind: TokenKind,
}

/// What is stored of a token: it finds the row, and can't be turned back.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest(pub [u8; 32]);

/// The text is no token: wrong prefix, length, alphabet or checksum. It doesn't say which, and doesn't hold the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a well-formed token")]
pub struct MalformedToken;

impl TokenSecret {
    /// Draws a new token. `fill` fills its argument with bytes of the operating system's generator.
    pub fn draw(kind: TokenKind, mut fill: impl FnMut(&mut [u8])) -> Self {
        let mut text = String::with_capacity(TOKEN_LEN);
        text.push_str(kind.prefix());
        let mut bytes = [0; 64];
        while text.len() < TOKEN_LEN - CHECKSUM_LEN {
            fill(&mut bytes);
            // 248 = 4 × 62: bytes above it are thrown away, so that every digit is equally likely.
            let digits = bytes.iter().filter(|byte| **byte < 248).map(|byte| digit(u32::from(*byte)));
            text.extend(digits.take(TOKEN_LEN - CHECKSUM_LEN - text.len()));
        }
        text.push_str(&checksum(&text));
        Self { text, kind }
    }

    /// Parses what a client sent.
    ///
    /// # Errors
    /// [`MalformedToken`] for anything that [`TokenSecret::draw`] can't have made.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let kind = [TokenKind::Personal, TokenKind::Organization]
            .into_iter()
            .find(|kind| text.starts_with(kind.prefix()))
            .ok_or(MalformedToken)?;
        let (body, sum) = text.split_at_checked(TOKEN_LEN - CHECKSUM_LEN).ok_or(MalformedToken)?;
        let is_digits = body.bytes().skip(kind.prefix().len()).all(|byte| byte.is_ascii_alphanumeric());
        if is_digits && checksum(body) == sum { Ok(Self { text: text.to_owned(), kind }) } else { Err(MalformedToken) }
    }

    /// The text itself, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Personal or organization.
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// What to store and to look up.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(blake3::derive_key(DIGEST_CONTEXT, self.text.as_bytes()))
    }

    /// The last four characters, for display.
    pub fn hint(&self) -> &str {
        self.text.get(TOKEN_LEN - 4..).unwrap_or_default()
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSecret({}…)", self.kind.prefix())
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(…)")
    }
}

fn digit(value: u32) -> char {
    let index = usize::try_from(value % 62).unwrap_or_default();
    ALPHABET.get(index).copied().map_or('0', char::from)
}

/// CRC-32/ISO-HDLC in base 62, most significant digit first, padded with `0`.
fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = ['0'; CHECKSUM_LEN];
    for slot in digits.iter_mut().rev() {
        *slot = digit(rest);
        rest /= 62;
    }
    digits.iter().collect()
}
