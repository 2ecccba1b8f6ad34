//! The seals of the audit log, and what they are made from (design section 7).

mod erase;
mod horizon;
mod months;
mod personal;
mod rows;

pub use self::erase::{Erased, erase_clients, erase_user};
pub use self::horizon::{Horizon, horizon};
pub use self::months::{Month, forget_traces, forget_unreferred, months, remove, rows_elsewhere};
pub use self::personal::{Personal, clients, principals};
pub use self::rows::{SealedRow, Stray, first_time, has_rows, row_at, rows, stray_after, stray_before, tail};

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel as _;
use pat_core::seal::chain::{Pruning, Seal};
use pat_core::seal::key::KeyId;
use pat_core::seal::row::Trace;

use super::schema::{audit_prunings, audit_seal_traces, audit_seals};
use super::{Conn, Store, StoreError, Transaction};

/// Any constant will do; one node seals at a time.
const SEALING_LOCK: i64 = 0x7061_745f_7365_616c;

/// A connection whose statements may take as long as they take.
pub async fn patient_conn(store: &Store) -> Result<Conn, StoreError> {
    let mut conn = store.own_conn().await?;
    diesel::sql_query("SET statement_timeout = 0").execute(&mut conn).await?;
    Ok(conn)
}

/// Lets the statements of this transaction take as long as they take.
pub async fn be_patient(tx: &mut Transaction) -> Result<(), StoreError> {
    diesel::sql_query("SET LOCAL statement_timeout = 0").execute(&mut **tx).await?;
    Ok(())
}

/// Lets this transaction be the one that seals, unless another one does.
pub async fn try_lock(conn: &mut Conn) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Flag {
        #[diesel(sql_type = Bool)]
        flag: bool,
    }
    let query = diesel::sql_query("SELECT pg_try_advisory_xact_lock($1) AS flag").bind::<BigInt, _>(SEALING_LOCK);
    Ok(query.get_result::<Flag>(conn).await?.flag)
}

/// A seal as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_seals, check_for_backend(diesel::pg::Pg))]
struct StoredSeal {
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    starts_at: Timestamp,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    ends_at: Timestamp,
    row_count: i64,
    digest: Vec<u8>,
    previous: Vec<u8>,
    key_id: Vec<u8>,
    seal: Vec<u8>,
}

impl TryFrom<StoredSeal> for Seal {
    type Error = StoreError;

    fn try_from(row: StoredSeal) -> Result<Self, StoreError> {
        Ok(Self {
            from: row.starts_at,
            until: row.ends_at,
            rows: u64::try_from(row.row_count).map_err(defect)?,
            digest: bytes(&row.digest)?,
            previous: blake3::Hash::from_bytes(bytes(&row.previous)?),
            key_id: KeyId(bytes(&row.key_id)?),
            hash: blake3::Hash::from_bytes(bytes(&row.seal)?),
        })
    }
}

fn bytes<const N: usize>(stored: &[u8]) -> Result<[u8; N], StoreError> {
    stored.try_into().map_err(defect)
}

fn defect(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Defect(error.into())
}

/// The last seal.
pub async fn last(conn: &mut Conn) -> Result<Option<Seal>, StoreError> {
    let query = audit_seals::table.select(StoredSeal::as_select()).order(audit_seals::starts_at.desc());
    query.first(conn).await.optional()?.map(Seal::try_from).transpose()
}

/// The seal that ends at or before an instant, and is the last to do so.
pub async fn last_until(conn: &mut Conn, until: Timestamp) -> Result<Option<Seal>, StoreError> {
    let query = audit_seals::table.select(StoredSeal::as_select()).order(audit_seals::starts_at.desc());
    query.filter(audit_seals::ends_at.le(until.to_diesel())).first(conn).await.optional()?.map(Seal::try_from).transpose()
}

