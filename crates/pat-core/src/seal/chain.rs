//! Seals, each of which stands on the one before.

use std::fmt;

use blake3::{Hash, Hasher};
use jiff::Timestamp;

use super::key::{Key, KeyId, Keys};
use super::row::{RowHash, Trace};

/// What stands before the first seal.
pub const NOTHING: Hash = Hash::from_bytes([0; 32]);

/// Vouches for the rows of a span of time, and for all seals before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The first instant that it covers.
    pub from: Timestamp,
    /// The first one that it doesn't cover any more. The next seal begins there.
    pub until: Timestamp,
    /// How many rows.
    pub rows: u64,
    /// Of the rows' hashes, in the order of time and id.
    pub digest: [u8; 32],
    /// The hash of the seal before it.
    pub previous: Hash,
    /// The key it was made with.
    pub key_id: KeyId,
    /// Of all the above.
    pub hash: Hash,
}

/// The rows of a span, taken in one by one.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    hasher: Hasher,
    traces: Vec<Trace>,
}

impl Tally {
    /// Takes in the next row.
    pub fn add(&mut self, row: RowHash) {
        self.hasher.update(&row.0);
        self.traces.push(row.trace());
    }

    /// How many rows so far.
    pub fn rows(&self) -> u64 {
        u64::try_from(self.traces.len()).unwrap_or(u64::MAX)
    }

    /// Of the rows' hashes.
    pub fn digest(&self) -> [u8; 32] {
        *self.hasher.finalize().as_bytes()
    }

    /// The beginning of each row's hash.
    pub fn traces(&self) -> &[Trace] {
        &self.traces
    }
}

impl Seal {
    /// Seals what was tallied. `previous` is the hash of the seal that ends at `from`, or [`NOTHING`].
    pub fn new(key: &Key, from: Timestamp, until: Timestamp, tally: &Tally, previous: Hash) -> Self {
        let mut seal = Self { from, until, rows: tally.rows(), digest: tally.digest(), previous, key_id: key.id(), hash: NOTHING };
        seal.hash = seal.computed(key);
        seal
    }

    /// Whether it was made with this key, and is as it was.
    pub fn holds(&self, key: &Key) -> bool {
        self.hash == self.computed(key)
    }

    /// Every field has a fixed length, so nothing can move from one into the next.
    fn computed(&self, key: &Key) -> Hash {
        let mut hasher = Hasher::new_keyed(&key.seals);
        hasher.update(&self.from.as_microsecond().to_le_bytes());
        hasher.update(&self.until.as_microsecond().to_le_bytes());
        hasher.update(&self.rows.to_le_bytes());
        hasher.update(&self.digest);
        hasher.update(self.previous.as_bytes());
        hasher.update(&self.key_id.0);
        hasher.finalize()
    }

    /// What to keep elsewhere: it vouches for all of the log up to here.
    pub fn head(&self) -> Head {
        Head { until: self.until, hash: self.hash, key_id: self.key_id }
    }
}

/// The end of the chain at some time, kept outside the database: without it, whoever has the database can cut seals and rows off the end.
///
/// As text `2027-01-31T12:00:00Z/<64 hexadecimal digits>/<id of the key>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Where the seal ends.
    pub until: Timestamp,
    /// The seal's hash.
    pub hash: Hash,
    /// The key it was made with.
    pub key_id: KeyId,
}

impl Head {
    /// Parses a head.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let head = Self {
            until: crate::instant::parse(parts.next()?)?,
            hash: Hash::from_hex(parts.next()?).ok()?,
            key_id: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(head)
    }

    /// All heads of a text, whatever stands around them: a log, for example, as lines or as JSON.
    pub fn find_all(text: &str) -> impl Iterator<Item = Self> {
        text.split(|c: char| !c.is_ascii_alphanumeric() && !"-:./".contains(c)).filter_map(Self::parse)
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.until, self.hash.to_hex(), self.key_id)
    }
}

/// Says that rows were removed on purpose, by somebody who had the key and had verified them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruning {
    /// The first instant whose rows are gone.
    pub from: Timestamp,
    /// The first one whose rows are there.
    pub until: Timestamp,
    /// The key it was made with.
    pub key_id: KeyId,
    /// Of all the above.
    pub hash: Hash,
}

impl Pruning {
    /// Vouches for a removal.
    pub fn new(key: &Key, from: Timestamp, until: Timestamp) -> Self {
        let mut pruning = Self { from, until, key_id: key.id(), hash: NOTHING };
        pruning.hash = pruning.computed(key);
        pruning
    }

    /// Whether it was made with one of these keys, and is as it was.
    pub fn holds(&self, keys: &Keys) -> bool {
        keys.find(self.key_id).is_some_and(|key| self.hash == self.computed(key))
    }

    /// Whether it removed the rows of this seal.
    pub fn covers(&self, seal: &Seal) -> bool {
        self.from <= seal.from && seal.until <= self.until
    }

    fn computed(&self, key: &Key) -> Hash {
        let mut hasher = Hasher::new_keyed(&key.prunings);
        hasher.update(&self.from.as_microsecond().to_le_bytes());
        hasher.update(&self.until.as_microsecond().to_le_bytes());
        hasher.finalize()
    }
}
