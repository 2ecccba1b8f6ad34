//! What a call may be answered with, given the changes confirmed, or of unknown outcome, around it. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

/// An instant on the recorder's clock.
pub(super) type At = Duration;

/// From when to when something may have happened. Without an answer nobody knows until when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) from: At,
    pub(super) until: Option<At>,
}

/// A fact that one writer changes, one change after another. A change whose outcome is unknown may take hold at any time from
/// its beginning until a later one is confirmed: the writer makes sure of it, by the version that it saw.
#[derive(Clone, Debug)]
pub(super) struct Register<V> {
    first: V,
    changes: Vec<Change<V>>,
}

/// A change that was not refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<V> {
    pub(super) value: V,
    pub(super) began: At,
    /// `None`: whether it was made is unknown.
    pub(super) confirmed: Option<At>,
}

impl<V: Copy> Register<V> {
    pub(super) fn new(first: V) -> Self {
        Self { first, changes: Vec::new() }
    }

    pub(super) fn push(&mut self, change: Change<V>) {
        self.changes.push(change);
    }

    pub(super) fn changes(&self) -> &[Change<V>] {
        &self.changes
    }

    /// The value as far as the writer knows, unknown outcomes aside.
    pub(super) fn known(&self) -> V {
        self.changes.iter().rev().find(|change| change.confirmed.is_some()).map_or(self.first, |change| change.value)
    }

    /// Whether the last change is of unknown outcome.
    pub(super) fn is_unknown(&self) -> bool {
        self.changes.last().is_some_and(|change| change.confirmed.is_none())
    }

    /// Every value that it may have had at some time in the window.
    pub(super) fn possible(&self, window: Window) -> impl Iterator<Item = V> {
        let is_over = |change: &Change<V>| change.confirmed.is_some_and(|at| at <= window.from);
        let settled = self.changes.iter().rposition(is_over);
        let first = if settled.is_none() { Some(self.first) } else { None };
        let may_hold = move |change: &&Change<V>| window.until.is_none_or(|until| change.began <= until);
        let later = self.changes.iter().skip(settled.unwrap_or(0)).filter(may_hold).map(|change| change.value);
        first.into_iter().chain(later)
    }
}

/// The scopes that the torture uses, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scopes(u8);

impl Scopes {
    pub(super) const NONE: Self = Self(0);
    pub(super) const CATALOG_READ: Self = Self(1);
    pub(super) const CATALOG_WRITE: Self = Self(2);
    pub(super) const SNAPSHOTS_READ: Self = Self(4);
    const NAMES: [(Self, &'static str); 3] =
        [(Self::CATALOG_READ, "catalog:read"), (Self::CATALOG_WRITE, "catalog:write:entities"), (Self::SNAPSHOTS_READ, "snapshots:read")];

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// By the names in the policy table; others are left out.
    pub(super) fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let one = |name: &str| Self::NAMES.iter().find(|(_, known)| *known == name).map(|(scope, _)| *scope);
        names.into_iter().filter_map(one).fold(Self::default(), Self::union)
    }

    pub(super) fn names(self) -> Vec<&'static str> {
        Self::NAMES.iter().filter(|(scope, _)| self.contains(*scope)).map(|(_, name)| *name).collect()
    }
}

/// Of an account's settings what the torture changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// Refused for personal tokens.
    pub(super) blocked: Scopes,
    /// The feature that the catalog's scopes belong to is off.
    pub(super) without_fabric: bool,
    /// Tokens that never expire are refused.
    pub(super) must_expire: bool,
}

impl Settings {
    fn usable(self) -> Scopes {
        let catalog = if self.without_fabric { Scopes::CATALOG_READ.union(Scopes::CATALOG_WRITE) } else { Scopes::default() };
        let all = Scopes::CATALOG_READ.union(Scopes::CATALOG_WRITE).union(Scopes::SNAPSHOTS_READ);
        all.without(catalog).without(self.blocked)
    }
}

/// What decides on a token's calls.
#[derive(Clone, Copy)]
pub(super) struct Authority<'a> {
    pub(super) is_endless: bool,
    pub(super) revoked: &'a Register<bool>,
    pub(super) paused: &'a Register<bool>,
    pub(super) scopes: &'a Register<Scopes>,
    /// Whether its owner's roles allow writing to the catalog.
    pub(super) writes: &'a Register<bool>,
    pub(super) settings: &'a Register<Settings>,
}

/// What the server may say of a token's authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// 200, and whatever a handler says.
    Allowed,
    /// 403.
    Forbidden,
    /// 401, with a row for each.
    Paused,
    /// 401, with a row now and then.
    Dead,
}

impl Authority<'_> {
    /// Every verdict that was right at some time in the window. One that isn't among them was never right.
    pub(super) fn verdicts(&self, needed: Scopes, window: Window) -> BTreeSet<Verdict> {
        let mut all = BTreeSet::new();
        for revoked in self.revoked.possible(window) {
            for paused in self.paused.possible(window) {
                for scopes in self.scopes.possible(window) {
                    for writes in self.writes.possible(window) {
                        let settings = self.settings.possible(window);
                        all.extend(settings.map(|settings| self.verdict(revoked, paused, scopes, writes, settings, needed)));
                    }
                }
            }
        }
        all
    }

    fn verdict(&self, revoked: bool, paused: bool, scopes: Scopes, writes: bool, settings: Settings, needed: Scopes) -> Verdict {
        let of_roles = if writes { scopes } else { scopes.without(Scopes::CATALOG_WRITE) };
        let effective = of_roles.without(of_roles.without(settings.usable()));
        if revoked {
            Verdict::Dead
        } else if paused {
            Verdict::Paused
        } else if (settings.must_expire && self.is_endless) || !effective.contains(needed) {
            Verdict::Forbidden
        } else {
            Verdict::Allowed
        }
    }
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wrong {
    /// A success on authority that was taken away before the request began.
    StaleSuccess,
    /// A refusal of authority that was given before the request began.
    StaleRefusal,
    /// A status that nothing explains.
    Status,
}

/// Judges an answer's status.
pub(super) fn status(status: u16, verdicts: &BTreeSet<Verdict>) -> Result<(), Wrong> {
    let among = |these: &[Verdict], wrong| if these.iter().any(|verdict| verdicts.contains(verdict)) { Ok(()) } else { Err(wrong) };
    match status {
        200 => among(&[Verdict::Allowed], Wrong::StaleSuccess),
        403 => among(&[Verdict::Forbidden], Wrong::StaleRefusal),
        401 => among(&[Verdict::Paused, Verdict::Dead], Wrong::StaleRefusal),
        503 => Ok(()),
        _ => Err(Wrong::Status),
    }
}

/// Whether an answer must have a row of its own in the audit log: not where it may have been the refusal of a dead token.
pub(super) fn needs_row(status: u16, verdicts: &BTreeSet<Verdict>) -> bool {
    status == 200 || status == 403 || (status == 401 && !verdicts.contains(&Verdict::Dead))
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
