//! The list of one's own tokens.

pub const TITLE: &str = "Settings";
pub const SECTION: &str = "Personal access tokens";
pub const INTRO: &str =
    "Keys for scripts, the DX CLI and AI agents that act on your behalf. What is done with one is recorded under your name.";
pub const ADD: &str = "Add personal access token";
pub const EMPTY_TITLE: &str = "No tokens yet";
pub const EMPTY: &str = "A personal access token lets a program call the Web API as you, with only the scopes that you pick. \
    Make one for each place it is used, so that you can delete it without breaking anything else.";
pub const NAME: &str = "Name";
pub const OWNER: &str = "Owner";
pub const SCOPES: &str = "Scopes";
pub const EXPIRES: &str = "Expires";
pub const LAST_USED: &str = "Last used";
pub const STATUS: &str = "Status";
pub const ACTION: &str = "Action";
pub const NO_SCOPES: &str = "None";
pub const NO_LIVE: &str = "None of your tokens works now.";

pub fn ended(count: usize) -> String {
    format!("Expired and revoked ({count})")
}

pub fn more(count: usize) -> String {
    format!("{count} more")
}

pub fn last_used_from(ip: &str) -> String {
    format!("from {ip}")
}
