//! May this token call this method, and how long is that answer good (P11, design section 6: decide, then prove).

use jiff::Timestamp;

use crate::policy::Method;
use crate::scope::ScopeSet;
use crate::token::{Lifecycle, TokenKind, TokenStatus};

/// What a look-up found out about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Personal or organization.
    pub kind: TokenKind,
    /// The instants that decide its status.
    pub lifecycle: Lifecycle,
    /// Granted ∩ grantable.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is paused; to the client that looks like an unknown token.
    Paused,
    /// The method is for another kind of token.
    WrongKind,
    /// Scopes that it lacks.
    MissingScopes(ScopeSet),
}

/// The time in which a decision holds by the token's own instants: from ≤ now < until.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// `None`: since ever.
    pub from: Option<Timestamp>,
    /// `None`: for ever.
    pub until: Option<Timestamp>,
}

/// Decides on a call of `method` at `now`.
pub fn decide(token: &Standing, method: &Method, now: Timestamp) -> Decision {
    let Lifecycle { expires_at, paused_until, .. } = token.lifecycle;
    let live = Window { from: paused_until, until: expires_at };
    let missing = method.scopes.difference(token.effective);
    match token.lifecycle.status(now) {
        status if status.is_dead() => Decision::Dead(status),
        TokenStatus::Paused => {
            let until = [paused_until, expires_at].into_iter().flatten().min();
            Decision::Refused(Refusal::Paused, Window { from: None, until })
        }
        _ if !method.kinds.contains(&token.kind) => Decision::Refused(Refusal::WrongKind, live),
        _ if !missing.is_empty() => Decision::Refused(Refusal::MissingScopes(missing), live),
        _ => Decision::Allowed(live),
    }
}
