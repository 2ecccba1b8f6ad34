//! The audit log's seals (design section 7): made by one server at a time, checked and kept by an operator.

pub mod command;
pub mod finding;
pub mod prune;
pub mod sealer;
pub mod verify;

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::SignedDuration;

/// How far this server has seen the log sealed.
#[derive(Debug)]
pub struct Sealing {
    /// Negative until it is known.
    lag_seconds: AtomicI64,
}

impl Default for Sealing {
    fn default() -> Self {
        Self { lag_seconds: AtomicI64::new(-1) }
    }
}

impl Sealing {
    /// How old the oldest instant is that isn't sealed yet, when this server last looked; at rest five to six minutes. `None` if it
    /// doesn't seal, or hasn't looked yet.
    pub fn lag(&self) -> Option<SignedDuration> {
        let seconds = self.lag_seconds.load(Ordering::Relaxed);
        (seconds >= 0).then(|| SignedDuration::from_secs(seconds))
    }

    /// Says what the lag is now.
    fn set_lag(&self, lag: SignedDuration) {
        self.lag_seconds.store(lag.as_secs().max(0), Ordering::Relaxed);
    }
}
