//! The policy table as data (design section 3): scopes, roles, features and methods, read from TOML and checked once.

mod table;

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::matcher::{Matcher, PathTemplate};
use crate::scope::{ScopeId, ScopeSet};
use crate::token::TokenKind;

/// The role that the product itself relies on: it sees and revokes everyone's tokens. Every policy has it.
pub const WORKSPACE_ADMIN: &str = "workspace_admin";

/// The default table: DX's public scopes, roles and methods.
pub const DX_POLICY: &str = include_str!("../policy/dx.toml");

/// What a scope lets its holder do to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Look.
    Read,
    /// Change.
    Write,
    /// Change what others depend on, or see what is kept from most.
    Admin,
}

/// A scope's row.
#[derive(Clone, Debug)]
pub struct Scope {
    /// `resource:action` or `resource:action:target`.
    pub name: String,
    /// One line for the person who chooses.
    pub description: String,
    /// The heading it stands under on the form.
    pub group: String,
    /// Read, write or admin.
    pub access: Access,
    /// The product feature that an account must have.
    pub feature: Option<String>,
}

/// A product feature's row.
#[derive(Clone, Debug)]
pub struct Feature {
    /// The stored name.
    pub name: String,
    /// One line on what it is.
    pub description: String,
}

/// A role's row.
#[derive(Clone, Debug)]
pub struct Role {
    /// The stored name.
    pub name: String,
    /// The name that people read.
    pub label: String,
    /// What the role is for.
    pub description: String,
    /// The scopes it adds to those of everyone.
    pub adds: ScopeSet,
}

/// An HTTP verb of a method row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    /// Parses a request's verb; HEAD counts as GET.
    pub fn parse(verb: &str) -> Option<Self> {
        match verb {
            "GET" | "HEAD" => Some(Self::Get),
            "POST" => Some(Self::Post),
            "PUT" => Some(Self::Put),
            "PATCH" => Some(Self::Patch),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }

    /// The verb as in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A method's row.
#[derive(Clone, Debug)]
pub struct Method {
    /// For example `catalog.entities.list`.
    pub name: String,
    /// The verb it answers to.
    pub verb: Verb,
    /// Its path and the legacy spellings.
    pub paths: Vec<PathTemplate>,
    /// The scopes a caller needs, all of them (P11).
    pub scopes: ScopeSet,
    /// The kinds of token that may call it.
    pub kinds: Vec<TokenKind>,
}

/// A checked policy table.
#[derive(Clone, Debug)]
pub struct Policy {
    scopes: Vec<Scope>,
    roles: Vec<Role>,
    features: Vec<Feature>,
    everyone: ScopeSet,
    methods: Vec<Method>,
    scope_ids: HashMap<String, ScopeId>,
    matcher: Matcher,
    digest: String,
}

/// Why a policy table was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct PolicyError {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong, in words.
    pub problem: String,
}

impl Policy {
    /// Reads and checks a table.
    ///
    /// # Errors
    /// The first mistake, with its line and column: broken TOML, a name that is unknown, doubled or malformed, overlapping
    /// paths, more than 256 scopes, no `workspace_admin` role.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        table::read(text).map_err(|mistake| PolicyError::at(text, mistake.span, mistake.problem))
    }

    /// The table's scopes, in order.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The table's roles, in order.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The table's features, in order.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The table's methods, in order.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// Scopes that every user may grant.
    pub fn everyone(&self) -> ScopeSet {
        self.everyone
    }

    /// A role by its stored name; `None` for one that the table doesn't know.
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }

    /// The name that people read of a role; of one that the table doesn't know its stored name.
    pub fn role_label<'a>(&'a self, name: &'a str) -> &'a str {
        self.role(name).map_or(name, |role| &role.label)
    }

    /// A scope's row number by its name.
    pub fn scope_id(&self, name: &str) -> Option<ScopeId> {
        self.scope_ids.get(name).copied()
    }

    /// The rows of a set, in table order.
    pub fn rows(&self, set: ScopeSet) -> impl Iterator<Item = &Scope> {
        set.iter().filter_map(|id| self.scopes.get(id.index()))
    }

    /// The names of a set, in table order.
    pub fn scope_names(&self, set: ScopeSet) -> Vec<String> {
        self.rows(set).map(|scope| scope.name.clone()).collect()
    }

    /// Finds the method row of a request. `path` is as sent, still percent-encoded, without the query.
    pub fn find(&self, verb: &str, path: &str) -> Found<'_> {
        self.matcher.find(&self.methods, Verb::parse(verb), path)
    }

    /// A digest of the table's text: two servers with the same one decide alike.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// The answer of [`Policy::find`].
#[derive(Debug)]
pub enum Found<'a> {
    /// The request's row.
    Method(&'a Method),
    /// The path exists, with other verbs.
    OtherVerbs(Vec<Verb>),
    /// No row: refused (P11).
    Nothing,
}

impl PolicyError {
    fn at(text: &str, span: Range<usize>, problem: String) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Self { line, column, problem }
    }
}
