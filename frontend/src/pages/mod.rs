//! One file a page.

pub mod activity;
pub mod admin;
pub mod cli_auth;
pub mod cli_device;
pub mod edit_token;
pub mod list_tokens;
pub mod new_token;
pub mod not_found;
pub mod set_password;
pub mod sign_in;
