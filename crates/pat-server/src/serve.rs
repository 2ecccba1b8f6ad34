//! `pat-server serve`.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use hyper_util::rt::TokioTimer;
use jiff::SignedDuration;
use pat_core::seal::key::Keys;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::app::{App, SharedApp};
use crate::change::token_changes;
use crate::cli::Serve;
use crate::limits::Limits;
use crate::metrics::page;
use crate::seals::sealer;
use crate::store::StoreError;
use crate::store::migrations::{self, make_audit_partitions};
use crate::traces::{self, Traces};
use crate::{demo, routes};

/// Between two tries to reach the database at start.
const RETRY: Duration = Duration::from_secs(2);

/// How often the audit log's next months are looked after.
const KEEP_MONTHS: Duration = Duration::from_mins(10);

/// How long a client may take to send a request's head.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// After a signal to stop, requests have this long to end; then those that wait are answered 503.
const LAST_CALL: Duration = Duration::from_secs(5);

/// How long after the signal the last connection is closed.
const CLOSE: Duration = Duration::from_secs(7);

/// How long after the signal what still runs is cut off: orchestrators kill after ten seconds.
const END: Duration = Duration::from_secs(9);

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// What keeps the server from starting.
pub async fn run(options: Serve) -> anyhow::Result<()> {
    let traces = Traces::start().context("OTEL_EXPORTER_OTLP_ENDPOINT can't be used")?;
    start_log(options.log_json, traces.as_ref());
    #[cfg(feature = "unproved")]
    crate::verification::unproved::check_meant()?;
    let keys = options.seal_keys.read()?;
    if keys.is_none() {
        tracing::warn!("the audit log is not sealed: neither AUDIT_SEAL_KEY nor AUDIT_SEAL_KEY_FILE is given");
    }
    // Before anybody is answered: from then on a signal to stop is taken care of.
    let signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    let store = options.store()?;
    let mut app = App::new(store, options.public_url.clone(), [&options.trusted_proxies[..], &options.gateways].concat())?;
    app.policy = options.policy.read()?;
    app.gateways.clone_from(&options.gateways);
    app.limits = Limits::new(options.account_calls_per_minute, options.token_calls_per_minute);
    let app = Arc::new(app);
    let listener = TcpListener::bind(options.listen)
        .with_context(|| format!("can't listen on {}; stop what uses it or choose another address with --listen", options.listen))?;
    listener.set_nonblocking(true)?;
    // Requests are answered from the start, with 503 while the database is away.
    app.set_preparing(options.migrate || options.demo);
    let sealing = keys.map(|keys| (keys, SignedDuration::from_secs(options.audit_seal_after.into())));
    let preparation = tokio::spawn(prepare(app.clone(), options.migrate, options.demo, sealing));
    let handle = axum_server::Handle::new();
    let mut server = axum_server::from_tcp(listener)?.handle(handle.clone());
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
    let serving = tokio::spawn(server.serve(routes::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>()));
    if let Some(address) = options.metrics_listen {
        serve_metrics(&app, address).await?;
    }
    tracing::info!(listen = %options.listen, public_url = app.public_url.origin(), "serving");
    tokio::select! {
        () = wait_for(signals) => {}
        failed = failure(preparation) => return Err(failed),
    }
    let end = Instant::now() + END;
    tracing::info!("stopping");
    app.stopping.cancel();
    handle.graceful_shutdown(Some(CLOSE));
    let called = app.clone();
    tokio::spawn(async move {
        tokio::time::sleep(LAST_CALL).await;
        called.last_call.store(true, Ordering::Relaxed);
    });
    serving.await??;
    // Requests are tasks of the background, too, and wait for their rows: when it is done, the audit writer is. What doesn't end
    // in time is taken back, and another server goes on with it.
    app.background.close();
    if tokio::time::timeout_at(end, app.background.wait()).await.is_err() {
        tracing::warn!("background work was cut off");
    }
    if tokio::time::timeout_at(end, app.uses.write(&app.store)).await.is_err() {
        tracing::warn!("some last uses were not noted");
    }
    if let Some(traces) = traces {
        tokio::task::spawn_blocking(move || traces.stop()).await?;
    }
    Ok(())
}

/// Serves `/metrics` until the process ends, also while requests drain.
async fn serve_metrics(app: &SharedApp, address: SocketAddr) -> anyhow::Result<()> {
    let listener =
        tokio::net::TcpListener::bind(address).await.with_context(|| format!("can't listen on {address}, for --metrics-listen"))?;
    let router = page::router(app.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    tracing::info!(listen = %address, "serving /metrics");
    Ok(())
}

/// Waits for a preparation that fails for good; one that succeeds goes on keeping partitions.
async fn failure(preparation: JoinHandle<anyhow::Result<()>>) -> anyhow::Error {
    match preparation.await {
        Ok(Ok(())) => std::future::pending().await,
        Ok(Err(error)) => error,
        Err(panic) => panic.into(),
    }
}

/// Prepares the database, for which it must be reachable, and keeps the audit log's months ahead.
async fn prepare(app: SharedApp, migrate: bool, with_demo: bool, sealing: Option<(Keys, SignedDuration)>) -> anyhow::Result<()> {
    while let Err(error) = bring_up_to_date(&app, migrate, with_demo).await {
        match error {
            StoreError::Unavailable(error) => {
                tracing::warn!(%error, "the database can't be reached; trying again in {} s", RETRY.as_secs());
                tokio::time::sleep(RETRY).await;
            }
            StoreError::Defect(error) => return Err(anyhow::anyhow!(error).context("the database could not be prepared")),
        }
    }
    app.set_preparing(false);
    tokio::spawn(token_changes::go_on(app.clone()));
    if let Some((keys, seal_after)) = sealing {
        app.background.spawn(sealer::run(app.clone(), keys.current().clone(), seal_after));
    }
    loop {
        if let Err(error) = keep_months(&app).await {
            tracing::warn!(%error, "the audit log's next months could not be made; trying again in {} s", KEEP_MONTHS.as_secs());
        }
        tokio::time::sleep(KEEP_MONTHS).await;
    }
}

/// Makes the audit log's next months, and looks how many there are.
async fn keep_months(app: &App) -> Result<(), StoreError> {
    if !app.store.is_migrated().await? {
        return Ok(());
    }
    let mut conn = app.store.conn().await?;
    let made = make_audit_partitions(&mut conn).await;
    let is_default_empty = migrations::default_partition_is_empty(&mut conn).await?;
    app.metrics.audit.saw_months(migrations::audit_months_left(&mut conn).await?, !is_default_empty);
    made
}

async fn bring_up_to_date(app: &App, migrate: bool, with_demo: bool) -> Result<(), StoreError> {
    if migrate {
        app.store.migrate().await?;
    }
    keep_months(app).await?;
    if with_demo {
        demo::seed(app).await?;
    }
    Ok(())
}

async fn wait_for([mut terminate, mut interrupt]: [Signal; 2]) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn start_log(json: bool, traces: Option<&Traces>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = filter.and(filter_fn(|metadata| !traces::is_ours(metadata)));
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt::layer().with_ansi(is_terminal).with_writer(std::io::stderr);
    let log = if json { log.json().boxed() } else { log.boxed() };
    let mut layers = vec![log.with_filter(filter).boxed()];
    // A layer that is `None` would want every span.
    layers.extend(traces.map(|traces| traces.layer().boxed()));
    tracing_subscriber::registry().with(layers).init();
}
