//! Secrets that are not tokens: session cookies, one-time links and codes. 256 random bits, stored as a digest.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What a secret is for; a digest made for one purpose is of no use for another.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// A browser session's cookie.
    Session,
    /// A one-time link that sets a password.
    PasswordLink,
    /// The code that a browser carries from the consent page to a command line.
    CliCode,
    /// The code by which a device asks for its token.
    DeviceCode,
}

/// A secret of 43 base64url characters. No `Debug`, no `Display`.
pub struct RandomSecret(String);

impl RandomSecret {
    /// Draws a new one from the operating system's generator.
    pub fn draw() -> Self {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a client sent. Anything goes: what was never drawn finds nothing.
    pub fn received(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, for the one answer that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up.
    pub fn digest(&self, purpose: Purpose) -> [u8; 32] {
        let context = match purpose {
            Purpose::Session => "personal-access-tokens 2026-11 session digest v1",
            Purpose::PasswordLink => "personal-access-tokens 2026-11 password link digest v1",
            Purpose::CliCode => "personal-access-tokens 2026-11 command line code digest v1",
            Purpose::DeviceCode => "personal-access-tokens 2026-11 device code digest v1",
        };
        blake3::derive_key(context, self.0.as_bytes())
    }
}
