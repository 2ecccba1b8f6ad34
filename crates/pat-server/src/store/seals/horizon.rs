//! Up to when the log is complete.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Timestamptz};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;

use crate::store::{Conn, StoreError};

/// What may still be written.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Horizon {
    /// The database's time.
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    pub now: Timestamp,
    /// When the oldest transaction began that writes to the log.
    #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub oldest_writer: Option<Timestamp>,
    /// How many such transactions there are of which nobody knows when they began: prepared ones, and those of another role.
    #[diesel(sql_type = BigInt)]
    pub unknown_writers: i64,
}

/// Asks who may still add rows with a time that has passed.
///
/// A row's time is its statement's, and a statement that inserts into the log holds (or waits for) this lock on it from before it runs
/// until its transaction ends. A lock is seen by every role, other people's transactions only with `pg_read_all_stats`. A backend that
/// has just ended its transaction when it is looked at is no writer any more: what it wrote, the next statement sees.
///
/// Once a transaction only, as Postgres keeps what it showed of others until the transaction ends. The start is shown in terms of
/// `pat_now()`, which a test replaces.
pub async fn horizon(conn: &mut Conn) -> Result<Horizon, StoreError> {
    let sql = "
        WITH writers AS MATERIALIZED (
            SELECT DISTINCT pid FROM pg_locks
             WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND relation IN (SELECT relid FROM pg_partition_tree('audit_events')))
        SELECT pat_now() AS now, min(pat_now() - (statement_timestamp() - a.xact_start)) AS oldest_writer,
               count(*) FILTER (WHERE w.pid IS NULL OR (a.pid IS NOT NULL AND coalesce(a.state, 'disabled') = 'disabled')) AS unknown_writers
          FROM writers w LEFT JOIN pg_stat_activity a USING (pid)";
    Ok(diesel::sql_query(sql).get_result(conn).await?)
}
