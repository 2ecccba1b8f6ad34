//! RFC 7662 and RFC 7009: what a token stands for now, and its end, for services that are sent tokens.
//!
//! The caller is an organization token with the scopes of the policy table's row; a token may also end itself. Whoever asks about
//! another account's token learns what a stranger would: nothing.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pat_core::attempt::Proven;
use pat_core::policy::Method;
use pat_core::scope::ScopeSet;
use pat_core::secret::TokenSecret;
use pat_core::token::TokenKind;
use serde::Serialize;
use serde_json::json;

use crate::app::SharedApp;
use crate::change::revocation;
use crate::client::Client;
use crate::extract::json::read_body;
use crate::store::principals::Principal;
use crate::verification::{self, Answer, Ask};
use crate::web_api::{self, RawArguments, WebApiError};

/// The request of both, a form.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it describes the form, which is read as arguments are on the Web API")]
struct TokenForm {
    /// The token.
    token: String,
    /// Is ignored: tokens are told by their digest.
    token_type_hint: Option<String>,
}

/// What a token stands for now. Of one that stands for nothing there is only `active`.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Introspection {
    /// Whether it works now.
    active: bool,
    /// The effective scopes, with spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// The owner's e-mail address; an organization token has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// The owner's id, or for an organization token its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    /// The token's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    /// The token's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_name: Option<String>,
    /// `Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// When it ends, in seconds since 1970; absent if never.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    /// When it was made, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    /// Who says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
}

/// An error in OAuth's form.
#[derive(Debug)]
pub struct OAuthError(WebApiError);

/// What does a token stand for?
///
/// RFC 7662. It is read from the primary and proved like a call, so the answer is true of a moment after the question.
#[utoipa::path(
    post, path = "/oauth/introspect", tag = "oauth", security(("token" = ["tokens:introspect"])),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = Introspection),
        (status = 400, description = "invalid_request: no token, or a body that can't be read"),
        (status = 401, description = "invalid_token: the caller has none that works"),
        (status = 403, description = "insufficient_scope: the caller is no organization token with tokens:introspect"),
        (status = 413, description = "invalid_request: the body is over 1 MB"),
        (status = 429, description = "temporarily_unavailable: too many unknown tokens from the caller's address; see Retry-After"),
        (status = 503, description = "temporarily_unavailable: the database can't be reached; see Retry-After"),
    )
)]
pub async fn introspect(
    State(app): State<SharedApp>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Result<Response, OAuthError> {
    let (headers, body) = read(request).await?;
    let method = web_api::find(&app.policy, "POST", "/oauth/introspect")?;
    let asker = permitted(&app, &client, method, &web_api::bearer(&headers)?).await?;
    let of = match TokenSecret::parse(&token(&headers, &body)?) {
        Ok(secret) => look(&app, &client, method, &secret, &asker).await?,
        Err(_) => Introspection::default(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(of)).into_response())
}

/// The caller, if it may, which is on record by then.
async fn permitted(app: &SharedApp, client: &Client, method: &Method, secret: &TokenSecret) -> Result<Principal, WebApiError> {
    let Answer { reply, principal, proven: Proven { .. }, .. } = verification::answer(app, client, method, secret, Ask::Permit).await?;
    reply.map(|_| principal)
}

async fn look(
    app: &SharedApp,
    client: &Client,
    method: &Method,
    secret: &TokenSecret,
    asker: &Principal,
) -> Result<Introspection, WebApiError> {
    // Whatever its kind and scopes: what is asked is whether it lives.
    let any = Method { scopes: ScopeSet::EMPTY, kinds: vec![TokenKind::Personal, TokenKind::Organization], ..method.clone() };
    match verification::answer(app, client, &any, secret, Ask::Introspect(asker.account_id)).await {
        Ok(Answer { reply: Ok(_), principal, proven: Proven { .. }, .. }) => Ok(describe(app, &principal)),
        // Paused, refused by a setting, dead, unknown, another account's: alike to the byte. The caller's address isn't to blame
        // for what it is sent.
        Ok(Answer { reply: Err(_), .. }) | Err(WebApiError::InvalidAuth | WebApiError::RateLimited(_)) => Ok(Introspection::default()),
        Err(error) => Err(error),
    }
}

fn describe(app: &SharedApp, principal: &Principal) -> Introspection {
    let user = principal.user.as_ref();
    Introspection {
        active: true,
        scope: Some(app.policy.scope_names(principal.standing.effective).join(" ")),
        username: user.map(|user| user.email.clone()),
        sub: Some(user.map_or_else(|| principal.token_id.to_string(), |user| user.id.to_string())),
        jti: Some(principal.token_id.to_string()),
        token_name: Some(principal.token_name.clone()),
        token_type: Some("Bearer"),
        exp: principal.standing.lifecycle.expires_at.map(jiff::Timestamp::as_second),
        iat: Some(principal.created_at.as_second()),
        iss: Some(app.public_url.origin().to_owned()),
    }
}

/// End a token.
///
/// RFC 7009. With an organization token as the caller it ends tokens of that account; without one, or with the token itself, the
/// token in the form ends itself. One that doesn't work anyway, or is none of the caller's business, is answered alike.
#[utoipa::path(
    post, path = "/oauth/revoke", tag = "oauth", security((), ("token" = ["tokens:introspect"])),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It works no more, on any server"),
        (status = 400, description = "invalid_request: no token, or a body that can't be read"),
        (status = 401, description = "invalid_token: the caller sent one that doesn't work"),
        (status = 403, description = "insufficient_scope: the caller is no organization token with tokens:introspect"),
        (status = 413, description = "invalid_request: the body is over 1 MB"),
        (status = 429, description = "temporarily_unavailable: too many unknown tokens from the caller's address; see Retry-After"),
        (status = 503, description = "temporarily_unavailable: nothing is known to be changed; see Retry-After"),
    )
)]
pub async fn revoke(State(app): State<SharedApp>, Extension(client): Extension<Client>, request: Request) -> Result<Response, OAuthError> {
    let (headers, body) = read(request).await?;
    let caller = if headers.contains_key(header::AUTHORIZATION) { Some(web_api::bearer(&headers)?) } else { None };
    let text = token(&headers, &body)?;
    let by = match &caller {
        Some(caller) if caller.expose() != text => {
            let method = web_api::find(&app.policy, "POST", "/oauth/revoke")?;
            permitted(&app, &client, method, caller).await?;
            Some(revocation::Caller { secret: caller, method })
        }
        _ => None,
    };
    // Nothing that can't be a token is one.
    if let Ok(secret) = TokenSecret::parse(&text) {
        revocation::revoke(&app, &client, &secret, by).await?;
    }
    Ok((StatusCode::OK, [(header::CACHE_CONTROL, "no-store")]).into_response())
}

