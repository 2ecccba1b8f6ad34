//! Connections to the primary.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};

use super::StoreError;
use super::audit::Known;

/// A connection.
pub type Conn = AsyncPgConnection;

/// How long anybody waits for a connection, new or used.
const WAIT: Duration = Duration::from_secs(3);

/// The database as a Web API handler gets it.
pub enum Data<'a> {
    /// A connection of the pool, taken when it is first needed: not every method reads.
    Pooled(&'a Store, Option<Object<Conn>>),
    /// The connection of the transaction that a writing method runs in.
    Given(&'a mut Conn),
}

impl<'a> Data<'a> {
    /// From the pool.
    pub fn pooled(store: &'a Store) -> Self {
        Self::Pooled(store, None)
    }

    /// The connection.
    pub async fn conn(&mut self) -> Result<&mut Conn, StoreError> {
        match self {
            Self::Given(conn) => Ok(conn),
            Self::Pooled(store, conn) => match conn {
                Some(conn) => Ok(conn),
                None => Ok(conn.insert(store.conn().await?)),
            },
        }
    }
}

/// What every connection is told: no statement, lock or idle transaction lasts for ever; and statements are neither compiled nor shared
/// out to workers, as to begin with that takes longer than ours last.
const LIMITS: &str = "-c default_transaction_isolation=read\\ committed -c statement_timeout=30s -c lock_timeout=10s \
    -c idle_in_transaction_session_timeout=60s -c jit=off -c max_parallel_workers_per_gather=0";

/// The database.
#[derive(Clone)]
pub struct Store {
    pool: Pool<Conn>,
    database_url: String,
    /// What the audit log's rows can refer to.
    pub(super) known: Arc<Known>,
    /// Set once the database was seen to have this binary's migrations.
    pub(super) migrated: Arc<OnceLock<()>>,
}

/// Without the URL, which may hold a password.
impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("pool", &self.pool.status()).finish_non_exhaustive()
    }
}

impl Store {
    /// A pool of at most `size` connections. Nothing is connected yet.
    ///
    /// # Errors
    /// If `database_url` can't be parsed.
    pub fn new(database_url: &str, size: usize) -> anyhow::Result<Self> {
        database_url.parse::<tokio_postgres::Config>()?;
        let mut config = ManagerConfig::default();
        // No ping before each use: a connection that is known to be closed is replaced, any other fault is a 503.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(|url| Box::pin(connect(url)));
        let manager = AsyncDieselConnectionManager::new_with_config(database_url, config);
        let pool = Pool::builder(manager)
            .max_size(size)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()?;
        Ok(Self { pool, database_url: database_url.to_owned(), known: Arc::default(), migrated: Arc::default() })
    }

    /// A connection from the pool.
    pub async fn conn(&self) -> Result<Object<Conn>, StoreError> {
        Ok(self.pool.get().await?)
    }

    /// Closes all connections; whoever asks for one afterwards is refused.
    pub fn close(&self) {
        self.pool.close();
    }

    /// What the audit log's rows can refer to.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// A connection of one's own, outside the pool.
    pub async fn own_conn(&self) -> Result<Conn, StoreError> {
        connect(&self.database_url).await.map_err(|error| StoreError::Unavailable(error.into()))
    }
}

async fn connect(url: &str) -> ConnectionResult<Conn> {
    let bad = |error: tokio_postgres::Error| ConnectionError::BadConnection(describe(&error));
    let mut config: tokio_postgres::Config = url.parse().map_err(bad)?;
    let options = config.get_options().map_or_else(|| LIMITS.to_owned(), |given| format!("{LIMITS} {given}"));
    config.options(options).application_name("pat-server").connect_timeout(WAIT).tcp_user_timeout(Duration::from_secs(10));
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(bad)?;
    Conn::try_from_client_and_connection(client, connection).await
}

/// The driver's own text says little ("error connecting to server"); its causes say the rest.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
