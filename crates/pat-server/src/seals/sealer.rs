//! Seals one minute after another.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};
use pat_core::seal::chain::{Head, NOTHING, Seal, Tally};
use pat_core::seal::key::Key;

use crate::app::SharedApp;
use crate::store::seals::{self, Horizon};
use crate::store::{Conn, Store, StoreError};

/// How old a minute must be, if nothing else is said. What nobody can add to any more can be sealed at once; this gives a clock that was set back some room.
pub const SETTLED_AFTER: SignedDuration = SignedDuration::from_mins(5);

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(10);

/// Between two lines of the log about the same.
const LOG_EVERY: Duration = Duration::from_mins(1);

/// What one step did.
#[derive(Clone, Debug)]
pub enum Step {
    /// The next span is sealed.
    Sealed(Seal),
    /// Nothing is old enough to be sealed.
    UpToDate,
    /// Another server is sealing.
    Busy,
    /// A transaction is open that could still add to the next minute.
    Waiting(Horizon),
}

/// Seals the next minute if it is at least `settled_after` old, or one span over many minutes without rows. Also says how far behind
/// the seals are then.
pub async fn step(store: &Store, key: &Key, settled_after: SignedDuration) -> Result<(Step, SignedDuration), StoreError> {
    let mut tx = store.begin().await?;
    // A minute of very many rows takes its time.
    seals::be_patient(&mut tx).await?;
    let is_mine = seals::try_lock(&mut tx).await?;
    let last = seals::last(&mut tx).await?;
    let horizon = seals::horizon(&mut tx).await?;
    let from = match &last {
        Some(last) => last.until,
        None => seals::first_time(&mut tx).await?.map_or(horizon.now, start_of_minute),
    };
    let settled = start_of_minute(horizon.now - settled_after);
    let complete = match (horizon.unknown_writers, horizon.oldest_writer) {
        (0, None) => settled,
        (0, Some(oldest)) => settled.min(start_of_minute(oldest)),
        _ => Timestamp::MIN,
    };
    let span = if is_mine { next_span(&mut tx, from, complete).await? } else { None };
    let Some(until) = span else {
        tx.rollback().await?;
        let is_old_enough = from + MINUTE <= settled;
        let step = if !is_mine {
            Step::Busy
        } else if is_old_enough {
            Step::Waiting(horizon)
        } else {
            Step::UpToDate
        };
        return Ok((step, horizon.now.duration_since(from)));
    };
    let seal = seal(&mut tx, key, from, until, last.map_or(NOTHING, |last| last.hash)).await?;
    tx.commit().await?;
    Ok((Step::Sealed(seal), horizon.now.duration_since(until)))
}

/// Where the next span ends: after a minute, or after as many minutes without rows as there are, found in ever larger strides.
async fn next_span(conn: &mut Conn, from: Timestamp, complete: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let mut until = from + MINUTE;
    if until > complete {
        return Ok(None);
    }
    if seals::has_rows(conn, from, until).await? {
        return Ok(Some(until));
    }
    let mut stride = MINUTE;
    loop {
        let further = (until + stride).min(complete);
        if further == until || seals::has_rows(conn, until, further).await? {
            return Ok(Some(until));
        }
        until = further;
        stride += stride;
    }
}

async fn seal(conn: &mut Conn, key: &Key, from: Timestamp, until: Timestamp, previous: blake3::Hash) -> Result<Seal, StoreError> {
    let mut tally = Tally::default();
    {
        let mut rows = pin!(seals::rows(conn, from, until).await?);
        while let Some(row) = rows.try_next().await? {
            tally.add(row.row().hash(key));
        }
    }
    let seal = Seal::new(key, from, until, &tally, previous);
    seals::insert(conn, &seal, tally.traces()).await?;
    Ok(seal)
}

/// The minute that an instant lies in.
fn start_of_minute(at: Timestamp) -> Timestamp {
    let seconds = at.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(60)).unwrap_or(Timestamp::MIN)
}

/// Seals for as long as the server runs, and logs heads. Never takes more than half of a connection's time to catch up.
pub async fn run(app: SharedApp, key: Key, settled_after: SignedDuration) {
    let mut log = Log::default();
    while !app.stopping.is_cancelled() {
        let began = Instant::now();
        let done = step(&app.store, &key, settled_after).await;
        let goes_on = matches!(done, Ok((Step::Sealed(_), _)));
        match done {
            Ok((step, lag)) => {
                app.metrics.audit.saw_seals(lag.unsigned_abs());
                if goes_on {
                    app.metrics.audit.seals.inc();
                }
                log.note(&step);
            }
            Err(error) => log.warn(|| tracing::warn!(%error, "the audit log could not be sealed; trying again in {} s", PAUSE.as_secs())),
        }
        let pause = if goes_on { began.elapsed() } else { PAUSE };
        tokio::select! {
            () = app.stopping.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    log.flush();
}

/// What was logged, and what waits to be.
#[derive(Default)]
struct Log {
    head: Option<Head>,
    head_logged: Option<Instant>,
    warned: Option<Instant>,
}

impl Log {
    fn note(&mut self, step: &Step) {
        match step {
            Step::Sealed(seal) => self.head = Some(seal.head()),
            Step::Waiting(Horizon { unknown_writers: 1.., .. }) => self.warn(|| {
                tracing::warn!(
                    "the audit log can't be sealed: a transaction writes to it of which nobody knows when it began. Either it is a prepared \
                     one, or another role's: then GRANT pg_read_all_stats to the server's role"
                );
            }),
            Step::Waiting(horizon) => {
                let since = horizon.oldest_writer.map(|at| at.to_string());
                self.warn(|| tracing::warn!(since, "the audit log is not sealed any further while a transaction is open that writes to it"));
            }
            Step::UpToDate | Step::Busy => {}
        }
        if is_due(self.head_logged) {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if let Some(head) = self.head.take() {
            tracing::info!(%head, "the audit log is sealed");
            self.head_logged = Some(Instant::now());
        }
    }

    fn warn(&mut self, warning: impl FnOnce()) {
        if is_due(self.warned) {
            warning();
            self.warned = Some(Instant::now());
        }
    }
}

fn is_due(last: Option<Instant>) -> bool {
    last.is_none_or(|last| last.elapsed() >= LOG_EVERY)
}
