//! Which roles may be set, and which invitations are understood.

use pat_core::email::Email;
use pat_core::invitation::Invitation;
use pat_core::people::LastWorkspaceAdmin;
use pat_core::roles::{Holder, RolesRefusal, check_roles};
use pat_core::wire::{FieldError, Invite, SetRoles};

use crate::fixtures::{dx, strings};

fn places(errors: &[FieldError]) -> Vec<String> {
    errors.iter().map(|error| format!("{} {:?}", error.field, error.code)).collect()
}

#[test]
fn roles_are_known_or_held_already_and_none_twice() {
    let policy = dx();
    let check =
        |roles: &[&str], held: &[&str]| check_roles(&policy, "to", &strings(roles), &strings(held)).map_err(|errors| places(&errors));
    assert_eq!(check(&["contributor", "team_lead"], &[]), Ok(()));
    assert_eq!(check(&["old"], &["old"]), Ok(()));
    assert_eq!(check(&[], &["old"]), Err(strings(&["to Required"])));
    assert_eq!(
        check(&["old", "contributor", "contributor", "x"], &[]),
        Err(strings(&["to[0] Invalid", "to[2] Duplicate", "to[3] Invalid"]))
    );
}

#[test]
fn roles_are_decided_on_as_they_are_stored() {
    let policy = dx();
    let decide = |from: &[&str], to: &[&str], is_active, other_admins| {
        let roles = strings(&["contributor", "workspace_admin"]);
        let request = SetRoles { from: strings(from), to: strings(to) };
        Holder { roles: &roles, is_active, other_admins }.decide(&policy, &request)
    };
    let both = ["workspace_admin", "contributor"];
    assert_eq!(decide(&both, &["contributor"], true, 1), Ok(()), "as a set, in any order");
    assert_eq!(decide(&both, &["contributor"], true, 0), Err(RolesRefusal::LastAdmin(LastWorkspaceAdmin)));
    assert_eq!(decide(&both, &["contributor"], false, 0), Ok(()), "they were none before");
    assert_eq!(decide(&both, &["workspace_admin", "team_lead"], true, 0), Ok(()));
    for from in [&["contributor"][..], &["contributor", "workspace_admin", "team_lead"], &[]] {
        assert_eq!(decide(from, &["contributor"], true, 1), Err(RolesRefusal::Stale), "{from:?}");
    }
    assert!(matches!(decide(&[], &["emperor"], true, 0), Err(RolesRefusal::Invalid(_))), "mistakes come first");
}

#[test]
fn an_invitation_is_trimmed_and_every_mistake_named() {
    let policy = dx();
    let parse = |name: &str, email: &str, roles: &[&str]| {
        Invitation::parse(&policy, &Invite { name: name.into(), email: email.into(), roles: strings(roles) })
    };
    let good = parse(" Noor New ", " Noor@Demo.test", &["contributor"]).unwrap();
    assert_eq!((good.name.as_str(), good.email.as_str(), good.roles), ("Noor New", "noor@demo.test", strings(&["contributor"])));
    assert_eq!(Email::parse("noor@demo.test").unwrap(), good.email);
    assert_eq!(places(&parse(" ", "  ", &[]).unwrap_err()), ["name Required", "email Required", "roles Required"]);
    assert_eq!(places(&parse("a\nb", "a@b@c", &["x"]).unwrap_err()), ["name ControlCharacters", "email Invalid", "roles[0] Invalid"]);
    assert!(parse(&"é".repeat(100), "a@b", &["contributor"]).is_ok());
    assert_eq!(places(&parse(&"é".repeat(101), "a@b", &["contributor"]).unwrap_err()), ["name TooLong"]);
}
