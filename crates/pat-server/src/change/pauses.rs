//! Pauses, by a token's owner or by a workspace admin.

use jiff::Timestamp;
use pat_core::audit::EventType;
use pat_core::id::TokenId;
use pat_core::pause::Pauser;
use pat_core::token::TokenKind;
use pat_core::wire::{AdminToken, Pause, PersonalAccessToken};
use serde_json::json;

use super::{Asker, Record, require_admin, require_fresh};
use crate::app::App;
use crate::error::ApiError;
use crate::store::sessions::SignedIn;
use crate::store::tokens::TokenRow;
use crate::store::{self, Conn, Reach, Transaction, settings, tokens};

/// Pauses a token of the user who asks.
pub async fn pause(app: &App, asker: Asker<'_>, id: TokenId, request: &Pause) -> Result<PersonalAccessToken, ApiError> {
    Ok(run(app, asker, Role::Owner, id, Wish::Pause(request)).await?.token)
}

/// Ends the pause of a token of the user who asks. Without one that is a success, too.
pub async fn resume(app: &App, asker: Asker<'_>, id: TokenId) -> Result<PersonalAccessToken, ApiError> {
    Ok(run(app, asker, Role::Owner, id, Wish::Resume).await?.token)
}

/// Pauses any token of the account, for a workspace admin.
pub async fn admin_pause(app: &App, asker: Asker<'_>, id: TokenId, request: &Pause) -> Result<AdminToken, ApiError> {
    run(app, asker, Role::Admin, id, Wish::Pause(request)).await
}

/// Ends the pause of any token of the account, for a workspace admin.
pub async fn admin_resume(app: &App, asker: Asker<'_>, id: TokenId) -> Result<AdminToken, ApiError> {
    run(app, asker, Role::Admin, id, Wish::Resume).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Owner,
    Admin,
}

#[derive(Clone, Copy)]
enum Wish<'a> {
    Pause(&'a Pause),
    Resume,
}

impl Wish<'_> {
    fn event_type(self, kind: TokenKind) -> EventType {
        match (self, kind) {
            (Self::Pause(_), TokenKind::Personal) => EventType::TokenPaused,
            (Self::Pause(_), TokenKind::Organization) => EventType::OrganizationTokenPaused,
            (Self::Resume, TokenKind::Personal) => EventType::TokenResumed,
            (Self::Resume, TokenKind::Organization) => EventType::OrganizationTokenResumed,
        }
    }
}

async fn run(app: &App, asker: Asker<'_>, role: Role, id: TokenId, wish: Wish<'_>) -> Result<AdminToken, ApiError> {
    let reach = super::tokens::reach(app, asker.account_id, id).await?;
    let (mut tx, actor) = asker.begin(&app.store, reach).await?;
    let kind = if matches!(reach, Reach::User(_)) { TokenKind::Personal } else { TokenKind::Organization };
    let mut record = Record::new(wish.event_type(kind));
    let work = run_locked(app, &mut tx, &actor, role, id, wish, &mut record).await;
    asker.conclude(tx, &actor, record, work).await
}

async fn run_locked(
    app: &App,
    tx: &mut Transaction,
    actor: &SignedIn,
    role: Role,
    id: TokenId,
    wish: Wish<'_>,
    record: &mut Record,
) -> Result<AdminToken, ApiError> {
    if role == Role::Admin {
        require_admin(actor)?;
    }
    let row = token(tx, actor, role, id).await?;
    record.token = Some((id, row.name.clone()));
    let before = row.pausable();
    let context =
        |until: Option<Timestamp>| json!({ "owner_id": row.owner_id(), "paused_until": before.lifecycle.paused_until, "until": until });
    record.context = context(None);
    let now = store::now(tx).await?;
    let by = match role {
        Role::Owner => Pauser::Owner(actor.user_id()),
        Role::Admin => Pauser::Admin(actor.user_id()),
    };
    let until = match wish {
        Wish::Pause(request) => Some(before.pause(by, request.until, now)?),
        Wish::Resume => {
            before.resume(by, now)?;
            None
        }
    };
    record.context = context(until);
    if before.lifts_another_s(actor.user_id(), until, now) {
        require_fresh(actor)?;
    }
    match until {
        Some(until) => tokens::pause(tx, id, actor.user_id(), until).await?,
        None if before.is_paused(now) => tokens::resume(tx, id).await?,
        None => {}
    }
    let settings = settings::find(tx, actor.account_id()).await?;
    Ok(token(tx, actor, role, id).await?.admin_view(&app.policy, &settings, now))
}

/// The token. An owner sees their own only.
async fn token(conn: &mut Conn, actor: &SignedIn, role: Role, id: TokenId) -> Result<TokenRow, ApiError> {
    let found = tokens::find_any(conn, actor.account_id(), id).await?;
    found.filter(|row| role == Role::Admin || row.owner_id() == Some(actor.user_id())).ok_or(ApiError::NotFound)
}
