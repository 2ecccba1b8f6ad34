//! `/api/cli/...`: what somebody who is signed in decides on a command line.

use axum::Json as JsonBody;
use axum::extract::State;
use pat_core::sign_in::user_code::UserCode;
use pat_core::wire::{ApproveSignIn, DenySignIn, FindDevice, SignInDecided, WaitingDevice};

use crate::app::SharedApp;
use crate::change::cli_sign_ins as change;
use crate::error::ApiError;
use crate::extract::{Caller, Json};

/// Let a command line have a token.
///
/// The token is made when the program fetches it from `/cli/token`, within a minute. What the request asks for is refused here by the
/// rules of `POST /api/personal-access-tokens`, and again then.
#[utoipa::path(post, path = "/api/cli/approve", tag = "command lines", request_body = ApproveSignIn,
    responses((status = 200, body = SignInDecided)))]
pub async fn approve(
    State(app): State<SharedApp>,
    caller: Caller,
    Json(request): Json<ApproveSignIn>,
) -> Result<JsonBody<SignInDecided>, ApiError> {
    let redirect_to = change::approve(&app, &caller.session, &caller.client, &request).await?;
    Ok(JsonBody(SignInDecided { redirect_to }))
}

/// Refuse a command line its token.
#[utoipa::path(post, path = "/api/cli/deny", tag = "command lines", request_body = DenySignIn,
    responses((status = 200, body = SignInDecided)))]
pub async fn deny(
    State(app): State<SharedApp>,
    caller: Caller,
    Json(request): Json<DenySignIn>,
) -> Result<JsonBody<SignInDecided>, ApiError> {
    let redirect_to = change::deny(&app, &caller.session, &caller.client, &request.request).await?;
    Ok(JsonBody(SignInDecided { redirect_to }))
}

/// See which device shows a code.
///
/// Wrong codes are counted by person and by address; too many are refused.
#[utoipa::path(post, path = "/api/cli/device", tag = "command lines", request_body = FindDevice,
    responses((status = 200, body = WaitingDevice)))]
pub async fn find_device(
    State(app): State<SharedApp>,
    caller: Caller,
    Json(request): Json<FindDevice>,
) -> Result<JsonBody<WaitingDevice>, ApiError> {
    let device = change::find_device(&app, &caller.session, &caller.client, &request.user_code).await?;
    let code = device.user_code.as_deref().map(UserCode::parse).transpose().map_err(anyhow::Error::from)?;
    Ok(JsonBody(WaitingDevice {
        user_code: code.map(|code| code.to_string()).unwrap_or_default(),
        ip: device.ip(),
        user_agent: device.user_agent,
        created_at: device.created_at,
        expires_at: device.expires_at,
    }))
}
