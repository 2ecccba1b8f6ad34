//! What every request shares.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ipnet::IpNet;
use jiff::tz::TimeZoneDatabase;
use pat_core::email::Email;
use pat_core::id::UserId;
use pat_core::policy::{DX_POLICY, Policy};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::docs::Pages;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::passwords::Passwords;
use crate::public_url::PublicUrl;
use crate::store::Store;
use crate::throttle::Failures;
use crate::verification::cache::PrincipalCache;
use crate::verification::gate::Gate;
use crate::verification::refusals::Refusals;
use crate::verification::uses::Uses;
use crate::verification::writer::AuditWriter;

/// The application.
#[derive(Debug)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The policy table in force.
    pub policy: Policy,
    /// Where people reach this server.
    pub public_url: PublicUrl,
    /// Proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Gateways that may ask whether a request may go on to an API behind them. None: nobody may.
    pub gateways: Vec<IpNet>,
    /// The IANA time zones, compiled in.
    pub time_zones: TimeZoneDatabase,
    /// The password hasher.
    pub passwords: Passwords,
    /// Failed sign-ins by e-mail and address; too many are refused.
    pub sign_in_failures: Failures<(Email, Option<IpNet>)>,
    /// Failed sign-ins by e-mail; too many are slowed.
    pub email_failures: Failures<Email>,
    /// Failed look-ups of tokens and one-time links by address; too many are refused.
    pub look_up_failures: Failures<Option<IpNet>>,
    /// Codes of devices that nobody shows, by the person who typed them; too many are refused.
    pub user_code_failures: Failures<UserId>,
    /// The same by address.
    pub user_code_network_failures: Failures<Option<IpNet>>,
    /// Devices that began to sign in, by address; too many are refused.
    pub device_requests: Failures<Option<IpNet>>,
    /// The description of the API, made when it is first asked for.
    pub openapi: OnceLock<String>,
    /// The same to read.
    pub docs: OnceLock<Pages>,
    is_preparing: AtomicBool,
    /// What tokens stood for when they were last looked up.
    pub principals: PrincipalCache,
    /// Which look-ups of tokens that were never seen reach the primary.
    pub gate: Gate,
    /// The way to the audit log for calls that only read.
    pub writer: AuditWriter,
    /// How many calls accounts and tokens may make.
    pub limits: Limits,
    /// Refusals of dead tokens, of which one a minute becomes a row.
    pub dead_tokens: Refusals,
    /// Refusals of calls over a limit, of which one a minute becomes a row.
    pub calls_over_limit: Refusals,
    /// Work that nobody may be waiting for: jobs of many steps, and calls whose clients can hang up.
    pub background: TaskTracker,
    /// Says that the server stops; whoever works in the background looks between two steps.
    pub stopping: CancellationToken,
    /// Last uses of tokens, on their way to the database.
    pub uses: Arc<Uses>,
    /// Says that whoever still waits for an answer gets a 503 now: the process is about to end.
    pub last_call: AtomicBool,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

/// The application, shared.
pub type SharedApp = Arc<App>;

impl App {
    /// An application with the default policy, no gateways and no limits.
    ///
    /// # Errors
    /// If the policy table is broken or the operating system gives no randomness.
    pub fn new(store: Store, public_url: PublicUrl, trusted_proxies: Vec<IpNet>) -> anyhow::Result<Self> {
        let metrics = Arc::<Metrics>::default();
        Ok(Self {
            principals: PrincipalCache::default(),
            uses: Uses::start(&store),
            gate: Gate::new(store.usage().max_size),
            writer: AuditWriter::start(&store, &metrics),
            store,
            policy: Policy::parse(DX_POLICY)?,
            public_url,
            trusted_proxies,
            gateways: Vec::new(),
            time_zones: TimeZoneDatabase::bundled(),
            passwords: Passwords::new()?,
            sign_in_failures: Failures::new(10, Duration::from_mins(5)),
            email_failures: Failures::new(20, Duration::from_mins(5)),
            look_up_failures: Failures::new(300, Duration::from_mins(1)),
            user_code_failures: Failures::new(10, Duration::from_mins(10)),
            user_code_network_failures: Failures::new(50, Duration::from_mins(10)),
            device_requests: Failures::new(30, Duration::from_mins(1)),
            openapi: OnceLock::new(),
            docs: OnceLock::new(),
            is_preparing: AtomicBool::new(false),
            limits: Limits::default(),
            dead_tokens: Refusals::default(),
            calls_over_limit: Refusals::default(),
            background: TaskTracker::new(),
            stopping: CancellationToken::new(),
            last_call: AtomicBool::new(false),
            metrics,
        })
    }

    /// Whether the database is still being brought up to date, or filled with the demo.
    pub fn is_preparing(&self) -> bool {
        self.is_preparing.load(Ordering::Relaxed)
    }

    /// Says when preparing the database begins and ends.
    pub fn set_preparing(&self, is: bool) {
        self.is_preparing.store(is, Ordering::Relaxed);
    }
}
