//! For workspace admins. One file a page.

pub mod forbidden;
pub mod tokens;
