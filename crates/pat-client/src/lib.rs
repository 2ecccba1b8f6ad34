//! A `tower` layer for services that ask pat-server themselves whether a request may go on.
//!
//! ```no_run
//! # use axum::{Extension, Router, routing::get};
//! use pat_client::{Identity, PatLayer};
//!
//! async fn whoami(Extension(identity): Extension<Identity>) -> String {
//!     identity.token_name
//! }
//!
//! # fn app() -> Result<Router, Box<dyn std::error::Error>> {
//! let pat = PatLayer::new("http://127.0.0.1:3000")?;
//! let app = Router::new().route("/v1/whoami", get(whoami)).layer(pat);
//! # Ok(app)
//! # }
//! ```
//!
//! The service's address must be among pat-server's `--gateways`, and its methods in the policy file. What goes on carries an
//! [`Identity`] and the bearer token no more; what doesn't is answered as pat-server would answer it.
//!
//! Nothing is remembered between requests: a deleted token is dead in the service as soon as the delete is confirmed. Requests that
//! wait at the same time travel together, so asking costs less the more there is to ask. While pat-server can't be reached the
//! answer is 503 with `Retry-After`: never a guess.
//!
//! The layer belongs around everything that reads the request: verb and path are asked about as they are when they come to it. Give it
//! to the outermost `Router`, as a nested one sees a part of the path only. What answers without a token, CORS preflights
//! above all, goes around it.

#![forbid(unsafe_code)]

mod asker;
mod bearer;
mod identity;
mod layer;
mod refusal;
mod wire;

pub use asker::BadServer;
pub use identity::{Identity, User};
pub use layer::{Pat, PatLayer};
