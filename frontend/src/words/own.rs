//! What owners do with their tokens beside editing them: pauses, activity, scopes that nothing needs, all of them at once.

pub mod pause {
    use crate::components::act_form::Saying;

    pub const TITLE: &str = "Pause this token";
    pub const INTRO: &str = "It is refused for that long and then works again by itself. Its expiration doesn’t move.";
    pub const FOR: &str = "For how long";
    pub const PAUSE: Saying = Saying { label: "Pause", busy: "Pausing…" };
    pub const PAUSED_TITLE: &str = "This token is paused";
    pub const RESUME_INTRO: &str = "You can end the pause earlier.";
    pub const RESUME: Saying = Saying { label: "Resume now", busy: "Resuming…" };
    pub const RESUMED: &str = "It works again.";
    pub const ADMINS: &str = "An admin paused it, so only an admin can end the pause earlier.";

    /// How long, in hours.
    pub const LENGTHS: [(i64, &str); 4] = [(1, "1 hour"), (24, "1 day"), (7 * 24, "7 days"), (30 * 24, "30 days")];

    pub fn by(name: &str, until: &str) -> String {
        format!("{name} paused it. It is refused until {until}, and works again then.")
    }
}

pub mod activity {
    pub const TITLE: &str = "Activity";
    pub const BACK: &str = "The token";
    pub const EMPTY: &str = "Nothing was recorded yet.";

    pub fn title(name: &str) -> String {
        format!("Activity of {name}")
    }
}

pub mod unused {
    use crate::components::act_form::Saying;

    pub const TITLE: &str = "Scopes that nothing needed";
    pub const REMOVE: Saying = Saying { label: "Remove them", busy: "Removing…" };

    pub fn not_needed(days: u32, scopes: &str) -> String {
        format!("Not needed for {days} days: {scopes}. A token that can do less can do less harm.")
    }

    pub fn none_needed(days: u32) -> String {
        format!("None of its scopes was needed for {days} days. If nothing uses the token any more, delete it.")
    }

    pub fn removed(scopes: &str) -> String {
        format!("Removed {scopes}.")
    }
}

pub mod all {
    use crate::components::act_form::Saying;

    pub const TITLE: &str = "Revoke all my tokens";
    pub const INTRO: &str = "For when you don’t know which one has leaked. Every one stops working at once, for good.";
    pub const REVOKE: &str = "Revoke all…";
    pub const CONFIRM_TITLE: &str = "Revoke all your tokens?";
    pub const CONFIRM: &str = "Every client that uses one of them is refused from the next request on. This can’t be undone.";
    /// What has to be typed.
    pub const PHRASE: &str = "revoke all";
    pub const FIELD: &str = "Type “revoke all” to confirm";
    pub const MISTYPED: &str = "Type the words revoke all, and nothing else.";
    pub const SUBMIT: Saying = Saying { label: "Revoke all", busy: "Revoking…" };

    pub fn revoked(count: u64) -> String {
        match count {
            0 => "None of your tokens was live.".to_owned(),
            1 => "1 token was revoked. It is refused everywhere from now on.".to_owned(),
            count => format!("{count} tokens were revoked. They are refused everywhere from now on."),
        }
    }
}
