//! What a command line asks for itself: to begin on a device without a browser (RFC 8628), and for its token.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use pat_core::sign_in::user_code::UserCode;
use pat_core::sign_in::{DEVICE_SECONDS, POLL_SECONDS};
use pat_core::wire::CreatedToken;
use serde::Serialize;

use crate::app::SharedApp;
use crate::assets;
use crate::change::cli_sign_ins::redeem::{self, Claim};
use crate::client::Client;
use crate::oauth::{OAuthError, read};
use crate::random_secret::{Purpose, RandomSecret};
use crate::store::cli_sign_ins;
use crate::web_api::{RawArguments, WebApiError};

/// `grant_type` of a code that a browser brought. DX's command line doesn't say it.
const CODE_GRANT: &str = "authorization_code";

/// `grant_type` of a device.
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Devices may show the same code once in a blue moon.
const DRAWS: usize = 3;

/// The page that a program may send the browser to when it has its token.
const DONE: &str = "/cli/done";

/// The form of `/cli/token`.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it describes the form, which is read as arguments are on the Web API")]
struct TokenForm {
    /// `authorization_code`, the default; or `urn:ietf:params:oauth:grant-type:device_code`.
    grant_type: Option<String>,
    /// What the browser brought.
    code: Option<String>,
    /// What the challenge was made of.
    code_verifier: Option<String>,
    /// Where the program listened. If it is sent, it must be the same.
    redirect_uri: Option<String>,
    /// What the device was given.
    device_code: Option<String>,
}

/// A token that was just minted for a program.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Issued {
    /// The token, shown once.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// In how many seconds it ends; absent if never.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<i64>,
    /// Its scopes, with spaces.
    scope: String,
    /// A page that the browser may be sent to; absent for a device.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<String>,
}

/// What a device shows and keeps.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Begun {
    /// To be kept: it fetches the token.
    device_code: String,
    /// To be shown.
    user_code: String,
    /// Where it is typed.
    verification_uri: String,
    /// The same with the code, for those who can open it.
    verification_uri_complete: String,
    /// How long it works, in seconds.
    expires_in: i64,
    /// How long to wait between two questions, in seconds.
    interval: i32,
}

/// Begin on a device without a browser.
///
/// RFC 8628. The device shows `user_code` and `verification_uri`, and asks `/cli/token` from time to time whether somebody has decided.
#[utoipa::path(
    post, path = "/cli/device", tag = "command lines", security(()),
    responses(
        (status = 200, body = Begun),
        (status = 413, description = "invalid_request: the body is over 1 MB"),
        (status = 429, description = "temporarily_unavailable: too many devices began from the caller's address; see Retry-After"),
        (status = 503, description = "temporarily_unavailable: the database can't be reached; see Retry-After"),
    )
)]
pub async fn device(State(app): State<SharedApp>, Extension(client): Extension<Client>, request: Request) -> Result<Response, OAuthError> {
    // Whatever it says, `client_id` for one, is ignored: anybody could say it.
    read(request).await?;
    if let Some(seconds) = app.device_requests.count(client.network()) {
        return Ok(too_many(seconds));
    }
    let secret = RandomSecret::draw();
    let code = draw(&app, &client, &secret.digest(Purpose::DeviceCode)).await?;
    let verification_uri = format!("{}/cli/device", app.public_url.origin());
    let begun = Begun {
        device_code: secret.expose().to_owned(),
        user_code: code.to_string(),
        verification_uri_complete: format!("{verification_uri}?user_code={code}"),
        verification_uri,
        expires_in: DEVICE_SECONDS,
        interval: POLL_SECONDS,
    };
    Ok(answer(axum::Json(begun).into_response()))
}

/// Stores the device under a user code that no other one shows.
async fn draw(app: &SharedApp, client: &Client, digest: &[u8; 32]) -> Result<UserCode, WebApiError> {
    let mut tx = app.store.begin().await?;
    for _ in 0..DRAWS {
        let code = UserCode::draw(|bytes| rand::fill(bytes));
        if cli_sign_ins::insert_device(&mut tx, digest, &code, client).await? {
            tx.commit().await?;
            return Ok(code);
        }
    }
    Err(WebApiError::Defect(anyhow::anyhow!("no user code is free")))
}

fn too_many(seconds: u64) -> Response {
    let message = format!("Too many devices began from this address. Try again in {seconds} seconds.");
    let error = WebApiError::own(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", message);
    let mut response = OAuthError::from(error).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

/// The page where a person types the code, at the same address.
#[utoipa::path(
    get, path = "/cli/device", tag = "command lines",
    responses(
        (status = 200, description = "The page", content_type = "text/html", body = String),
        (status = 307, description = "It was asked for under another host name; Location has the right one"),
        (status = 503, description = "The page is not built"),
    )
)]
pub async fn device_page(State(app): State<SharedApp>, request: Request) -> Response {
    assets::serve(&app, &request)
}

/// Fetch the token that somebody let this program have.
///
/// With `code` and `code_verifier` after `/cli/auth` sent the browser back; or with `grant_type` and `device_code` on a device. The token is
/// minted now, if its owner may still have it. A code is good for one use; a second one revokes the token that the first one got.
#[utoipa::path(
    post, path = "/cli/token", tag = "command lines", security(()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = Issued),
        (status = 400, description = "invalid_request; invalid_grant: the code is unknown, used or over, or the token can't be made; \
            unsupported_grant_type; for a device also authorization_pending, slow_down, access_denied, expired_token"),
        (status = 413, description = "invalid_request: the body is over 1 MB"),
        (status = 429, description = "temporarily_unavailable: too many unknown codes from the caller's address; see Retry-After"),
        (status = 503, description = "temporarily_unavailable: the database can't be reached; see Retry-After"),
    )
)]
pub async fn token(State(app): State<SharedApp>, Extension(client): Extension<Client>, request: Request) -> Result<Response, OAuthError> {
    let (headers, body) = read(request).await?;
    // Never the query's: addresses are written to logs.
    let form = RawArguments { query: "", headers: &headers, body: &body }.parse()?;
    let (code, claim) = match form.filled("grant_type")?.unwrap_or(CODE_GRANT) {
        CODE_GRANT => {
            let [code, verifier] = form.all_required(["code", "code_verifier"])?;
            (code, Claim::Code { verifier, callback: form.filled("redirect_uri")? })
        }
        DEVICE_GRANT => (form.required("device_code")?, Claim::Device),
        _ => {
            let message = format!("grant_type is {CODE_GRANT} or {DEVICE_GRANT}.");
            return Err(WebApiError::own(StatusCode::BAD_REQUEST, "unsupported_grant_type", message).into());
        }
    };
    let created = redeem::redeem(&app, &client, &RandomSecret::received(code), claim).await?;
    let done = matches!(claim, Claim::Code { .. }).then(|| format!("{}{DONE}", app.public_url.origin()));
    Ok(answer(axum::Json(issued(created, done)).into_response()))
}

fn issued(created: CreatedToken, redirect_uri: Option<String>) -> Issued {
    let CreatedToken { token, personal_access_token } = created;
    let seconds = |end: Timestamp| end.as_second().saturating_sub(personal_access_token.created_at.as_second());
    Issued {
        access_token: token,
        token_type: "Bearer",
        expires_in: personal_access_token.expires_at.map(seconds),
        scope: personal_access_token.scopes.join(" "),
        redirect_uri,
    }
}

fn answer(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
