//! Whether the database is one to serve from.

use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use super::{Conn, StoreError};

/// What the primary must be for the promise of design section 6.
#[derive(Clone, Copy, Debug, diesel::QueryableByName)]
pub struct Condition {
    /// It takes writes: neither a standby nor read-only.
    #[diesel(sql_type = Bool)]
    pub is_writable: bool,
    /// A COMMIT that has returned survives a crash.
    #[diesel(sql_type = Bool)]
    pub is_durable: bool,
}

/// Asks the database for its condition.
pub async fn find(conn: &mut Conn) -> Result<Condition, StoreError> {
    let sql = "SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean AS is_writable,
                      current_setting('synchronous_commit') NOT IN ('off', 'local') AS is_durable";
    Ok(diesel::sql_query(sql).get_result(conn).await?)
}
