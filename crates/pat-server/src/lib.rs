//! The HTTP server of personal access tokens.
//!
//! Data goes one way: request → [`extract`] (who) → `pat-core` (may they) → [`store`] → response. [`routes`] is every path on
//! one page; [`console`], [`web_api`], [`gateway`], [`oauth`], [`cli_sign_in`] and [`docs`] are the handlers; [`change`] holds the
//! transactions that change authority.

pub mod app;
pub mod assets;
pub mod change;
pub mod cli;
pub mod cli_sign_in;
pub mod client;
pub mod console;
pub mod cursor;
pub mod demo;
pub mod docs;
pub mod erase;
pub mod error;
pub mod extract;
pub mod gateway;
pub mod health;
pub mod limits;
pub mod metrics;
pub mod oauth;
pub mod passwords;
pub mod policy_file;
pub mod public_url;
pub mod random_secret;
pub mod revoke;
pub mod routes;
pub mod seals;
pub mod serve;
pub mod store;
pub mod throttle;
pub mod traces;
pub mod verification;
pub mod web_api;
