//! May this token call this method, and how long is that answer good (P11, design section 6: decide, then prove).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::policy::Method;
use crate::scope::ScopeSet;
use crate::settings::Ruling;
use crate::token::{Lifecycle, TokenKind, TokenStatus};
use crate::wire::Rule;

/// What a look-up found out about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Personal or organization.
    pub kind: TokenKind,
    /// The instants that decide its status.
    pub lifecycle: Lifecycle,
    /// How the account's rules on lifetime and use stand to it.
    pub ruling: Ruling,
    /// Of what was granted, what is usable now.
    pub effective: ScopeSet,
}

/// The decision on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on. Must be proved before the answer leaves.
    Allowed(Window),
    /// A live token that may not. The refusal must be proved too: a scope just granted works on the next call.
    Refused(Refusal, Window),
    /// Revoked or expired: stays so, needs no proof.
    Dead(TokenStatus),
}

/// Why a live token may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It is paused; to the client that looks like an unknown token.
    Paused,
    /// A setting of the account refuses it, whatever the method.
    Setting(Rule),
    /// The method is for another kind of token.
    WrongKind,
    /// Scopes that it lacks.
    MissingScopes(ScopeSet),
}

/// The time in which a decision holds by the token's own instants: from ≤ now < until.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Window {
    /// `None`: since ever.
    pub from: Option<Timestamp>,
    /// `None`: for ever.
    pub until: Option<Timestamp>,
}

/// Decides on a call of `method` at `now`. Dead goes before paused, then the account's rules, the method's kinds, its scopes.
pub fn decide(token: &Standing, method: &Method, now: Timestamp) -> Decision {
    let Lifecycle { expires_at, paused_until, .. } = token.lifecycle;
    let stale_at = token.ruling.stale_at;
    let status = token.lifecycle.status(now);
    if status.is_dead() {
        return Decision::Dead(status);
    }
    if status == TokenStatus::Paused {
        return Decision::Refused(Refusal::Paused, Window { from: None, until: earliest([paused_until, expires_at]) });
    }
    if let Some(rule) = token.ruling.refuses(now) {
        let from = if rule == Rule::Unused { paused_until.max(stale_at) } else { paused_until };
        return Decision::Refused(Refusal::Setting(rule), Window { from, until: expires_at });
    }
    let window = Window { from: paused_until, until: earliest([expires_at, stale_at]) };
    let missing = method.scopes.difference(token.effective);
    if !method.kinds.contains(&token.kind) {
        Decision::Refused(Refusal::WrongKind, window)
    } else if !missing.is_empty() {
        Decision::Refused(Refusal::MissingScopes(missing), window)
    } else {
        Decision::Allowed(window)
    }
}

fn earliest(instants: [Option<Timestamp>; 2]) -> Option<Timestamp> {
    instants.into_iter().flatten().min()
}
