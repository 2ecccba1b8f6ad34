//! Finds the method row of a path (design section 3): whole segments, `{x}` is exactly one segment, no overlaps.

use std::collections::HashMap;
use std::fmt;

use percent_encoding::percent_decode_str;

use crate::policy::{Found, Method, Verb};

/// A path of a method row, for example `/catalog.entities.list` or `/projects/{id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Parameter(String),
}

impl PathTemplate {
    /// Parses a template.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix('/').ok_or_else(|| format!("the path `{text}` does not begin with `/`"))?;
        let segments = rest.split('/').map(Segment::parse).collect::<Option<Vec<_>>>().ok_or_else(|| {
            format!("the path `{text}` has a segment that is neither plain text (letters, digits, `.`, `_`, `~`, `-`) nor `{{name}}`")
        })?;
        Ok(Self { segments })
    }

    fn matches(&self, path: &[&str]) -> bool {
        self.segments.len() == path.len() && self.segments.iter().zip(path).all(|(segment, text)| segment.matches(text))
    }

    /// Whether some path falls under both, for an upstream that may not tell upper from lower case.
    fn overlaps(&self, other: &Self) -> bool {
        self.segments.len() == other.segments.len()
            && self.segments.iter().zip(&other.segments).all(|pair| match pair {
                (Segment::Literal(a), Segment::Literal(b)) => a.eq_ignore_ascii_case(b),
                _ => true,
            })
    }

    fn is_literal(&self) -> bool {
        self.segments.iter().all(|segment| matches!(segment, Segment::Literal(_)))
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => write!(f, "/{text}")?,
                Segment::Parameter(name) => write!(f, "/{{{name}}}")?,
            }
        }
        Ok(())
    }
}

impl Segment {
    fn parse(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            return is_name.then(|| Self::Parameter(name.to_owned()));
        }
        let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._~-".contains(c));
        (is_plain && !is_dots(text)).then(|| Self::Literal(text.to_owned()))
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == text,
            Self::Parameter(_) => true,
        }
    }
}

/// All templates of a table, ready to be searched.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matcher {
    /// Templates without parameters: one look-up.
    literal: HashMap<String, Vec<(Verb, usize)>>,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    template: PathTemplate,
    verb: Verb,
    row: usize,
}

impl Matcher {
    /// Adds a template of row `row`; refuses one that overlaps another of the same verb, naming its row by `name_of`.
    pub(crate) fn add(&mut self, template: PathTemplate, verb: Verb, row: usize, name_of: impl Fn(usize) -> String) -> Result<(), String> {
        if let Some(other) = self.entries.iter().find(|entry| entry.verb == verb && entry.template.overlaps(&template)) {
            return Err(name_of(other.row));
        }
        if template.is_literal() {
            self.literal.entry(template.to_string()).or_default().push((verb, row));
        }
        self.entries.push(Entry { template, verb, row });
        Ok(())
    }

    pub(crate) fn find<'a>(&self, methods: &'a [Method], verb: Option<Verb>, path: &str) -> Found<'a> {
        let exact = self.literal.get(path).into_iter().flatten().copied();
        if let Some(method) = exact.clone().find(|(v, _)| Some(*v) == verb).and_then(|(_, row)| methods.get(row)) {
            return Found::Method(method);
        }
        let mut verbs: Vec<Verb> = exact.map(|(verb, _)| verb).collect();
        let Some(segments) = segments(path) else {
            return Found::Nothing;
        };
        for entry in self.entries.iter().filter(|entry| !entry.template.is_literal() && entry.template.matches(&segments)) {
            match methods.get(entry.row) {
                Some(method) if Some(entry.verb) == verb => return Found::Method(method),
                _ => verbs.push(entry.verb),
            }
        }
        verbs.sort_unstable();
        verbs.dedup();
        if verbs.is_empty() { Found::Nothing } else { Found::OtherVerbs(verbs) }
    }
}

/// The segments of a path as sent, or `None` where an upstream could read it as another path: empty or dot segments,
/// encoded slashes, backslashes or control characters, and percent signs that are malformed or encoded twice.
fn segments(path: &str) -> Option<Vec<&str>> {
    path.strip_prefix('/')?.split('/').map(|segment| is_safe(segment).then_some(segment)).collect()
}

fn is_safe(segment: &str) -> bool {
    // What is malformed decodes to itself, so its percent sign is still there.
    let Ok(decoded) = percent_decode_str(segment).decode_utf8() else {
        return false;
    };
    !decoded.is_empty() && !is_dots(&decoded) && !decoded.contains(|c: char| c.is_control() || "/\\%;".contains(c))
}

fn is_dots(text: &str) -> bool {
    text == "." || text == ".."
}
