//! Limits: failures by a key, in bounded memory; and how many may wait for something.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
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

    /// Whether the next one would be one too many.
    pub fn are_too_many(&self, key: &K) -> bool {
        self.counts.get(key).is_some_and(|count| count.load(Ordering::Relaxed) >= self.limit)
    }

    /// Takes one back that was counted and turned out to be none.
    pub fn take_back(&self, key: &K) {
        if let Some(count) = self.counts.get(key) {
            // The window may have begun anew since it was counted.
            let _was_none = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1));
        }
    }

    /// Forgets the failures of a key.
    pub fn forget(&self, key: &K) {
        self.counts.invalidate(key);
    }
}

/// A line of those who wait, up to a length: who comes later is turned away at once instead of waiting in vain.
#[derive(Debug)]
pub struct Line {
    waiting: AtomicUsize,
    limit: usize,
}

/// A place in a [`Line`], left when it is dropped.
#[derive(Debug)]
pub struct Place<'a>(&'a AtomicUsize);

impl Line {
    /// A line for `limit` at most.
    pub fn new(limit: usize) -> Self {
        Self { waiting: AtomicUsize::new(0), limit }
    }

    /// Takes the last place, if there is one.
    pub fn join(&self) -> Option<Place<'_>> {
        let place = Place(&self.waiting);
        // Counted before it is looked at: so two can't take the last place together. A refused one drops its place again.
        (self.waiting.fetch_add(1, Ordering::Relaxed) < self.limit).then_some(place)
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_long_as_it_may_be() {
        let line = Line::new(2);
        let (first, _second) = (line.join().unwrap(), line.join().unwrap());
        assert!(line.join().is_none() && line.join().is_none(), "being turned away leaves nothing behind");
        assert_eq!(line.waiting(), 2);
        drop(first);
        assert!(line.join().is_some());
    }

    #[test]
    fn failures_are_too_many_from_the_limit_on() {
        let failures = Failures::new(2, Duration::from_mins(1));
        assert_eq!([failures.count("a"), failures.count("a"), failures.count("b"), failures.count("a")], [None, None, None, Some(60)]);
        failures.take_back(&"a");
        failures.take_back(&"a");
        assert_eq!([failures.count("a"), failures.count("a")], [None, Some(60)]);
        failures.take_back(&"never");
        assert_eq!(failures.count("never"), None);
    }
}
