//! The operator's policy file: read at start, and explained by `pat-server check-policy`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use pat_core::policy::{DX_POLICY, Policy, PolicyError, Role};
use pat_core::scope::ScopeSet;

/// Which policy table is in force.
#[derive(Debug, Args)]
pub struct PolicyFile {
    /// The policy file: scopes, roles and methods of your API. DX's if left out. Try it first with pat-server check-policy.
    #[arg(long = "policy", env = "POLICY", value_name = "FILE")]
    path: Option<PathBuf>,
}

impl PolicyFile {
    /// Reads and checks it.
    ///
    /// # Errors
    /// What is wrong, and where in the file.
    pub fn read(&self) -> anyhow::Result<Policy> {
        match &self.path {
            Some(path) => read(path),
            None => Ok(Policy::parse(DX_POLICY)?),
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Policy> {
    let text = std::fs::read_to_string(path).with_context(|| format!("the policy file {} can't be read", path.display()))?;
    Policy::parse(&text).map_err(|error| anyhow::anyhow!(pointed_at(path, &text, &error)))
}

/// The mistake, its line, and a mark below its place.
fn pointed_at(path: &Path, text: &str, error: &PolicyError) -> String {
    let PolicyError { line, column, problem } = error;
    let content = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let (number, margin) = (line.to_string(), " ".repeat(line.to_string().len()));
    let before = " ".repeat(column.saturating_sub(1));
    format!("{}:{line}:{column}: {problem}\n{margin} |\n{number} | {content}\n{margin} | {before}^", path.display())
}

/// `pat-server check-policy FILE`: what the file says, as two grids.
///
/// # Errors
/// The first mistake.
pub fn check(path: &Path) -> anyhow::Result<String> {
    let policy = read(path)?;
    let holders = holders(&policy);
    let mut text = format!(
        "{}: {}, {}, {}\n\nWho may grant a scope (x), by role:\n\n",
        path.display(),
        counted(policy.scopes().len(), "scope"),
        counted(policy.roles().len(), "role"),
        counted(policy.methods().len(), "method"),
    );
    let scopes = policy.scopes().iter().map(|scope| {
        let feature = scope.feature.as_ref().map(|feature| format!(" (with {feature})")).unwrap_or_default();
        (format!("{}{feature}", scope.name), policy.scope_id(&scope.name).into_iter().collect())
    });
    grid(&mut text, &holders, scopes.collect());
    text.push_str("\nWhat a token of such a person can do at most (x), by role:\n\n");
    let methods = policy.methods().iter().flat_map(|method| {
        let scopes = policy.scope_names(method.scopes);
        let needs = if scopes.is_empty() { "no scope".to_owned() } else { scopes.join(" + ") };
        method.paths.iter().map(move |path| (format!("{:<6} {path}  [{needs}]", method.verb.as_str()), method.scopes))
    });
    grid(&mut text, &holders, methods.collect());
    Ok(text)
}

/// The columns: everybody, then each role with what everybody may.
fn holders(policy: &Policy) -> Vec<(String, ScopeSet)> {
    let of = |role: &Role| (role.name.clone(), policy.everyone().union(role.adds));
    std::iter::once(("everyone".to_owned(), policy.everyone())).chain(policy.roles().iter().map(of)).collect()
}

fn grid(text: &mut String, holders: &[(String, ScopeSet)], rows: Vec<(String, ScopeSet)>) {
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut line = |name: &str, cells: Vec<&str>| {
        let cells = cells.iter().zip(holders).fold(String::new(), |line, (cell, (heading, _))| {
            let cell_width = heading.chars().count();
            format!("{line}  {cell:^cell_width$}")
        });
        // Writing to a text can't fail.
        let _ = writeln!(text, "{}", format!("{name:<width$}{cells}").trim_end());
    };
    line("", holders.iter().map(|(heading, _)| heading.as_str()).collect());
    for (name, needed) in rows {
        line(&name, holders.iter().map(|(_, held)| if needed.is_subset(*held) { "x" } else { "." }).collect());
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
