//! Who is calling, and with what: everything that turns a request into typed values.

pub mod admin;
pub mod json;
pub mod middleware;
pub mod path;
pub mod query;
pub mod session;
mod uncancelled;

pub use admin::Admin;
pub use json::Json;
pub use path::Id;
pub use query::Query;
pub use session::Caller;

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;
