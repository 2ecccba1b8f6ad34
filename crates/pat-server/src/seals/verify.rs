//! Finds what of the log is not as it was sealed.

mod naming;

use std::collections::HashMap;
use std::pin::pin;

use futures_util::{Stream, TryStreamExt as _};
use jiff::Timestamp;
use pat_core::seal::chain::{Head, NOTHING, Pruning, Seal, Tally};
use pat_core::seal::key::Keys;

use super::finding::Finding;
use super::sealer::SETTLED_AFTER;
use crate::store::seals::{self, Personal};
use crate::store::{Conn, StoreError, now};

/// How many seals are read at once.
const SEALS: i64 = 1440;

/// How many rows one statement reads at most, unless a minute has more.
const ROWS: u64 = 500_000;

/// What to check.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// From the seal on that covers this instant; the first one if it is `None`.
    pub from: Option<Timestamp>,
    /// Up to this instant.
    pub until: Option<Timestamp>,
}

/// What was checked, and found as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Seals.
    pub seals: u64,
    /// Rows.
    pub rows: u64,
    /// Rows of seals that were pruned.
    pub pruned: u64,
    /// Principals and clients.
    pub commitments: u64,
    /// Of those, the erased ones, of which only the commitment is left.
    pub erased: u64,
    /// Where the first seal begins and the last one ends.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Rows after the last seal of all.
    pub unsealed: i64,
    /// Where the last seal of all ends.
    pub sealed_until: Option<Timestamp>,
    /// Rows in the partition that should be empty.
    pub astray: i64,
    /// Heads that were known.
    pub heads: u64,
}

/// Why a log was not found to be as it was.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Because it isn't.
    #[error(transparent)]
    Found(#[from] Finding),
    /// Because it could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks seals, rows, personal fields and heads, in this order, and ends with the first finding.
pub async fn verify(conn: &mut Conn, keys: &Keys, range: Range, heads: &[Head]) -> Result<Report, VerifyError> {
    let mut report = Report { heads: u64::try_from(heads.len()).unwrap_or(u64::MAX), ..Report::default() };
    let prunings = seals::prunings(conn).await?;
    if let Some(pruning) = prunings.iter().find(|pruning| !pruning.holds(keys)) {
        return Err(Finding::PruningChanged(pruning.from, pruning.until).into());
    }
    check_chain(conn, keys, range, &prunings, &mut report).await?;
    check_strays(conn).await?;
    check_commitments(pin!(seals::principals(conn).await?), "principal", &mut report).await?;
    check_commitments(pin!(seals::clients(conn).await?), "client", &mut report).await?;
    check_heads(conn, heads).await?;
    report.sealed_until = seals::last(conn).await?.map(|last| last.until);
    (report.unsealed, report.astray) = seals::tail(conn, report.sealed_until.unwrap_or(Timestamp::UNIX_EPOCH)).await?;
    Ok(report)
}

async fn check_chain(conn: &mut Conn, keys: &Keys, range: Range, prunings: &[Pruning], report: &mut Report) -> Result<(), VerifyError> {
    let from = range.from.unwrap_or(Timestamp::UNIX_EPOCH);
    let until = range.until.unwrap_or(LATEST);
    let mut previous = seals::last_until(conn, from).await?;
    if let Some(previous) = &previous {
        check_seal(keys, previous)?;
    }
    loop {
        let after = previous.as_ref().map_or(from, |previous| previous.until.max(from));
        let mut batch = seals::between(conn, after, until, SEALS).await?;
        let mut rows = 0;
        let fitting = batch.iter().take_while(|seal| {
            rows += seal.rows;
            rows <= ROWS
        });
        batch.truncate(fitting.count().max(1));
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { break };
        for seal in &batch {
            check_seal(keys, seal)?;
            check_link(previous.as_ref(), seal)?;
            previous = Some(seal.clone());
        }
        check_rows(conn, keys, &batch, prunings, report).await?;
        report.seals += u64::try_from(batch.len()).unwrap_or(u64::MAX);
        report.span = Some((report.span.map_or(first.from, |(from, _)| from), last.until));
    }
    match report.span {
        Some(_) => Ok(()),
        None if range.from.is_none() && range.until.is_none() => Err(Finding::NothingSealed("").into()),
        None => Err(Finding::NothingSealed(" in this range").into()),
    }
}

/// Later than any seal, and still a time for Postgres.
const LATEST: Timestamp = Timestamp::constant(253_402_207_200, 0);

fn check_seal(keys: &Keys, seal: &Seal) -> Result<(), Finding> {
    let key = keys.find(seal.key_id).ok_or(Finding::UnknownKey(seal.from, seal.key_id))?;
    if seal.holds(key) { Ok(()) } else { Err(Finding::SealChanged(seal.from)) }
}

fn check_link(previous: Option<&Seal>, seal: &Seal) -> Result<(), Finding> {
    match previous {
        None if seal.previous != NOTHING => Err(Finding::BeginningMissing(seal.from)),
        Some(previous) if previous.until != seal.from => Err(Finding::SealsMissing(previous.until, seal.from)),
        Some(previous) if previous.hash != seal.previous => Err(Finding::ChainBroken(seal.from)),
        _ => Ok(()),
    }
}

/// Reads the rows of seals that follow each other, once, in their order.
async fn check_rows(conn: &mut Conn, keys: &Keys, batch: &[Seal], prunings: &[Pruning], report: &mut Report) -> Result<(), VerifyError> {
    let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Ok(()) };
    let traces: HashMap<_, _> = seals::traces_between(conn, first.from, last.until).await?;
    let differs = {
        let mut rows = pin!(seals::rows(conn, first.from, last.until).await?);
        let mut next = rows.try_next().await?;
        let mut differs = None;
        for seal in batch {
            let Some(key) = keys.find(seal.key_id) else { break };
            let mut tally = Tally::default();
            while let Some(row) = next.take_if(|row| row.time < seal.until) {
                tally.add(row.row().hash(key));
                next = rows.try_next().await?;
            }
            let is_pruned = prunings.iter().any(|pruning| pruning.covers(seal));
            if is_pruned && tally.rows() == 0 {
                report.pruned += seal.rows;
                continue;
            }
            report.rows += seal.rows;
            let stored = if is_pruned { &[] } else { traces.get(&seal.from).map_or(&[][..], Vec::as_slice) };
            if tally.rows() != seal.rows || tally.digest() != seal.digest {
                differs = Some((seal, key, tally, stored));
                break;
            }
            if tally.traces() != stored {
                return Err(Finding::TracesChanged(seal.from, seal.until).into());
            }
        }
        differs
    };
    match differs {
        Some((seal, key, tally, stored)) => Err(naming::name(conn, key, seal, stored, tally.traces()).await?.into()),
        None => Ok(()),
    }
}

