//! Which live tokens a change of settings touches, as conditions that the server turns into SQL: its preview and its effect are the same
//! ones.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AccountSettings, days_before};
use crate::policy::Policy;
use crate::scope::ScopeSet;
use crate::token::TokenKind;
use crate::wire::{Rule, Strength};

/// A condition on tokens: they break a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum BrokenRule {
    /// It lives longer than so many days of 24 hours from its creation, or has no end.
    LivesLonger {
        /// The days.
        days: u32,
    },
    /// It has no end.
    NeverEnds {},
    /// It was neither made nor used after an instant.
    NotUsedSince {
        /// The instant.
        #[serde(with = "crate::instant")]
        at: Timestamp,
        /// Tokens made before this one are spared.
        #[serde(with = "crate::instant::optional")]
        from: Option<Timestamp>,
    },
    /// It holds one of these scopes.
    Holds {
        /// If it is a personal token.
        personal: Vec<String>,
        /// If it is an organization token.
        organization: Vec<String>,
    },
}

/// What saving does to live tokens by one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The setting.
    pub rule: Rule,
    /// Refusal of use (of the token, or of its scopes), or revocation.
    pub strength: Strength,
    /// It touches live tokens of which this holds,
    pub breaks: BrokenRule,
    /// and none of these: they are refused already.
    pub unless: Vec<BrokenRule>,
}

impl AccountSettings {
    /// What saving these settings in place of `before` does at `now`, setting by setting. Revocation touches whatever breaks the
    /// setting, refused already or not; refusal only what works under the settings `before`.
    pub fn effects(&self, before: &Self, policy: &Policy, now: Timestamp) -> Vec<Effect> {
        let refused = before.refusals(now);
        let mut effects = Vec::new();
        for (rule, strength, breaks) in self.refusals_by_rule(now).chain(self.masks(policy)) {
            if strength == Strength::Revoke {
                effects.push(Effect { rule, strength, breaks, unless: Vec::new() });
            } else if let Some(breaks) = breaks.beyond(before, policy).filter(|breaks| !refused.contains(breaks)) {
                effects.push(Effect { rule, strength: Strength::RefuseUse, breaks, unless: refused.clone() });
            }
        }
        effects
    }

    /// What is revoked if these settings are saved at `now`.
    pub fn revocations(&self, policy: &Policy, now: Timestamp) -> Vec<BrokenRule> {
        let rules = self.refusals_by_rule(now).chain(self.masks(policy));
        rules.filter(|(_, strength, _)| *strength == Strength::Revoke).map(|(_, _, breaks)| breaks).collect()
    }

    /// What is refused whole at `now`: [`AccountSettings::ruling`] as conditions.
    fn refusals(&self, now: Timestamp) -> Vec<BrokenRule> {
        self.refusals_by_rule(now).map(|(_, _, breaks)| breaks).collect()
    }

    fn refusals_by_rule(&self, now: Timestamp) -> impl Iterator<Item = (Rule, Strength, BrokenRule)> {
        let longer = self.expiration.max_lifetime_days.filter(|_| self.max_lifetime_strength.binds_live());
        let longer = longer.map(|days| (Rule::MaxLifetime, self.max_lifetime_strength, BrokenRule::LivesLonger { days }));
        let must_end = !self.expiration.never_allowed && self.no_expiration_strength.binds_live();
        let never = must_end.then_some((Rule::NoExpiration, self.no_expiration_strength, BrokenRule::NeverEnds {}));
        let unused = self.unused.days.filter(|_| self.unused.strength.binds_live() || self.unused.from.is_some());
        let unused = unused.map(|days| {
            let breaks = BrokenRule::NotUsedSince { at: days_before(now, days), from: self.unused.from };
            (Rule::Unused, self.unused.strength, breaks)
        });
        [longer, never, unused].into_iter().flatten()
    }

    fn masks(&self, policy: &Policy) -> impl Iterator<Item = (Rule, Strength, BrokenRule)> {
        let blocked = self.masked_by_block(policy, TokenKind::Personal);
        let blocked = (Rule::BlockedScopes, self.blocked_scopes_strength, holds(policy, blocked, ScopeSet::EMPTY));
        let off = self.masked_by_features(policy);
        let off = (Rule::Features, self.features_strength, holds(policy, off, off));
        [blocked, off].into_iter().filter(|(_, _, breaks)| *breaks != holds(policy, ScopeSet::EMPTY, ScopeSet::EMPTY))
    }
}

impl BrokenRule {
    /// Without the scopes that are masked before; `None` if nothing is left.
    fn beyond(self, before: &AccountSettings, policy: &Policy) -> Option<Self> {
        let Self::Holds { personal, organization } = self else { return Some(self) };
        let beyond = |names: Vec<String>, kind| {
            let usable = before.usable(policy, kind);
            names.into_iter().filter(|name| policy.scope_id(name).is_some_and(|id| usable.contains(id))).collect::<Vec<_>>()
        };
        let (personal, organization) = (beyond(personal, TokenKind::Personal), beyond(organization, TokenKind::Organization));
        let is_empty = personal.is_empty() && organization.is_empty();
        (!is_empty).then_some(Self::Holds { personal, organization })
    }
}

fn holds(policy: &Policy, personal: ScopeSet, organization: ScopeSet) -> BrokenRule {
    BrokenRule::Holds { personal: policy.scope_names(personal), organization: policy.scope_names(organization) }
}
