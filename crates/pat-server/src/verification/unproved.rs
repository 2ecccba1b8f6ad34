//! A server that answers without its proof, on purpose: `cargo xtask torture --unproved` must notice. Never ship it.

use pat_core::attempt::Row;

use crate::app::App;
use crate::store::Transaction;
use crate::store::audit::{self, NewEvent, Proof};
use crate::web_api::WebApiError;

/// Must be `yes` in the environment of such a server.
const VARIABLE: &str = "PAT_UNPROVED";

/// Keeps a server that was built like this by accident from starting.
///
/// # Errors
/// If nobody says that it is meant.
pub fn check_meant() -> anyhow::Result<()> {
    let is_meant = std::env::var(VARIABLE).is_ok_and(|value| value == "yes");
    anyhow::ensure!(is_meant, "this build answers without proof, for a test of the tests: build it without the feature unproved");
    tracing::warn!("this server answers without proof");
    Ok(())
}

/// Writes a row, whether or not its ground still stands.
pub(super) async fn record(app: &App, event: NewEvent<'_>, _: Proof, tx: Option<Transaction>) -> Result<Row, WebApiError> {
    let mut tx = match tx {
        Some(tx) => tx,
        None => app.store.begin().await?,
    };
    audit::insert(&mut tx, event).await?;
    tx.commit().await?;
    Ok(Row::Committed)
}