/// Rows that no seal will ever cover, or none should yet.
async fn check_strays(conn: &mut Conn) -> Result<(), VerifyError> {
    if let Some(first) = seals::between(conn, Timestamp::UNIX_EPOCH, LATEST, 1).await?.first()
        && let Some(stray) = seals::stray_before(conn, first.from).await?
    {
        return Err(Finding::Inserted(stray.into()).into());
    }
    // A standby that was promoted may have a clock that is a little behind.
    let latest = now(conn).await? + SETTLED_AFTER;
    match seals::stray_after(conn, latest).await? {
        Some(stray) => Err(Finding::InTheFuture(stray.into()).into()),
        None => Ok(()),
    }
}

async fn check_commitments(
    mut entries: impl Stream<Item = Result<Personal, StoreError>> + Unpin,
    what: &'static str,
    report: &mut Report,
) -> Result<(), VerifyError> {
    while let Some(entry) = entries.try_next().await? {
        report.commitments += 1;
        if entry.is_erased() {
            report.erased += 1;
        } else if !entry.holds() {
            return Err(Finding::PersonalChanged(what, entry.id).into());
        }
    }
    Ok(())
}

async fn check_heads(conn: &mut Conn, heads: &[Head]) -> Result<(), VerifyError> {
    for heads in heads.chunks(1000) {
        let ends: Vec<_> = heads.iter().map(|head| head.until).collect();
        let seals = seals::ending_at(conn, &ends).await?;
        for head in heads {
            match seals.iter().find(|seal| seal.until == head.until) {
                None => return Err(Finding::HeadMissing(head.until).into()),
                Some(seal) if seal.hash != head.hash => return Err(Finding::HeadDiffers(head.until).into()),
                Some(_) => {}
            }
        }
    }
    Ok(())
}
