//! An account's settings and features.

use pat_core::audit::EventType;
use pat_core::settings::AccountSettings;
use pat_core::token::Version;
use pat_core::wire::{SavedSettings, Settings};
use serde_json::json;

use super::{Asker, Record, require_admin, require_fresh};
use crate::app::App;
use crate::console::settings::page;
use crate::error::ApiError;
use crate::store::{self, Reach, settings};

/// Replaces the account's settings, seen at a version, for a workspace admin.
pub async fn update(app: &App, asker: Asker<'_>, seen: Version, form: &Settings) -> Result<SavedSettings, ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::SettingsUpdated);
    let work = async {
        require_admin(&actor)?;
        let (version, before) = settings::find_versioned(&mut tx, asker.account_id).await?;
        record.context = json!({ "from": before.form(), "to": form });
        if version != seen {
            return Err(ApiError::Stale);
        }
        let after = AccountSettings::parse(form, &before, &app.policy, store::now(&mut tx).await?).map_err(ApiError::Invalid)?;
        if after.loosens(&before) {
            require_fresh(&actor)?;
        }
        let version = if after == before { version } else { settings::update(&mut tx, asker.account_id, &after).await? };
        Ok(SavedSettings { page: page(&app.policy, version, &after), change: None })
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}
