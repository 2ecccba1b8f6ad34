//! `pat-server serve`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::app::{App, SharedApp};
use crate::cli::Serve;
use crate::store::StoreError;
use crate::store::migrations::make_audit_partitions;
use crate::{demo, routes};

/// Between two tries to reach the database at start.
const RETRY: Duration = Duration::from_secs(2);

/// How long requests may take to end after a signal to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// What keeps the server from starting.
pub async fn run(options: Serve) -> anyhow::Result<()> {
    start_log(options.log_json);
    let store = options.store()?;
    let app = Arc::new(App::new(store, options.public_url.clone(), options.trusted_proxies.clone())?);
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("can't listen on {}; stop what uses it or choose another address with --listen", options.listen))?;
    // Requests are answered from the start, with 503 while the database is away.
    app.set_preparing(options.migrate || options.demo);
    let preparation = tokio::spawn(prepare(app.clone(), options.migrate, options.demo));
    let server = axum::serve(listener, routes::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>());
    tracing::info!(listen = %options.listen, public_url = app.public_url.origin(), "serving");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(
        server
            .with_graceful_shutdown(async {
                let _ = stopped.await;
            })
            .into_future(),
    );
    tokio::select! {
        signal = wait_for_signal() => signal?,
        failed = failure(preparation) => return Err(failed),
    }
    tracing::info!("stopping");
    let _ = stop.send(());
    if let Ok(ended) = tokio::time::timeout(DRAIN, serving).await {
        return Ok(ended??);
    }
    tracing::warn!("some requests did not end in time");
    Ok(())
}

/// Waits for a preparation that fails for good; one that succeeds goes on keeping partitions.
async fn failure(preparation: tokio::task::JoinHandle<anyhow::Result<()>>) -> anyhow::Error {
    match preparation.await {
        Ok(Ok(())) => std::future::pending().await,
        Ok(Err(error)) => error,
        Err(panic) => panic.into(),
    }
}

/// Brings the database up to date, for which it must be reachable, and keeps the audit log's months ahead.
async fn prepare(app: SharedApp, migrate: bool, with_demo: bool) -> anyhow::Result<()> {
    if migrate {
        migrate_when_reachable(&app).await.context("the migrations failed")?;
    }
    if with_demo {
        demo::seed(&app).await.context("the demo data could not be written")?;
    }
    app.set_preparing(false);
    loop {
        let made = async { make_audit_partitions(&mut *app.store.conn().await?).await };
        if let Err(error) = made.await {
            tracing::warn!(%error, "the audit log's next months could not be made; trying again in an hour");
        }
        tokio::time::sleep(Duration::from_hours(1)).await;
    }
}

/// Brings the database up to date; tries again while it can't be reached, and says so.
async fn migrate_when_reachable(app: &App) -> Result<(), StoreError> {
    loop {
        match app.store.migrate().await {
            Err(StoreError::Unavailable(error)) => {
                tracing::warn!(%error, "the database can't be reached; trying again in {} s", RETRY.as_secs());
                tokio::time::sleep(RETRY).await;
            }
            done => return done,
        }
    }
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
