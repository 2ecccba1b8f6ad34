//! What the server counts, for operators. Counting costs an atomic or two; everything else waits until somebody reads the
//! [`page`]. Labels come from fixed sets: no identifier, address or text of a request becomes one.

pub mod histogram;
pub mod http;
pub mod page;

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

use self::histogram::Histogram;
use self::http::Requests;

/// Everything that is counted beside what the rooms count for themselves (the cache, the pool).
#[derive(Debug, Default)]
pub struct Metrics {
    /// What became of tokens.
    pub verifications: Verifications,
    /// The way to the audit log.
    pub writer: Writer,
    /// The audit log's months and seals.
    pub audit: Audit,
    /// Requests by route.
    pub requests: Requests,
}

/// What became of a token that was shown to the Web API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was allowed and the answer proved; the method itself may have refused its arguments.
    Allowed,
    /// It lives, but may not do this.
    Refused,
    /// It is revoked or expired.
    Dead,
    /// There was never such a token.
    Unknown,
    /// Too many unknown ones came from the address, or too many calls of a live one or its account.
    RateLimited,
    /// It isn't a token.
    Malformed,
    /// There was none.
    Absent,
    /// Nothing could be proved: 503.
    Unavailable,
}

impl Verdict {
    const ALL: [Self; 8] =
        [Self::Allowed, Self::Refused, Self::Dead, Self::Unknown, Self::RateLimited, Self::Malformed, Self::Absent, Self::Unavailable];

    fn label(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
            Self::RateLimited => "rate_limited",
            Self::Malformed => "malformed",
            Self::Absent => "absent",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Verifications by verdict, and what they cost.
#[derive(Debug, Default)]
pub struct Verifications {
    allowed: Counter,
    refused: Counter,
    dead: Counter,
    unknown: Counter,
    rate_limited: Counter,
    malformed: Counter,
    absent: Counter,
    unavailable: Counter,
    /// Times that a proof failed and the call was decided again.
    pub repeated: Counter,
    /// Attempts under the locks of a change.
    pub locked: Counter,
    /// Principals asked of the primary.
    pub look_ups: Counter,
    /// Calls turned away before any work, as too much waits.
    pub shed: Counter,
}

impl Verifications {
    /// Counts one.
    pub fn count(&self, verdict: Verdict) {
        self.counter(verdict).inc();
    }

    /// Its counter.
    pub fn counter(&self, verdict: Verdict) -> &Counter {
        match verdict {
            Verdict::Allowed => &self.allowed,
            Verdict::Refused => &self.refused,
            Verdict::Dead => &self.dead,
            Verdict::Unknown => &self.unknown,
            Verdict::RateLimited => &self.rate_limited,
            Verdict::Malformed => &self.malformed,
            Verdict::Absent => &self.absent,
            Verdict::Unavailable => &self.unavailable,
        }
    }
}

/// The audit writer's batches.
#[derive(Debug)]
pub struct Writer {
    /// Rows of each batch.
    pub batch_rows: Histogram,
    /// Seconds that each batch took, from its statement to the end of its commit.
    pub commit_seconds: Histogram,
    /// Batches that were not written.
    pub failed: Counter,
}

impl Default for Writer {
    fn default() -> Self {
        Self {
            batch_rows: Histogram::new(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]),
            commit_seconds: Histogram::of_seconds(),
            failed: Counter::default(),
        }
    }
}

impl Writer {
    /// Notes a batch that was written.
    pub fn wrote(&self, rows: usize, time: Duration) {
        self.batch_rows.observe(u32::try_from(rows).unwrap_or(u32::MAX).into());
        self.commit_seconds.observe(time.as_secs_f64());
    }
}

/// What is known of the audit log's months and seals; each is looked at now and then, not for the page.
#[derive(Debug)]
pub struct Audit {
    months_left: AtomicI64,
    misplaced_rows: AtomicI64,
    seal_lag: AtomicI64,
    /// Minutes of the log that this process has sealed.
    pub seals: Counter,
}

/// Not looked at so far.
const NEVER: i64 = -1;

impl Default for Audit {
    fn default() -> Self {
        let never = || AtomicI64::new(NEVER);
        Self { months_left: never(), misplaced_rows: never(), seal_lag: never(), seals: Counter::default() }
    }
}

impl Audit {
    /// Notes how many months after this one have a partition, and whether rows lie in the default one.
    pub fn saw_months(&self, left: i64, has_misplaced_rows: bool) {
        self.months_left.store(left, Ordering::Relaxed);
        self.misplaced_rows.store(i64::from(has_misplaced_rows), Ordering::Relaxed);
    }

    /// Notes how old the oldest instant is that isn't sealed yet; at rest five to six minutes.
    pub fn saw_seals(&self, lag: Duration) {
        self.seal_lag.store(i64::try_from(lag.as_secs()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    fn seen(value: &AtomicI64) -> Option<i64> {
        Some(value.load(Ordering::Relaxed)).filter(|value| *value != NEVER)
    }
}
