//! The Console API's errors: one table from variant to status, code and words (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pat_core::grant::{EditRefusal, MintRefusal};
use pat_core::inventory::MAX_RUNNING_CHANGES;
use pat_core::pause::PauseRefusal;
use pat_core::people::LastWorkspaceAdmin;
use pat_core::roles::RolesRefusal;
use pat_core::wire::{FieldCode, FieldError, Problem};

use crate::passwords::PasswordError;
use crate::store::StoreError;

/// Everything that a Console API call can answer instead of what was asked for.
#[derive(Debug)]
pub enum ApiError {
    /// No session, or one that is over.
    NotSignedIn,
    /// Unknown e-mail address, wrong password or deactivated: all alike.
    WrongCredentials,
    /// Too many failed sign-ins; the seconds to wait.
    TooManyAttempts(u64),
    /// Only workspace admins may.
    Forbidden,
    /// It widens authority, and the password was given too long ago.
    FreshSignInRequired,
    /// The request comes from another site's page.
    CrossSite,
    /// No such thing, or not the caller's.
    NotFound,
    /// The path exists, with other verbs.
    MethodNotAllowed,
    /// A workspace admin stopped the creation of tokens; the message says why.
    CreationStopped(String),
    /// As many live tokens as allowed (P8).
    TokenLimit(u32),
    /// Expired or revoked tokens can't be edited (P10).
    TokenDead,
    /// An admin paused the token; its owner can't end that.
    PausedByAdmin,
    /// As many changes of many tokens under way as an account may have.
    TooManyChanges,
    /// Changed since the caller saw it.
    Stale,
    /// An edit without `If-Match`.
    PreconditionRequired,
    /// The last active workspace admin stays one.
    LastAdmin,
    /// The person is deactivated.
    Deactivated,
    /// The one-time link is unknown, used or over.
    LinkInvalid,
    /// No device waits with this user code.
    UserCodeInvalid,
    /// Fields to mend.
    Invalid(Vec<FieldError>),
    /// The body is over the limit.
    TooLarge,
    /// The body isn't declared as JSON.
    UnsupportedMediaType,
    /// The body isn't JSON; says where.
    BadJson(String),
    /// The request is malformed; says how.
    BadRequest(&'static str),
    /// More sign-ins than the server can check.
    Busy,
    /// The database.
    Store(StoreError),
    /// A defect of ours.
    Defect(anyhow::Error),
}

impl ApiError {
    /// One refused field.
    pub fn field(field: &str, code: FieldCode) -> Self {
        Self::Invalid(vec![FieldError::new(field, code)])
    }

    /// What clients branch on; also the reason in the audit log.
    pub fn code(&self) -> &'static str {
        self.row().1
    }

