//! One-time links that set a password.

use jiff::SignedDuration;
use pat_core::audit::{EventType, Outcome};
use pat_core::people::check_new_password;
use pat_core::wire::SetPassword;
use serde_json::json;

use crate::app::App;
use crate::client::Client;
use crate::error::ApiError;
use crate::random_secret::{Purpose, RandomSecret};
use crate::store::audit::{self, EventUser, NewEvent};
use crate::store::people::{self, User};
use crate::store::{self, Conn, StoreError, Transaction};

/// How long a link works, in hours.
pub const LINK_HOURS: i64 = 72;

/// Makes a link for a user; earlier ones end. Its secret goes into the fragment of a URL.
pub async fn create_link(conn: &mut Conn, user: &User, client: &Client) -> Result<RandomSecret, StoreError> {
    let secret = RandomSecret::draw();
    let expires_at = store::now(conn).await? + SignedDuration::from_hours(LINK_HOURS);
    people::insert_password_link(conn, user, &secret.digest(Purpose::PasswordLink), expires_at).await?;
    audit::insert(conn, &event(user, EventType::PasswordLinkCreated, client)).await?;
    Ok(secret)
}

/// Redeems a link: sets the password and ends the user's sessions.
pub async fn redeem(app: &App, client: &Client, request: &SetPassword) -> Result<(), ApiError> {
    check_new_password(&request.password).map_err(|code| ApiError::field("password", code))?;
    let digest = RandomSecret::received(&request.link).digest(Purpose::PasswordLink);
    // Hashing is dear: not for links that don't work anyway.
    if !people::password_link_works(&mut *app.store.conn().await?, &digest).await? {
        return Err(app.look_up_failures.count(client.network()).map_or(ApiError::LinkInvalid, ApiError::TooManyAttempts));
    }
    let hash = app.passwords.hash(&request.password).await?;
    let mut tx = app.store.begin().await?;
    if redeem_locked(&mut tx, &digest, &hash, client).await? {
        Ok(tx.commit().await?)
    } else {
        tx.rollback().await?;
        Err(ApiError::LinkInvalid)
    }
}

async fn redeem_locked(tx: &mut Transaction, digest: &[u8; 32], hash: &str, client: &Client) -> Result<bool, ApiError> {
    let Some((account, id)) = people::redeem_password_link(tx, digest).await? else { return Ok(false) };
    tx.lock_user(account, id).await?;
    let user = people::find_by_id(tx, id).await?;
    if !user.is_active() {
        return Ok(false);
    }
    people::set_password(tx, id, hash).await?;
    people::end_sessions(tx, id).await?;
    audit::insert(tx, &event(&user, EventType::PasswordUpdated, client)).await?;
    Ok(true)
}

fn event<'a>(user: &'a User, event_type: EventType, client: &'a Client) -> NewEvent<'a> {
    NewEvent {
        account_id: user.account_id(),
        event_type,
        outcome: Outcome::Succeeded,
        reason: None,
        user: Some(EventUser { id: user.id(), name: &user.name, email: &user.email }),
        token: None,
        method: None,
        context: json!({}),
        session_id: None,
        client,
    }
}
