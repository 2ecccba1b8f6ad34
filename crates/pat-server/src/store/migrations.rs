//! Migrations and the months of the audit log.

use diesel::sql_types::{BigInt, Bool};
use diesel_async::{AsyncMigrationHarness, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, Store, StoreError};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Any constant will do; two servers that start at once take turns.
const MIGRATION_LOCK: i64 = 0x7061_745f_6d69_6772;

/// Months of the audit log that are made ahead.
const MONTHS_AHEAD: i32 = 3;

#[derive(diesel::QueryableByName)]
struct Flag {
    #[diesel(sql_type = Bool)]
    flag: bool,
}

impl Store {
    /// Runs what is pending, one server at a time, and makes the audit log's next months. Needs a multi-threaded runtime.
    ///
    /// # Errors
    /// A migration that fails is a [`StoreError::Defect`].
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut conn = self.own_conn().await?;
        // A migration of large tables takes as long as it takes; the limit on waiting for locks stays.
        diesel::sql_query("SET statement_timeout = 0").execute(&mut conn).await?;
        // A session lock, as a migration may commit in between; the connection closes at the end and takes it along.
        while !flag(&mut conn, "SELECT pg_try_advisory_lock($1) AS flag", MIGRATION_LOCK).await? {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        let mut harness = AsyncMigrationHarness::new(conn);
        harness.run_pending_migrations(MIGRATIONS).map_err(StoreError::Defect)?;
        make_audit_partitions(&mut harness.into_inner()).await
    }

    /// Undoes all migrations; for tests.
    pub async fn unmigrate(&self) -> Result<(), StoreError> {
        let mut harness = AsyncMigrationHarness::new(self.own_conn().await?);
        harness.revert_all_migrations(MIGRATIONS).map_err(StoreError::Defect)?;
        Ok(())
    }

    /// Whether the database has at least this binary's migrations. Later ones are fine: an older server stays ready.
    ///
    /// Asked once: a database in use is not taken back.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        if self.migrated.get().is_none() {
            let mut harness = AsyncMigrationHarness::new(self.own_conn().await?);
            if harness.has_pending_migration(MIGRATIONS).map_err(StoreError::Defect)? {
                return Ok(false);
            }
            self.migrated.get_or_init(|| ());
        }
        Ok(true)
    }
}

async fn flag(conn: &mut Conn, sql: &str, key: i64) -> Result<bool, StoreError> {
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(key).get_result::<Flag>(conn).await?.flag)
}

/// Makes this month's partition of the audit log and the next ones.
pub async fn make_audit_partitions(conn: &mut Conn) -> Result<(), StoreError> {
    for months in 0..=MONTHS_AHEAD {
        diesel::sql_query("SELECT make_audit_partition(((pat_now() AT TIME ZONE 'UTC') + make_interval(months => $1))::date)")
            .bind::<diesel::sql_types::Integer, _>(months)
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// How many months after this one have a partition, without a gap.
pub async fn audit_months_left(conn: &mut Conn) -> Result<i64, StoreError> {
    #[derive(diesel::QueryableByName)]
    struct Months {
        #[diesel(sql_type = BigInt)]
        months: i64,
    }
    let sql = "
SELECT count(*) AS months
  FROM generate_series(1, 24) n
 WHERE NOT EXISTS (
       SELECT 1 FROM generate_series(1, n) m
        WHERE to_regclass('audit_events_' || to_char((pat_now() AT TIME ZONE 'UTC') + make_interval(months => m), 'YYYY_MM')) IS NULL)";
    Ok(diesel::sql_query(sql).get_result::<Months>(conn).await?.months)
}

/// Whether rows have landed in the partition that should stay empty.
pub async fn default_partition_is_empty(conn: &mut Conn) -> Result<bool, StoreError> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM audit_events_default) AS flag";
    Ok(diesel::sql_query(sql).get_result::<Flag>(conn).await?.flag)
}
