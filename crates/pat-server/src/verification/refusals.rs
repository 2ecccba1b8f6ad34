//! Refusals that whoever holds a token can cause by the million, of dead tokens and of live ones over a limit: a row for a token's
//! first in each minute, which also counts those since the last row (design section 7).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use jiff::Timestamp;
use moka::sync::Cache;
use pat_core::id::TokenId;

/// Counts refusals of one kind.
#[derive(Debug)]
pub struct Refusals {
    seen: Cache<TokenId, Arc<Seen>>,
}

#[derive(Debug)]
struct Seen {
    minute: AtomicI64,
    since: AtomicU32,
}

impl Default for Refusals {
    fn default() -> Self {
        Self { seen: Cache::new(100_000) }
    }
}

impl Refusals {
    /// Counts a refusal. If it deserves a row: how many there were since the last row, without this one.
    pub fn count(&self, token: TokenId, now: Timestamp) -> Option<u32> {
        let minute = now.as_second().div_euclid(60);
        let seen = self.seen.get_with(token, || Arc::new(Seen { minute: AtomicI64::new(i64::MIN), since: AtomicU32::new(0) }));
        if seen.minute.swap(minute, Ordering::Relaxed) == minute {
            seen.since.fetch_add(1, Ordering::Relaxed);
            None
        } else {
            Some(seen.since.swap(0, Ordering::Relaxed))
        }
    }

    /// Forgets a token whose row could not be written: its next refusal gets one.
    pub fn forget(&self, token: TokenId) {
        self.seen.invalidate(&token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_a_minute_counts_the_others() {
        let (refusals, token) = (Refusals::default(), TokenId(uuid::Uuid::nil()));
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(refusals.count(token, at(0)), Some(0));
        assert_eq!(refusals.count(token, at(1)), None);
        assert_eq!(refusals.count(token, at(59)), None);
        assert_eq!(refusals.count(token, at(60)), Some(2));
        assert_eq!(refusals.count(token, at(3600)), Some(0));
        assert_eq!(refusals.count(TokenId(uuid::Uuid::max()), at(3600)), Some(0));
    }
}
