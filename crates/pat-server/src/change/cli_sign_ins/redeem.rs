//! A command line fetches its token: once, with everything decided again as it stands then.

use axum::http::StatusCode;
use pat_core::audit::{EventType, Outcome};
use pat_core::id::{TokenId, UserId};
use pat_core::people::{ReasonCode, RevokeReason};
use pat_core::sign_in::callback::Callback;
use pat_core::wire::{CreateToken, CreatedToken};
use serde_json::json;

use super::super::{Record, tokens as change};
use crate::app::App;
use crate::client::Client;
use crate::error::ApiError;
use crate::random_secret::{Purpose, RandomSecret};
use crate::store::audit::{self, EventUser, NewEvent};
use crate::store::cli_sign_ins::{self, CliSignIn, Decider, Stage};
use crate::store::people::{self, User};
use crate::store::tokens::CreatedVia;
use crate::store::{self, Reach, StoreError, Transaction, sessions, tokens};
use crate::web_api::WebApiError;

/// What a program comes with.
#[derive(Clone, Copy)]
pub enum Claim<'a> {
    /// The code that a browser brought it.
    Code {
        /// What its challenge was made of.
        verifier: &'a str,
        /// Where it listened, if it says so again.
        callback: Option<&'a str>,
    },
    /// The code that a device was given.
    Device,
}

/// Why a program gets no token.
enum Refusal {
    /// Its time is over.
    Over,
    /// The person said no.
    Denied,
    WrongVerifier,
    WrongCallback,
    /// The session that decided has ended: signed out, or its person may no more.
    SessionOver,
    /// The token can't be made as things stand now.
    Mint(ApiError),
}

impl Refusal {
    /// The reason in the audit log.
    fn reason(&self) -> &'static str {
        match self {
            Self::Over => "code_over",
            Self::Denied => "access_denied",
            Self::WrongVerifier => "wrong_verifier",
            Self::WrongCallback => "wrong_callback",
            Self::SessionOver => "session_over",
            Self::Mint(error) => error.code(),
        }
    }

    fn answer(&self, claim: Claim<'_>) -> WebApiError {
        match (self, claim) {
            (Self::Over, Claim::Device) => expired(),
            (Self::Denied, _) => oauth("access_denied", "The request was refused."),
            (Self::Mint(error), _) => oauth("invalid_grant", format!("The token can't be made any more. {}", error.explain())),
            _ => invalid_grant(),
        }
    }
}

/// An error of OAuth's own table.
fn oauth(code: &'static str, message: impl Into<String>) -> WebApiError {
    WebApiError::own(StatusCode::BAD_REQUEST, code, message)
}

/// All that a stranger learns of a code that doesn't work for them.
fn invalid_grant() -> WebApiError {
    oauth("invalid_grant", "The code is unknown, used or over, or it is not for you. Begin again.")
}

fn expired() -> WebApiError {
    oauth("expired_token", "Nobody decided in time. Begin again.")
}

/// Mints the token that somebody let this program have, and spends the code.
///
/// A code is good for one use, a wrong one included. A second use revokes what the first one issued: one of the two was a thief's.
///
/// # Errors
/// OAuth's, and for a device that waits: ask again later.
pub async fn redeem(app: &App, client: &Client, code: &RandomSecret, claim: Claim<'_>) -> Result<CreatedToken, WebApiError> {
    let digest = code.digest(match claim {
        Claim::Code { .. } => Purpose::CliCode,
        Claim::Device => Purpose::DeviceCode,
    });
    let found = cli_sign_ins::find(&mut *app.store.conn().await?, &digest).await?;
    let Some(found) = found else {
        return Err(app.look_up_failures.count(client.network()).map_or_else(invalid_grant, WebApiError::RateLimited));
    };
    // Who decided never changes, so it may be read before the locks that it names.
    let (Stage::Denied(decider) | Stage::Approved(decider, _) | Stage::Spent(decider, _)) = found.stage()? else {
        return Err(wait(app, &digest, &found).await?);
    };
    let mut tx = app.store.begin_change(decider.account, Reach::User(decider.user)).await?;
    let row = cli_sign_ins::find(&mut tx, &digest).await?.ok_or_else(invalid_grant)?;
    let attempt = Attempt { app, client, claim, row: &row, decider };
    match row.stage()? {
        Stage::Waiting => Err(StoreError::inconsistent(format!("the decision on {} is gone", row.id)).into()),
        Stage::Spent(_, token) => attempt.again(tx, token).await,
        Stage::Denied(_) => attempt.refuse(tx, Refusal::Denied).await,
        Stage::Approved(_, wanted) => attempt.first(tx, &wanted).await,
    }
}

/// What a device is told that nobody has decided on.
async fn wait(app: &App, digest: &[u8; 32], device: &CliSignIn) -> Result<WebApiError, WebApiError> {
    let mut conn = app.store.conn().await?;
    if device.is_over(store::now(&mut conn).await?) {
        return Ok(expired());
    }
    let is_too_soon = cli_sign_ins::poll(&mut conn, digest).await?;
    Ok(if is_too_soon {
        oauth("slow_down", "You ask too often. Wait 5 seconds longer between two questions from now on.")
    } else {
        oauth("authorization_pending", "Nobody has decided yet. Ask again after the interval.")
    })
}

/// A program that came with a code which somebody decided on.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    app: &'a App,
    client: &'a Client,
    claim: Claim<'a>,
    row: &'a CliSignIn,
    decider: Decider,
}

