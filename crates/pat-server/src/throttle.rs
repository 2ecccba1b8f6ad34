//! Counts failures by a key, in bounded memory.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moka::sync::Cache;

/// Failures in a window that begins with the first one.
#[derive(Debug)]
pub struct Failures<K: Hash + Eq + Send + Sync + 'static> {
    counts: Cache<K, Arc<AtomicU32>>,
    limit: u32,
    window: Duration,
}

impl<K: Hash + Eq + Send + Sync + 'static> Failures<K> {
    /// More than `limit` failures within `window` are too many.
    pub fn new(limit: u32, window: Duration) -> Self {
        Self { counts: Cache::builder().max_capacity(100_000).time_to_live(window).build(), limit, window }
    }

    /// Counts a failure, and says how long to wait, in seconds, if there were too many before it. An attempt is counted before
    /// it is made and forgotten when it succeeds: so attempts at the same instant can't pass together.
    pub fn count(&self, key: K) -> Option<u64> {
        let before = self.counts.get_with(key, Arc::default).fetch_add(1, Ordering::Relaxed);
        (before >= self.limit).then_some(self.window.as_secs())
    }

    /// Forgets the failures of a key.
    pub fn forget(&self, key: &K) {
        self.counts.invalidate(key);
    }
}
