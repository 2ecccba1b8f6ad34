//! The server as its clients see it: HTTP in, status, body and rows out. Every test has a database of its own.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

mod access;
mod admin;
mod attacks;
mod audit;
mod audit_events;
mod bad_input;
mod broken;
mod cli;
mod concurrency;
mod failures;
mod fence;
mod floods;
mod fresh_sign_in;
mod interning;
mod inventory;
mod metrics;
mod organization_tokens;
mod outage;
mod page;
mod pauses;
mod people;
mod people_list;
mod people_races;
mod process;
mod schema;
mod seals;
mod sessions;
mod settings;
mod settings_preview;
mod stamps;
mod support;
mod tls;
mod token_changes;
mod tokens;
mod traces;
mod unused_scopes;
mod verification;
mod web_api;
