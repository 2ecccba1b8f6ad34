//! The policy table as data (design section 3): scopes, roles, features and methods, read from TOML and checked once.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::matcher::{Matcher, PathTemplate};
use crate::scope::{MAX_SCOPES, ScopeId, ScopeSet};
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
    features: Vec<String>,
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
        let file: File =
            toml::from_str(text).map_err(|error| PolicyError::at(text, error.span().unwrap_or(0..0), error.message().to_owned()))?;
        build(file, text).map_err(|mistake| PolicyError::at(text, mistake.span, mistake.problem))
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
    pub fn features(&self) -> &[String] {
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

// The file's shape. Every name carries its place, so that a mistake can be pointed at.

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    everyone: Vec<Spanned<String>>,
    features: Vec<FeatureRow>,
    scopes: Vec<ScopeRow>,
    roles: Vec<RoleRow>,
    methods: Vec<MethodRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeatureRow {
    name: Spanned<String>,
    #[expect(dead_code, reason = "for the reader of the file")]
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeRow {
    name: Spanned<String>,
    description: String,
    group: String,
    access: Access,
    feature: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleRow {
    name: Spanned<String>,
    label: String,
    description: String,
    scopes: RoleScopes,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RoleScopes {
    Word(Spanned<String>),
    List(Vec<Spanned<String>>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MethodRow {
    name: Spanned<String>,
    verb: Verb,
    paths: Vec<Spanned<String>>,
    scopes: Vec<Spanned<String>>,
    kinds: Option<Vec<TokenKind>>,
}

struct Mistake {
    span: Range<usize>,
    problem: String,
}

fn mistake<T>(at: &Spanned<T>, problem: String) -> Mistake {
    Mistake { span: at.span(), problem }
}

fn build(file: File, text: &str) -> Result<Policy, Mistake> {
    let features = features(&file.features)?;
    let (scopes, scope_ids) = scopes(file.scopes, &features)?;
    let set = |names: &[Spanned<String>]| scope_set(names, &scope_ids);
    let everyone = set(&file.everyone)?;
    let all: ScopeSet = scope_ids.values().copied().collect();
    let roles = roles(file.roles, all, &set)?;
    let mut methods: Vec<Method> = Vec::with_capacity(file.methods.len());
    let mut matcher = Matcher::default();
    for row in file.methods {
        if methods.iter().any(|method| method.name == *row.name.get_ref()) {
            return Err(mistake(&row.name, format!("the method `{}` stands here twice", row.name.get_ref())));
        }
        let method = Method {
            verb: row.verb,
            paths: paths(&row.paths, &row.name)?,
            scopes: set(&row.scopes)?,
            kinds: row.kinds.unwrap_or_else(|| vec![TokenKind::Personal, TokenKind::Organization]),
            name: row.name.into_inner(),
        };
        for (template, place) in method.paths.iter().zip(&row.paths) {
            matcher
                .add(template.clone(), method.verb, methods.len(), |row| {
                    methods.get(row).map_or(method.name.clone(), |other| other.name.clone())
                })
                .map_err(|other| mistake(place, format!("`{template}` overlaps a path of `{other}`")))?;
        }
        methods.push(method);
    }
    let digest = blake3::hash(text.as_bytes()).to_hex().to_string();
    Ok(Policy { scopes, roles, features, everyone, methods, scope_ids, matcher, digest })
}

fn features(rows: &[FeatureRow]) -> Result<Vec<String>, Mistake> {
    let mut features = Vec::with_capacity(rows.len());
    for row in rows {
        if features.contains(row.name.get_ref()) {
            return Err(mistake(&row.name, format!("the feature `{}` stands here twice", row.name.get_ref())));
        }
        features.push(row.name.get_ref().clone());
    }
    Ok(features)
}

type ScopeTable = (Vec<Scope>, HashMap<String, ScopeId>);

fn scopes(rows: Vec<ScopeRow>, features: &[String]) -> Result<ScopeTable, Mistake> {
    let mut scopes = Vec::with_capacity(rows.len());
    let mut ids = HashMap::new();
    for row in rows {
        let name = row.name.get_ref().clone();
        if !is_scope_name(&name) {
            let problem =
                format!("`{name}` is not a scope name: it needs two or three parts of letters, digits, `_` or `-`, joined by `:`");
            return Err(mistake(&row.name, problem));
        }
        if let Some(feature) = &row.feature
            && !features.contains(feature.get_ref())
        {
            return Err(mistake(feature, format!("there is no feature `{}`", feature.get_ref())));
        }
        let too_many = || mistake(&row.name, format!("a policy has at most {MAX_SCOPES} scopes"));
        let id = ScopeId::at(scopes.len()).ok_or_else(too_many)?;
        if ids.insert(name.clone(), id).is_some() {
            return Err(mistake(&row.name, format!("the scope `{name}` stands here twice")));
        }
        let feature = row.feature.map(Spanned::into_inner);
        scopes.push(Scope { name, description: row.description, group: row.group, access: row.access, feature });
    }
    Ok((scopes, ids))
}

fn roles(rows: Vec<RoleRow>, all: ScopeSet, set: &impl Fn(&[Spanned<String>]) -> Result<ScopeSet, Mistake>) -> Result<Vec<Role>, Mistake> {
    let mut roles: Vec<Role> = Vec::with_capacity(rows.len());
    for row in rows {
        if roles.iter().any(|role| role.name == *row.name.get_ref()) {
            return Err(mistake(&row.name, format!("the role `{}` stands here twice", row.name.get_ref())));
        }
        let adds = match &row.scopes {
            RoleScopes::List(names) => set(names)?,
            RoleScopes::Word(word) if word.get_ref() == "all" => all,
            RoleScopes::Word(word) => {
                return Err(mistake(word, format!("`{}` is neither a list of scopes nor \"all\"", word.get_ref())));
            }
        };
        roles.push(Role { name: row.name.into_inner(), label: row.label, description: row.description, adds });
    }
    if roles.iter().any(|role| role.name == WORKSPACE_ADMIN) {
        Ok(roles)
    } else {
        Err(Mistake { span: 0..0, problem: format!("a policy needs the role `{WORKSPACE_ADMIN}`") })
    }
}

fn scope_set(names: &[Spanned<String>], ids: &HashMap<String, ScopeId>) -> Result<ScopeSet, Mistake> {
    let mut set = ScopeSet::EMPTY;
    for name in names {
        let unknown = || mistake(name, format!("there is no scope `{}`", name.get_ref()));
        set.insert(ids.get(name.get_ref()).copied().ok_or_else(unknown)?);
    }
    Ok(set)
}

fn paths(rows: &[Spanned<String>], method: &Spanned<String>) -> Result<Vec<PathTemplate>, Mistake> {
    if rows.is_empty() {
        return Err(mistake(method, format!("the method `{}` has no path", method.get_ref())));
    }
    rows.iter().map(|row| PathTemplate::parse(row.get_ref()).map_err(|problem| mistake(row, problem))).collect()
}

fn is_scope_name(name: &str) -> bool {
    let parts: Vec<&str> = name.split(':').collect();
    let is_word = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    (2..=3).contains(&parts.len()) && parts.iter().all(is_word)
}
