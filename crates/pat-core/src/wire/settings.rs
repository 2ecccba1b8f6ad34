//! `/api/admin/settings`: what tokens may be, and what a change would do.

use serde::{Deserialize, Serialize};

use super::{Preview, ScopeChoice, TokenChange};

wire! {
    /// `GET /api/admin/settings`; `ETag` carries the version for `If-Match`.
    pub struct SettingsPage {
        /// Goes up with every change.
        pub version: i32,
        /// As they are now.
        pub settings: Settings,
        /// The product features of the policy table, in order.
        pub features: Vec<FeatureChoice>,
        /// The scopes of the policy table, in order.
        pub scopes: Vec<ScopeChoice>,
    }

    /// A product feature.
    pub struct FeatureChoice {
        /// Its name.
        pub name: String,
        /// One line on what it is.
        pub description: String,
        /// The scopes that come with it.
        pub scopes: Vec<String>,
    }

    /// `PUT /api/admin/settings` (the whole set), and `POST …/preview`.
    pub struct Settings {
        /// Product features that are on.
        pub features: FeatureSetting,
        /// Scopes that personal tokens may not hold.
        pub blocked_scopes: BlockedScopes,
        /// The longest life of a token.
        pub max_lifetime: DaysSetting,
        /// Whether a token may have no end.
        pub no_expiration: NoExpiration,
        /// How long a token may stay unused.
        pub unused: DaysSetting,
        /// Live tokens a user (P8).
        pub token_cap: u32,
        /// While it is set nobody makes a token; people read it on the form. 1–500 characters.
        pub creation_stopped: Option<String>,
    }

    /// Product features that are on.
    pub struct FeatureSetting {
        /// Their names.
        pub enabled: Vec<String>,
        /// What happens to tokens that hold the others' scopes.
        pub strength: Strength,
    }

    /// Scopes that personal tokens may not hold.
    pub struct BlockedScopes {
        /// Their names.
        pub scopes: Vec<String>,
        /// What happens to tokens that hold them.
        pub strength: Strength,
    }

    /// A limit in days of 24 hours.
    pub struct DaysSetting {
        /// 1–36500; null is no limit.
        pub days: Option<u32>,
        /// What happens to tokens beyond it.
        pub strength: Strength,
    }

    /// Whether a token may have no end.
    pub struct NoExpiration {
        /// Whether it may.
        pub allowed: bool,
        /// What happens to tokens without an end if not.
        pub strength: Strength,
    }

    /// `POST /api/admin/settings/preview`: what saving would do to live tokens that work now.
    pub struct SettingsPreview {
        /// A line for each setting that would touch a token, in the order of [`Rule`].
        pub effects: Vec<SettingsEffect>,
    }

    /// What one setting would do.
    pub struct SettingsEffect {
        /// The setting.
        pub rule: Rule,
        /// Refusal of use, or revocation.
        pub strength: Strength,
        /// The tokens.
        pub tokens: Preview,
    }

    /// The answer to `PUT /api/admin/settings`.
    pub struct SavedSettings {
        /// As they are now.
        pub page: SettingsPage,
        /// The revocations that were begun, if a setting says so.
        pub change: Option<TokenChange>,
    }
}

/// How far a setting reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Tokens that exist stay as they are.
    NewTokens,
    /// Tokens that break it are refused, or lose the use of the scopes, until the setting changes back.
    RefuseUse,
    /// Tokens that break it when it is saved are revoked; later ones are refused.
    Revoke,
}

/// A setting that live tokens can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// It lives longer than allowed, from its creation to its end.
    MaxLifetime,
    /// It has no end.
    NoExpiration,
    /// It was not used for too long.
    Unused,
    /// It holds scopes that personal tokens may not hold.
    BlockedScopes,
    /// It holds scopes of a feature that is off.
    Features,
}
