//! The shape of a policy file, and its checks. Every name carries its place, so that a mistake can be pointed at.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::{Access, Feature, Method, Policy, Role, Scope, Verb, WORKSPACE_ADMIN};
use crate::matcher::{Matcher, PathTemplate};
use crate::scope::{MAX_SCOPES, ScopeId, ScopeSet};
use crate::token::TokenKind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    everyone: Vec<Spanned<String>>,
    features: Vec<FeatureRow>,
    scopes: Vec<ScopeRow>,
    roles: Spanned<Vec<RoleRow>>,
    methods: Vec<MethodRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeatureRow {
    name: Spanned<String>,
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

/// `"all"` or a list. By hand, because serde's `untagged` loses the places.
enum RoleScopes {
    All,
    List(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for RoleScopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AllOrList;

        impl<'de> Visitor<'de> for AllOrList {
            type Value = RoleScopes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of scopes or \"all\"")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<RoleScopes, E> {
                if word == "all" { Ok(RoleScopes::All) } else { Err(E::invalid_value(Unexpected::Str(word), &self)) }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<RoleScopes, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(RoleScopes::List)
            }
        }

        deserializer.deserialize_any(AllOrList)
    }
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

/// What is wrong, and where in the text.
pub(super) struct Mistake {
    pub(super) span: Range<usize>,
    pub(super) problem: String,
}

fn mistake<T>(at: &Spanned<T>, problem: String) -> Mistake {
    Mistake { span: at.span(), problem }
}

pub(super) fn read(text: &str) -> Result<Policy, Mistake> {
    let file: File =
        toml::from_str(text).map_err(|error| Mistake { span: error.span().unwrap_or(0..0), problem: error.message().to_owned() })?;
    let features = features(file.features)?;
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

fn features(rows: Vec<FeatureRow>) -> Result<Vec<Feature>, Mistake> {
    let mut features: Vec<Feature> = Vec::with_capacity(rows.len());
    for row in rows {
        if features.iter().any(|feature| feature.name == *row.name.get_ref()) {
            return Err(mistake(&row.name, format!("the feature `{}` stands here twice", row.name.get_ref())));
        }
        features.push(Feature { name: row.name.into_inner(), description: row.description });
    }
    Ok(features)
}

type ScopeTable = (Vec<Scope>, HashMap<String, ScopeId>);

fn scopes(rows: Vec<ScopeRow>, features: &[Feature]) -> Result<ScopeTable, Mistake> {
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
            && !features.iter().any(|known| known.name == *feature.get_ref())
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

fn roles(
    rows: Spanned<Vec<RoleRow>>,
    all: ScopeSet,
    set: &impl Fn(&[Spanned<String>]) -> Result<ScopeSet, Mistake>,
) -> Result<Vec<Role>, Mistake> {
    let place = rows.span();
    let mut roles: Vec<Role> = Vec::new();
    for row in rows.into_inner() {
        if roles.iter().any(|role| role.name == *row.name.get_ref()) {
            return Err(mistake(&row.name, format!("the role `{}` stands here twice", row.name.get_ref())));
        }
        let adds = match &row.scopes {
            RoleScopes::List(names) => set(names)?,
            RoleScopes::All => all,
        };
        roles.push(Role { name: row.name.into_inner(), label: row.label, description: row.description, adds });
    }
    if roles.iter().any(|role| role.name == WORKSPACE_ADMIN) {
        Ok(roles)
    } else {
        Err(Mistake { span: place, problem: format!("a policy needs the role `{WORKSPACE_ADMIN}`") })
    }
}

fn scope_set(names: &[Spanned<String>], ids: &HashMap<String, ScopeId>) -> Result<ScopeSet, Mistake> {
    let mut set = ScopeSet::EMPTY;
    for name in names {
        let unknown = || mistake(name, format!("there is no scope `{}`", name.get_ref()));
        let id = ids.get(name.get_ref()).copied().ok_or_else(unknown)?;
        if set.contains(id) {
            return Err(mistake(name, format!("the scope `{}` stands here twice", name.get_ref())));
        }
        set.insert(id);
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
