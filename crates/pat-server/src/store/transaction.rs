//! Transactions, and the locks that a change of authority takes first (design section 6).

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use diesel::QueryDsl;
use diesel::sql_types::BigInt;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AnsiTransactionManager, RunQueryDsl, TransactionManager};
use pat_core::id::{AccountId, UserId};

use super::schema::users;
use super::{Conn, Store, StoreError};

/// How long a COMMIT may take before its connection is given up and its outcome is unknown.
const COMMIT_LIMIT: Duration = Duration::from_secs(20);

/// A READ COMMITTED transaction (the fence fails under REPEATABLE READ). Dropped without [`commit`](Self::commit) or
/// [`rollback`](Self::rollback), its connection is closed, which rolls it back.
pub struct Transaction {
    conn: Object<Conn>,
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
        Ok(Transaction { conn })
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
            tx.lock_user(user).await?;
        }
        Ok(tx)
    }
}

impl Transaction {
    /// Locks a user's row; part of the protocol of a change.
    pub async fn lock_user(&mut self, user: UserId) -> Result<(), StoreError> {
        users::table.find(user.0).select(users::id).for_no_key_update().execute(&mut *self.conn).await?;
        Ok(())
    }

    /// Commits. The change is confirmed when this returns.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also where the outcome is unknown; then the connection is closed.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let commit = AnsiTransactionManager::commit_transaction(&mut *self.conn);
        match tokio::time::timeout(COMMIT_LIMIT, commit).await {
            Ok(done) => Ok(done?),
            Err(elapsed) => Err(StoreError::Unavailable(elapsed.into())),
        }
    }

    /// Takes everything back and returns the connection to the pool.
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        Ok(AnsiTransactionManager::rollback_transaction(&mut *self.conn).await?)
    }
}

impl Deref for Transaction {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

/// Postgres keys advisory locks by a number; the random half of the id serves. Two accounts with the same one would only
/// wait for each other.
fn lock_key(account: AccountId) -> i64 {
    let (_, low) = account.0.as_u64_pair();
    low.cast_signed()
}
