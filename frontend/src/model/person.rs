//! People on the page.

use pat_core::people::is_workspace_admin;
use pat_core::wire::{Person, Session};

/// One or two letters for the avatar.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// Whether the admin pages are for this person.
pub fn is_admin(session: &Session) -> bool {
    let roles: Vec<&str> = session.user.roles.iter().map(|role| role.name.as_str()).collect();
    is_workspace_admin(&roles)
}

/// Whether this is the person who is signed in.
pub fn is_of(person: Option<&Person>, session: Option<&Session>) -> bool {
    matches!((person, session), (Some(person), Some(session)) if person.id == session.user.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_last_word() {
        assert_eq!(initials("Ada Lovelace"), "AL");
        assert_eq!(initials("ada  maria king lovelace"), "AL");
        assert_eq!(initials("Ada"), "A");
        assert_eq!(initials("  "), "");
    }
}
