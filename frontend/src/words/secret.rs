//! A new token's secret.

use pat_core::token::TokenKind;

pub const TITLE: &str = "Copy your token now";
pub const TOKEN: &str = "Token";
pub const CURL: &str = "Try it with curl";
pub const DX_CLI: &str = "Sign the DX CLI in, to this server only";
pub const COPY: &str = "Copy";
pub const COPIED: &str = "Copied";
pub const SELECTED: &str = "Copying isn’t available here. The text is selected: copy it with Ctrl+C or ⌘C.";
pub const CLOSE: &str = "I have stored it, close";

pub fn intro(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Personal => "This is the only time it is shown. Whoever has it can act as you, so keep it like a password.",
        TokenKind::Organization => {
            "This is the only time it is shown. Whoever has it can act for the organization, so keep it like a password."
        }
    }
}

pub fn copy(what: &str) -> String {
    format!("Copy: {what}")
}

pub fn closed(name: &str) -> String {
    format!("{name} is ready to use.")
}
