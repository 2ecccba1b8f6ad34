//! Principals by digest, as they were read from the primary. Nothing is evicted for correctness: a stale one fails its proof.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pat_core::secret::TokenDigest;
use quick_cache::sync::Cache;

use crate::store::principals::Principal;

/// Principals that are kept at most.
const PRINCIPALS: usize = 1_000_000;

/// Digests that matched nothing, of which a few suffice: a flood of new ones must only not evict principals.
const UNKNOWN: usize = 100_000;

/// What is known of tokens without asking the primary.
#[derive(Debug)]
pub struct PrincipalCache {
    /// Packed: half the memory of the struct with its texts, for a microsecond at each look.
    principals: Cache<TokenDigest, Arc<[u8]>>,
    /// A secret that matched nothing stays unknown: a new one can't have been tried before.
    unknown: Cache<TokenDigest, ()>,
    hits: AtomicU64,
    misses: AtomicU64,
    refills: AtomicU64,
}

/// What the cache has counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Looks that found a principal.
    pub hits: u64,
    /// Looks that didn't.
    pub misses: u64,
    /// Principals that were read from the primary and kept.
    pub refills: u64,
}

impl Default for PrincipalCache {
    fn default() -> Self {
        Self {
            principals: Cache::new(PRINCIPALS),
            unknown: Cache::new(UNKNOWN),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            refills: AtomicU64::new(0),
        }
    }
}

impl PrincipalCache {
    /// The principal of a token, as it was read some time ago.
    pub fn get(&self, digest: &TokenDigest) -> Option<Principal> {
        let found = self.principals.get(digest).and_then(|packed| postcard::from_bytes(&packed).ok());
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps what was read. Fills may race: the proof tells.
    pub fn fill(&self, digest: TokenDigest, principal: &Principal) {
        self.refills.fetch_add(1, Ordering::Relaxed);
        if let Ok(packed) = postcard::to_allocvec(principal) {
            self.principals.insert(digest, packed.into());
        }
    }

    /// How often it was asked and filled since the start.
    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts { hits: read(&self.hits), misses: read(&self.misses), refills: read(&self.refills) }
    }

    /// Whether the digest is known to match nothing.
    pub fn is_unknown(&self, digest: &TokenDigest) -> bool {
        self.unknown.get(digest).is_some()
    }

    /// Notes that a digest matched nothing.
    pub fn note_unknown(&self, digest: TokenDigest) {
        self.unknown.insert(digest, ());
    }
}
