//! Every word on the page, a file an area. Codes with their parameters become sentences here and nowhere else.
#![expect(missing_docs, reason = "a sentence says itself what it says")]

use pat_core::policy::Access;
use pat_core::token::TokenStatus;
use pat_core::wire::{Person, Rule};

pub mod activity;
pub mod admin;
pub mod audit;
pub mod changes;
pub mod cli_sign_in;
pub mod edit;
pub mod failures;
pub mod form;
pub mod fresh;
pub mod inventory;
pub mod list;
pub mod organization;
pub mod own;
pub mod people;
pub mod reason;
pub mod secret;
pub mod settings;

pub use failures::{failure, field_error};

pub const PRODUCT: &str = "Access tokens";
pub const SKIP: &str = "Skip to content";
pub const LOADING: &str = "Loading…";
pub const TRY_AGAIN: &str = "Try again";
pub const CANCEL: &str = "Cancel";
pub const JUST_NOW: &str = "just now";
pub const NEVER: &str = "Never";
pub const SYSTEM: &str = "the system";

/// Names in a row.
pub fn join(names: &[String]) -> String {
    names.join(", ")
}

pub fn title(page: &str) -> String {
    format!("{page} · {PRODUCT}")
}

pub mod menu {
    pub const SETTINGS: &str = "Settings";
    pub const ADMIN: &str = "Administration";
    pub const DOCS: &str = "API documentation";
    pub const SIGN_OUT: &str = "Sign out";

    pub fn button(name: &str) -> String {
        format!("Account menu of {name}")
    }
}

pub mod sign_in {
    pub const TITLE: &str = "Sign in";
    pub const EMAIL: &str = "Email";
    pub const PASSWORD: &str = "Password";
    pub const SUBMIT: &str = "Sign in";
    pub const BUSY: &str = "Signing in…";
}

pub mod password {
    use pat_core::people::MIN_PASSWORD_CHARS;

    pub const TITLE: &str = "Choose a password";
    pub const FIELD: &str = "New password";
    pub const SUBMIT: &str = "Set password";
    pub const BUSY: &str = "Setting…";
    pub const DONE: &str = "Your password is set. Sign in with it now.";
    pub const NO_LINK: &str =
        "This page only works when opened through the link that you were given. Open the whole link, up to its last character.";

    pub fn hint() -> String {
        format!("At least {MIN_PASSWORD_CHARS} characters. A few random words make a good one.")
    }
}

pub mod not_found {
    pub const TITLE: &str = "Page not found";
    pub const TEXT: &str = "There is nothing at this address.";
    pub const HOME: &str = "To your settings";
}

pub fn access(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
        Access::Admin => "admin",
    }
}

pub fn status(status: TokenStatus) -> &'static str {
    match status {
        TokenStatus::Active => "Active",
        TokenStatus::Paused => "Paused",
        TokenStatus::Expired => "Expired",
        TokenStatus::Revoked => "Revoked",
    }
}

pub fn expired(when: &str) -> String {
    format!("It expired on {when}.")
}

pub fn paused_until(when: &str) -> String {
    format!("It is refused until {when}, and works again then.")
}

pub fn paused(until: &str) -> String {
    format!("until {until}")
}

/// Why a setting of the account refuses a token that is active.
pub fn refused_by(rule: Rule) -> &'static str {
    match rule {
        Rule::MaxLifetime => "Refused: lives longer than the account allows",
        Rule::NoExpiration => "Refused: the account requires an end",
        Rule::Unused => "Refused: unused for too long",
        Rule::BlockedScopes => "Refused: holds blocked scopes",
        Rule::Features => "Refused: its feature is off",
    }
}

/// Why a token was revoked, as a sentence.
pub fn ended(revocation: &str) -> String {
    format!("It was revoked {revocation}")
}

/// Who revoked a token; a reason says that it wasn't its owner.
pub fn revoked(by: Option<&Person>, reason: Option<&str>, when: Option<&str>) -> String {
    let by = by.map_or(SYSTEM, |person| person.name.as_str());
    let when = when.map(|when| format!(" on {when}")).unwrap_or_default();
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("by {by}{when}{reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_reads_who_revoked_and_why() {
        let admin = Person { id: pat_core::id::UserId(uuid::Uuid::nil()), name: "Ada".into() };
        assert_eq!(revoked(Some(&admin), Some("leaked in CI"), None), "by Ada: leaked in CI");
        assert_eq!(revoked(None, None, Some("31 Jan 2027")), "by the system on 31 Jan 2027");
    }
}
