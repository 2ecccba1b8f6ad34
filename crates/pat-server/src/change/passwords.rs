//! One-time links that set a password.

use jiff::SignedDuration;
use pat_core::audit::{EventType, Outcome};
use pat_core::id::UserId;
use pat_core::people::check_new_password;
use pat_core::wire::{PasswordLink, SetPassword};
use serde_json::json;

use crate::app::App;
use crate::client::Client;
use crate::error::ApiError;
use crate::random_secret::{Purpose, RandomSecret};
use crate::store::audit::{self, EventUser, NewEvent};
use crate::store::people::{self, User};
use crate::store::{self, Conn, Reach, StoreError, Transaction};

/// How long a link works, in hours.
pub const LINK_HOURS: i64 = 72;

/// Makes a link for a user; earlier ones end. Whoever asks for it records it.
pub(super) async fn make_link(app: &App, conn: &mut Conn, user: &User) -> Result<PasswordLink, StoreError> {
    let secret = RandomSecret::draw();
    let expires_at = store::now(conn).await? + SignedDuration::from_hours(LINK_HOURS);
    people::insert_password_link(conn, user, &secret.digest(Purpose::PasswordLink), expires_at).await?;
    // Browsers keep the fragment to themselves: no server or proxy logs it.
    Ok(PasswordLink { url: format!("{}/set-password#{}", app.public_url.origin(), secret.expose()), expires_at })
}

/// Makes a link for a user, as the operator.
pub async fn create_link(app: &App, tx: &mut Transaction, user: &User, client: &Client) -> Result<PasswordLink, StoreError> {
    let link = make_link(app, tx, user).await?;
    audit::insert(tx, event(user, EventType::PasswordLinkCreated, client)).await?;
    Ok(link)
}

/// Redeems a link: sets the password and ends the user's sessions.
pub async fn redeem(app: &App, client: &Client, request: &SetPassword) -> Result<(), ApiError> {
    check_new_password(&request.password).map_err(|code| ApiError::field("password", code))?;
    let digest = RandomSecret::received(&request.link).digest(Purpose::PasswordLink);
    // Hashing is dear: not for links that don't work anyway.
    let Some((account, user)) = people::password_link_owner(&mut *app.store.conn().await?, &digest).await? else {
        return Err(app.look_up_failures.count(client.network()).map_or(ApiError::LinkInvalid, ApiError::TooManyAttempts));
    };
    let hash = app.passwords.hash(&request.password).await?;
    let mut tx = app.store.begin_change(account, Reach::User(user)).await?;
    if redeem_locked(&mut tx, user, &digest, &hash, client).await? {
        Ok(tx.commit().await?)
    } else {
        tx.rollback().await?;
        Err(ApiError::LinkInvalid)
    }
}

async fn redeem_locked(tx: &mut Transaction, id: UserId, digest: &[u8; 32], hash: &str, client: &Client) -> Result<bool, ApiError> {
    let user = people::find_by_id(tx, id).await?;
    if !user.is_active() || !people::redeem_password_link(tx, digest).await? {
        return Ok(false);
    }
    people::set_password(tx, id, hash).await?;
    people::end_sessions(tx, &user).await?;
    audit::insert(tx, event(&user, EventType::PasswordUpdated, client)).await?;
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
