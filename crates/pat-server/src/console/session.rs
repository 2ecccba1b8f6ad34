//! `/api/session`, `/api/password` and `/api/scopes`.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use pat_core::grant::Grantor;
use pat_core::wire::{Choices, ConfirmPassword, RoleLabel, Session, SessionAccount, SessionUser, SetPassword, SignIn};

use crate::app::{App, SharedApp};
use crate::change;
use crate::client::Client;
use crate::error::ApiError;
use crate::extract::{Caller, Json};
use crate::store::sessions::{self, SignedIn};
use crate::store::{self, Conn, people, settings};

/// Sign in.
///
/// Sets the session cookie. Unknown address, wrong password and deactivation are answered alike.
#[utoipa::path(post, path = "/api/session", tag = "session", request_body = SignIn, responses((status = 200, body = Session)))]
pub async fn sign_in(
    State(app): State<SharedApp>,
    Extension(client): Extension<Client>,
    jar: CookieJar,
    Json(request): Json<SignIn>,
) -> Result<(CookieJar, axum::Json<Session>), ApiError> {
    let secret = change::sign_in::create(&app, &client, &request).await?;
    let mut conn = app.store.conn().await?;
    let digest = secret.digest(crate::random_secret::Purpose::Session);
    let session = sessions::find_by_digest(&mut conn, &digest).await?.ok_or(ApiError::NotSignedIn)?;
    let body = describe(&app, &mut conn, &session).await?;
    Ok((jar.add(cookie(&app, secret.expose().to_owned())), axum::Json(body)))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/session", tag = "session", responses((status = 200, body = Session)))]
pub async fn read(State(app): State<SharedApp>, caller: Caller) -> Result<axum::Json<Session>, ApiError> {
    let mut conn = app.store.conn().await?;
    Ok(axum::Json(describe(&app, &mut conn, &caller.session).await?))
}

/// Give the password again.
///
/// Whatever widens authority asks for it (403 `fresh_sign_in_required`) once it was given more than two hours ago.
#[utoipa::path(post, path = "/api/session/confirm", tag = "session", request_body = ConfirmPassword, responses((status = 204)))]
pub async fn confirm(State(app): State<SharedApp>, caller: Caller, Json(request): Json<ConfirmPassword>) -> Result<StatusCode, ApiError> {
    change::sign_in::confirm(&app, &caller.session, &caller.client, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out.
#[utoipa::path(delete, path = "/api/session", tag = "session", responses((status = 204)))]
pub async fn sign_out(State(app): State<SharedApp>, caller: Caller, jar: CookieJar) -> Result<(StatusCode, CookieJar), ApiError> {
    change::sign_in::end(&app, caller.asker()).await?;
    Ok((StatusCode::NO_CONTENT, jar.remove(cookie(&app, String::new()))))
}

/// Set a password with a one-time link. Ends the user's sessions.
#[utoipa::path(post, path = "/api/password", tag = "session", request_body = SetPassword, responses((status = 204)))]
pub async fn set_password(
    State(app): State<SharedApp>,
    Extension(client): Extension<Client>,
    Json(request): Json<SetPassword>,
) -> Result<StatusCode, ApiError> {
    change::passwords::redeem(&app, &client, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The scopes and expirations that the caller may choose now.
#[utoipa::path(get, path = "/api/scopes", tag = "personal access tokens", responses((status = 200, body = Choices)))]
pub async fn choices(State(app): State<SharedApp>, caller: Caller) -> Result<axum::Json<Choices>, ApiError> {
    let mut conn = app.store.conn().await?;
    let account = settings::find(&mut conn, caller.session.account_id()).await?;
    let now = store::now(&mut conn).await?;
    Ok(axum::Json(Grantor::user(&app.policy, &caller.session.roles, &account, &[]).choices(now)))
}

async fn describe(app: &App, conn: &mut Conn, session: &SignedIn) -> Result<Session, ApiError> {
    Ok(Session {
        user: SessionUser {
            id: session.user_id(),
            name: session.name.clone(),
            email: session.email.clone(),
            roles: RoleLabel::all(&app.policy, &session.roles),
        },
        account: SessionAccount {
            id: session.account_id(),
            name: people::account_name(conn, session.account_id()).await?,
            features: settings::find(conn, session.account_id()).await?.features,
        },
    })
}

fn cookie(app: &App, secret: String) -> Cookie<'static> {
    Cookie::build((app.public_url.cookie_name(), secret))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.public_url.is_https())
        .path("/")
        .build()
}
