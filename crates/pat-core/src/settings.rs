//! An account's settings: what its tokens may be, and how far each setting reaches ([`Strength`]).
//!
//! Two kinds of setting reach tokens that exist. Features and blocked scopes mask scopes. The rules on lifetime and use refuse a token
//! whole: [`AccountSettings::ruling`].

mod broken;
mod form;

use jiff::fmt::serde::timestamp::microsecond;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::broken::{BrokenRule, Effect};
use crate::expiry::ExpirationLimits;
use crate::policy::Policy;
use crate::scope::ScopeSet;
use crate::token::TokenKind;
use crate::wire::{Rule, Strength};

/// Live tokens that a user may have, where the account's settings don't say otherwise (P8).
pub const DEFAULT_TOKEN_CAP: u32 = 50;

/// What an account's settings and product features allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSettings {
    /// The product features it has.
    pub features: Vec<String>,
    /// How far a feature that is off reaches.
    pub features_strength: Strength,
    /// Scopes that personal tokens may not hold.
    pub blocked_scopes: Vec<String>,
    /// How far these reach.
    pub blocked_scopes_strength: Strength,
    /// How long a token may live.
    pub expiration: ExpirationLimits,
    /// How far the maximum lifetime reaches.
    pub max_lifetime_strength: Strength,
    /// How far it reaches that a token must end.
    pub no_expiration_strength: Strength,
    /// How long a token may stay unused.
    pub unused: UnusedLimit,
    /// Live tokens a user (P8).
    pub token_cap: u32,
    /// While it is set nobody makes a token; people read it on the form.
    pub creation_stopped: Option<String>,
}

/// How long a token may stay unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnusedLimit {
    /// In days of 24 hours; `None` is no limit.
    pub days: Option<u32>,
    /// How far it reaches.
    pub strength: Strength,
    /// With strength `new_tokens`: only tokens made from this instant on may go stale.
    pub from: Option<Timestamp>,
}

/// What the rules ask of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenFacts {
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// Its last use.
    pub last_used_at: Option<Timestamp>,
}

/// How the rules stand to one token, at any time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// A rule that it breaks for good.
    pub broken: Option<Rule>,
    /// When it will have been unused for too long.
    #[serde(with = "microsecond::optional")]
    pub stale_at: Option<Timestamp>,
}

impl Ruling {
    /// The rule that refuses the token at `now`.
    pub fn refuses(&self, now: Timestamp) -> Option<Rule> {
        self.broken.or_else(|| self.stale_at.filter(|at| now >= *at).map(|_| Rule::Unused))
    }
}

impl AccountSettings {
    /// A new account's settings.
    pub fn new(features: Vec<String>) -> Self {
        Self {
            features,
            features_strength: Strength::RefuseUse,
            blocked_scopes: Vec::new(),
            blocked_scopes_strength: Strength::RefuseUse,
            expiration: ExpirationLimits { max_lifetime_days: None, never_allowed: true },
            max_lifetime_strength: Strength::NewTokens,
            no_expiration_strength: Strength::NewTokens,
            unused: UnusedLimit { days: None, strength: Strength::RefuseUse, from: None },
            token_cap: DEFAULT_TOKEN_CAP,
            creation_stopped: None,
        }
    }

    /// What a new token of this kind may hold, whatever the roles.
    pub fn supported(&self, policy: &Policy, kind: TokenKind) -> ScopeSet {
        all(policy).difference(self.of_features_off(policy)).difference(self.blocked_for(policy, kind))
    }

    /// What a token of this kind that exists may use, whatever the roles: scopes off or blocked for new tokens only don't mask it.
    pub fn usable(&self, policy: &Policy, kind: TokenKind) -> ScopeSet {
        all(policy).difference(self.masked_by_features(policy)).difference(self.masked_by_block(policy, kind))
    }

    /// How the rules on lifetime and use stand to a token.
    pub fn ruling(&self, token: &TokenFacts) -> Ruling {
        let ExpirationLimits { max_lifetime_days, never_allowed } = self.expiration;
        let lives_longer = |days| token.expires_at.is_none_or(|end| end > days_after(token.created_at, days));
        let broken = if self.max_lifetime_strength.binds_live() && max_lifetime_days.is_some_and(lives_longer) {
            Some(Rule::MaxLifetime)
        } else if self.no_expiration_strength.binds_live() && !never_allowed && token.expires_at.is_none() {
            Some(Rule::NoExpiration)
        } else {
            None
        };
        let is_bound = self.unused.strength.binds_live() || self.unused.from.is_some_and(|from| token.created_at >= from);
        let stale_at = self.unused.days.filter(|_| is_bound);
        let counted_from = token.last_used_at.map_or(token.created_at, |used| used.max(token.created_at));
        Ruling { broken, stale_at: stale_at.map(|days| days_after(counted_from, days)) }
    }

    /// Scopes of features that are off.
    fn of_features_off(&self, policy: &Policy) -> ScopeSet {
        let is_off = |feature: &Option<String>| feature.as_ref().is_some_and(|name| !self.features.contains(name));
        policy.scopes().iter().filter(|scope| is_off(&scope.feature)).filter_map(|scope| policy.scope_id(&scope.name)).collect()
    }

    /// Scopes that tokens of this kind may not hold.
    fn blocked_for(&self, policy: &Policy, kind: TokenKind) -> ScopeSet {
        match kind {
            TokenKind::Personal => self.blocked_scopes.iter().filter_map(|name| policy.scope_id(name)).collect(),
            TokenKind::Organization => ScopeSet::EMPTY,
        }
    }

    fn masked_by_features(&self, policy: &Policy) -> ScopeSet {
        if self.features_strength.binds_live() { self.of_features_off(policy) } else { ScopeSet::EMPTY }
    }

    fn masked_by_block(&self, policy: &Policy, kind: TokenKind) -> ScopeSet {
        if self.blocked_scopes_strength.binds_live() { self.blocked_for(policy, kind) } else { ScopeSet::EMPTY }
    }
}

impl Strength {
    /// All of them, the weakest first.
    pub const ALL: [Self; 3] = [Self::NewTokens, Self::RefuseUse, Self::Revoke];

    /// Whether tokens that exist are held to the setting.
    pub fn binds_live(self) -> bool {
        self != Self::NewTokens
    }

    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewTokens => "new_tokens",
            Self::RefuseUse => "refuse_use",
            Self::Revoke => "revoke",
        }
    }

    /// Parses the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strength| strength.as_str() == text)
    }
}

fn all(policy: &Policy) -> ScopeSet {
    policy.scopes().iter().filter_map(|scope| policy.scope_id(&scope.name)).collect()
}

fn days_after(at: Timestamp, days: u32) -> Timestamp {
    at.checked_add(days_long(days)).unwrap_or(Timestamp::MAX)
}

fn days_before(at: Timestamp, days: u32) -> Timestamp {
    at.checked_sub(days_long(days)).unwrap_or(Timestamp::MIN)
}

fn days_long(days: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}
