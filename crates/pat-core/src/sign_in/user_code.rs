//! The code that a device shows and a person types (RFC 8628, section 6.1).

use std::fmt;

/// Consonants only, so that no code is a word; no `Y`, which some take for a vowel. Letters and digits never stand side by side, so that
/// none can be taken for another.
pub const ALPHABET: [char; 20] = ['B', 'C', 'D', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Z'];

/// Letters in a code: 20⁸ codes are 2.6 × 10¹⁰.
const LETTERS: usize = 8;

/// A user code: eight letters, shown as `WDJB-MJHT`.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

/// It can't be a user code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no user code")]
pub struct NoUserCode;

impl UserCode {
    /// Draws a new one. `fill` fills its argument with bytes of the operating system's generator.
    pub fn draw(mut fill: impl FnMut(&mut [u8])) -> Self {
        let mut letters = String::with_capacity(LETTERS);
        let mut bytes = [0; 16];
        while letters.len() < LETTERS {
            fill(&mut bytes);
            // 240 = 12 × 20: bytes from there on are thrown away, so that every letter is equally likely.
            let drawn = bytes.iter().filter(|byte| **byte < 240).filter_map(|byte| ALPHABET.get(usize::from(byte % 20)));
            letters.extend(drawn.take(LETTERS - letters.len()));
        }
        Self(letters)
    }

    /// Reads what a person typed: in any case, with or without dashes and spaces.
    ///
    /// # Errors
    /// Letters that no code has, too few or too many.
    pub fn parse(text: &str) -> Result<Self, NoUserCode> {
        let typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase());
        // One more than a code has is enough to know that it is none.
        let letters: String = typed.take(LETTERS + 1).collect();
        let is_code = letters.chars().count() == LETTERS && letters.chars().all(|c| ALPHABET.contains(&c));
        if is_code { Ok(Self(letters)) } else { Err(NoUserCode) }
    }

    /// What to store and to look up.
    pub fn letters(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at_checked(LETTERS / 2).unwrap_or((&self.0, ""));
        write!(f, "{first}-{second}")
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(…)")
    }
}
