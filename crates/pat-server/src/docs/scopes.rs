//! `/docs/scopes`: which scope opens which method, and which role may grant it.

use maud::{Markup, html};
use pat_core::policy::{Access, Policy, Role, Scope};
use pat_core::scope::ScopeId;

use super::layout::{self, Place};

/// The page.
pub fn page(policy: &Policy) -> String {
    let main = html! {
        p { "A token may call a method if it has all scopes that the method needs. Everybody may give their tokens the scopes that any of their roles "
            "allows; a feature that the account doesn't have, and scopes that its settings block, are hidden from all." }
        (free(policy))
        @for group in groups(policy) {
            section aria-label=(group) {
                h2 { (group) }
                @for scope in policy.scopes().iter().filter(|scope| scope.group == group) { (show(policy, scope)) }
            }
        }
        (roles(policy))
    };
    layout::page(Place::Scopes, "Scopes", &main)
}

/// In the order of the table.
fn groups(policy: &Policy) -> Vec<&str> {
    let mut groups: Vec<&str> = Vec::new();
    for scope in policy.scopes() {
        if !groups.contains(&scope.group.as_str()) {
            groups.push(&scope.group);
        }
    }
    groups
}

/// Methods that need no scope.
fn free(policy: &Policy) -> Markup {
    let methods: Vec<&str> = policy.methods().iter().filter(|method| method.scopes.is_empty()).map(|method| method.name.as_str()).collect();
    html! { @if !methods.is_empty() { p { "Without any scope: " (list(&methods)) "." } } }
}

fn show(policy: &Policy, scope: &Scope) -> Markup {
    let access = match scope.access {
        Access::Read => "read",
        Access::Write => "write",
        Access::Admin => "admin",
    };
    let feature = scope.feature.as_ref().map(|name| {
        let known = policy.features().iter().find(|feature| feature.name == *name);
        known.map_or(name.as_str(), |feature| feature.description.as_str())
    });
    html! {
        article.docs-operation aria-labelledby=(scope.name) {
            h3 id=(scope.name) { a href={ "#" (scope.name) } { code { (scope.name) } } " " span.docs-access { (access) } }
            p { (scope.description) "." }
            dl.docs-facts {
                dt { "Granted by" }
                dd { (granted_by(policy, policy.scope_id(&scope.name))) }
                @if let Some(feature) = feature { dt { "Part of" } dd { (feature) } }
                dt { "Opens" }
                dd { (opens(policy, policy.scope_id(&scope.name))) }
            }
        }
    }
}

fn granted_by(policy: &Policy, scope: Option<ScopeId>) -> Markup {
    let Some(scope) = scope else { return html! {} };
    if policy.everyone().contains(scope) {
        return html! { "everybody" };
    }
    let labels: Vec<&str> = policy.roles().iter().filter(|role| role.adds.contains(scope)).map(|role| role.label.as_str()).collect();
    html! { @if labels.is_empty() { "nobody" } @else { (labels.join(", ")) } }
}

/// The methods that need it, each with what they need beside.
fn opens(policy: &Policy, scope: Option<ScopeId>) -> Markup {
    let Some(scope) = scope else { return html! {} };
    let methods: Vec<_> = policy.methods().iter().filter(|method| method.scopes.contains(scope)).collect();
    html! {
        @if methods.is_empty() { "no method" }
        @for (i, method) in methods.iter().enumerate() {
            @let others: Vec<String> = policy.rows(method.scopes).filter(|row| policy.scope_id(&row.name) != Some(scope)).map(|row| row.name.clone()).collect();
            @if i > 0 { ", " }
            code { (method.name) }
            @if !others.is_empty() { " (with " (others.join(", ")) ")" }
            @if let [only] = method.kinds.as_slice() { " (" (only.as_str()) " tokens only)" }
        }
    }
}

/// Which role may grant what, as a grid.
fn roles(policy: &Policy) -> Markup {
    let with_scopes: Vec<&Role> = policy.roles().iter().filter(|role| !role.adds.is_empty()).collect();
    let without: Vec<&str> = policy.roles().iter().filter(|role| role.adds.is_empty()).map(|role| role.label.as_str()).collect();
    html! {
        section aria-labelledby="roles" {
            h2 id="roles" { "Roles" }
            div.docs-table role="group" aria-label="Who may grant which scope" tabindex="0" {
                table {
                    caption { "Who may grant which scope" }
                    thead { tr {
                        th scope="col" { "Scope" }
                        th scope="col" { "Everybody" }
                        @for role in &with_scopes { th scope="col" { (role.label) } }
                    } }
                    tbody { @for scope in policy.scopes() { tr {
                        @let id = policy.scope_id(&scope.name);
                        @let everybody = id.is_some_and(|id| policy.everyone().contains(id));
                        th scope="row" { a href={ "#" (scope.name) } { code { (scope.name) } } }
                        td { (mark(everybody)) }
                        @for role in &with_scopes { td { (mark(everybody || id.is_some_and(|id| role.adds.contains(id)))) } }
                    } } }
                }
            }
            @if !without.is_empty() { p { "These roles add nothing to what everybody may: " (without.join(", ")) "." } }
        }
    }
}

fn mark(is_granted: bool) -> Markup {
    html! { @if is_granted { span aria-hidden="true" { "✓" } span.visually-hidden { "yes" } } @else { span.visually-hidden { "no" } } }
}

fn list(names: &[&str]) -> Markup {
    html! { @for (i, name) in names.iter().enumerate() { @if i > 0 { ", " } code { (name) } } }
}
