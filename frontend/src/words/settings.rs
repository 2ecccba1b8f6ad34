//! The account's settings: the page, the preview, and what a change of them says in the audit log.

use pat_core::wire::{Rule, Strength};

use super::inventory;

pub const TITLE: &str = "Account settings";
pub const INTRO: &str =
    "What the tokens of this account may be. A change takes hold at once; before it is saved you see which tokens it touches.";
pub const PREVIEW: &str = "Preview and save";
pub const PREVIEWING: &str = "Looking…";
pub const SAVE: &str = "Save settings";
pub const SAVING: &str = "Saving…";
pub const SAVED: &str = "Settings saved.";
pub const UNCHANGED: &str = "Nothing is changed yet.";

pub const FEATURES: &str = "Product features";
pub const FEATURES_HINT: &str = "While a feature is off, nobody can grant its scopes.";
pub const BLOCKED: &str = "Blocked scopes";
pub const BLOCKED_HINT: &str = "Tick what personal tokens may not hold. Organization tokens may.";
pub const MAX_LIFETIME: &str = "Maximum lifetime, in days";
pub const MAX_LIFETIME_HINT: &str = "From a token’s creation to its end. Leave it empty for no limit.";
pub const NO_EXPIRATION: &str = "No expiration";
pub const NO_EXPIRATION_ALLOWED: &str = "Tokens without an end are allowed";
pub const UNUSED: &str = "Unused for how many days";
pub const UNUSED_HINT: &str = "Tokens that nobody has used for that long break the setting. Leave it empty for no limit.";
pub const TOKEN_CAP: &str = "Live tokens a person";
pub const TOKEN_CAP_HINT: &str = "Those who have more keep them, and make no new ones.";
pub const CREATION: &str = "Creation of tokens";
pub const CREATION_STOPPED: &str = "Stop the creation of tokens";
pub const MESSAGE: &str = "Message";
pub const MESSAGE_HINT: &str = "People read it in place of the form. Say why, and until when.";

pub const STRENGTH: &str = "How far it reaches";
pub const DAYS_INVALID: &str = "Enter a whole number of days, or nothing for no limit.";
pub const CAP_INVALID: &str = "Enter a whole number.";

pub const CONFIRM_TITLE: &str = "Save these settings?";
pub const CHANGES: &str = "What changes";
pub const EFFECTS: &str = "What happens to tokens that exist";
pub const NO_EFFECT: &str = "Nothing changes for tokens that exist.";
pub const FOR_GOOD: &str = "What is revoked stays revoked, also when the setting is changed back.";

pub const STALE_TITLE: &str = "The settings were changed meanwhile";
pub const STALE: &str = "Somebody saved other settings while you were editing. Nothing of yours was saved yet.";
pub const RELOAD: &str = "Show what is saved now";
pub const DROP_MINE: &str = "Use the saved settings";
pub const KEPT: &str = "The form still holds what you entered. Saving it does this:";
pub const SAME: &str = "The form holds just what is saved now.";

pub const ALL_CHANGES: &str = "All changes of many tokens";
pub const REVOKING_TITLE: &str = "Revoking what breaks the settings";

/// The choice of a rule's strength, for those who don't see what it stands below.
pub fn strength_of(of: Rule) -> String {
    format!("{STRENGTH}: {}", rule(of))
}

/// What a strength does, for rules that refuse a token whole.
pub fn strength_of_limit(strength: Strength) -> (&'static str, &'static str) {
    let explained = match strength {
        Strength::NewTokens => "Tokens that exist stay as they are.",
        Strength::RefuseUse => "Tokens that break it are refused for as long as it stands.",
        Strength::Revoke => "Tokens that break it when it is saved are revoked for good; later ones are refused.",
    };
    (strength_name(strength), explained)
}

/// What a strength does, for rules that mask scopes.
pub fn strength_of_mask(strength: Strength) -> (&'static str, &'static str) {
    let explained = match strength {
        Strength::NewTokens => "Tokens that hold the scopes keep their use.",
        Strength::RefuseUse => "Tokens that hold the scopes can’t use them for as long as it stands; their other scopes still work.",
        Strength::Revoke => "Tokens that hold the scopes when it is saved are revoked for good.",
    };
    (strength_name(strength), explained)
}

pub fn strength_name(strength: Strength) -> &'static str {
    match strength {
        Strength::NewTokens => "New tokens only",
        Strength::RefuseUse => "Also refuse use",
        Strength::Revoke => "Revoke what breaks it",
    }
}

pub fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::MaxLifetime => "Maximum lifetime",
        Rule::NoExpiration => "No expiration",
        Rule::Unused => "Unused tokens",
        Rule::BlockedScopes => BLOCKED,
        Rule::Features => FEATURES,
    }
}

/// What saving does by one rule to so many tokens of so many people.
pub fn effect(rule: Rule, strength: Strength, count: u64, owners: u64) -> String {
    let (tokens, affected) = (inventory::tokens(count), inventory::affected(owners));
    match (strength, rule) {
        (Strength::Revoke, _) => format!("{tokens} will be revoked. {affected}"),
        (_, Rule::BlockedScopes | Rule::Features) => format!("{tokens} will lose the use of scopes. {affected}"),
        (_, Rule::MaxLifetime | Rule::NoExpiration | Rule::Unused) => format!("{tokens} will be refused. {affected}"),
    }
}

pub fn token_of(token: &str, owner: &str) -> String {
    format!("{token} of {owner}")
}

pub fn organization_token(token: &str) -> String {
    format!("{token} of the organization")
}

pub fn and_more(count: u64) -> String {
    format!("and {count} more")
}

/// A change of the settings, each in a sentence without its subject.
pub mod change {
    use pat_core::wire::{Rule, Strength};

    pub fn features_on(names: &str) -> String {
        format!("Turns on {names}.")
    }

    pub fn features_off(names: &str) -> String {
        format!("Turns off {names}.")
    }

    pub fn blocked(names: &str) -> String {
        format!("Blocks {names} for personal tokens.")
    }

    pub fn unblocked(names: &str) -> String {
        format!("Allows {names} again.")
    }

    pub fn max_lifetime(days: Option<u32>) -> String {
        days.map_or_else(|| "Lifts the maximum lifetime.".to_owned(), |days| format!("Limits lifetimes to {}.", super::days(days)))
    }

    pub fn no_expiration(allowed: bool) -> String {
        if allowed { "Allows tokens without an end." } else { "Requires that tokens end." }.to_owned()
    }

    pub fn unused(days: Option<u32>) -> String {
        days.map_or_else(
            || "Lets tokens stay unused for ever.".to_owned(),
            |days| format!("Lets tokens stay unused for {} at most.", super::days(days)),
        )
    }

    pub fn token_cap(cap: u32) -> String {
        format!("Allows {cap} live tokens a person.")
    }

    pub fn stopped(message: Option<&str>) -> String {
        message.map_or_else(|| "Lets people make tokens again.".to_owned(), |message| format!("Stops the creation of tokens: “{message}”"))
    }

    pub fn strength(rule: Rule, strength: Strength) -> String {
        format!("{}: {}.", super::rule(rule), super::strength_name(strength).to_lowercase())
    }
}

fn days(days: u32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}
