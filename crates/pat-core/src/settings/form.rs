//! Settings as workspace admins see and save them, and which changes of them want a fresh sign-in.

use jiff::Timestamp;

use super::{AccountSettings, UnusedLimit};
use crate::expiry::ExpirationLimits;
use crate::policy::Policy;
use crate::wire::{BlockedScopes, DaysSetting, FeatureSetting, FieldCode, FieldError, NoExpiration, Settings, Strength};

/// The longest limit in days.
const MAX_DAYS: u32 = 36_500;

/// The highest cap on live tokens a user.
const MAX_TOKEN_CAP: u32 = 10_000;

/// The longest message that says why nobody makes tokens, in characters.
const MAX_MESSAGE_CHARS: usize = 500;

impl AccountSettings {
    /// As the Console API shows them.
    pub fn form(&self) -> Settings {
        Settings {
            features: FeatureSetting { enabled: self.features.clone(), strength: self.features_strength },
            blocked_scopes: BlockedScopes { scopes: self.blocked_scopes.clone(), strength: self.blocked_scopes_strength },
            max_lifetime: DaysSetting { days: self.expiration.max_lifetime_days, strength: self.max_lifetime_strength },
            no_expiration: NoExpiration { allowed: self.expiration.never_allowed, strength: self.no_expiration_strength },
            unused: DaysSetting { days: self.unused.days, strength: self.unused.strength },
            token_cap: self.token_cap,
            creation_stopped: self.creation_stopped.clone(),
        }
    }

    /// The settings that a form asks for, in place of `before`. Names that the policy no longer knows may stay.
    ///
    /// # Errors
    /// Every field that must be mended.
    pub fn parse(form: &Settings, before: &Self, policy: &Policy, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let features: Vec<_> = policy.features().iter().map(|feature| feature.name.as_str()).collect();
        let scopes: Vec<_> = policy.scopes().iter().map(|scope| scope.name.as_str()).collect();
        let unknown_feature = FieldError { message: "There is no such feature.".to_owned(), ..FieldError::new("", FieldCode::Invalid) };
        let unknown_scope = FieldError::new("", FieldCode::UnknownScope);
        let parsed = Self {
            features: names("features.enabled", &form.features.enabled, &features, &before.features, &unknown_feature, &mut errors),
            features_strength: form.features.strength,
            blocked_scopes: names(
                "blocked_scopes.scopes",
                &form.blocked_scopes.scopes,
                &scopes,
                &before.blocked_scopes,
                &unknown_scope,
                &mut errors,
            ),
            blocked_scopes_strength: form.blocked_scopes.strength,
            expiration: ExpirationLimits { max_lifetime_days: form.max_lifetime.days, never_allowed: form.no_expiration.allowed },
            max_lifetime_strength: form.max_lifetime.strength,
            no_expiration_strength: form.no_expiration.strength,
            unused: before.unused.replaced_by(&form.unused, now),
            token_cap: form.token_cap,
            creation_stopped: form.creation_stopped.as_deref().map(|message| message.trim().to_owned()),
        };
        for (field, setting) in [("max_lifetime.days", &form.max_lifetime), ("unused.days", &form.unused)] {
            if setting.days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
                errors.push(out_of_range(field, format!("Choose 1 to {MAX_DAYS} days, or no limit.")));
            }
        }
        if form.token_cap > MAX_TOKEN_CAP {
            errors.push(out_of_range("token_cap", format!("At most {MAX_TOKEN_CAP} live tokens a user.")));
        }
        errors.extend(parsed.creation_stopped.as_deref().and_then(check_message));
        if errors.is_empty() { Ok(parsed) } else { Err(errors) }
    }

    /// Whether these settings allow anything that `before` didn't. Such a change wants a fresh sign-in.
    pub fn loosens(&self, before: &Self) -> bool {
        let is_longer = |before: Option<u32>, after: Option<u32>| before.is_some_and(|before| after.is_none_or(|after| after > before));
        let (limits, limits_before) = (self.expiration, before.expiration);
        self.features.iter().any(|name| !before.features.contains(name))
            || self.features_strength < before.features_strength
            || before.blocked_scopes.iter().any(|name| !self.blocked_scopes.contains(name))
            || (!before.blocked_scopes.is_empty() && self.blocked_scopes_strength < before.blocked_scopes_strength)
            || is_longer(limits_before.max_lifetime_days, limits.max_lifetime_days)
            || (limits_before.max_lifetime_days.is_some() && self.max_lifetime_strength < before.max_lifetime_strength)
            || (!limits_before.never_allowed && limits.never_allowed)
            || (!limits_before.never_allowed && self.no_expiration_strength < before.no_expiration_strength)
            || is_longer(before.unused.days, self.unused.days)
            || (before.unused.days.is_some() && self.unused.strength < before.unused.strength)
            || self.token_cap > before.token_cap
            || (before.creation_stopped.is_some() && self.creation_stopped.is_none())
    }
}

impl UnusedLimit {
    /// Tokens that a limit for new tokens binds already stay bound while it stays one.
    fn replaced_by(self, form: &DaysSetting, now: Timestamp) -> Self {
        let is_for_new_tokens = form.days.is_some() && form.strength == Strength::NewTokens;
        let from = is_for_new_tokens.then(|| self.from.unwrap_or(now));
        Self { days: form.days, strength: form.strength, from }
    }
}

/// The names in the policy's order, those that it no longer knows last.
fn names(
    field: &str,
    wanted: &[String],
    known: &[&str],
    before: &[String],
    unknown: &FieldError,
    errors: &mut Vec<FieldError>,
) -> Vec<String> {
    for (index, name) in wanted.iter().enumerate() {
        let field = format!("{field}[{index}]");
        if !known.contains(&name.as_str()) && !before.contains(name) {
            errors.push(FieldError { field, ..unknown.clone() });
        } else if wanted.iter().take(index).any(|other| other == name) {
            errors.push(FieldError { message: "It is named twice.".to_owned(), ..FieldError::new(&field, FieldCode::Duplicate) });
        }
    }
    let in_order = known.iter().copied().chain(before.iter().map(String::as_str).filter(|name| !known.contains(name)));
    in_order.filter(|name| wanted.iter().any(|wanted| wanted == name)).map(str::to_owned).collect()
}

fn out_of_range(field: &str, message: String) -> FieldError {
    FieldError { message, ..FieldError::new(field, FieldCode::Invalid) }
}

fn check_message(message: &str) -> Option<FieldError> {
    let code = if message.is_empty() {
        FieldCode::Required
    } else if message.chars().count() > MAX_MESSAGE_CHARS {
        FieldCode::TooLong
    } else if message.chars().any(|c| c.is_control() && c != '\n') {
        FieldCode::ControlCharacters
    } else {
        return None;
    };
    Some(FieldError::new("creation_stopped", code))
}
