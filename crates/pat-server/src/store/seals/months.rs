//! Months of the log, and their removal.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel as _;

use crate::store::{Conn, StoreError, Transaction};

/// How many rows are removed by one statement.
const BATCH: i64 = 1000;

/// A month that has a partition.
#[derive(Clone, Debug, QueryableByName)]
pub struct Month {
    /// The partition's name.
    #[diesel(sql_type = Text)]
    partition: String,
    /// Its first instant.
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    pub from: Timestamp,
    /// The next month's first instant.
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    pub until: Timestamp,
}

impl Month {
    /// `2027-01`.
    pub fn name(&self) -> String {
        self.from.strftime("%Y-%m").to_string()
    }
}

/// The months that have partitions, oldest first.
pub async fn months(conn: &mut Conn) -> Result<Vec<Month>, StoreError> {
    let sql = r"
        SELECT partition, first AT TIME ZONE 'UTC' AS from, (first + interval '1 month') AT TIME ZONE 'UTC' AS until
          FROM (SELECT relname::text AS partition, to_timestamp(right(relname, 7), 'YYYY_MM')::timestamp AS first
                  FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                 WHERE inhparent = 'audit_events'::regclass AND relname ~ '^audit_events_\d{4}_\d\d$') months
         ORDER BY first";
    Ok(diesel::sql_query(sql).load(conn).await?)
}

/// Whether rows of a month are in another partition.
pub async fn rows_elsewhere(conn: &mut Conn, month: &Month) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Flag {
        #[diesel(sql_type = Bool)]
        flag: bool,
    }
    let sql = "SELECT EXISTS (SELECT FROM audit_events WHERE time >= $1 AND time < $2 AND tableoid <> to_regclass($3)) AS flag";
    let query = diesel::sql_query(sql)
        .bind::<Timestamptz, _>(month.from.to_diesel())
        .bind::<Timestamptz, _>(month.until.to_diesel())
        .bind::<Text, _>(&month.partition);
    Ok(query.get_result::<Flag>(conn).await?.flag)
}

/// Removes a month. Whoever reads the log keeps it from being detached; callers of the API wait no longer for that than this waits.
///
/// # Errors
/// Also if the lock can't be had in a second.
pub async fn remove(tx: &mut Transaction, month: &Month) -> Result<(), StoreError> {
    diesel::sql_query("SET LOCAL lock_timeout = '1s'").execute(&mut **tx).await?;
    // The name is of our own making: letters, digits and underscores.
    diesel::sql_query(format!("ALTER TABLE audit_events DETACH PARTITION {}", month.partition)).execute(&mut **tx).await?;
    diesel::sql_query(format!("DROP TABLE {}", month.partition)).execute(&mut **tx).await?;
    Ok(())
}

/// Deletes principals and clients that no row refers to. Young ones stay: a server may know of them and be about to refer to them.
/// Returns how many went.
pub async fn forget_unreferred(conn: &mut Conn) -> Result<u64, StoreError> {
    let mut gone = 0;
    for (table, column) in [("audit_principals", "principal_id"), ("audit_clients", "client_id")] {
        let sql = format!(
            "WITH seen AS MATERIALIZED (SELECT id FROM {table} WHERE id > $1 AND created_at < pat_now() - interval '31 days' ORDER BY id LIMIT {BATCH}),
                  gone AS (DELETE FROM {table} t USING seen
                            WHERE t.id = seen.id AND NOT EXISTS (SELECT FROM audit_events e WHERE e.{column} = seen.id) RETURNING 1)
             SELECT (SELECT count(*) FROM gone) AS gone, (SELECT max(id) FROM seen) AS last"
        );
        let mut after = i64::MIN;
        loop {
            let batch: Batch = diesel::sql_query(&sql).bind::<BigInt, _>(after).get_result(conn).await?;
            gone += u64::try_from(batch.gone).unwrap_or_default();
            match batch.last {
                Some(last) => after = last,
                None => break,
            }
        }
    }
    Ok(gone)
}

#[derive(QueryableByName)]
struct Batch {
    #[diesel(sql_type = BigInt)]
    gone: i64,
    #[diesel(sql_type = diesel::sql_types::Nullable<BigInt>)]
    last: Option<i64>,
}

/// Deletes the traces of a month whose rows are gone.
pub async fn forget_traces(conn: &mut Conn, month: &Month) -> Result<(), StoreError> {
    let sql = format!(
        "DELETE FROM audit_seal_traces WHERE starts_at IN
            (SELECT starts_at FROM audit_seal_traces WHERE starts_at >= $1 AND starts_at < $2 ORDER BY starts_at LIMIT {BATCH})"
    );
    loop {
        let query = diesel::sql_query(&sql).bind::<Timestamptz, _>(month.from.to_diesel()).bind::<Timestamptz, _>(month.until.to_diesel());
        if query.execute(conn).await? == 0 {
            return Ok(());
        }
    }
}
