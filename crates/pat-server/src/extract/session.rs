//! Who is signed in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;

use crate::app::SharedApp;
use crate::change::Asker;
use crate::client::Client;
use crate::error::ApiError;
use crate::random_secret::{Purpose, RandomSecret};
use crate::store::sessions::{self, SignedIn};

/// Who is calling, by their session cookie. It says who; whether they may is decided later, for changes under the locks.
#[derive(Debug)]
pub struct Caller {
    /// The session, with roles as they were a moment ago.
    pub session: SignedIn,
    /// The request.
    pub client: Client,
}

impl Caller {
    /// The same, as one who asks for a change.
    pub fn asker(&self) -> Asker<'_> {
        Asker::new(&self.session, &self.client)
    }
}

impl FromRequestParts<SharedApp> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, ApiError> {
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = jar.get(app.public_url.cookie_name()).ok_or(ApiError::NotSignedIn)?;
        let digest = RandomSecret::received(cookie.value()).digest(Purpose::Session);
        // The connection goes back before the handler takes its own: two for one request could exhaust the pool.
        let mut conn = app.store.conn().await?;
        let session = sessions::find_by_digest(&mut conn, &digest).await?.ok_or(ApiError::NotSignedIn)?;
        if session.is_stale() {
            sessions::touch(&mut conn, session.session_id()).await?;
        }
        let client = parts.extensions.get::<Client>().cloned().ok_or_else(|| anyhow::anyhow!("no client in the request"))?;
        Ok(Self { session, client })
    }
}
