//! Which row of a span is not as it was.

use pat_core::seal::chain::Seal;
use pat_core::seal::difference::{Difference, first_difference};
use pat_core::seal::key::Key;
use pat_core::seal::row::{Row, Trace};

use super::VerifyError;
use crate::seals::finding::{Finding, Place};
use crate::store::seals::{SealedRow, row_at};
use crate::store::{Conn, StoreError};

/// With how many other rows that differ a changed one is compared.
const OTHERS: usize = 20;

/// Names the first row that differs, for a span whose rows are not those that were sealed.
pub async fn name(conn: &mut Conn, key: &Key, seal: &Seal, sealed: &[Trace], found: &[Trace]) -> Result<Finding, VerifyError> {
    if found.is_empty() {
        return Ok(Finding::Emptied(seal.from, seal.until, seal.rows));
    }
    match first_difference(sealed, found) {
        None => Ok(Finding::SpanChanged(seal.from, seal.until)),
        Some(Difference::Inserted(at)) => Ok(Finding::Inserted(Place::from(&read(conn, seal, at).await?))),
        Some(Difference::Dropped(0)) => Ok(Finding::DroppedBefore(seal.from, seal.until, Place::from(&read(conn, seal, 0).await?))),
        Some(Difference::Dropped(at)) => Ok(Finding::DroppedAfter(seal.from, seal.until, Place::from(&read(conn, seal, at - 1).await?))),
        Some(Difference::Changed(at)) => changed(conn, key, seal, (sealed, found), at).await,
    }
}

async fn changed(
    conn: &mut Conn,
    key: &Key,
    seal: &Seal,
    (sealed, found): (&[Trace], &[Trace]),
    at: usize,
) -> Result<Finding, VerifyError> {
    let row = read(conn, seal, at).await?;
    if let Some(missing) = row.missing() {
        return Ok(Finding::Orphaned(Place::from(&row), missing));
    }
    let others = sealed.iter().zip(found).enumerate().skip(at + 1).filter(|(_, (was, is))| was != is);
    for (other_at, (other_was, _)) in others.take(OTHERS) {
        let other = read(conn, seal, other_at).await?;
        let was = sealed.get(at);
        if was == Some(&in_place_of(&other, &row, key)) && *other_was == in_place_of(&row, &other, key) {
            return Ok(Finding::Swapped(Place::from(&row), Place::from(&other)));
        }
    }
    Ok(Finding::Changed(Place::from(&row)))
}

/// The trace that a row would have at another one's place.
fn in_place_of(row: &SealedRow, other: &SealedRow, key: &Key) -> Trace {
    Row { time: other.time, id: other.id, ..row.row() }.hash(key).trace()
}

async fn read(conn: &mut Conn, seal: &Seal, at: usize) -> Result<SealedRow, VerifyError> {
    let row = row_at(conn, seal.from, seal.until, at).await?;
    row.ok_or_else(|| StoreError::inconsistent("rows are being removed from the log while it is verified").into())
}
