//! Forward authorization (design section 6): a gateway asks before it sends a request on to an API that knows nothing of tokens.
//!
//! The order: is it a configured gateway, what was asked of it, the row of the policy table, the token. "Allowed" is committed to
//! the audit log before it is said. It vouches for the answer, not for what the upstream makes of the request.

pub mod batch;
mod identity;
mod original;
mod refusal;

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use pat_core::attempt::Proven;
use pat_core::secret::TokenSecret;
use pat_core::target::RequestTarget;

use self::identity::Identity;
use self::original::Original;
use self::refusal::Refused;
use crate::app::SharedApp;
use crate::client::Client;
use crate::error::ApiError;
use crate::verification::{self, Answer, Ask};
use crate::web_api;

/// What stands before the original path in Envoy's requests.
const ENVOY_PREFIX: &str = "/gateway/envoy";

/// A request by one of the configured gateways, by its address. To everybody else there is nothing here.
#[derive(Debug)]
pub struct FromGateway(Client);

impl FromRequestParts<SharedApp> for FromGateway {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, ApiError> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
        if !peer.is_some_and(|peer| app.gateways.iter().any(|net| net.contains(&peer))) {
            tracing::debug!(?peer, "asked for forward authorization, but is not among the gateways");
            return Err(ApiError::NotFound);
        }
        let client = parts.extensions.get::<Client>().cloned().ok_or_else(|| anyhow::anyhow!("no client in the request"))?;
        Ok(Self(client))
    }
}

/// May this request go on?
///
/// For nginx `auth_request`, Traefik `ForwardAuth` and Caddy `forward_auth`: the original request stands in `X-Original-Method` and
/// `X-Original-URI`, or in `X-Forwarded-Method` and `X-Forwarded-Uri`, never in both. Only configured gateways get an answer.
/// The values of the identity's headers are escaped as in URLs where they aren't plain ASCII.
#[utoipa::path(
    method(get, head, post, put, patch, delete, options), path = "/gateway/authorize", tag = "gateway", security(("token" = [])),
    responses(
        (status = 200, description = "It may", headers(
            ("X-Auth-User" = String, description = "The owner's e-mail address; empty for an organization token"),
            ("X-Auth-User-Id" = String, description = "The owner's id; empty for an organization token"),
            ("X-Auth-Token-Id" = String, description = "The token's id"),
            ("X-Auth-Token-Name" = String, description = "The token's name"),
            ("X-Auth-Scopes" = String, description = "What it may now, with spaces"),
        )),
        (status = 401, description = "No token, or one that is unknown, expired or revoked; see WWW-Authenticate"),
        (status = 403, description = "The token lacks a scope; or the request has no row in the policy table, or can be read in two ways"),
        (status = 404, description = "Who asks is not among the configured gateways"),
        (status = 429, description = "Too many unknown tokens from the client's address; see Retry-After"),
        (status = 503, description = "The database can't be reached; see Retry-After"),
    )
)]
pub async fn authorize(State(app): State<SharedApp>, FromGateway(client): FromGateway, headers: HeaderMap) -> Response {
    answer(&app, &client, &headers, Original::in_headers(&headers)).await
}

/// May this request go on, by Envoy?
///
/// For Envoy's `ext_authz` over HTTP with `path_prefix: /gateway/envoy`: the original request is this request, below that prefix.
#[utoipa::path(
    method(get, head, post, put, patch, delete, options), path = "/gateway/envoy/{*original}", tag = "gateway", security(("token" = [])),
    params(("original" = String, Path, description = "The original path and query")),
    responses(
        (status = 200, description = "It may; the headers are those of /gateway/authorize"),
        (status = 401, description = "No token, or one that is unknown, expired or revoked; see WWW-Authenticate"),
        (status = 403, description = "The token lacks a scope; or the request has no row in the policy table, or can be read in two ways"),
        (status = 404, description = "Who asks is not among the configured gateways"),
        (status = 429, description = "Too many unknown tokens from the client's address; see Retry-After"),
        (status = 503, description = "The database can't be reached; see Retry-After"),
    )
)]
pub async fn authorize_envoy(
    State(app): State<SharedApp>,
    FromGateway(client): FromGateway,
    verb: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let target = uri.path_and_query().and_then(|target| target.as_str().strip_prefix(ENVOY_PREFIX)).unwrap_or_default();
    answer(&app, &client, &headers, Original::in_request_line(verb.as_str(), target, &headers)).await
}

async fn answer(app: &SharedApp, client: &Client, headers: &HeaderMap, original: Result<Original<'_>, Refused>) -> Response {
    let allowed = async {
        let original = original?;
        let method = web_api::find(&app.policy, original.verb, original.target.path())?;
        allow(app, client, method, original.target, &web_api::bearer(headers)?).await
    };
    match allowed.await {
        Ok(identity) => (StatusCode::OK, [(header::CACHE_CONTROL, "no-store")], identity.into_headers()).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// Decides and proves. Whoever gets an identity may go on.
async fn allow(
    app: &SharedApp,
    client: &Client,
    method: &pat_core::policy::Method,
    target: RequestTarget<'_>,
    secret: &TokenSecret,
) -> Result<Identity, Refused> {
    let Answer { reply, principal, proven: Proven { .. }, .. } =
        verification::answer(app, client, method, secret, Ask::Forward(target.path())).await?;
    reply?;
    Ok(Identity::of(&principal, &app.policy))
}
