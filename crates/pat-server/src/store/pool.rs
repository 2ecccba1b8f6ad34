//! Connections to the primary.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use deadpool::managed::{Hook, HookError};
use diesel::dsl::sql;
use diesel::sql_types::Timestamptz;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::{Object, Pool, PoolError};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};

use super::StoreError;
use super::audit::Known;
use super::primary::Primary;
use crate::metrics::histogram::Histogram;
use crate::throttle::Line;

/// A connection.
pub type Conn = AsyncPgConnection;

/// How long anybody waits for a connection, new or used.
const WAIT: Duration = Duration::from_secs(3);

/// Who may wait for a connection, for each that there is: as many as are served in a fraction of [`WAIT`].
const WAITERS: usize = 32;

/// The database as a Web API handler gets it.
pub enum Data<'a> {
    /// A connection of the pool, taken when it is first needed: not every method reads.
    Pooled(&'a Store, Option<Box<Object<Conn>>>),
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
                None => Ok(conn.insert(store.conn().await?.into())),
            },
        }
    }
}

/// The database.
#[derive(Clone)]
pub struct Store {
    pool: Pool<Conn>,
    /// What the audit log's rows can refer to.
    pub(super) known: Arc<Known>,
    primary: Primary,
    pressure: Arc<Pressure>,
    /// Set once the database was seen to have this binary's migrations.
    pub(super) migrated: Arc<OnceLock<()>>,
}

/// Who wants connections, and which of these are not to be trusted.
struct Pressure {
    line: Line,
    waits: Histogram,
    refused: AtomicU64,
    start: Instant,
    /// Connections older than this, in microseconds since `start`, are closed instead of used again.
    doubted: AtomicU64,
}

/// The pool at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Connections.
    pub size: usize,
    /// Connections at most.
    pub max_size: usize,
    /// Connections that nobody uses.
    pub idle: usize,
    /// Who waits for one.
    pub waiting: usize,
    /// Who was turned away since the start.
    pub refused: u64,
}

/// Without the primary, whose configuration may hold a password.
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
        Self::of(Primary::parse(database_url, None)?, size)
    }

    /// The same, of a primary that is known.
    ///
    /// # Errors
    /// If the pool can't be made.
    pub fn of(primary: Primary, size: usize) -> anyhow::Result<Self> {
        let mut config = ManagerConfig::default();
        // No ping before each use: a connection that is known to be closed is replaced, any other fault is a 503.
        config.recycling_method = RecyclingMethod::Fast;
        let known = Arc::<Known>::default();
        let connecting = (primary.clone(), known.clone());
        config.custom_setup = Box::new(move |_| {
            let (primary, known) = connecting.clone();
            Box::pin(async move { connect(&primary, &known).await })
        });
        // The manager hands on a URL that is parsed already.
        let manager = AsyncDieselConnectionManager::new_with_config(String::new(), config);
        let pressure = Arc::new(Pressure {
            line: Line::new(size.saturating_mul(WAITERS + 1)),
            waits: Histogram::of_seconds(),
            refused: AtomicU64::new(0),
            start: Instant::now(),
            doubted: AtomicU64::new(0),
        });
        let doubts = pressure.clone();
        let is_trusted = Hook::sync_fn(move |_, conn| {
            let is_doubted = micros(conn.created.duration_since(doubts.start)) < doubts.doubted.load(Ordering::Relaxed);
            if is_doubted { Err(HookError::message("it hung")) } else { Ok(()) }
        });
        let pool = Pool::builder(manager)
            .pre_recycle(is_trusted)
            .max_size(size)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()?;
        Ok(Self { pool, primary, pressure, known, migrated: Arc::default() })
    }

    /// A connection from the pool. Where too many wait already, nobody waits in vain.
    pub async fn conn(&self) -> Result<Object<Conn>, StoreError> {
        let pressure = &self.pressure;
        let Some(_place) = pressure.line.join() else {
            pressure.refused.fetch_add(1, Ordering::Relaxed);
            return Err(StoreError::Unavailable("too many wait for a connection".into()));
        };
        let since = Instant::now();
        let conn = self.pool.get().await;
        pressure.waits.observe(since.elapsed().as_secs_f64());
        if matches!(conn, Err(PoolError::Timeout(_))) {
            pressure.refused.fetch_add(1, Ordering::Relaxed);
        }
        Ok(conn?)
    }

    /// Says that somebody waited for the database in vain: what is connected now is not used again once it comes back to the
    /// pool. A connection whose other end is gone without a word would keep everybody waiting who gets it.
    pub fn doubt(&self) {
        self.pressure.doubted.fetch_max(micros(self.pressure.start.elapsed()), Ordering::Relaxed);
    }

    /// The pool at this moment.
    pub fn usage(&self) -> Load {
        let status = self.pool.status();
        Load {
            size: status.size,
            max_size: status.max_size,
            idle: status.available,
            waiting: self.pressure.line.waiting(),
            refused: self.pressure.refused.load(Ordering::Relaxed),
        }
    }

    /// How long connections were waited for.
    pub fn waits(&self) -> &Histogram {
        &self.pressure.waits
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
        connect(&self.primary, &self.known).await.map_err(|error| StoreError::Unavailable(error.into()))
    }
}

/// Connects, and finds out whether it is another database than before: a promoted standby or a restored one may lack what was written.
async fn connect(primary: &Primary, known: &Known) -> ConnectionResult<Conn> {
    // Here only, as it has a `load` for everything.
    use diesel_async::RunQueryDsl as _;
    let mut conn = primary.connect().await?;
    let started = diesel::select(sql::<Timestamptz>("pg_postmaster_start_time()")).get_result::<jiff_diesel::Timestamp>(&mut conn).await;
    known.meet(started.map_err(ConnectionError::CouldntSetupConfiguration)?.into());
    Ok(conn)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
