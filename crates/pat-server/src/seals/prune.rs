//! Removes old months of the log.

use std::str::FromStr;

use anyhow::{Context as _, ensure};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use pat_core::audit::{EventType, Outcome};
use pat_core::seal::chain::Pruning;
use pat_core::seal::key::Keys;
use serde_json::json;

use super::verify::{Range, verify};
use crate::client::Client;
use crate::store::audit::{self, NewEvent};
use crate::store::{Conn, Store, now, people, seals};

/// A month, by its first instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month(Timestamp);

impl FromStr for Month {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let first: Option<Date> = format!("{text}-01").parse().ok().filter(|_| text.len() == 7);
        first.and_then(first_instant).map(Self).ok_or("it must be a month such as 2027-01")
    }
}

fn first_instant(day: Date) -> Option<Timestamp> {
    day.first_of_month().to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Removes the months before `before`, or all but the last `keep` whole ones and the current one; then the principals and clients that
/// no row refers to any more. Prints what it does. What it can't remove, it leaves as it is, and ends.
///
/// # Errors
/// Why a month stays.
pub async fn run(store: &Store, keys: &Keys, before: Option<Month>, keep: u16) -> anyhow::Result<()> {
    let mut conn = seals::patient_conn(store).await?;
    let today = now(&mut conn).await?.to_zoned(TimeZone::UTC).date();
    let limit = match before {
        Some(Month(limit)) => limit,
        None => today.checked_sub(i32::from(keep).months()).ok().and_then(first_instant).context("so many months there never were")?,
    };
    let months = seals::months(&mut conn).await?;
    for month in months.into_iter().filter(|month| month.until <= limit) {
        let rows = verify_month(&mut conn, keys, &month).await.with_context(|| format!("{} stays as it is", month.name()))?;
        remove(store, keys, &month).await?;
        seals::forget_traces(&mut conn, &month).await?;
        println!("{} removed, {rows} rows", month.name());
    }
    let gone = seals::forget_unreferred(&mut conn).await?;
    println!("{gone} principals and clients removed that no row refers to");
    Ok(())
}

/// Returns how many rows the month has, all of which are sealed and as they were.
async fn verify_month(conn: &mut Conn, keys: &Keys, month: &seals::Month) -> anyhow::Result<u64> {
    ensure!(!seals::rows_elsewhere(conn, month).await?, "rows of it are in another partition");
    let is_sealed = !seals::between(conn, month.from, month.until, 1).await?.is_empty();
    if !is_sealed && !seals::has_rows(conn, month.from, month.until).await? {
        return Ok(0);
    }
    let until = seals::last(conn).await?.map(|last| last.until).context("nothing is sealed yet")?;
    ensure!(until >= month.until, "it is sealed until {until} only");
    let report = verify(conn, keys, Range { from: Some(month.from), until: Some(month.until) }, &[]).await?;
    Ok(report.rows)
}

/// In one transaction: the removal, the record that vouches for it, and a row in the log of every account.
async fn remove(store: &Store, keys: &Keys, month: &seals::Month) -> anyhow::Result<()> {
    let mut tx = store.begin().await?;
    let client = Client::operator();
    let accounts = people::account_ids(&mut tx).await?;
    for accounts in accounts.chunks(1000) {
        let events = accounts.iter().map(|account_id| NewEvent {
            account_id: *account_id,
            event_type: EventType::AuditPruned,
            outcome: Outcome::Succeeded,
            reason: None,
            user: None,
            token: None,
            method: None,
            context: json!({ "month": month.name(), "by": "operator" }),
            session_id: None,
            client: &client,
        });
        audit::insert_all(&mut tx, events).await?;
    }
    seals::insert_pruning(&mut tx, &Pruning::new(keys.current(), month.from, month.until)).await?;
    seals::remove(&mut tx, month).await.with_context(|| {
        let month = month.name();
        format!("{month} stays as it is: somebody reads the log just now (a report, an export, a backup). Try again later")
    })?;
    tx.commit().await.with_context(|| format!("whether {} was removed is unknown: run the command again", month.name()))
}
