//! `/api/admin/settings`: what the account's tokens may be.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use pat_core::policy::{Policy, Scope};
use pat_core::settings::AccountSettings;
use pat_core::token::Version;
use pat_core::wire::{FeatureChoice, SavedSettings, Settings, SettingsPage};

use super::tokens::{etag, if_match};
use crate::app::SharedApp;
use crate::change;
use crate::error::ApiError;
use crate::extract::{Admin, Json};
use crate::store::settings;

/// Read the account's settings, with what the policy table offers.
#[utoipa::path(get, path = "/api/admin/settings", tag = "admin", responses((status = 200, body = SettingsPage)))]
pub async fn read(State(app): State<SharedApp>, Admin(caller): Admin) -> Result<Response, ApiError> {
    let (version, settings) = settings::find_versioned(&mut *app.store.conn().await?, caller.session.account_id()).await?;
    Ok(([(header::ETAG, etag(version))], axum::Json(page(&app.policy, version, &settings))).into_response())
}

/// Replace the settings. They take hold on live tokens at once, each as far as its strength says. `If-Match` carries the version that was read.
#[utoipa::path(put, path = "/api/admin/settings", tag = "admin", request_body = Settings,
    params(("If-Match" = String, Header, description = "The settings' version, in quotes")),
    responses((status = 200, body = SavedSettings)))]
pub async fn update(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    headers: HeaderMap,
    Json(form): Json<Settings>,
) -> Result<Response, ApiError> {
    let saved = change::settings::update(&app, caller.asker(), if_match(&headers)?, &form).await?;
    Ok(([(header::ETAG, etag(Version(saved.page.version)))], axum::Json(saved)).into_response())
}

/// The settings with what the policy table offers.
pub fn page(policy: &Policy, version: Version, settings: &AccountSettings) -> SettingsPage {
    let features = policy.features().iter().map(|feature| FeatureChoice {
        name: feature.name.clone(),
        description: feature.description.clone(),
        scopes: policy
            .scopes()
            .iter()
            .filter(|scope| scope.feature.as_ref() == Some(&feature.name))
            .map(|scope| scope.name.clone())
            .collect(),
    });
    let scopes = policy.scopes().iter().map(Scope::choice);
    SettingsPage { version: version.0, settings: settings.form(), features: features.collect(), scopes: scopes.collect() }
}
