//! People: who can do what.

pub const TITLE: &str = "People";
pub const INTRO: &str = "Everybody in this account, and what they may do.";
pub const INVITE: &str = "Invite somebody";
pub const SEARCH: &str = "Search";
pub const SEARCH_HINT: &str = "Name or email";
pub const ROLE: &str = "Role";
pub const ANY_ROLE: &str = "Any role";
pub const STATE: &str = "State";
pub const ANY_STATE: &str = "Any state";
pub const NOBODY_TITLE: &str = "Nobody matches";
pub const NOBODY: &str = "Nobody in this account fits all that you asked for.";
pub const NAME: &str = "Name";
pub const EMAIL: &str = "Email";
pub const ROLES: &str = "Roles";
pub const NO_ROLES: &str = "None";
pub const LAST_SEEN: &str = "Last seen";
pub const LIVE_TOKENS: &str = "Live tokens";
pub const SESSIONS: &str = "Sessions";
pub const ADDED: &str = "Added";

pub fn shown(count: usize, is_all: bool) -> String {
    match (count, is_all) {
        (1, true) => "1 person".to_owned(),
        (count, true) => format!("{count} people"),
        (count, false) => format!("The first {count} people"),
    }
}

pub mod state {
    use pat_core::wire::UserState;

    pub fn label(state: UserState) -> &'static str {
        match state {
            UserState::Active => "Active",
            UserState::Invited => "Invited",
            UserState::Deactivated => "Deactivated",
        }
    }

    /// What it means, where that has to be said.
    pub fn meaning(state: UserState) -> Option<&'static str> {
        match state {
            UserState::Active => None,
            UserState::Invited => Some("They haven’t chosen a password yet. If their link got lost or is too old, make a new one below."),
            UserState::Deactivated => Some("They can’t sign in, and their tokens were revoked."),
        }
    }
}

pub mod invite {
    pub const TITLE: &str = "Invite somebody";
    pub const INTRO: &str = "You get a link to hand to them. With it they choose their password.";
    pub const BACK: &str = "People";
    pub const NAME_HINT: &str = "As it shall appear beside what they do.";
    pub const SUBMIT: &str = "Invite";
    pub const BUSY: &str = "Inviting…";
    pub const ANOTHER: &str = "Invite somebody else";

    pub fn open(name: &str) -> String {
        format!("Open {name}")
    }
}

pub mod roles {
    use pat_core::wire::RoleLabel;

    pub const HINT: &str = "Each adds to what everybody may do.";
    pub const NO_SCOPES: &str = "Adds no scopes";
    pub const INTRO: &str = "They decide which scopes this person’s tokens may hold, from the next call on.";
    pub const SUBMIT: &str = "Change roles…";
    pub const PREVIEWING: &str = "Looking at what changes…";
    pub const SAME: &str = "These are the roles that they have. Nothing to change.";
    pub const CONFIRM: &str = "Change roles";
    pub const CHANGING: &str = "Changing…";
    pub const SAVED: &str = "Roles changed.";
    pub const ADDED: &str = "New roles";
    pub const REMOVED: &str = "Roles taken away";
    pub const GAINED: &str = "Scopes that they may grant in addition";
    pub const LOST: &str = "Scopes that they may no longer grant";
    pub const STRUCK: &str = "Live tokens that lose scopes at once";
    pub const STRUCK_FOR_GOOD: &str = "They don’t come back if the role returns; the owner has to add them again.";
    pub const NOTHING_STRUCK: &str = "No live token of theirs loses a scope.";
    pub const STALE_TITLE: &str = "These roles were changed meanwhile";
    pub const STALE: &str =
        "Another admin, or you in another tab, saved other roles since you opened this page. Nothing of yours was saved yet.";
    pub const RELOAD: &str = "Show what is saved now";
    pub const DROP_MINE: &str = "Use the saved roles";

    pub fn adds(count: usize) -> String {
        if count == 1 { "Adds 1 scope".to_owned() } else { format!("Adds {count} scopes") }
    }

    pub fn confirm_title(name: &str) -> String {
        format!("Change the roles of {name}?")
    }

    pub fn saved_now(roles: &[RoleLabel]) -> String {
        let labels: Vec<&str> = roles.iter().map(|role| role.label.as_str()).collect();
        format!("Saved now: {}. The form still holds what you chose; going on replaces this.", labels.join(", "))
    }
}

pub mod person {
    pub const TITLE: &str = "Person";
    pub const BACK: &str = "People";
    pub const MISSING_TITLE: &str = "No such person";
    pub const MISSING: &str = "There is nobody in this account at this address.";
    pub const TO_LIST: &str = "To everybody";
    pub const TOKENS: &str = "Their tokens";
    pub const ACTIVITY: &str = "Their activity";
    pub const SIGN_IN: &str = "Sign-in";
    pub const END_SESSIONS_TITLE: &str = "End all sessions";
    pub const END_SESSIONS_INTRO: &str = "Signs them out in every browser. Their tokens go on working.";
    pub const END_SESSIONS: &str = "End sessions";
    pub const ENDING_SESSIONS: &str = "Ending…";
    pub const SESSIONS_ENDED: &str = "All their sessions are ended.";
    pub const LINK_TITLE: &str = "New password link";
    pub const LINK_INTRO: &str = "For a forgotten password, or a link that got lost. Older links and all sessions end.";
    pub const LINK: &str = "Make a link";
    pub const MAKING_LINK: &str = "Making…";
    pub const DEACTIVATE_TITLE: &str = "Deactivate";
    pub const DEACTIVATE_INTRO: &str = "Keeps them out, ends their sessions and revokes their tokens for good.";
    pub const DEACTIVATE: &str = "Deactivate";
    pub const DEACTIVATING: &str = "Deactivating…";
    pub const REACTIVATE_TITLE: &str = "Reactivate";
    pub const REACTIVATE_INTRO: &str = "Lets them sign in again with their password and roles. Their revoked tokens stay revoked.";
    pub const REACTIVATE: &str = "Reactivate";
    pub const REACTIVATING: &str = "Reactivating…";

    pub fn confirm_deactivation(name: &str) -> String {
        format!("Deactivate {name}?")
    }

    pub fn what_deactivation_does(live_tokens: u32) -> String {
        let tokens = match live_tokens {
            0 => "They have no live tokens.".to_owned(),
            1 => "Their one live token is revoked, for good: reactivating them doesn’t bring it back.".to_owned(),
            count => format!("Their {count} live tokens are revoked, for good: reactivating them doesn’t bring them back."),
        };
        format!("They can’t sign in any more, and their sessions end. {tokens}")
    }

    pub fn deactivated(name: &str) -> String {
        format!("{name} is deactivated.")
    }

    pub fn reactivated(name: &str) -> String {
        format!("{name} is active again.")
    }
}

pub mod link {
    pub const LABEL: &str = "One-time link";
    pub const CLOSE: &str = "I have passed it on, close";

    pub fn title(name: &str) -> String {
        format!("Give {name} this link now")
    }

    pub fn intro(until: &str) -> String {
        format!(
            "This is the only time it is shown. It sets their password, once, until {until}. \
             Whoever has it can sign in as them, so send it where nobody else reads it."
        )
    }
}