impl Attempt<'_> {
    async fn first(self, mut tx: Transaction, wanted: &CreateToken) -> Result<CreatedToken, WebApiError> {
        match self.mint(&mut tx, wanted).await {
            Ok(created) => {
                cli_sign_ins::spend(&mut tx, self.row.id, Some(created.personal_access_token.id)).await?;
                tx.commit().await?;
                Ok(created)
            }
            // The transaction's state is unknown: dropping it takes everything back, and the code is as it was.
            Err(Refusal::Mint(ApiError::Store(error))) => Err(WebApiError::Store(error)),
            Err(Refusal::Mint(ApiError::Defect(error))) => Err(WebApiError::Defect(error)),
            Err(refusal) => self.refuse(tx, refusal).await,
        }
    }

    /// Checks the code, and mints as the session that decided, where P1–P8 are decided again.
    async fn mint(self, tx: &mut Transaction, wanted: &CreateToken) -> Result<CreatedToken, Refusal> {
        if self.row.is_over(store::now(tx).await?) {
            return Err(Refusal::Over);
        }
        if let Claim::Code { verifier, callback } = self.claim {
            let is_right = self.row.challenge().is_some_and(|challenge| challenge.is_of(verifier));
            if !is_right {
                return Err(Refusal::WrongVerifier);
            }
            let is_same = |text| Callback::parse(text).is_ok_and(|callback| Some(callback.to_string()) == self.row.callback);
            if !callback.is_none_or(is_same) {
                return Err(Refusal::WrongCallback);
            }
        }
        // A session ends with its sign-out, its password, its person's deactivation. The password was asked for with the consent.
        let actor = sessions::find(tx, self.decider.session).await?.ok_or(Refusal::SessionOver)?;
        let mut record = Record::new(EventType::TokenCreated);
        let decided = change::decide(self.app, tx, &actor, wanted).await?;
        let created = change::store_decided(self.app, tx, &actor, &decided, CreatedVia::Cli, &mut record).await?;
        if let Some(context) = record.context.as_object_mut() {
            context.insert("way".into(), json!(self.way()));
            context.insert("sign_in_id".into(), json!(self.row.id));
        }
        record.write(tx, &actor, self.client, None).await?;
        Ok(created)
    }

    fn way(self) -> &'static str {
        match self.claim {
            Claim::Code { .. } => "browser",
            Claim::Device => "device",
        }
    }

    /// Spends the code for nothing.
    async fn refuse(self, mut tx: Transaction, refusal: Refusal) -> Result<CreatedToken, WebApiError> {
        cli_sign_ins::spend(&mut tx, self.row.id, None).await?;
        let user = self.user(&mut tx).await?;
        audit::insert(&mut tx, self.event(&user, refusal.reason())).await?;
        tx.commit().await?;
        Err(refusal.answer(self.claim))
    }

    /// Revokes what the first use issued, if it lives. Later uses change nothing, and leave no row: there could be any number of them.
    async fn again(self, mut tx: Transaction, token: Option<TokenId>) -> Result<CreatedToken, WebApiError> {
        let issued = match token {
            Some(token) => tokens::find_any(&mut tx, self.decider.account, token).await?,
            None => None,
        };
        let now = store::now(&mut tx).await?;
        let Some(issued) = issued.filter(|token| !token.lifecycle().status(now).is_dead()) else {
            tx.rollback().await?;
            return Err(invalid_grant());
        };
        let note = "The code that it was issued for was used a second time.";
        let reason = RevokeReason::parse(Some(ReasonCode::Compromised), Some(note));
        let reason = reason.map_err(|error| anyhow::anyhow!("{error:?}")).map_err(WebApiError::Defect)?;
        tokens::revoke(&mut tx, issued.id(), None, Some(&reason)).await?;
        let user = self.user(&mut tx).await?;
        let revoked = NewEvent {
            event_type: EventType::TokenDeleted,
            outcome: Outcome::Succeeded,
            reason: None,
            user: None,
            token: Some((issued.id(), &issued.name)),
            context: json!({
                "owner_id": user.id(),
                "reason": reason.code(),
                "note": reason.note(),
                "by": "cli_sign_in",
                "sign_in_id": self.row.id,
            }),
            ..self.event(&user, "code_used_twice")
        };
        audit::insert_all(&mut tx, [self.event(&user, "code_used_twice"), revoked]).await?;
        tx.commit().await?;
        Err(invalid_grant())
    }

    async fn user(self, tx: &mut Transaction) -> Result<User, StoreError> {
        let UserId(id) = self.decider.user;
        let user = people::find(tx, self.decider.account, self.decider.user).await?;
        user.ok_or_else(|| StoreError::inconsistent(format!("user {id} is gone")))
    }

    /// A visit in vain.
    fn event<'e>(&'e self, user: &'e User, reason: &'static str) -> NewEvent<'e> {
        NewEvent {
            account_id: self.decider.account,
            event_type: EventType::SignInRedeemed,
            outcome: Outcome::Refused,
            reason: Some(reason),
            user: Some(EventUser { id: user.id(), name: &user.name, email: &user.email }),
            token: None,
            method: None,
            context: json!({ "way": self.way(), "sign_in_id": self.row.id }),
            session_id: Some(self.decider.session),
            client: self.client,
        }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Mint(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Mint(ApiError::Store(error))
    }
}
