//! What is typed into the settings.

use leptos::prelude::*;
use pat_core::wire::{BlockedScopes, DaysSetting, FeatureSetting, FieldError, NoExpiration, Settings, Strength};

use crate::model::settings::{parse_cap, parse_days, typed_days};

/// The form's fields; a handle to copy around.
#[derive(Clone, Copy)]
pub struct Draft {
    /// Features that are on.
    pub features: RwSignal<Vec<String>>,
    /// How far features that are off reach.
    pub features_strength: RwSignal<Strength>,
    /// Blocked scopes.
    pub blocked: RwSignal<Vec<String>>,
    /// How far they reach.
    pub blocked_strength: RwSignal<Strength>,
    /// Maximum lifetime in days.
    pub max_lifetime: RwSignal<String>,
    /// How far it reaches.
    pub max_lifetime_strength: RwSignal<Strength>,
    /// Whether tokens may have no end.
    pub no_expiration: RwSignal<bool>,
    /// How far it reaches that they may not.
    pub no_expiration_strength: RwSignal<Strength>,
    /// For how many days a token may stay unused.
    pub unused: RwSignal<String>,
    /// How far that reaches.
    pub unused_strength: RwSignal<Strength>,
    /// Live tokens a person.
    pub token_cap: RwSignal<String>,
    /// Whether nobody makes tokens.
    pub is_stopped: RwSignal<bool>,
    /// Why not.
    pub message: RwSignal<String>,
}

impl Draft {
    /// As saved.
    pub fn new(saved: &Settings) -> Self {
        let text = || RwSignal::new(String::new());
        let strength = || RwSignal::new(Strength::NewTokens);
        let draft = Self {
            features: RwSignal::new(Vec::new()),
            features_strength: strength(),
            blocked: RwSignal::new(Vec::new()),
            blocked_strength: strength(),
            max_lifetime: text(),
            max_lifetime_strength: strength(),
            no_expiration: RwSignal::new(true),
            no_expiration_strength: strength(),
            unused: text(),
            unused_strength: strength(),
            token_cap: text(),
            is_stopped: RwSignal::new(false),
            message: text(),
        };
        draft.set(saved);
        draft
    }

    /// Puts saved settings in the place of what is typed.
    pub fn set(self, saved: &Settings) {
        self.features.set(saved.features.enabled.clone());
        self.features_strength.set(saved.features.strength);
        self.blocked.set(saved.blocked_scopes.scopes.clone());
        self.blocked_strength.set(saved.blocked_scopes.strength);
        self.max_lifetime.set(typed_days(saved.max_lifetime.days));
        self.max_lifetime_strength.set(saved.max_lifetime.strength);
        self.no_expiration.set(saved.no_expiration.allowed);
        self.no_expiration_strength.set(saved.no_expiration.strength);
        self.unused.set(typed_days(saved.unused.days));
        self.unused_strength.set(saved.unused.strength);
        self.token_cap.set(saved.token_cap.to_string());
        self.is_stopped.set(saved.creation_stopped.is_some());
        self.message.set(saved.creation_stopped.clone().unwrap_or_default());
    }

    /// What to send.
    ///
    /// # Errors
    /// The fields that hold no number where there must be one.
    pub fn read(self) -> Result<Settings, Vec<FieldError>> {
        let max_lifetime = self.max_lifetime.with(|typed| parse_days("max_lifetime", typed));
        let unused = self.unused.with(|typed| parse_days("unused", typed));
        let token_cap = self.token_cap.with(|typed| parse_cap("token_cap", typed));
        let (max_lifetime, unused, token_cap) = match (max_lifetime, unused, token_cap) {
            (Ok(max_lifetime), Ok(unused), Ok(token_cap)) => (max_lifetime, unused, token_cap),
            (max_lifetime, unused, token_cap) => {
                return Err([max_lifetime.err(), unused.err(), token_cap.err()].into_iter().flatten().collect());
            }
        };
        Ok(Settings {
            features: FeatureSetting { enabled: self.features.get(), strength: self.features_strength.get() },
            blocked_scopes: BlockedScopes { scopes: self.blocked.get(), strength: self.blocked_strength.get() },
            max_lifetime: DaysSetting { days: max_lifetime, strength: self.max_lifetime_strength.get() },
            no_expiration: NoExpiration { allowed: self.no_expiration.get(), strength: self.no_expiration_strength.get() },
            unused: DaysSetting { days: unused, strength: self.unused_strength.get() },
            token_cap,
            creation_stopped: self.is_stopped.get().then(|| self.message.get().trim().to_owned()),
        })
    }
}