    fn row(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotSignedIn => (StatusCode::UNAUTHORIZED, "not_signed_in"),
            Self::WrongCredentials => (StatusCode::UNAUTHORIZED, "wrong_credentials"),
            Self::TooManyAttempts(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            Self::FreshSignInRequired => (StatusCode::FORBIDDEN, "fresh_sign_in_required"),
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross_site"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::CreationStopped(_) => (StatusCode::FORBIDDEN, "creation_stopped"),
            Self::TokenLimit(_) => (StatusCode::CONFLICT, "token_limit"),
            Self::TokenDead => (StatusCode::CONFLICT, "token_dead"),
            Self::PausedByAdmin => (StatusCode::CONFLICT, "paused_by_admin"),
            Self::TooManyChanges => (StatusCode::CONFLICT, "too_many_changes"),
            Self::LastAdmin => (StatusCode::CONFLICT, "last_admin"),
            Self::Deactivated => (StatusCode::CONFLICT, "deactivated"),
            Self::Stale => (StatusCode::PRECONDITION_FAILED, "stale"),
            Self::PreconditionRequired => (StatusCode::PRECONDITION_REQUIRED, "precondition_required"),
            Self::LinkInvalid => (StatusCode::GONE, "link_invalid"),
            Self::UserCodeInvalid => (StatusCode::GONE, "user_code_invalid"),
            Self::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::BadJson(_) => (StatusCode::BAD_REQUEST, "bad_json"),
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Store(StoreError::Unavailable(_)) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::Store(StoreError::Defect(_)) | Self::Defect(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// What is wrong, in words, for those who don't get the fields one by one.
    pub fn explain(&self) -> String {
        match self {
            Self::Invalid(errors) => errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" "),
            _ => self.detail(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::NotSignedIn => "Sign in first: your session is missing or over.".into(),
            Self::WrongCredentials => "The e-mail address and password don't match.".into(),
            Self::TooManyAttempts(seconds) => format!("Too many failed attempts. Try again in {seconds} seconds."),
            Self::Forbidden => "Only workspace admins may do this.".into(),
            Self::FreshSignInRequired => {
                "This widens what somebody may do, and you gave your password over two hours ago. Confirm it at /api/session/confirm and send \
                 the same request again."
                    .into()
            }
            Self::CrossSite => "This request comes from another site. Send it from this site's own page, or with its Origin.".into(),
            Self::NotFound => "There is no such thing, or it isn't yours.".into(),
            Self::MethodNotAllowed => "This path doesn't take this method; see the Allow header.".into(),
            Self::CreationStopped(message) => message.clone(),
            Self::TokenLimit(limit) => format!("You have {limit} live tokens, as many as allowed. Delete one first."),
            Self::TokenDead => "The token is expired or revoked. It stays as it is; create a new one.".into(),
            Self::PausedByAdmin => "A workspace admin paused this token. Only workspace admins can change that.".into(),
            Self::TooManyChanges => format!("{MAX_RUNNING_CHANGES} changes of many tokens are under way. Wait until one has ended, or stop it."),
            Self::LastAdmin => LastWorkspaceAdmin.to_string(),
            Self::Deactivated => "The person is deactivated. Reactivate them first.".into(),
            Self::Stale => "It was changed since you read it. Read it again and repeat your edit.".into(),
            Self::PreconditionRequired => "Send the version that you read in If-Match, so that no other change is overwritten.".into(),
            Self::LinkInvalid => "The link is used or over. Ask for a new one.".into(),
            Self::UserCodeInvalid => "No program waits with this code. It may be mistyped, decided on already, or over.".into(),
            Self::Invalid(_) => "Some fields need to be mended.".into(),
            Self::TooLarge => "The body is larger than 1 MB.".into(),
            Self::UnsupportedMediaType => "Send the body with Content-Type: application/json.".into(),
            Self::BadJson(place) => format!("The body is not JSON: {place}."),
            Self::BadRequest(what) => (*what).into(),
            Self::Busy => "Too many people sign in at this moment. Try again.".into(),
            Self::Store(StoreError::Unavailable(_)) => "The database can't be reached. Nothing is known to be changed; try again.".into(),
            Self::Store(StoreError::Defect(_)) | Self::Defect(_) => "Something went wrong here. The request id finds it in the log.".into(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        log(&self);
        let (status, code) = self.row();
        let retry_after = match &self {
            Self::TooManyAttempts(seconds) => Some(*seconds),
            Self::Busy | Self::Store(StoreError::Unavailable(_)) => Some(1),
            _ => None,
        };
        let problem = Problem {
            kind: "about:blank".into(),
            title: status.canonical_reason().unwrap_or_default().into(),
            status: status.as_u16(),
            code: code.into(),
            detail: self.detail(),
            errors: if let Self::Invalid(errors) = self { errors } else { Vec::new() },
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Failures of the server are logged once, here; refusals are in the audit log.
fn log(error: &ApiError) {
    match error {
        ApiError::Store(error @ StoreError::Unavailable(_)) => tracing::warn!(%error, "answered 503"),
        ApiError::Store(error) => tracing::error!(%error, "answered 500"),
        ApiError::Defect(error) => tracing::error!(error = format!("{error:#}"), "answered 500"),
        _ => {}
    }
}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Self::Invalid(vec![error])
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            PasswordError::Defect(error) => Self::Defect(error),
        }
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        Self::Defect(error)
    }
}

impl From<LastWorkspaceAdmin> for ApiError {
    fn from(_: LastWorkspaceAdmin) -> Self {
        Self::LastAdmin
    }
}

impl From<RolesRefusal> for ApiError {
    fn from(refusal: RolesRefusal) -> Self {
        match refusal {
            RolesRefusal::Invalid(errors) => Self::Invalid(errors),
            RolesRefusal::Stale => Self::Stale,
            RolesRefusal::LastAdmin(LastWorkspaceAdmin) => Self::LastAdmin,
        }
    }
}

impl From<MintRefusal> for ApiError {
    fn from(refusal: MintRefusal) -> Self {
        match refusal {
            MintRefusal::CreationStopped(message) => Self::CreationStopped(message),
            MintRefusal::Invalid(errors) => Self::Invalid(errors),
            MintRefusal::TokenLimit(limit) => Self::TokenLimit(limit),
        }
    }
}

impl From<PauseRefusal> for ApiError {
    fn from(refusal: PauseRefusal) -> Self {
        match refusal {
            PauseRefusal::Dead => Self::TokenDead,
            PauseRefusal::PausedByAdmin => Self::PausedByAdmin,
            PauseRefusal::Invalid(error) => Self::Invalid(vec![error]),
        }
    }
}

impl From<EditRefusal> for ApiError {
    fn from(refusal: EditRefusal) -> Self {
        match refusal {
            EditRefusal::Dead(_) => Self::TokenDead,
            EditRefusal::Stale => Self::Stale,
            EditRefusal::Invalid(errors) => Self::Invalid(errors),
        }
    }
}
