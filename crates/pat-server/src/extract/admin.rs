//! Which workspace admin is signed in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use pat_core::people::is_workspace_admin;

use super::Caller;
use crate::app::SharedApp;
use crate::change;
use crate::error::ApiError;

/// A workspace admin, by their session cookie: what every handler below `/api/admin/` asks for. A change looks again under its locks.
/// Somebody else's attempt to change something is recorded.
#[derive(Debug)]
pub struct Admin(pub Caller);

impl FromRequestParts<SharedApp> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, app).await?;
        if is_workspace_admin(&caller.session.roles) {
            return Ok(Self(caller));
        }
        if !parts.method.is_safe() {
            change::record_forbidden(app, &caller.session, &caller.client, &parts.method, parts.uri.path()).await?;
        }
        Err(ApiError::Forbidden)
    }
}
