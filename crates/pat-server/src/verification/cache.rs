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
    principals: Cache<TokenDigest, Arc<Principal>>,
    /// A secret that matched nothing stays unknown: a new one can't have been tried before.
    unknown: Cache<TokenDigest, ()>,
    hits: AtomicU64,
    misses: AtomicU64,
    refills: AtomicU64,
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
    pub fn get(&self, digest: &TokenDigest) -> Option<Arc<Principal>> {
        let found = self.principals.get(digest);
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps what was read. Fills may race: the proof tells.
    pub fn fill(&self, digest: TokenDigest, principal: Arc<Principal>) {
        self.refills.fetch_add(1, Ordering::Relaxed);
        self.principals.insert(digest, principal);
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
