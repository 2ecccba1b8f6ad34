//! Transactions, and the locks that a change of authority takes first (design section 6).

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use diesel::sql_types::BigInt;
use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AnsiTransactionManager, RunQueryDsl, TransactionManager};
use pat_core::id::{AccountId, UserId};

use super::audit::{Known, Written};
use super::schema::users;
use super::{Conn, Store, StoreError};

/// How long a COMMIT may take before its connection is given up and its outcome is unknown.
const COMMIT_LIMIT: Duration = Duration::from_secs(20);

/// A READ COMMITTED transaction (the fence fails under REPEATABLE READ). Dropped without [`commit`](Self::commit) or
/// [`rollback`](Self::rollback), its connection is closed, which rolls it back and frees its locks at once.
pub struct Transaction {
    /// Taken by what ends the transaction.
    conn: Option<Object<Conn>>,
    known: Arc<Known>,
    /// What the audit log's rows refer to and this transaction wrote.
    written: Written,
}

/// What a change may touch, which says how it locks.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// The whole account or several users: settings, features, organization tokens, roles, (de)activation.
    Account,
    /// One user and their tokens.
    User(UserId),
}

impl Store {
    /// Begins a transaction without locks.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        let mut conn = self.conn().await?;
        AnsiTransactionManager::begin_transaction_sql(&mut *conn, "BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        Ok(Transaction { conn: Some(conn), known: self.known.clone(), written: Written::default() })
    }

    /// Begins a change: first the advisory lock on the account, then the user's row. What it decides on must be read
    /// after this, in later statements. Locks are never upgraded.
    pub async fn begin_change(&self, account: AccountId, reach: Reach) -> Result<Transaction, StoreError> {
        let mut tx = self.begin().await?;
        let lock = match reach {
            Reach::Account => "SELECT pg_advisory_xact_lock($1)",
            Reach::User(_) => "SELECT pg_advisory_xact_lock_shared($1)",
        };
        diesel::sql_query(lock).bind::<BigInt, _>(lock_key(account)).execute(&mut *tx).await?;
        if let Reach::User(user) = reach {
            tx.lock_user(account, user).await?;
        }
        Ok(tx)
    }
}

impl Transaction {
    /// Locks the row of a user of the account; part of the protocol of a change.
    pub async fn lock_user(&mut self, account: AccountId, user: UserId) -> Result<(), StoreError> {
        users::table
            .find(user.0)
            .filter(users::account_id.eq(account.0))
            .select(users::id)
            .for_no_key_update()
            .execute(&mut **self)
            .await?;
        Ok(())
    }

    /// Commits. The change is confirmed when this returns.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also where the outcome is unknown; then the connection is closed.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let commit = AnsiTransactionManager::commit_transaction(&mut *self);
        let done = tokio::time::timeout(COMMIT_LIMIT, commit).await.map_err(|elapsed| StoreError::Unavailable(elapsed.into()))?;
        let (known, written) = (self.known.clone(), std::mem::take(&mut self.written));
        self.end(done)?;
        known.keep(written);
        Ok(())
    }

    /// Where the audit log's rows go: the connection, what the node knows, and what this transaction has written.
    #[expect(clippy::expect_used, reason = "only what consumes the transaction takes its connection")]
    pub(super) fn log(&mut self) -> (&mut Conn, &Known, &mut Written) {
        let conn = self.conn.as_mut().expect("a transaction that is not over has its connection");
        (conn, &self.known, &mut self.written)
    }

    /// Takes everything back and returns the connection to the pool.
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        let done = AnsiTransactionManager::rollback_transaction(&mut *self).await;
        self.end(done)
    }

    /// Returns the connection to the pool if the transaction is known to be over; else it is closed.
    fn end(mut self, done: diesel::QueryResult<()>) -> Result<(), StoreError> {
        done?;
        drop(self.conn.take());
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // The pool looks at a connection only when it is asked for one: until then an open transaction would keep its locks.
        if let Some(conn) = self.conn.take() {
            drop(Object::take(conn));
        }
    }
}

impl Deref for Transaction {
    type Target = Conn;

    #[expect(clippy::expect_used, reason = "only what consumes the transaction takes its connection")]
    fn deref(&self) -> &Conn {
        self.conn.as_ref().expect("a transaction that is not over has its connection")
    }
}

impl DerefMut for Transaction {
    #[expect(clippy::expect_used, reason = "only what consumes the transaction takes its connection")]
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn.as_mut().expect("a transaction that is not over has its connection")
    }
}

/// Postgres keys advisory locks by a number; the random half of the id serves. Two accounts with the same one would only
/// wait for each other.
fn lock_key(account: AccountId) -> i64 {
    let (_, low) = account.0.as_u64_pair();
    low.cast_signed()
}
