//! The scopes on the form.

use pat_core::policy::Access;
use pat_core::wire::{ScopeChoice, SettingsPage};

/// One resource's scopes, in the table's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeGroup {
    /// The resource.
    pub name: String,
    /// Its scopes.
    pub rows: Vec<ScopeRow>,
}

/// A scope to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRow {
    /// Its name.
    pub name: String,
    /// What it allows.
    pub description: String,
    /// Read, write or admin.
    pub access: Access,
}

/// What to show: the grantable scopes by resource, and the granted ones that are masked now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeMenu {
    /// The grantable scopes.
    pub groups: Vec<ScopeGroup>,
    /// Scopes that the token has and that can't be granted now. They may stay on it, but have no effect (P9).
    pub masked: Vec<String>,
}

impl ScopeMenu {
    /// The menu for a token that has `granted` already; for a new token that is none.
    pub fn new(grantable: &[ScopeChoice], granted: &[String]) -> Self {
        let mut groups: Vec<ScopeGroup> = Vec::new();
        for choice in grantable {
            let row = ScopeRow { name: choice.name.clone(), description: choice.description.clone(), access: choice.access };
            match groups.iter_mut().find(|group| group.name == choice.group) {
                Some(group) => group.rows.push(row),
                None => groups.push(ScopeGroup { name: choice.group.clone(), rows: vec![row] }),
            }
        }
        let is_grantable = |scope: &String| grantable.iter().any(|choice| choice.name == *scope);
        Self { groups, masked: granted.iter().filter(|scope| !is_grantable(scope)).cloned().collect() }
    }

    /// How many scopes there are to choose from.
    pub fn len(&self) -> usize {
        self.masked.len() + self.groups.iter().map(|group| group.rows.len()).sum::<usize>()
    }

    /// Whether there is nothing to choose.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What the account's features carry now: organization tokens may hold all of it.
pub fn supported(page: SettingsPage) -> Vec<ScopeChoice> {
    let SettingsPage { settings, features, scopes, .. } = page;
    let is_off = |scope: &ScopeChoice| {
        let mut off = features.iter().filter(|feature| !settings.features.enabled.contains(&feature.name));
        off.any(|feature| feature.scopes.contains(&scope.name))
    };
    scopes.into_iter().filter(|scope| !is_off(scope)).collect()
}

/// Ticks or unticks one scope.
pub fn toggle(chosen: &mut Vec<String>, scope: &str) {
    let before = chosen.len();
    chosen.retain(|name| name != scope);
    if chosen.len() == before {
        chosen.push(scope.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(name: &str, group: &str) -> ScopeChoice {
        ScopeChoice { name: name.into(), description: String::new(), group: group.into(), access: Access::Read }
    }

    #[test]
    fn scopes_stand_under_their_resource_and_masked_ones_by_themselves() {
        let grantable =
            [choice("catalog:read", "Catalog"), choice("scorecards:read", "Scorecards"), choice("catalog:write:entities", "Catalog")];
        let menu = ScopeMenu::new(&grantable, &["catalog:read".into(), "datacloud:query".into()]);
        let names: Vec<(&str, Vec<&str>)> =
            menu.groups.iter().map(|group| (group.name.as_str(), group.rows.iter().map(|row| row.name.as_str()).collect())).collect();
        assert_eq!(names, [("Catalog", vec!["catalog:read", "catalog:write:entities"]), ("Scorecards", vec!["scorecards:read"])]);
        assert_eq!(menu.masked, ["datacloud:query"]);
        assert_eq!(menu.len(), 4);
    }

    #[test]
    fn the_scopes_of_a_feature_that_is_off_are_not_on_offer() {
        let page = |enabled: &[&str]| -> SettingsPage {
            serde_json::from_value(serde_json::json!({
                "version": 1,
                "settings": {
                    "features": {"enabled": enabled, "strength": "refuse_use"},
                    "blocked_scopes": {"scopes": ["users:read"], "strength": "refuse_use"},
                    "max_lifetime": {"days": null, "strength": "new_tokens"},
                    "no_expiration": {"allowed": true, "strength": "new_tokens"},
                    "unused": {"days": null, "strength": "new_tokens"},
                    "token_cap": 50, "creation_stopped": null,
                },
                "features": [{"name": "fabric", "description": "", "scopes": ["catalog:read"]}],
                "scopes": [choice("catalog:read", "Catalog"), choice("users:read", "Users")],
            }))
            .unwrap()
        };
        let names = |page| supported(page).into_iter().map(|scope| scope.name).collect::<Vec<_>>();
        assert_eq!(names(page(&["fabric"])), ["catalog:read", "users:read"]);
        assert_eq!(names(page(&[])), ["users:read"]);
    }

    #[test]
    fn toggling_twice_changes_nothing() {
        let mut chosen = vec!["catalog:read".to_owned()];
        toggle(&mut chosen, "scorecards:read");
        assert_eq!(chosen, ["catalog:read", "scorecards:read"]);
        toggle(&mut chosen, "scorecards:read");
        assert_eq!(chosen, ["catalog:read"]);
    }
}
