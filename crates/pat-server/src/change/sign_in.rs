//! Signing in and out.

use std::time::Duration;

use jiff::SignedDuration;
use pat_core::audit::{EventType, Outcome};
use pat_core::email::{Email, MAX_EMAIL_BYTES};
use pat_core::id::SessionId;
use pat_core::people::MAX_PASSWORD_BYTES;
use pat_core::wire::{ConfirmPassword, FieldCode, FieldError, SignIn};
use serde_json::json;
use uuid::Uuid;

use super::{Asker, Record};
use crate::app::App;
use crate::client::Client;
use crate::error::ApiError;
use crate::random_secret::{Purpose, RandomSecret};
use crate::store::audit::{self, EventUser, NewEvent};
use crate::store::people::{self, User};
use crate::store::sessions::SignedIn;
use crate::store::{self, Reach, sessions};

/// How much a sign-in is slowed once an e-mail address has failed too often from anywhere: enough to make guessing useless,
/// little enough not to lock its owner out.
const SLOW: Duration = Duration::from_secs(1);

/// Signs in and returns the cookie's secret. Unknown e-mail address, wrong password and deactivation look alike and take alike.
pub async fn create(app: &App, client: &Client, request: &SignIn) -> Result<RandomSecret, ApiError> {
    check_fields(request)?;
    // What is no address is nobody's.
    let email = Email::parse(&request.email).ok().ok_or(ApiError::WrongCredentials)?;
    count_attempt(app, client, &email).await?;
    let user = people::find_by_email(&mut *app.store.conn().await?, &email).await?;
    let phc = user.as_ref().filter(|user| user.is_active()).and_then(|user| user.password.phc());
    let is_right = app.passwords.verify(&request.password, phc).await?;
    let session = match user {
        Some(user) => conclude(app, client, &user, is_right).await?,
        None => None,
    };
    let secret = session.ok_or(ApiError::WrongCredentials)?;
    forget_attempts(app, client, email);
    Ok(secret)
}

/// Counts an attempt as failed before it is made; the right password makes it forgotten. Signing in and confirming count together.
async fn count_attempt(app: &App, client: &Client, email: &Email) -> Result<(), ApiError> {
    if let Some(seconds) = app.sign_in_failures.count((email.clone(), client.network())) {
        return Err(ApiError::TooManyAttempts(seconds));
    }
    if app.email_failures.count(email.clone()).is_some() {
        tokio::time::sleep(SLOW).await;
    }
    Ok(())
}

fn forget_attempts(app: &App, client: &Client, email: Email) {
    app.email_failures.forget(&email);
    app.sign_in_failures.forget(&(email, client.network()));
}

/// Stores the session, or the failure, of a known user.
async fn conclude(app: &App, client: &Client, seen: &User, is_right: bool) -> Result<Option<RandomSecret>, ApiError> {
    let mut tx = app.store.begin_change(seen.account_id(), Reach::User(seen.id())).await?;
    // Between the hash and these locks the password may have been reset, or its owner deactivated.
    let user = people::find(&mut tx, seen.account_id(), seen.id()).await?.ok_or(ApiError::WrongCredentials)?;
    let may = is_right && user.is_active() && user.password == seen.password;
    let session_id = SessionId(Uuid::now_v7());
    let secret = RandomSecret::draw();
    if may {
        let expires_at = store::now(&mut tx).await? + SignedDuration::from_secs(sessions::ABSOLUTE_SECONDS);
        let digest = secret.digest(Purpose::Session);
        sessions::insert(&mut tx, session_id, user.account_id(), user.id(), &digest, expires_at, client).await?;
    }
    let event = NewEvent {
        account_id: user.account_id(),
        event_type: EventType::SessionCreated,
        outcome: if may { Outcome::Succeeded } else { Outcome::Refused },
        reason: if may { None } else { Some(ApiError::WrongCredentials.code()) },
        user: Some(EventUser { id: user.id(), name: &user.name, email: &user.email }),
        token: None,
        method: None,
        context: json!({ "source": "password" }),
        session_id: may.then_some(session_id),
        client,
    };
    audit::insert(&mut tx, event).await?;
    tx.commit().await?;
    Ok(may.then_some(secret))
}

/// Takes the password again, which makes the sign-in fresh.
pub async fn confirm(app: &App, session: &SignedIn, client: &Client, request: &ConfirmPassword) -> Result<(), ApiError> {
    if let Some(error) = check_field("password", &request.password, MAX_PASSWORD_BYTES) {
        return Err(ApiError::Invalid(vec![error]));
    }
    let email = Email::parse(&session.email).map_err(anyhow::Error::from)?;
    count_attempt(app, client, &email).await?;
    let seen = people::find_by_id(&mut *app.store.conn().await?, session.user_id()).await?;
    let is_right = app.passwords.verify(&request.password, seen.password.phc()).await?;

    let asker = Asker::new(session, client);
    let (mut tx, actor) = asker.begin(&app.store, Reach::User(session.user_id())).await?;
    let work = async {
        // Between the hash and these locks the password may have been reset.
        let user = people::find_by_id(&mut tx, actor.user_id()).await?;
        if is_right && user.password == seen.password {
            Ok(sessions::confirm(&mut tx, actor.session_id()).await?)
        } else {
            Err(ApiError::WrongCredentials)
        }
    }
    .await;
    asker.conclude(tx, &actor, Record::new(EventType::SessionConfirmed), work).await?;
    forget_attempts(app, client, email);
    Ok(())
}

/// Signs out.
pub async fn end(app: &App, asker: Asker<'_>) -> Result<(), ApiError> {
    let mut tx = app.store.begin().await?;
    let Some(actor) = sessions::find(&mut tx, asker.session_id).await? else {
        tx.rollback().await?;
        return Err(ApiError::NotSignedIn);
    };
    let ended = sessions::end(&mut tx, asker.session_id).await.map_err(ApiError::from);
    asker.conclude(tx, &actor, Record::new(EventType::SessionDeleted), ended).await
}

fn check_fields(request: &SignIn) -> Result<(), ApiError> {
    let email = check_field("email", &request.email, MAX_EMAIL_BYTES);
    let password = check_field("password", &request.password, MAX_PASSWORD_BYTES);
    let errors: Vec<_> = email.into_iter().chain(password).collect();
    if errors.is_empty() { Ok(()) } else { Err(ApiError::Invalid(errors)) }
}

fn check_field(field: &str, value: &str, max: usize) -> Option<FieldError> {
    if value.trim().is_empty() {
        Some(FieldError::new(field, FieldCode::Required))
    } else if value.len() > max {
        Some(FieldError::new(field, FieldCode::TooLong))
    } else {
        None
    }
}
