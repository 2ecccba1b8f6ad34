//! Group commit: the rows of all waiting requests go in as one statement, which is also their proof (design sections 6 and 7).
//!
//! A batch takes in what waits *before* its statement begins, so that the statement sees every change confirmed before any of
//! its requests. While one batch commits the next one fills: cost a request falls as load rises. Requests wait for a place in
//! the queue rather than be lost; where that takes too long they are answered 503.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pat_core::attempt::Row;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::metrics::Metrics;
use crate::store::audit::{self, ProvedRow};
use crate::store::{Conn, Store, StoreError};

/// Rows that a statement takes at most.
const BATCH: usize = 256;

/// Batches in flight at most: while one waits for the disk the next one is on its way.
const IN_FLIGHT: usize = 2;

/// Requests that may wait for a batch.
const QUEUE: usize = 4096;

/// Places in the queue that are left when calls are turned away before they do any work.
const BEHIND: usize = QUEUE / 8;

/// How long a request may wait for its row, and so how long a batch may take: then nobody waits for it any more, and a
/// connection that says nothing is given up.
const LIMIT: Duration = Duration::from_secs(10);

struct Waiting {
    row: ProvedRow,
    answer: oneshot::Sender<Row>,
}

/// The way to the audit log for calls that only read.
#[derive(Debug)]
pub struct AuditWriter {
    queue: mpsc::Sender<Waiting>,
}

impl AuditWriter {
    /// Starts the writer. It connects when the first row comes.
    pub fn start(store: &Store, metrics: &Arc<Metrics>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..IN_FLIGHT {
            tokio::spawn(work(store.clone(), metrics.clone(), waiting.clone()));
        }
        Self { queue }
    }

    /// Rows that wait.
    pub fn waiting(&self) -> usize {
        QUEUE.saturating_sub(self.queue.capacity())
    }

    /// Whether so much waits that who comes now would wait in vain.
    pub fn is_behind(&self) -> bool {
        self.queue.capacity() < BEHIND
    }

    /// Writes a row if what it was decided on still stands, and says what became of it. [`Row::Unknown`] also when the writer
    /// is too far behind.
    pub async fn record(&self, row: ProvedRow) -> Row {
        let (answer, outcome) = oneshot::channel();
        let recorded = async {
            self.queue.send(Waiting { row, answer }).await.ok()?;
            outcome.await.ok()
        };
        tokio::time::timeout(LIMIT, recorded).await.ok().flatten().unwrap_or(Row::Unknown)
    }
}

/// Takes what waits, writes it, tells, again.
async fn work(store: Store, metrics: Arc<Metrics>, waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
    let mut conn = None;
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        // Held while this worker waits for rows, so that one batch fills instead of two.
        if waiting.lock().await.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        let (rows, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|waiting| (waiting.row, waiting.answer)).unzip();
        let since = Instant::now();
        let outcomes = match write_in_time(&store, &mut conn, &rows).await {
            Ok(outcomes) => {
                metrics.writer.wrote(rows.len(), since.elapsed());
                outcomes
            }
            Err(error) => {
                metrics.writer.failed.inc();
                tracing::warn!(%error, rows = rows.len(), "a batch of the audit log was not written");
                conn = None;
                vec![Row::Unknown; rows.len()]
            }
        };
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            // Whoever gave up waiting cancels nothing and needs no answer.
            let _gave_up = answer.send(outcome);
        }
    }
}

async fn write_in_time(store: &Store, conn: &mut Option<Conn>, rows: &[ProvedRow]) -> Result<Vec<Row>, StoreError> {
    tokio::time::timeout(LIMIT, write(store, conn, rows)).await.unwrap_or_else(|elapsed| {
        store.doubt();
        Err(StoreError::Unavailable(elapsed.into()))
    })
}

async fn write(store: &Store, conn: &mut Option<Conn>, rows: &[ProvedRow]) -> Result<Vec<Row>, StoreError> {
    let conn = match conn {
        Some(conn) => conn,
        None => conn.insert(store.own_conn().await?),
    };
    match audit::insert_batch(conn, store.known(), rows).await {
        Ok(ids) => Ok(outcomes(rows, ids)),
        // A statement that was refused for its data left nothing behind: no row may fail the others.
        Err(StoreError::Defect(error)) if rows.len() > 1 => {
            tracing::error!(%error, "a batch of the audit log was refused; trying row by row");
            one_by_one(store, conn, rows).await
        }
        Err(error) => Err(error),
    }
}

async fn one_by_one(store: &Store, conn: &mut Conn, rows: &[ProvedRow]) -> Result<Vec<Row>, StoreError> {
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        match audit::insert_batch(conn, store.known(), std::slice::from_ref(row)).await {
            Ok(ids) => all.extend(outcomes(std::slice::from_ref(row), ids)),
            Err(StoreError::Defect(error)) => {
                tracing::error!(%error, "a row of the audit log was refused");
                all.push(Row::Unknown);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

fn outcomes(rows: &[ProvedRow], ids: Vec<uuid::Uuid>) -> Vec<Row> {
    if ids.len() == rows.len() {
        return vec![Row::Committed; rows.len()];
    }
    let went_in: HashSet<_> = ids.into_iter().collect();
    rows.iter().map(|proved| if went_in.contains(&proved.row.id()) { Row::Committed } else { Row::LeftOut }).collect()
}
