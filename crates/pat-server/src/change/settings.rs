//! An account's settings and features.

use pat_core::audit::EventType;
use pat_core::grant::AccountLimits;
use serde_json::json;

use super::{Asker, Record, require_admin};
use crate::app::App;
use crate::error::ApiError;
use crate::store::{Reach, settings};

/// Replaces the account's settings, for a workspace admin. They only mask: what they hide returns when they are switched back.
pub async fn update(app: &App, asker: Asker<'_>, limits: &AccountLimits) -> Result<(), ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::SettingsUpdated);
    record.context = json!({
        "features": limits.features,
        "blocked_scopes": limits.blocked_scopes,
        "max_lifetime_days": limits.expiration.max_lifetime_days,
        "never_allowed": limits.expiration.never_allowed,
        "token_cap": limits.token_cap,
    });
    let work = async {
        require_admin(&actor)?;
        Ok(settings::update(&mut tx, asker.account_id, limits).await?)
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}
