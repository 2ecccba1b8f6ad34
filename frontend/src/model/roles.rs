//! A change of roles.

use pat_core::wire::{RoleChoice, RoleLabel};

/// The stored names of roles.
pub fn names(roles: &[RoleLabel]) -> Vec<String> {
    roles.iter().map(|role| role.name.clone()).collect()
}

/// What a change gives and takes, in table order. Roles that the table no longer knows come last, under their stored names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Roles that were not there.
    pub added: Vec<RoleLabel>,
    /// Roles that will no longer be there.
    pub removed: Vec<RoleLabel>,
}

impl Difference {
    /// From the roles saved to those chosen, both by their stored names.
    pub fn between(table: &[RoleChoice], saved: &[String], chosen: &[String]) -> Self {
        Self { added: without(table, chosen, saved), removed: without(table, saved, chosen) }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

fn without(table: &[RoleChoice], roles: &[String], others: &[String]) -> Vec<RoleLabel> {
    let wanted = |name: &String| roles.contains(name) && !others.contains(name);
    let known = table.iter().filter(|role| wanted(&role.name)).map(|role| (&role.name, &role.label));
    let unknown = roles.iter().filter(|name| wanted(name) && !table.iter().any(|role| role.name == **name)).map(|name| (name, name));
    known.chain(unknown).map(|(name, label)| RoleLabel { name: name.clone(), label: label.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(name: &str, label: &str) -> RoleChoice {
        RoleChoice { name: name.into(), label: label.into(), description: String::new(), scopes: Vec::new() }
    }

    #[test]
    fn a_difference_names_what_comes_and_what_goes_in_table_order() {
        let table = [choice("a", "A"), choice("b", "B"), choice("c", "C")];
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let labels = |roles: Vec<RoleLabel>| roles.into_iter().map(|role| role.label).collect::<Vec<_>>();
        let change = Difference::between(&table, &names(&["retired", "b"]), &names(&["c", "a", "b"]));
        assert_eq!(labels(change.added), ["A", "C"]);
        assert_eq!(labels(change.removed), ["retired"]);
        assert!(Difference::between(&table, &names(&["a", "b"]), &names(&["b", "a"])).is_empty());
    }
}