/// Reads a form, which is parsed later.
///
/// # Errors
/// If the body is too large or ends too early.
pub async fn read(request: Request) -> Result<(HeaderMap, bytes::Bytes), WebApiError> {
    let (parts, body) = request.into_parts();
    Ok((parts.headers, read_body(Request::new(body)).await?))
}

/// The form's token. Never the query's: addresses are written to logs.
fn token(headers: &HeaderMap, body: &[u8]) -> Result<String, WebApiError> {
    Ok(RawArguments { query: "", headers, body }.parse()?.required("token")?.to_owned())
}

impl From<WebApiError> for OAuthError {
    fn from(error: WebApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let (status, code) = match self.0.status() {
            // Codes of OAuth's own already.
            status if matches!(self.0, WebApiError::Own(_)) => (status, self.0.code()),
            status @ StatusCode::UNAUTHORIZED => (status, "invalid_token"),
            // No row in an operator's table: nobody may.
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => (StatusCode::FORBIDDEN, "insufficient_scope"),
            status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => (status, "temporarily_unavailable"),
            status if status.is_server_error() => (status, "server_error"),
            status @ StatusCode::PAYLOAD_TOO_LARGE => (status, "invalid_request"),
            _ => (StatusCode::BAD_REQUEST, "invalid_request"),
        };
        let description = self.0.message();
        // For its log line and its headers: the challenge, and when to try again.
        let (mut parts, _) = self.0.into_response().into_parts();
        parts.status = status;
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = json!({ "error": code, "error_description": description });
        Response::from_parts(parts, body.to_string().into())
    }
}
