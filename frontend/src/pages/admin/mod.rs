//! For workspace admins. One file a page.

pub mod audit;
pub mod forbidden;
pub mod invite;
pub mod people;
pub mod person;
pub mod settings;
pub mod tokens;
