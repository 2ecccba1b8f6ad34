//! Every request the page makes: the Console API, typed by [`pat_core::wire`]. Those of the administration have a file an area.

use pat_core::id::TokenId;
use pat_core::token::Version;
use pat_core::wire::{Choices, CreateToken, CreatedToken, EditToken, PersonalAccessToken, Session, SetPassword, SignIn, TokenList};

use crate::api::call::{Call, encode};
use crate::model::failure::Failure;

mod call;
pub mod inventory;

const SESSION: &str = "/api/session";
const TOKENS: &str = "/api/personal-access-tokens";

/// A request's outcome.
pub type Answer<T> = Result<T, Failure>;

/// Who is signed in.
pub async fn session() -> Answer<Session> {
    Call::new("GET", SESSION).read().await
}

/// Signs in.
pub async fn sign_in(sign_in: &SignIn) -> Answer<Session> {
    Call::new("POST", SESSION).json(sign_in).read().await
}

/// Signs out.
pub async fn sign_out() -> Answer<()> {
    Call::new("DELETE", SESSION).done().await
}

/// Redeems a one-time link.
pub async fn set_password(password: &SetPassword) -> Answer<()> {
    Call::new("POST", "/api/password").json(password).done().await
}

/// What may be chosen for a token now.
pub async fn choices() -> Answer<Choices> {
    Call::new("GET", "/api/scopes").read().await
}

/// The caller's tokens, newest first.
pub async fn tokens() -> Answer<TokenList> {
    Call::new("GET", TOKENS).read().await
}

/// One of the caller's tokens. The id comes from the address bar, so it is encoded: it may be anything.
pub async fn token(id: &str) -> Answer<PersonalAccessToken> {
    Call::new("GET", &format!("{TOKENS}/{}", encode(id))).read().await
}

/// Mints a token.
pub async fn create_token(create: &CreateToken) -> Answer<CreatedToken> {
    Call::new("POST", TOKENS).json(create).read().await
}

/// Edits a token, if it still is at `version`.
pub async fn edit_token(id: TokenId, version: Version, edit: &EditToken) -> Answer<PersonalAccessToken> {
    Call::new("PATCH", &format!("{TOKENS}/{id}")).if_match(version).json(edit).read().await
}

/// Deletes a token.
pub async fn delete_token(id: TokenId) -> Answer<()> {
    Call::new("DELETE", &format!("{TOKENS}/{id}")).done().await
}
