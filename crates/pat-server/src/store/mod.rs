//! The only room that knows SQL: connections, transactions, and a file for each table's statements.

pub mod audit;
pub mod cli_sign_ins;
pub mod condition;
pub mod directory;
pub mod error;
pub mod migrations;
pub mod people;
pub mod pool;
pub mod primary;
pub mod principals;
pub mod resources;
pub mod schema;
pub mod seals;
pub mod sessions;
pub mod settings;
pub mod statement;
pub mod token_changes;
pub mod tokens;
pub mod transaction;

pub use error::StoreError;
pub use pool::{Conn, Store};
pub use transaction::{Reach, Transaction};

use diesel_async::RunQueryDsl;
use jiff::Timestamp;

/// The primary's time. Every decision uses it; the server's own clock only saves work (design section 6).
pub async fn now(conn: &mut Conn) -> Result<Timestamp, StoreError> {
    let now: jiff_diesel::Timestamp = diesel::select(schema::pat_now()).get_result(conn).await?;
    Ok(now.into())
}
