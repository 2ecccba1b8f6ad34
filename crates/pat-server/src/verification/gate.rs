//! Which look-ups of tokens that were never seen reach the primary. Anybody can make such tokens by the million, so that
//! neither one address nor many may take the database from callers whose tokens are known.

use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::store::StoreError;
use crate::throttle::{Failures, Line};
use crate::web_api::WebApiError;

/// The share of the pool's connections that such look-ups may have.
const SHARE: usize = 4;

/// Who may wait for that share. A look-up takes less than a millisecond, and after a start every token needs one.
const WAITERS: usize = 2048;

/// How long they wait at most.
const WAIT: Duration = Duration::from_secs(1);

/// Look-ups a second for all addresses that have shown too many unknown tokens, together: a valid token that this server
/// hasn't seen may come from one of them, too.
const SPARE: u32 = 20;

/// The time that these are counted in.
const SPARE_SECONDS: u64 = 1;

/// How long somebody waits to hear that there were too many unknown tokens: who asks again as soon as it is answered would take
/// the processor from others.
const HOLD: Duration = Duration::from_millis(250);

/// Who may wait for that; the rest is told at once.
const HELD: usize = 4096;

/// The gate.
#[derive(Debug)]
pub struct Gate {
    share: Semaphore,
    line: Line,
    spare: Failures<()>,
    held: Line,
}

/// The right to look one token up. It counts as a failure of its address before it is made, so that look-ups at the same
/// instant can't pass together; unless it turns out to be [`unknown`](Self::unknown), the count is taken back.
#[must_use]
pub struct Pass<'a> {
    _permit: SemaphorePermit<'a>,
    counted: Counted<'a>,
    /// Seconds to wait, if the address had shown too many before.
    over: Option<u64>,
}

struct Counted<'a> {
    failures: &'a Failures<Option<IpNet>>,
    network: Option<IpNet>,
    stays: bool,
}

impl Gate {
    /// A gate before so many connections.
    pub fn new(connections: usize) -> Self {
        Self {
            share: Semaphore::new((connections / SHARE).max(1)),
            line: Line::new(WAITERS),
            spare: Failures::new(SPARE, Duration::from_secs(SPARE_SECONDS)),
            held: Line::new(HELD),
        }
    }

    /// Lets who showed too many unknown tokens wait for the answer.
    pub async fn hold(&self) {
        if let Some(_place) = self.held.join() {
            tokio::time::sleep(HOLD).await;
        }
    }

    /// Lets a look-up through.
    ///
    /// # Errors
    /// [`WebApiError::RateLimited`] where the address showed too many unknown tokens, 503 where too many look-ups wait.
    pub async fn enter<'a>(&'a self, failures: &'a Failures<Option<IpNet>>, network: Option<IpNet>) -> Result<Pass<'a>, WebApiError> {
        if failures.are_too_many(&network) && self.spare.are_too_many(&()) {
            return Err(WebApiError::RateLimited(SPARE_SECONDS));
        }
        let busy = || StoreError::Unavailable("too many unknown tokens are looked up".into());
        let _place = self.line.join().ok_or_else(busy)?;
        let permit = tokio::time::timeout(WAIT, self.share.acquire()).await;
        let permit = permit.ok().and_then(Result::ok).ok_or_else(busy)?;
        let over = failures.count(network);
        let counted = Counted { failures, network, stays: false };
        if over.is_some()
            && let Some(seconds) = self.spare.count(())
        {
            return Err(WebApiError::RateLimited(seconds));
        }
        Ok(Pass { _permit: permit, counted, over })
    }
}

impl Pass<'_> {
    /// There is no such token: says how long to wait, in seconds, if there were too many before it.
    pub fn unknown(mut self) -> Option<u64> {
        self.counted.stays = true;
        self.over
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        if !self.stays {
            self.failures.take_back(&self.network);
        }
    }
}
