//! The audit log (design section 7). An insert with a proof is the fence of section 6.

mod clean;
mod insert;
mod intern;
mod read;
mod row;
mod search;

pub use intern::{Known, Written};
pub use read::{Event, Filter, Position, page, scopes_added, web_api_methods};
pub use row::{ProvedRow, Row};

use pat_core::audit::{EventType, Outcome};
use pat_core::id::{AccountId, SessionId, TokenId, UserId};
use pat_core::verify::Window;
use serde_json::Value;
use uuid::Uuid;

use super::{Conn, Store, StoreError, Transaction};
use crate::client::Client;

/// A row to be written. Names are as they are now: they survive rename and erasure of what they name.
#[derive(Clone, Debug)]
pub struct NewEvent<'a> {
    /// Whose log it stands in.
    pub account_id: AccountId,
    /// What happened.
    pub event_type: EventType,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was refused, as a code.
    pub reason: Option<&'static str>,
    /// Who did it.
    pub user: Option<EventUser<'a>>,
    /// With which token, or to which token.
    pub token: Option<(TokenId, &'a str)>,
    /// The Web API method.
    pub method: Option<&'a str>,
    /// What else is known, by event type.
    pub context: Value,
    /// The browser session it was done in.
    pub session_id: Option<SessionId>,
    /// The request.
    pub client: &'a Client,
}

/// A person in the log.
#[derive(Clone, Copy, Debug)]
pub struct EventUser<'a> {
    /// Their id.
    pub id: UserId,
    /// Their name now.
    pub name: &'a str,
    /// Their e-mail address now.
    pub email: &'a str,
}

/// What a decision was made on. It still stands if the stamps are the same and now lies in the window.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// The account's stamp.
    pub account_stamp: Uuid,
    /// The owner and their stamp; an organization token has none.
    pub user: Option<(UserId, Uuid)>,
    /// The time in which the decision holds.
    pub window: Window,
}

/// Writes a row, in the transaction of what it records.
pub async fn insert(tx: &mut Transaction, event: NewEvent<'_>) -> Result<(), StoreError> {
    insert_all(tx, [event]).await
}

/// Writes rows as one statement, in the transaction of what they record.
pub async fn insert_all<'a>(tx: &mut Transaction, events: impl IntoIterator<Item = NewEvent<'a>>) -> Result<(), StoreError> {
    let (conn, known, written) = tx.log();
    let rows: Vec<_> = events.into_iter().map(|event| Row::new(event, known)).collect();
    insert::insert_rows(conn, &rows, known, written).await
}

/// Writes a row, last in the transaction of what it records, only if what was decided on still stands, and says whether it did.
/// Nothing may be committed or answered if it didn't.
pub async fn insert_proved(tx: &mut Transaction, row: ProvedRow) -> Result<bool, StoreError> {
    let (conn, known, written) = tx.log();
    Ok(!insert::insert_proved_rows(conn, &[row], known, written).await?.is_empty())
}

/// Writes a row that stands alone.
pub async fn insert_alone(store: &Store, event: NewEvent<'_>) -> Result<(), StoreError> {
    let mut written = Written::default();
    insert::insert_rows(&mut *store.conn().await?, &[Row::new(event, &store.known)], &store.known, &mut written).await?;
    store.known.keep(written);
    Ok(())
}

/// Writes, as one transaction, those rows whose ground still stands, and returns their ids. Nothing may be answered for the others.
pub async fn insert_batch(conn: &mut Conn, known: &Known, rows: &[ProvedRow]) -> Result<Vec<Uuid>, StoreError> {
    let mut written = Written::default();
    let ids = insert::insert_proved_rows(conn, rows, known, &mut written).await?;
    known.keep(written);
    Ok(ids)
}
