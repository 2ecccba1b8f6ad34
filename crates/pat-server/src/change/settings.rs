//! An account's settings and features.

use jiff::Timestamp;
use pat_core::audit::EventType;
use pat_core::inventory::Act;
use pat_core::people::{ReasonCode, RevokeReason};
use pat_core::settings::{AccountSettings, BrokenRule};
use pat_core::token::Version;
use pat_core::wire::{Settings, TokenChange};
use serde_json::json;

use super::{Asker, Record, require_admin, require_fresh, token_changes};
use crate::app::SharedApp;
use crate::client::Client;
use crate::error::ApiError;
use crate::store::sessions::SignedIn;
use crate::store::tokens::{self, Search, Target};
use crate::store::{self, Reach, Transaction, settings};

/// The settings from now on.
#[derive(Debug)]
pub struct Saved {
    /// Their version.
    pub version: Version,
    /// What they are.
    pub settings: AccountSettings,
    /// The revocations that were begun, if a setting says so.
    pub change: Option<TokenChange>,
}

/// Replaces the account's settings, seen at a version, for a workspace admin.
///
/// What breaks a setting that revokes is refused from this commit on; a change of many tokens, begun in the same transaction, revokes it.
pub async fn update(app: &SharedApp, asker: Asker<'_>, seen: Version, form: &Settings) -> Result<Saved, ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::SettingsUpdated);
    let work = async {
        require_admin(&actor)?;
        let (version, before) = settings::find_versioned(&mut tx, asker.account_id).await?;
        record.context = json!({ "from": before.form(), "to": form });
        if version != seen {
            return Err(ApiError::Stale);
        }
        let now = store::now(&mut tx).await?;
        let after = AccountSettings::parse(form, &before, &app.policy, now).map_err(ApiError::Invalid)?;
        if after.loosens(&before) {
            require_fresh(&actor)?;
        }
        let version = if after == before { version } else { settings::update(&mut tx, asker.account_id, &after).await? };
        let change = revoke(&mut tx, &actor, asker.client, after.revocations(&app.policy, now), now).await?;
        Ok(Saved { version, settings: after, change })
    }
    .await;
    let saved = asker.conclude(tx, &actor, record, work).await?;
    if let Some(change) = &saved.change {
        token_changes::spawn(app, change.id);
    }
    Ok(saved)
}

/// Begins to revoke the live tokens that break one of these rules, if there are any.
async fn revoke(
    tx: &mut Transaction,
    actor: &SignedIn,
    client: &Client,
    broken: Vec<BrokenRule>,
    now: Timestamp,
) -> Result<Option<TokenChange>, ApiError> {
    if broken.is_empty() {
        return Ok(None);
    }
    let target = Target::Breaking(broken);
    let search = Search { account: actor.account_id(), target: &target, is_live: true, issued_before: None, now };
    let matched = tokens::count(tx, &search).await?.tokens;
    if matched == 0 {
        return Ok(None);
    }
    let act = Act::Revoke(RevokeReason::without_note(ReasonCode::Policy));
    token_changes::begin_within(tx, actor, client, &act, &target, matched).await.map(Some)
}
