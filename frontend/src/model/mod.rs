//! The logic behind the pages, in plain types without a browser.

pub mod activity;
pub mod audit;
pub mod commands;
pub mod edit;
pub mod expiration;
pub mod failure;
pub mod listing;
pub mod moment;
pub mod new_token;
pub mod next;
pub mod person;
pub mod place;
pub mod roles;
pub mod scopes;
pub mod settings;