/// Seals in their order, from the first that ends after `from` to the last that begins before `until`, at most `limit`.
pub async fn between(conn: &mut Conn, from: Timestamp, until: Timestamp, limit: i64) -> Result<Vec<Seal>, StoreError> {
    let query = audit_seals::table
        .filter(audit_seals::ends_at.gt(from.to_diesel()))
        .filter(audit_seals::starts_at.lt(until.to_diesel()))
        .order(audit_seals::starts_at)
        .select(StoredSeal::as_select())
        .limit(limit);
    query.load(conn).await?.into_iter().map(Seal::try_from).collect()
}

/// The seals that end at these instants.
pub async fn ending_at(conn: &mut Conn, ends: &[Timestamp]) -> Result<Vec<Seal>, StoreError> {
    let ends: Vec<_> = ends.iter().map(|end| end.to_diesel()).collect();
    let query = audit_seals::table.filter(audit_seals::ends_at.eq_any(ends)).select(StoredSeal::as_select());
    query.load(conn).await?.into_iter().map(Seal::try_from).collect()
}

/// Appends a seal, with the traces of its rows.
pub async fn insert(conn: &mut Conn, seal: &Seal, traces: &[Trace]) -> Result<(), StoreError> {
    let row = (
        audit_seals::starts_at.eq(seal.from.to_diesel()),
        audit_seals::ends_at.eq(seal.until.to_diesel()),
        audit_seals::row_count.eq(i64::try_from(seal.rows).map_err(defect)?),
        audit_seals::digest.eq(seal.digest.as_slice()),
        audit_seals::previous.eq(seal.previous.as_bytes().as_slice()),
        audit_seals::key_id.eq(seal.key_id.0.as_slice()),
        audit_seals::seal.eq(seal.hash.as_bytes().as_slice()),
    );
    diesel::insert_into(audit_seals::table).values(row).execute(conn).await?;
    if !traces.is_empty() {
        let row = (audit_seal_traces::starts_at.eq(seal.from.to_diesel()), audit_seal_traces::traces.eq(traces.concat()));
        diesel::insert_into(audit_seal_traces::table).values(row).execute(conn).await?;
    }
    Ok(())
}

/// The traces of the rows of each seal that begins in a span, by where it begins.
pub async fn traces_between(conn: &mut Conn, from: Timestamp, until: Timestamp) -> Result<HashMap<Timestamp, Vec<Trace>>, StoreError> {
    let query = audit_seal_traces::table
        .filter(audit_seal_traces::starts_at.ge(from.to_diesel()))
        .filter(audit_seal_traces::starts_at.lt(until.to_diesel()))
        .select((audit_seal_traces::starts_at, audit_seal_traces::traces));
    let stored: Vec<(jiff_diesel::Timestamp, Vec<u8>)> = query.load(conn).await?;
    Ok(stored.into_iter().map(|(at, traces)| (at.into(), traces.as_chunks().0.to_vec())).collect())
}

/// All that was pruned, as somebody with the key vouches for it.
pub async fn prunings(conn: &mut Conn) -> Result<Vec<Pruning>, StoreError> {
    type Columns = (jiff_diesel::Timestamp, jiff_diesel::Timestamp, Vec<u8>, Vec<u8>);
    let columns = (audit_prunings::starts_at, audit_prunings::ends_at, audit_prunings::key_id, audit_prunings::seal);
    let rows: Vec<Columns> = audit_prunings::table.select(columns).order(audit_prunings::starts_at).load(conn).await?;
    rows.into_iter()
        .map(|(from, until, key_id, hash)| {
            let (key_id, hash) = (KeyId(bytes(&key_id)?), blake3::Hash::from_bytes(bytes(&hash)?));
            Ok(Pruning { from: from.into(), until: until.into(), key_id, hash })
        })
        .collect()
}

/// Records that rows were pruned.
pub async fn insert_pruning(conn: &mut Conn, pruning: &Pruning) -> Result<(), StoreError> {
    let row = (
        audit_prunings::starts_at.eq(pruning.from.to_diesel()),
        audit_prunings::ends_at.eq(pruning.until.to_diesel()),
        audit_prunings::key_id.eq(pruning.key_id.0.as_slice()),
        audit_prunings::seal.eq(pruning.hash.as_bytes().as_slice()),
    );
    diesel::insert_into(audit_prunings::table).values(row).execute(conn).await?;
    Ok(())
}
