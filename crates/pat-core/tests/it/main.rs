//! The rules P1–P12 of the design as far as pat-core decides them, the token's format and the default policy table.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on should stop")]

mod attempt;
mod dx_table;
mod email;
mod expiry;
mod fixtures;
mod grant;
mod inventory;
mod matcher;
mod name;
mod pause;
mod people;
mod policy_table;
mod properties;
mod roles;
mod seal;
mod secret;
mod settings;
mod sign_in;
mod target;
mod unused;
mod verify;
mod widening;
mod wire;
