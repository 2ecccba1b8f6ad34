//! Names of tokens (P7) and of people.

use unicode_normalization::UnicodeNormalization;

/// The longest name, in characters after trimming.
pub const MAX_NAME_CHARS: usize = 100;

/// A valid name: 1–100 characters, trimmed, no control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenName(String);

/// Why a name was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Nothing that can be seen.
    Empty,
    /// More than [`MAX_NAME_CHARS`].
    TooLong,
    /// A tab, a line break, a NUL or the like; or a character that reorders the text around it.
    ControlCharacter,
}

impl TokenName {
    /// Trims and checks a name.
    ///
    /// # Errors
    /// See [`NameError`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        check(text).map(|name| Self(name.to_owned()))
    }

    /// The name as its owner wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names are compared by: NFC and lower case, so that `CI` and `ci` are the same name.
    pub fn key(&self) -> String {
        self.0.nfc().collect::<String>().to_lowercase().nfc().collect()
    }
}

/// Trims and checks a name; people's names follow the same rule.
///
/// # Errors
/// See [`NameError`].
pub fn check(text: &str) -> Result<&str, NameError> {
    let name = text.trim();
    if name.chars().all(is_invisible) {
        Err(NameError::Empty)
    } else if name.chars().any(is_control) {
        Err(NameError::ControlCharacter)
    } else if name.chars().count() > MAX_NAME_CHARS {
        Err(NameError::TooLong)
    } else {
        Ok(name)
    }
}

/// Control characters, line and paragraph separators, and the bidirectional controls that could make a name read as another.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// White space and characters without width: a name of nothing else would look empty.
fn is_invisible(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}
