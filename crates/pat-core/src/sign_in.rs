//! Signing in a command line: what needs no IO of the two ways, through a browser on the same computer (the program listens on
//! loopback, RFC 8252 with PKCE) and by a code that a person types somewhere else (RFC 8628).

pub mod callback;
pub mod challenge;
pub mod user_code;

/// How long a code from the consent page works, in seconds.
pub const CODE_SECONDS: i64 = 60;

/// How long a device waits for consent, in seconds.
pub const DEVICE_SECONDS: i64 = 15 * 60;

/// How long a device waits between two questions at first, in seconds.
pub const POLL_SECONDS: i32 = 5;

/// How much longer it has to wait each time it asked too soon, in seconds (RFC 8628, section 3.5).
pub const SLOW_DOWN_SECONDS: i32 = 5;
