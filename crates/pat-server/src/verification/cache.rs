//! Principals by digest, as they were read from the primary. Nothing is evicted for correctness: a stale one fails its proof.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pat_core::secret::TokenDigest;
use quick_cache::sync::{Cache, PlaceholderGuard};
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};

use crate::store::principals::Principal;

/// Principals that are kept at most.
const PRINCIPALS: usize = 1_000_000;

/// Digests that matched nothing, of which a few suffice: a flood of new ones must only not evict principals.
const UNKNOWN: usize = 100_000;

/// What is known of tokens without asking the primary.
#[derive(Debug)]
pub struct PrincipalCache {
    /// Packed: half the memory of the struct with its texts, for a microsecond at each look.
    principals: Principals,
    /// A secret that matched nothing stays unknown: a new one can't have been tried before.
    unknown: Cache<TokenDigest, ()>,
    hits: AtomicU64,
    misses: AtomicU64,
    refills: AtomicU64,
    evictions: Arc<AtomicU64>,
    unknown_hits: AtomicU64,
}

type Principals = Cache<TokenDigest, Arc<[u8]>, UnitWeighter, DefaultHashBuilder, CountEvictions>;

/// A place that is kept for a principal while it is looked up.
type PlaceOf<'a> = PlaceholderGuard<'a, TokenDigest, Arc<[u8]>, UnitWeighter, DefaultHashBuilder, CountEvictions>;

/// Counts what is dropped for want of room.
#[derive(Clone, Debug)]
struct CountEvictions(Arc<AtomicU64>);

impl Lifecycle<TokenDigest, Arc<[u8]>> for CountEvictions {
    type RequestState = ();

    fn begin_request(&self) {}

    // Not `on_evict`, which also tells of what a newer fill replaces.
    fn before_evict(&self, (): &mut (), _: &TokenDigest, _: &mut Arc<[u8]>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The right to look a token up, which one call at a time has; the others wait for what it finds.
#[must_use]
pub struct Claim<'a> {
    cache: &'a PrincipalCache,
    place: Option<PlaceOf<'a>>,
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
    /// Principals that were dropped for want of room.
    pub evictions: u64,
    /// Looks that found a digest known to match nothing.
    pub unknown_hits: u64,
    /// Principals that are kept.
    pub principals: usize,
    /// Digests known to match nothing that are kept.
    pub unknown: usize,
}

impl Default for PrincipalCache {
    fn default() -> Self {
        Self::new(PRINCIPALS, UNKNOWN)
    }
}

impl PrincipalCache {
    /// Room for so many principals and digests that match nothing.
    fn new(principals: usize, unknown: usize) -> Self {
        let evictions = Arc::<AtomicU64>::default();
        let weight = u64::try_from(principals).unwrap_or(u64::MAX);
        let lifecycle = CountEvictions(evictions.clone());
        Self {
            principals: Cache::with(principals, weight, UnitWeighter, DefaultHashBuilder::default(), lifecycle),
            unknown: Cache::new(unknown),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            refills: AtomicU64::new(0),
            evictions,
            unknown_hits: AtomicU64::new(0),
        }
    }

    /// The principal of a token, as it was read some time ago.
    pub fn get(&self, digest: &TokenDigest) -> Option<Principal> {
        let found = self.principals.get(digest).and_then(|packed| unpack(&packed));
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// What another call finds that looks the token up at this moment, or the right to look it up. Holds no lock.
    pub async fn claim(&self, digest: &TokenDigest) -> Result<Principal, Claim<'_>> {
        match self.principals.get_value_or_guard_async(digest).await {
            Ok(packed) => unpack(&packed).ok_or(Claim { cache: self, place: None }),
            Err(place) => Err(Claim { cache: self, place: Some(place) }),
        }
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
        Counts {
            hits: read(&self.hits),
            misses: read(&self.misses),
            refills: read(&self.refills),
            evictions: read(&self.evictions),
            unknown_hits: read(&self.unknown_hits),
            principals: self.principals.len(),
            unknown: self.unknown.len(),
        }
    }

    /// Whether the digest is known to match nothing.
    pub fn is_unknown(&self, digest: &TokenDigest) -> bool {
        let is_unknown = self.unknown.get(digest).is_some();
        if is_unknown {
            self.unknown_hits.fetch_add(1, Ordering::Relaxed);
        }
        is_unknown
    }

    /// Notes that a digest matched nothing.
    pub fn note_unknown(&self, digest: TokenDigest) {
        self.unknown.insert(digest, ());
    }
}

impl Claim<'_> {
    /// Keeps what was found and wakes those who wait for it. Dropped without it, the next of them looks.
    pub fn fill(self, principal: &Principal) {
        self.cache.refills.fetch_add(1, Ordering::Relaxed);
        if let (Some(place), Ok(packed)) = (self.place, postcard::to_allocvec(principal)) {
            // Another fill may have come first; either will do.
            let _kept = place.insert(packed.into());
        }
    }
}

fn unpack(packed: &[u8]) -> Option<Principal> {
    postcard::from_bytes(packed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(n: u64) -> TokenDigest {
        TokenDigest(*blake3::hash(&n.to_le_bytes()).as_bytes())
    }

    #[test]
    fn unknown_digests_stay_few_and_evict_no_principal() {
        let cache = PrincipalCache::new(100, 50);
        for n in 0..80 {
            cache.principals.insert(digest(n), Arc::from([0].as_slice()));
        }
        let kept = cache.counts().principals;
        for n in 1_000..11_000 {
            cache.note_unknown(digest(n));
        }
        let counts = cache.counts();
        assert_eq!((counts.principals, counts.evictions), (kept, 0));
        assert!(counts.unknown <= 50, "{counts:?}");
        assert!(!cache.is_unknown(&digest(0)));
    }

    #[test]
    fn evictions_are_counted() {
        let cache = PrincipalCache::new(100, 1);
        for n in 0..1_000 {
            cache.principals.insert(digest(n), Arc::from([0].as_slice()));
        }
        for n in (0..1_000).filter(|n| cache.principals.contains_key(&digest(*n))).take(10).collect::<Vec<_>>() {
            cache.principals.insert(digest(n), Arc::from([1].as_slice()));
        }
        let counts = cache.counts();
        assert_eq!(u64::try_from(counts.principals).unwrap() + counts.evictions, 1_000, "a newer fill evicts nothing");
        assert!(counts.principals <= 100 && counts.evictions >= 900, "{counts:?}");
    }
}
