//! The logic behind the pages, in plain types without a browser.

pub mod act;
pub mod activity;
pub mod audit;
pub mod cli_sign_in;
pub mod commands;
pub mod edit;
pub mod expiration;
pub mod failure;
pub mod inventory;
pub mod listing;
pub mod moment;
pub mod new_token;
pub mod next;
pub mod pause;
pub mod person;
pub mod place;
pub mod roles;
pub mod scopes;
pub mod selection;
pub mod settings;
