//! For workspace admins. One file a page.

pub mod audit;
pub mod forbidden;
pub mod invite;
pub mod organization_tokens;
pub mod people;
pub mod person;
pub mod settings;
pub mod token;
pub mod tokens;
