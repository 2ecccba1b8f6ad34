//! Every request the page makes: the Console API, typed by [`pat_core::wire`].

use gloo_net::http::{Request, RequestBuilder, Response};
use pat_core::id::TokenId;
use pat_core::token::Version;
use pat_core::wire::{
    AdminRevoke, AdminTokenList, Choices, CreateToken, CreatedToken, EditToken, PersonalAccessToken, Session, SetPassword, SignIn,
    TokenList,
};
use serde::de::DeserializeOwned;

use crate::model::failure::Failure;

const TOKENS: &str = "/api/personal-access-tokens";

/// A request's outcome.
pub type Answer<T> = Result<T, Failure>;

/// Who is signed in.
pub async fn session() -> Answer<Session> {
    json(Request::get("/api/session").build()).await
}

/// Signs in.
pub async fn sign_in(sign_in: &SignIn) -> Answer<Session> {
    json(Request::post("/api/session").json(sign_in)).await
}

/// Signs out.
pub async fn sign_out() -> Answer<()> {
    done(Request::delete("/api/session").build()).await
}

/// Redeems a one-time link.
pub async fn set_password(password: &SetPassword) -> Answer<()> {
    done(Request::post("/api/password").json(password)).await
}

/// What may be chosen for a token now.
pub async fn choices() -> Answer<Choices> {
    json(Request::get("/api/scopes").build()).await
}

/// The caller's tokens, newest first.
pub async fn tokens() -> Answer<TokenList> {
    json(Request::get(TOKENS).build()).await
}

/// One of the caller's tokens.
pub async fn token(id: &str) -> Answer<PersonalAccessToken> {
    json(Request::get(&one(id)).build()).await
}

/// Mints a token.
pub async fn create_token(create: &CreateToken) -> Answer<CreatedToken> {
    json(Request::post(TOKENS).json(create)).await
}

/// Edits a token, if it still is at `version`.
pub async fn edit_token(id: TokenId, version: Version, edit: &EditToken) -> Answer<PersonalAccessToken> {
    json(Request::patch(&one(&id.to_string())).header("If-Match", &format!("\"{}\"", version.0)).json(edit)).await
}

/// Deletes a token.
pub async fn delete_token(id: TokenId) -> Answer<()> {
    done(Request::delete(&one(&id.to_string())).build()).await
}

/// A page of everyone's tokens.
pub async fn admin_tokens(cursor: Option<String>) -> Answer<AdminTokenList> {
    let request = Request::get("/api/admin/tokens");
    json(with_cursor(request, cursor).build()).await
}

/// Revokes anyone's token.
pub async fn admin_revoke(id: TokenId, revoke: &AdminRevoke) -> Answer<()> {
    done(Request::delete(&format!("/api/admin/tokens/{id}")).json(revoke)).await
}

/// The id comes from the address bar, so it is not trusted to stay one segment.
fn one(id: &str) -> String {
    format!("{TOKENS}/{}", String::from(js_sys::encode_uri_component(id)))
}

fn with_cursor(request: RequestBuilder, cursor: Option<String>) -> RequestBuilder {
    match cursor {
        Some(cursor) => request.query([("cursor", cursor)]),
        None => request,
    }
}

async fn json<T: DeserializeOwned>(request: Result<Request, gloo_net::Error>) -> Answer<T> {
    let response = send(request).await?;
    let status = response.status();
    response.json().await.ok().ok_or(Failure::Garbled { status })
}

async fn done(request: Result<Request, gloo_net::Error>) -> Answer<()> {
    send(request).await.map(drop)
}

async fn send(request: Result<Request, gloo_net::Error>) -> Answer<Response> {
    let Ok(request) = request else { return Err(Failure::Offline) };
    let Ok(response) = request.send().await else { return Err(Failure::Offline) };
    if response.ok() { Ok(response) } else { Err(refusal(response).await) }
}

async fn refusal(response: Response) -> Failure {
    let status = response.status();
    let retry_after = response.headers().get("Retry-After").and_then(|seconds| seconds.parse().ok());
    match response.json().await {
        Ok(problem) => Failure::Refused { problem: Box::new(problem), retry_after },
        Err(_) => Failure::Garbled { status },
    }
}
