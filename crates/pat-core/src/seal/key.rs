//! The keys that seals are made with. They stand outside the database: who can write there can't make a seal.

use std::fmt;

/// A key of 32 random bytes, as what is derived from it for each purpose. Its `Debug` shows the id only.
#[derive(Clone)]
pub struct Key {
    id: KeyId,
    pub(super) rows: [u8; 32],
    pub(super) seals: [u8; 32],
    pub(super) prunings: [u8; 32],
}

/// Names a key without telling it: the first 8 bytes of a hash of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 8]);

/// All known keys: one to seal with, and former ones that older seals were made with.
#[derive(Clone, Debug)]
pub struct Keys {
    current: Key,
    former: Vec<Key>,
}

/// Why a text holds no keys. Doesn't repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedKeys {
    /// It is empty.
    #[error("there is no key")]
    Empty,
    /// One of them, counted from 1, is something else.
    #[error("key {0} is not 64 hexadecimal digits")]
    Malformed(usize),
}

impl Key {
    fn new(bytes: &[u8; 32]) -> Self {
        let id = blake3::derive_key("personal-access-tokens 2026-11 audit seal key id v1", bytes);
        Self {
            id: KeyId(id.first_chunk().copied().unwrap_or_default()),
            rows: blake3::derive_key("personal-access-tokens 2026-11 audit row v1", bytes),
            seals: blake3::derive_key("personal-access-tokens 2026-11 audit seal v1", bytes),
            prunings: blake3::derive_key("personal-access-tokens 2026-11 audit pruning v1", bytes),
        }
    }

    /// Its id.
    pub fn id(&self) -> KeyId {
        self.id
    }
}

impl Keys {
    /// Parses keys of 64 hexadecimal digits with white space or commas between them. The first is the one to seal with.
    ///
    /// # Errors
    /// [`MalformedKeys`].
    pub fn parse(text: &str) -> Result<Self, MalformedKeys> {
        let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        let mut keys = words.zip(1..).map(|(word, number)| {
            let bytes = blake3::Hash::from_hex(word).ok().ok_or(MalformedKeys::Malformed(number))?;
            Ok(Key::new(bytes.as_bytes()))
        });
        let current = keys.next().ok_or(MalformedKeys::Empty)??;
        Ok(Self { current, former: keys.collect::<Result<_, _>>()? })
    }

    /// The one to seal with.
    pub fn current(&self) -> &Key {
        &self.current
    }

    /// The one with this id.
    pub fn find(&self, id: KeyId) -> Option<&Key> {
        std::iter::once(&self.current).chain(&self.former).find(|key| key.id == id)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl std::str::FromStr for KeyId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(|id| Self(id.to_be_bytes()))
    }
}
