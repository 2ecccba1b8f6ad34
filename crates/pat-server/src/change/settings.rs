//! An account's settings and features.

use pat_core::audit::EventType;
use pat_core::grant::AccountLimits;
use pat_core::policy::Policy;
use pat_core::wire::{FieldCode, FieldError};
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
        check(&app.policy, limits)?;
        Ok(settings::update(&mut tx, asker.account_id, limits).await?)
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// Refuses features and scopes that the policy doesn't know.
fn check(policy: &Policy, limits: &AccountLimits) -> Result<(), ApiError> {
    let features = limits.features.iter().enumerate().filter(|(_, name)| !policy.features().contains(name));
    let scopes = limits.blocked_scopes.iter().enumerate().filter(|(_, name)| policy.scope_id(name).is_none());
    let features = features.map(|(index, _)| FieldError::new(&format!("features[{index}]"), FieldCode::Invalid));
    let errors: Vec<_> =
        features.chain(scopes.map(|(index, _)| FieldError::new(&format!("blocked_scopes[{index}]"), FieldCode::UnknownScope))).collect();
    if errors.is_empty() { Ok(()) } else { Err(ApiError::Invalid(errors)) }
}
