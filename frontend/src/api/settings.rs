//! The account's settings.

use pat_core::token::Version;
use pat_core::wire::{SavedSettings, Settings, SettingsPage, SettingsPreview};

use crate::api::Answer;
use crate::api::call::Call;

const SETTINGS: &str = "/api/admin/settings";

/// The settings as they are now, with what there is to choose from.
pub async fn read() -> Answer<SettingsPage> {
    Call::new("GET", SETTINGS).read().await
}

/// What saving them would do to tokens that exist.
pub async fn preview(settings: &Settings) -> Answer<SettingsPreview> {
    Call::new("POST", &format!("{SETTINGS}/preview")).json(settings).read().await
}

/// Saves them, if the saved ones still are at `version`.
pub async fn save(version: i32, settings: &Settings) -> Answer<SavedSettings> {
    Call::new("PUT", SETTINGS).if_match(Version(version)).json(settings).read().await
}
