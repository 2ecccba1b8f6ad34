//! `pat-server serve`.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use hyper_util::rt::TokioTimer;
use pat_core::seal::key::Keys;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;

use crate::app::{App, SharedApp};
use crate::change::token_changes;
use crate::cli::Serve;
use crate::seals::sealer;
use crate::store::StoreError;
use crate::store::migrations::make_audit_partitions;
use crate::{demo, routes};

/// Between two tries to reach the database at start.
const RETRY: Duration = Duration::from_secs(2);

/// How often the audit log's next months are looked after.
const KEEP_MONTHS: Duration = Duration::from_mins(10);

/// How long a client may take to send a request's head.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// How long requests may take to end after a signal to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// What keeps the server from starting.
pub async fn run(options: Serve) -> anyhow::Result<()> {
    start_log(options.log_json);
    let keys = options.seal_keys.read()?;
    if keys.is_none() {
        tracing::warn!("the audit log is not sealed: neither AUDIT_SEAL_KEY nor AUDIT_SEAL_KEY_FILE is given");
    }
    let store = options.store()?;
    let app = Arc::new(App::new(store, options.public_url.clone(), options.trusted_proxies.clone())?);
    let listener = TcpListener::bind(options.listen)
        .with_context(|| format!("can't listen on {}; stop what uses it or choose another address with --listen", options.listen))?;
    listener.set_nonblocking(true)?;
    // Requests are answered from the start, with 503 while the database is away.
    app.set_preparing(options.migrate || options.demo);
    let preparation = tokio::spawn(prepare(app.clone(), options.migrate, options.demo, keys));
    let handle = axum_server::Handle::new();
    let mut server = axum_server::from_tcp(listener)?.handle(handle.clone());
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
    let serving = tokio::spawn(server.serve(routes::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>()));
    tracing::info!(listen = %options.listen, public_url = app.public_url.origin(), "serving");
    tokio::select! {
        signal = wait_for_signal() => signal?,
        failed = failure(preparation) => return Err(failed),
    }
    tracing::info!("stopping");
    app.stopping.cancel();
    handle.graceful_shutdown(Some(DRAIN));
    serving.await??;
    // What doesn't end in time is taken back, and another server goes on with it.
    app.background.close();
    if tokio::time::timeout(DRAIN, app.background.wait()).await.is_err() {
        tracing::warn!("background work was cut off");
    }
    app.uses.write(&app.store).await;
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
async fn prepare(app: SharedApp, migrate: bool, with_demo: bool, keys: Option<Keys>) -> anyhow::Result<()> {
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
    if let Some(keys) = keys {
        app.background.spawn(sealer::run(app.clone(), keys.current().clone()));
    }
    loop {
        tokio::time::sleep(KEEP_MONTHS).await;
        let made = async { make_audit_partitions(&mut *app.store.conn().await?).await };
        if let Err(error) = made.await {
            tracing::warn!(%error, "the audit log's next months could not be made; trying again in {} s", KEEP_MONTHS.as_secs());
        }
    }
}

async fn bring_up_to_date(app: &App, migrate: bool, with_demo: bool) -> Result<(), StoreError> {
    if migrate {
        app.store.migrate().await?;
    } else if app.store.is_migrated().await? {
        make_audit_partitions(&mut *app.store.conn().await?).await?;
    }
    if with_demo {
        demo::seed(app).await?;
    }
    Ok(())
}

async fn wait_for_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        _ = terminate.recv() => Ok(()),
    }
}

fn start_log(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(is_terminal).with_writer(std::io::stderr);
    if json { log.json().init() } else { log.init() }
}
