//! How a token's call becomes an answer (design section 6): decide, work, prove, as a pure state machine.
//!
//! ```text
//!             ┌────────────── row not in: the stamps moved ──────────────┐
//!             ▼                                                          │
//!  Attempt ─ decide ─► Work ─ done ─► Prove ─ recorded ─► Next ─► Answer(Proven)
//!     ▲        │  └───── refused ──────▲                    └──► Unavailable
//!     └ reread ┘  └► dead: stays so, needs no proof
//! ```
//!
//! A carrier (the server; the model in `tests/model`) reads principals, runs handlers and writes rows; this says what comes
//! next. Each step consumes the one before, so that a carrier can neither prove before it has worked nor answer before it has
//! proved, and [`Proven`], without which nothing is answered, is made here only:
//!
//! ```compile_fail
//! let proof = pat_core::attempt::Proven(());
//! ```

use jiff::Timestamp;

use crate::policy::Method;
use crate::token::TokenStatus;
use crate::verify::{self, Decision, Refusal, Standing, Window};

/// Attempts without locks.
pub const FREE_TRIES: u8 = 3;

/// Where an attempt gets its principal from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The cache, where it holds one.
    Cache,
    /// One statement of the primary; what it finds fills the cache.
    Database,
    /// The same under the locks of a change, in the transaction that will also prove. It never fills the cache.
    Locked,
}

/// An attempt that has no principal yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Attempt {
    tries: u8,
    source: Source,
}

/// What a principal was good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Decided {
    /// Revoked or expired by the primary's clock: stays so, needs no proof.
    Dead(TokenStatus),
    /// A cached principal that can't decide this: look at the primary.
    Reread(Attempt),
    /// Run the handler.
    Allowed(Work),
    /// Don't; the refusal must be proved, too, as a scope just granted works on the next call.
    Refused(Refusal, Prove),
}

/// A handler is to be run, or runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Work(Prove);

/// A row is to be inserted, which goes in only if what was decided on still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Prove {
    attempt: Attempt,
    window: Window,
}

/// What became of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// It went in, and COMMIT has returned.
    Committed,
    /// It did not go in: the stamps moved, or the window closed. All work is rolled back.
    LeftOut,
    /// The database did not say.
    Unknown,
}

/// What comes after the row.
#[derive(Debug)]
#[must_use]
pub enum Next {
    /// Answer.
    Answer(Proven),
    /// Take everything back and do it again.
    Again(Attempt),
    /// 503: nothing could be proved.
    Unavailable,
}

/// The proof that an answer was decided on authority that stood when its row went in. No answer about a live token leaves
/// the server without one.
#[derive(Debug)]
pub struct Proven(());

impl Attempt {
    /// The first attempt of a call.
    pub fn first() -> Self {
        Self { tries: 0, source: Source::Cache }
    }

    /// Where to get the principal.
    pub fn source(self) -> Source {
        self.source
    }

    /// The cache has no principal: the same attempt, from the primary.
    pub fn missed(self) -> Self {
        Self { source: Source::Database, ..self }
    }

    /// Decides. `now` is the primary's time for a principal that was read now, the node's idea of it for a cached one.
    pub fn decide(self, standing: &Standing, method: &Method, now: Timestamp) -> Decided {
        match verify::decide(standing, method, now) {
            // The node's clock only saves work: the primary says whether the time has come.
            Decision::Dead(_) if self.source == Source::Cache => Decided::Reread(self.missed()),
            Decision::Dead(status) => Decided::Dead(status),
            Decision::Allowed(window) => Decided::Allowed(Work(Prove { attempt: self, window })),
            Decision::Refused(refusal, window) => Decided::Refused(refusal, Prove { attempt: self, window }),
        }
    }
}

impl Work {
    /// The handler has run; what it wrote isn't committed. It may have refused.
    pub fn done(self) -> Prove {
        self.0
    }
}

impl Prove {
    /// The time in which the row may go in.
    pub fn window(self) -> Window {
        self.window
    }

    /// Whether it must be proved in the transaction that holds the locks.
    pub fn is_locked(self) -> bool {
        self.attempt.source == Source::Locked
    }

    /// Says what comes next.
    pub fn recorded(self, row: Row) -> Next {
        let tries = self.attempt.tries + 1;
        match row {
            Row::Committed => Next::Answer(Proven(())),
            Row::LeftOut if self.is_locked() => Next::Unavailable,
            Row::LeftOut if tries < FREE_TRIES => Next::Again(Attempt { tries, source: Source::Database }),
            Row::LeftOut => Next::Again(Attempt { tries, source: Source::Locked }),
            Row::Unknown => Next::Unavailable,
        }
    }
}
