//! Changes of roles: what may be chosen, and what follows for tokens (P3).

use crate::grant::scopes_of_roles;
use crate::people::{LastWorkspaceAdmin, is_workspace_admin, keep_an_admin};
use crate::policy::Policy;
use crate::scope::{GrantedScopes, ScopeSet};
use crate::wire::{FieldCode, FieldError, SetRoles};

/// P3: the scopes to strike from a user's tokens when their roles change: those that a role taken away adds and no remaining
/// role does. Features and settings play no part: they only mask.
pub fn struck_scopes<S: AsRef<str>>(policy: &Policy, before: &[S], after: &[S]) -> ScopeSet {
    scopes_of_roles(policy, before).difference(scopes_of_roles(policy, after))
}

/// The scopes left on a token after a strike, and the ones it loses; `None` if it loses none.
pub fn strike(granted: &GrantedScopes, struck: ScopeSet) -> Option<(GrantedScopes, ScopeSet)> {
    let lost = granted.known.intersection(struck);
    let left = GrantedScopes { known: granted.known.difference(lost), unknown: granted.unknown.clone() };
    (!lost.is_empty()).then_some((left, lost))
}

/// Checks roles that somebody chooses: at least one, none twice, each known to the table or held already.
///
/// # Errors
/// Every mistake, by its place in `field`.
pub fn check_roles(policy: &Policy, field: &str, roles: &[String], held: &[String]) -> Result<(), Vec<FieldError>> {
    if roles.is_empty() {
        return Err(vec![FieldError::new(field, FieldCode::Required)]);
    }
    let mistake = |index: usize, role: &String| {
        if roles.iter().take(index).any(|earlier| earlier == role) {
            Some(FieldCode::Duplicate)
        } else if policy.role(role).is_none() && !held.contains(role) {
            Some(FieldCode::Invalid)
        } else {
            None
        }
    };
    let place = |index| format!("{field}[{index}]");
    let errors = roles.iter().enumerate().filter_map(|(index, role)| Some(FieldError::new(&place(index), mistake(index, role)?)));
    let errors: Vec<_> = errors.collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Facts about the user whose roles are to be set.
#[derive(Debug)]
pub struct Holder<'a> {
    /// Their roles now.
    pub roles: &'a [String],
    /// Whether they can sign in.
    pub is_active: bool,
    /// The account's active workspace admins besides them.
    pub other_admins: u64,
}

/// Why roles can't be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RolesRefusal {
    /// Fields to mend.
    Invalid(Vec<FieldError>),
    /// They were set meanwhile.
    Stale,
    /// The account would be left without an active workspace admin.
    LastAdmin(LastWorkspaceAdmin),
}

impl Holder<'_> {
    /// Decides whether their roles may be set.
    ///
    /// # Errors
    /// [`RolesRefusal`].
    pub fn decide(&self, policy: &Policy, request: &SetRoles) -> Result<(), RolesRefusal> {
        check_roles(policy, "to", &request.to, self.roles).map_err(RolesRefusal::Invalid)?;
        if !is_same_set(&request.from, self.roles) {
            return Err(RolesRefusal::Stale);
        }
        let was_admin = self.is_active && is_workspace_admin(self.roles);
        keep_an_admin(was_admin, is_workspace_admin(&request.to), self.other_admins).map_err(RolesRefusal::LastAdmin)
    }
}

fn is_same_set(one: &[String], other: &[String]) -> bool {
    one.iter().all(|role| other.contains(role)) && other.iter().all(|role| one.contains(role))
}
