//! `/api/admin/settings`: what the account's tokens may be.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use pat_core::policy::{Policy, Scope};
use pat_core::settings::AccountSettings;
use pat_core::token::Version;
use pat_core::wire::{FeatureChoice, Preview, SavedSettings, Settings, SettingsEffect, SettingsPage, SettingsPreview};

use super::tokens::{etag, if_match};
use crate::app::SharedApp;
use crate::change::{self, settings::Saved};
use crate::error::ApiError;
use crate::extract::{Admin, Json};
use crate::store::tokens::{self, TokenRow};
use crate::store::{self, settings};

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
    let Saved { version, settings, change } = change::settings::update(&app, caller.asker(), if_match(&headers)?, &form).await?;
    let saved = SavedSettings { page: page(&app.policy, version, &settings), change };
    Ok(([(header::ETAG, etag(version))], axum::Json(saved)).into_response())
}

/// What saving these settings would do to tokens that exist. The counts are exact at this moment.
#[utoipa::path(post, path = "/api/admin/settings/preview", tag = "admin", request_body = Settings,
    responses((status = 200, body = SettingsPreview)))]
pub async fn preview(
    State(app): State<SharedApp>,
    Admin(caller): Admin,
    Json(form): Json<Settings>,
) -> Result<axum::Json<SettingsPreview>, ApiError> {
    let (policy, account) = (&app.policy, caller.session.account_id());
    let mut tx = app.store.begin().await?;
    let before = settings::find(&mut tx, account).await?;
    let now = store::now(&mut tx).await?;
    let effects = match AccountSettings::parse(&form, &before, policy, now) {
        Ok(after) => {
            let effects = after.effects(&before, policy, now);
            let touched = tokens::touched(&mut tx, account, &effects, now).await?;
            Ok(effects.into_iter().zip(touched))
        }
        Err(errors) => Err(ApiError::Invalid(errors)),
    };
    tx.rollback().await?;
    let view = |row: &TokenRow| row.admin_view(policy, &before, now);
    let effects = effects?.filter(|(_, touched)| touched.count > 0).map(|(effect, touched)| SettingsEffect {
        rule: effect.rule,
        strength: effect.strength,
        tokens: Preview { count: touched.count, owners: touched.owners, sample: touched.sample.iter().map(view).collect() },
    });
    Ok(axum::Json(SettingsPreview { effects: effects.collect() }))
}

/// The settings with what the policy table offers.
fn page(policy: &Policy, version: Version, settings: &AccountSettings) -> SettingsPage {
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
