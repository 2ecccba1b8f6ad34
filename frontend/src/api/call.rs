//! A request and its answer.

use pat_core::token::Version;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use crate::api::Answer;
use crate::model::failure::Failure;

/// A text as part of an address.
pub(super) fn encode(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// A request on its way. Only its ends know types: what lies between is compiled once.
pub(super) struct Call {
    method: &'static str,
    url: String,
    body: Option<String>,
    if_match: Option<Version>,
}

impl Call {
    pub(super) fn new(method: &'static str, url: &str) -> Self {
        Self { method, url: url.to_owned(), body: None, if_match: None }
    }

    pub(super) fn json(self, body: &impl Serialize) -> Self {
        // A wire type always has a JSON form; without one the server would refuse the request.
        Self { body: serde_json::to_string(body).ok(), ..self }
    }

    pub(super) fn if_match(self, version: Version) -> Self {
        Self { if_match: Some(version), ..self }
    }

    pub(super) async fn read<T: DeserializeOwned>(self) -> Answer<T> {
        let (status, text) = self.send().await?;
        serde_json::from_str(&text).ok().ok_or(Failure::Garbled { status })
    }

    pub(super) async fn done(self) -> Answer<()> {
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
