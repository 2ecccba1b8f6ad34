//! Sets of scopes.

use serde::{Deserialize, Serialize};

use crate::policy::Policy;

/// A scope's row in the policy table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(u8);

impl ScopeId {
    /// The scope in row `index` of the table, where a table of that length is allowed.
    pub fn at(index: usize) -> Option<Self> {
        u8::try_from(index).ok().map(Self)
    }

    /// The row's index.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// How many scopes a policy table may have.
pub const MAX_SCOPES: usize = 256;

/// A set of scopes of one policy table, as a bit for each row: cheap to copy, to join and to compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScopeSet([u64; MAX_SCOPES / 64]);

impl ScopeSet {
    /// The empty set.
    pub const EMPTY: Self = Self([0; MAX_SCOPES / 64]);

    /// Adds a scope.
    pub fn insert(&mut self, scope: ScopeId) {
        if let Some(word) = self.0.get_mut(scope.index() / 64) {
            *word |= 1 << (scope.index() % 64);
        }
    }

    /// Whether the scope is in the set.
    pub fn contains(self, scope: ScopeId) -> bool {
        self.0.get(scope.index() / 64).is_some_and(|word| word & (1 << (scope.index() % 64)) != 0)
    }

    /// Scopes in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    /// Scopes in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// Scopes in this set that are not in the other.
    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    /// Whether every scope of this set is in the other.
    pub fn is_subset(self, other: Self) -> bool {
        self.difference(other).is_empty()
    }

    /// Whether the set has no scope.
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    /// The number of scopes.
    pub fn len(self) -> usize {
        self.iter().count()
    }

    /// The scopes in table order.
    pub fn iter(self) -> impl Iterator<Item = ScopeId> {
        (0..=u8::MAX).map(ScopeId).filter(move |scope| self.contains(*scope))
    }

    fn zip(self, other: Self, op: impl Fn(u64, u64) -> u64) -> Self {
        let mut joined = self;
        for (word, theirs) in joined.0.iter_mut().zip(other.0) {
            *word = op(*word, theirs);
        }
        joined
    }
}

impl FromIterator<ScopeId> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = ScopeId>>(scopes: I) -> Self {
        let mut set = Self::EMPTY;
        for scope in scopes {
            set.insert(scope);
        }
        set
    }
}

/// What was chosen on a token, as it is stored. A name that the policy no longer knows is kept as text and grants nothing (P3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedScopes {
    /// The scopes that the policy knows.
    pub known: ScopeSet,
    /// Names that it doesn't, in stored order.
    pub unknown: Vec<String>,
}

impl GrantedScopes {
    /// Sorts stored names into known and unknown ones.
    pub fn from_stored<S: AsRef<str>>(policy: &Policy, names: impl IntoIterator<Item = S>) -> Self {
        let mut granted = Self::default();
        for name in names {
            match policy.scope_id(name.as_ref()) {
                Some(id) => granted.known.insert(id),
                None => granted.unknown.push(name.as_ref().to_owned()),
            }
        }
        granted
    }

    /// The names to store and to show: table order, unknown ones last.
    pub fn names(&self, policy: &Policy) -> Vec<String> {
        let mut names = policy.scope_names(self.known);
        names.extend(self.unknown.iter().cloned());
        names
    }
}
