//! Everyone's tokens.

use pat_core::wire::AdminToken;

pub const TITLE: &str = "Everyone’s tokens";
pub const INTRO: &str = "The personal access tokens of everybody in this account, newest first.";
pub const EMPTY: &str = "Nobody in this account has made a token yet.";
pub const REVOKE: &str = "Revoke";
pub const REVOKING: &str = "Revoking…";
pub const CONFIRM: &str = "It stops working at once, for good.";
pub const ORGANIZATION: &str = "The organization";

pub fn revoke(token: &AdminToken) -> String {
    format!("Revoke {}", named(token))
}

pub fn confirm_title(token: &AdminToken) -> String {
    format!("Revoke {}?", named(token))
}

pub fn revoked(token: &AdminToken) -> String {
    format!("{} was revoked.", named(token))
}

fn named(AdminToken { token, owner, .. }: &AdminToken) -> String {
    owner.as_ref().map_or_else(|| token.name.clone(), |owner| format!("{} of {}", token.name, owner.name))
}

pub fn more_loaded(count: usize) -> String {
    format!("{count} tokens shown.")
}
