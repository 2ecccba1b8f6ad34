//! Every request the page makes: the Console API, typed by [`pat_core::wire`]. Those of the administration have a file an area.

use jiff::Timestamp;
use pat_core::id::TokenId;
use pat_core::people::ReasonCode;
use pat_core::token::{TokenKind, Version};
use pat_core::wire::{
    AdminRevoke, ApproveSignIn, Choices, ConfirmPassword, CreateToken, DenySignIn, EditToken, EventList, FindDevice, Pause,
    PersonalAccessToken, RevokedAll, Session, SetPassword, SignIn, SignInDecided, TokenList, UnusedScopes, WaitingDevice,
};

use crate::api::call::{Call, encode};
use crate::model::failure::Failure;
use crate::model::new_token::NewToken;

pub mod audit;
mod call;
pub mod changes;
pub mod inventory;
pub mod people;
pub mod settings;

const SESSION: &str = "/api/session";
const TOKENS: &str = "/api/personal-access-tokens";
const ORGANIZATION_TOKENS: &str = "/api/admin/organization-tokens";

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

/// The password again, which makes the sign-in fresh.
pub async fn confirm_password(password: &ConfirmPassword) -> Answer<()> {
    Call::new("POST", "/api/session/confirm").json(password).done().await
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

/// A token, by its owner or, one of the organization's, by an admin. The id comes from the address bar, so it is encoded: it may be anything.
pub async fn token(kind: TokenKind, id: &str) -> Answer<PersonalAccessToken> {
    Call::new("GET", &format!("{}/{}", tokens_of(kind), encode(id))).read().await
}

/// Mints a token.
pub async fn create_token(kind: TokenKind, create: &CreateToken) -> Answer<NewToken> {
    Call::new("POST", tokens_of(kind)).json(create).read().await
}

/// Edits a token, if it still is at `version`.
pub async fn edit_token(kind: TokenKind, id: TokenId, version: Version, edit: &EditToken) -> Answer<PersonalAccessToken> {
    Call::new("PATCH", &format!("{}/{id}", tokens_of(kind))).if_match(version).json(edit).read().await
}

/// Deletes a token of the caller's.
pub async fn delete_token(id: TokenId) -> Answer<()> {
    Call::new("DELETE", &format!("{TOKENS}/{id}")).done().await
}

/// Deletes all of the caller's live tokens.
pub async fn delete_all_tokens() -> Answer<RevokedAll> {
    Call::new("DELETE", TOKENS).read().await
}

/// Pauses a token of the caller's until an instant, or ends its pause.
pub async fn pause_token(id: TokenId, until: Option<Timestamp>) -> Answer<PersonalAccessToken> {
    let verb = if until.is_some() { "POST" } else { "DELETE" };
    let call = Call::new(verb, &format!("{TOKENS}/{id}/pause"));
    let call = if until.is_some() { call.json(&Pause { until }) } else { call };
    call.read().await
}

/// What happened to a token of the caller's and with it. The query holds a cursor for all but the first page.
pub async fn activity(id: TokenId, query: &str) -> Answer<EventList> {
    Call::new("GET", &format!("{TOKENS}/{id}/activity{query}")).read().await
}

/// Scopes of a token of the caller's that no call needed.
pub async fn unused_scopes(id: TokenId) -> Answer<UnusedScopes> {
    Call::new("GET", &format!("{TOKENS}/{id}/unused-scopes")).read().await
}

/// The device that shows a code.
pub async fn find_device(find: &FindDevice) -> Answer<WaitingDevice> {
    Call::new("POST", "/api/cli/device").json(find).read().await
}

/// Lets a command line have a token.
pub async fn approve_sign_in(approve: &ApproveSignIn) -> Answer<SignInDecided> {
    Call::new("POST", "/api/cli/approve").json(approve).read().await
}

/// Refuses a command line its token.
pub async fn deny_sign_in(deny: &DenySignIn) -> Answer<SignInDecided> {
    Call::new("POST", "/api/cli/deny").json(deny).read().await
}

/// Deletes a token that was never used, so that another one can have its name.
pub async fn delete_unused(kind: TokenKind, id: TokenId) -> Answer<()> {
    match kind {
        TokenKind::Personal => delete_token(id).await,
        TokenKind::Organization => {
            let reason = AdminRevoke { reason: Some(ReasonCode::Unused), note: None };
            Call::new("DELETE", &format!("{ORGANIZATION_TOKENS}/{id}")).json(&reason).done().await
        }
    }
}

fn tokens_of(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Personal => TOKENS,
        TokenKind::Organization => ORGANIZATION_TOKENS,
    }
}
