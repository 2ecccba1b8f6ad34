//! Several requests at once, for services that ask for themselves: all rows travel in the same group commit.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use pat_core::secret::TokenSecret;
use pat_core::wire::FieldCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::identity::Identity;
use super::original::Original;
use super::refusal::Refused;
use super::{FromGateway, allow};
use crate::app::SharedApp;
use crate::client::Client;
use crate::error::ApiError;
use crate::extract::Json;
use crate::web_api::{self, WebApiError};

/// Requests that may be asked about at once: as many as one statement of the audit log takes.
const MAX_REQUESTS: usize = 256;

/// Requests that wait.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Batch {
    /// At most 256.
    requests: Vec<Waiting>,
}

/// One request that waits. No `Debug`, as it holds a secret.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Waiting {
    /// The bearer token.
    token: String,
    /// The verb.
    method: String,
    /// Path and query, as sent.
    uri: String,
    /// Where the request came from, for the audit log and for counting unknown tokens; who asks, if left out.
    #[schema(value_type = Option<String>)]
    ip: Option<IpAddr>,
    /// Its `User-Agent`; that of who asks, if left out.
    user_agent: Option<String>,
}

/// One answer a request, in their order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Verdicts {
    /// As many as there were requests.
    verdicts: Vec<Verdict>,
}

/// May it go on?
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Verdict {
    /// 200, or the status to answer the client with.
    status: u16,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    /// The same in words, and what it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_details: Option<Map<String, Value>>,
    /// What to send the client in `WWW-Authenticate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    /// Seconds after which it may be tried again, to send in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    /// Who calls, where it may.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<Identity>,
}

/// May these requests go on?
#[utoipa::path(
    post, path = "/gateway/authorize/batch", tag = "gateway", request_body = Batch,
    responses(
        (status = 200, body = Verdicts, description = "One verdict a request, in their order"),
        (status = 400, description = "The body is no JSON"),
        (status = 404, description = "Who asks is not among the configured gateways"),
        (status = 413, description = "The body is over 1 MB"),
        (status = 415, description = "The body isn't declared as JSON"),
        (status = 422, description = "No request, more than 256, or fields that are missing or unknown"),
    )
)]
pub async fn authorize(
    State(app): State<SharedApp>,
    FromGateway(client): FromGateway,
    Json(batch): Json<Batch>,
) -> Result<Response, ApiError> {
    if batch.requests.is_empty() {
        return Err(ApiError::field("requests", FieldCode::Required));
    }
    if batch.requests.len() > MAX_REQUESTS {
        return Err(ApiError::field("requests", FieldCode::TooLong));
    }
    let verdicts = join_all(batch.requests.iter().map(|waiting| judge(&app, &client, waiting))).await;
    Ok((StatusCode::OK, [(header::CACHE_CONTROL, "no-store")], axum::Json(Verdicts { verdicts })).into_response())
}

async fn judge(app: &SharedApp, client: &Client, waiting: &Waiting) -> Verdict {
    let client = client.on_behalf_of(waiting.ip, waiting.user_agent.as_deref());
    let allowed = async {
        let original = Original::new(&waiting.method, &waiting.uri, &HeaderMap::new())?;
        let method = web_api::find(&app.policy, original.verb, original.target.path())?;
        allow(app, &client, method, original.target, &secret(&waiting.token)?).await
    };
    match allowed.await {
        Ok(identity) => Verdict::allowed(identity),
        Err(refused) => Verdict::refused(refused),
    }
}

impl Verdict {
    fn allowed(identity: Identity) -> Self {
        let status = StatusCode::OK.as_u16();
        Self { status, error: None, error_details: None, challenge: None, retry_after: None, identity: Some(identity) }
    }

    /// What a gateway would be answered.
    fn refused(refused: Refused) -> Self {
        let (error, error_details) = (Some(refused.code()), Some(refused.details()));
        let answer = refused.into_response();
        let header = |name: HeaderName| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let retry_after = header(header::RETRY_AFTER).and_then(|seconds| seconds.parse().ok());
        let challenge = header(header::WWW_AUTHENTICATE);
        Self { status: answer.status().as_u16(), error, error_details, challenge, retry_after, identity: None }
    }
}

fn secret(token: &str) -> Result<TokenSecret, WebApiError> {
    if token.is_empty() { Err(WebApiError::NotAuthed) } else { TokenSecret::parse(token).ok().ok_or(WebApiError::InvalidAuth) }
}
