//! E-mail addresses: how people sign in. Unique in the whole installation, compared in lower case.

/// The longest address, in bytes (RFC 5321's limit on a path).
pub const MAX_EMAIL_BYTES: usize = 254;

/// An address: trimmed, in lower case, one `@` with something on both sides, no white space.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

/// The text is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not an e-mail address")]
pub struct MalformedEmail;

impl Email {
    /// Trims and checks an address.
    ///
    /// # Errors
    /// [`MalformedEmail`]. Whether the address receives mail is not checked.
    pub fn parse(text: &str) -> Result<Self, MalformedEmail> {
        let text = text.trim();
        let is_address =
            text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
        let is_clean = !text.chars().any(|c| c.is_whitespace() || c.is_control());
        if text.len() <= MAX_EMAIL_BYTES && is_address && is_clean { Ok(Self(text.to_lowercase())) } else { Err(MalformedEmail) }
    }

    /// The address in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Email {
    type Err = MalformedEmail;

    fn from_str(text: &str) -> Result<Self, MalformedEmail> {
        Self::parse(text)
    }
}
