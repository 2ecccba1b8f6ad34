//! The rules of personal access tokens, without IO, clock or randomness: whoever calls passes those in.
//!
//! The server and the page share this crate, so that a rule and a wire type exist once. In reading order:
//!
//! - [`policy`]: the table of scopes, roles and methods; [`matcher`] finds a request's row in it,
//!   [`target`] takes only paths that every server reads alike.
//! - [`scope`]: sets of scopes, and what a token was granted.
//! - [`secret`]: the text of a token. [`name`] and [`expiry`]: its other parts.
//! - [`token`]: a token's states.
//! - [`grant`]: what a user may grant, and the decisions to mint, edit and revoke.
//! - [`settings`]: what an account allows, and what a change of that does to live tokens.
//! - [`pause`]: refusing for a while. [`inventory`]: which tokens, and changes of many.
//! - [`people`]: what admins do to people; [`invitation`] and [`roles`] decide on new ones and on what follows from a change of roles.
//! - [`widening`]: what asks for a fresh sign-in. [`sign_in`]: how a command line gets its token.
//! - [`verify`]: may this principal call this method, and for how long is that answer good.
//! - [`audit`]: what the record calls each event; [`unused`]: what it says of scopes that a token doesn't need.
//! - [`seal`]: what proves that nobody changed the record.
//! - [`wire`]: the Console API's JSON; [`instant`]: the times in it.

pub mod attempt;
pub mod audit;
pub mod email;
pub mod expiry;
pub mod grant;
pub mod id;
pub mod instant;
pub mod inventory;
pub mod invitation;
pub mod matcher;
pub mod name;
pub mod pause;
pub mod people;
pub mod policy;
pub mod roles;
pub mod scope;
pub mod seal;
pub mod secret;
pub mod settings;
pub mod sign_in;
pub mod target;
pub mod token;
pub mod unused;
pub mod verify;
pub mod widening;
pub mod wire;
