//! Every request the page makes: the Console API, typed by [`pat_core::wire`].

use pat_core::id::TokenId;
use pat_core::token::Version;
use pat_core::wire::{
    AdminRevoke, AdminTokenList, Choices, CreateToken, CreatedToken, EditToken, PersonalAccessToken, Session, SetPassword, SignIn,
    TokenList,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use crate::model::failure::Failure;

const SESSION: &str = "/api/session";
const TOKENS: &str = "/api/personal-access-tokens";
const EVERYONES_TOKENS: &str = "/api/admin/tokens";

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

/// A page of everyone's tokens; without a cursor the first.
pub async fn admin_tokens(cursor: Option<String>) -> Answer<AdminTokenList> {
    let query = cursor.map(|cursor| format!("?cursor={}", encode(&cursor))).unwrap_or_default();
    Call::new("GET", &format!("{EVERYONES_TOKENS}{query}")).read().await
}

/// Revokes anyone's token.
pub async fn admin_revoke(id: TokenId, revoke: &AdminRevoke) -> Answer<()> {
    Call::new("DELETE", &format!("{EVERYONES_TOKENS}/{id}")).json(revoke).done().await
}

fn encode(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// A request on its way. Only its ends know types: what lies between is compiled once.
struct Call {
    method: &'static str,
    url: String,
    body: Option<String>,
    if_match: Option<Version>,
}

impl Call {
    fn new(method: &'static str, url: &str) -> Self {
        Self { method, url: url.to_owned(), body: None, if_match: None }
    }

    fn json(self, body: &impl Serialize) -> Self {
        // A wire type always has a JSON form; without one the server would refuse the request.
        Self { body: serde_json::to_string(body).ok(), ..self }
    }

    fn if_match(self, version: Version) -> Self {
        Self { if_match: Some(version), ..self }
    }

    async fn read<T: DeserializeOwned>(self) -> Answer<T> {
        let (status, text) = self.send().await?;
        serde_json::from_str(&text).ok().ok_or(Failure::Garbled { status })
    }

    async fn done(self) -> Answer<()> {
        self.send().await.map(drop)
    }

    /// The status and text of an answer that says yes.
    async fn send(self) -> Answer<(u16, String)> {
        let Ok(response) = self.fetch().await else { return Err(Failure::Offline) };
        let status = response.status();
        let Ok(text) = text_of(&response).await else { return Err(Failure::Offline) };
        if response.ok() { Ok((status, text)) } else { Err(refusal(&response, &text)) }
    }

    async fn fetch(self) -> Result<Response, JsValue> {
        let headers = Headers::new()?;
        let options = RequestInit::new();
        options.set_method(self.method);
        if let Some(Version(version)) = self.if_match {
            headers.set("If-Match", &format!("\"{version}\""))?;
        }
        if let Some(body) = self.body {
            headers.set("Content-Type", "application/json")?;
            options.set_body(&JsValue::from_str(&body));
        }
        options.set_headers(&headers);
        let response = JsFuture::from(leptos::prelude::window().fetch_with_str_and_init(&self.url, &options)).await?;
        response.dyn_into()
    }
}

async fn text_of(response: &Response) -> Result<String, JsValue> {
    let text = JsFuture::from(response.text()?).await?;
    Ok(text.as_string().unwrap_or_default())
}

fn refusal(response: &Response, text: &str) -> Failure {
    let retry_after = response.headers().get("Retry-After").ok().flatten().and_then(|seconds| seconds.parse().ok());
    match serde_json::from_str(text) {
        Ok(problem) => Failure::Refused { problem: Box::new(problem), retry_after },
        Err(_) => Failure::Garbled { status: response.status() },
    }
}
