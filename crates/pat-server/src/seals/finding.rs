//! What is wrong with a log.

use jiff::Timestamp;
use pat_core::seal::key::KeyId;
use uuid::Uuid;

use crate::store::seals::{SealedRow, Stray};

/// A row, to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its id.
    pub id: Uuid,
    /// Its time.
    pub time: String,
}

impl From<&SealedRow> for Place {
    fn from(row: &SealedRow) -> Self {
        Self { id: row.id, time: row.time.to_string() }
    }
}

impl From<Stray> for Place {
    fn from(row: Stray) -> Self {
        Self { id: row.id, time: row.time }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the row {} of {}", self.id, self.time)
    }
}

/// The first thing that is not as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// No seal at all, or none in the range.
    #[error("there are no seals{0}")]
    NothingSealed(&'static str),
    /// Made with a key that wasn't given.
    #[error("the seal that begins at {0} was made with the key {1}, which is none of those given")]
    UnknownKey(Timestamp, KeyId),
    /// It doesn't hold.
    #[error("the seal that begins at {0} was changed")]
    SealChanged(Timestamp),
    /// Two seals don't touch.
    #[error("the seals from {0} until {1} are missing")]
    SealsMissing(Timestamp, Timestamp),
    /// The first one stands on another.
    #[error("the seals before {0} are missing")]
    BeginningMissing(Timestamp),
    /// One stands on something else than the one before it.
    #[error("the seal that begins at {0} doesn't stand on the one before it: one of the two was replaced")]
    ChainBroken(Timestamp),
    /// A row is another one.
    #[error("{0} was changed")]
    Changed(Place),
    /// What a row refers to is gone.
    #[error("{0} was changed, or what it refers to: its {1} is not there")]
    Orphaned(Place, &'static str),
    /// Two rows hold each other's place.
    #[error("{0} was swapped with {1}")]
    Swapped(Place, Place),
    /// A row isn't there.
    #[error("a row was dropped in the span from {0} until {1}: it stood after {2}")]
    DroppedAfter(Timestamp, Timestamp, Place),
    /// A row isn't there.
    #[error("a row was dropped in the span from {0} until {1}: it stood before {2}")]
    DroppedBefore(Timestamp, Timestamp, Place),
    /// No row is there.
    #[error("all {2} rows of the span from {0} until {1} were dropped")]
    Emptied(Timestamp, Timestamp, u64),
    /// A row is there that was not sealed.
    #[error("{0} was inserted")]
    Inserted(Place),
    /// A row has a time that hasn't come.
    #[error("{0} was inserted: its time has not come yet")]
    InTheFuture(Place),
    /// The rows differ, but not the traces that would tell which.
    #[error("a row was changed, dropped or inserted in the span from {0} until {1}; the traces that would tell which were changed, too")]
    SpanChanged(Timestamp, Timestamp),
    /// The rows are right, but not the traces.
    #[error("the traces of the rows from {0} until {1} were changed; the rows themselves were not")]
    TracesChanged(Timestamp, Timestamp),
    /// A removal that nobody with a key vouches for.
    #[error("the record of pruning from {0} until {1} was changed, or made with a key that is none of those given")]
    PruningChanged(Timestamp, Timestamp),
    /// Names or addresses are others.
    #[error("the {0} {1} was changed: it is not what was committed to")]
    PersonalChanged(&'static str, i64),
    /// A head says that there was more.
    #[error("the seal that ends at {0} is missing, of which a head is known: the end of the log was cut off, or rewritten")]
    HeadMissing(Timestamp),
    /// A head says that it was another.
    #[error("the seal that ends at {0} is not the one of which a head is known: the log was rewritten")]
    HeadDiffers(Timestamp),
}
