//! Personal access tokens: mint, edit, delete (P1–P10).

use jiff::Timestamp;
use pat_core::audit::{EventType, Outcome};
use pat_core::grant::{Edit, EditableToken, Grantor, LiveToken, Mint};
use pat_core::id::{AccountId, TokenId, UserId};
use pat_core::people::RevokeReason;
use pat_core::scope::ScopeSet;
use pat_core::secret::TokenSecret;
use pat_core::settings::AccountSettings;
use pat_core::token::{TokenKind, Version};
use pat_core::widening;
use pat_core::wire::{AdminRevoke, CreateToken, CreatedToken, EditToken, PersonalAccessToken, RevokedAll};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Asker, Record, require_admin, require_fresh};
use crate::app::App;
use crate::client::Client;
use crate::error::ApiError;
use crate::store::audit::{self, NewEvent};
use crate::store::sessions::SignedIn;
use crate::store::tokens::{Changed, CreatedVia, NewToken, TokenRow};
use crate::store::{self, Conn, Reach, StoreError, settings, tokens};

/// Makes a token for the user who asks.
pub async fn mint(app: &App, asker: Asker<'_>, owner: UserId, request: &CreateToken) -> Result<CreatedToken, ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::User(owner)).await?;
    let mut record = Record::new(EventType::TokenCreated);
    let work = async {
        let decided = decide_fresh(app, &mut tx, &actor, request).await?;
        store_decided(app, &mut tx, &actor, &decided, CreatedVia::Page, &mut record).await
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// A personal token that may be made, as things stand under the locks.
pub(super) struct Decided {
    /// The token.
    pub mint: Mint,
    account: AccountSettings,
    now: Timestamp,
}

/// Decides on a personal token for the actor (P1–P8).
pub(super) async fn decide(app: &App, conn: &mut Conn, actor: &SignedIn, request: &CreateToken) -> Result<Decided, ApiError> {
    let (account, live) = facts(conn, actor).await?;
    let now = store::now(conn).await?;
    let mint = Grantor::user(&app.policy, &actor.roles, &account, &live).mint(request, now, &app.time_zones)?;
    Ok(Decided { mint, account, now })
}

/// The same, and asks for a fresh sign-in where the token is worth it.
pub(super) async fn decide_fresh(app: &App, conn: &mut Conn, actor: &SignedIn, request: &CreateToken) -> Result<Decided, ApiError> {
    let decided = decide(app, conn, actor, request).await?;
    if widening::elevates(&app.policy, ScopeSet::EMPTY, decided.mint.scopes) {
        require_fresh(actor)?;
    }
    Ok(decided)
}

/// Makes the token that was decided on.
pub(super) async fn store_decided(
    app: &App,
    conn: &mut Conn,
    actor: &SignedIn,
    decided: &Decided,
    via: CreatedVia,
    record: &mut Record,
) -> Result<CreatedToken, ApiError> {
    let Decided { mint, account, now } = decided;
    let holder = Holder { account_id: actor.account_id(), owner: Some(actor.user_id()), via };
    let (id, secret) = store_minted(app, conn, holder, mint, *now, record).await?;
    let row = own_token(conn, actor, id).await?;
    Ok(CreatedToken { token: secret.expose().to_owned(), personal_access_token: row.view(&app.policy, account, *now) })
}

/// Whose a new token will be, and how it comes to be.
#[derive(Clone, Copy)]
pub(super) struct Holder {
    pub account_id: AccountId,
    /// `None` for an organization token.
    pub owner: Option<UserId>,
    pub via: CreatedVia,
}

/// Draws a secret and stores what was decided, for a user or, without one, for the account.
pub(super) async fn store_minted(
    app: &App,
    conn: &mut Conn,
    holder: Holder,
    mint: &Mint,
    now: Timestamp,
    record: &mut Record,
) -> Result<(TokenId, TokenSecret), StoreError> {
    let Holder { account_id, owner, via } = holder;
    let kind = if owner.is_some() { TokenKind::Personal } else { TokenKind::Organization };
    let secret = TokenSecret::draw(kind, |bytes| rand::fill(bytes));
    let id = TokenId(Uuid::now_v7());
    let token = NewToken {
        id,
        account_id,
        owner,
        secret: &secret,
        name: &mint.name,
        scopes: app.policy.scope_names(mint.scopes),
        created_at: now,
        expires_at: mint.expires_at,
        created_via: via,
    };
    tokens::insert(conn, &token).await?;
    record.token = Some((id, mint.name.as_str().to_owned()));
    record.context = json!({ "scopes": token.scopes, "expires_at": mint.expires_at });
    Ok((id, secret))
}

/// Changes name and scopes of a token of the user who asks (P9).
pub async fn edit(
    app: &App,
    asker: Asker<'_>,
    owner: UserId,
    id: TokenId,
    seen: Version,
    request: &EditToken,
) -> Result<PersonalAccessToken, ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::User(owner)).await?;
    let mut record = Record::new(EventType::TokenUpdated);
    let work = edit_locked(app, &mut tx, &actor, id, seen, request, &mut record).await;
    asker.conclude(tx, &actor, record, work).await
}

async fn edit_locked(
    app: &App,
    conn: &mut Conn,
    actor: &SignedIn,
    id: TokenId,
    seen: Version,
    request: &EditToken,
    record: &mut Record,
) -> Result<PersonalAccessToken, ApiError> {
    let row = own_token(conn, actor, id).await?;
    record.token = Some((id, row.name.clone()));
    let (account, live) = facts(conn, actor).await?;
    let now = store::now(conn).await?;
    let token = row.editable(&app.policy, now)?;
    let edit = Grantor::user(&app.policy, &actor.roles, &account, &live).edit(&token, seen, request)?;
    if widening::elevates(&app.policy, token.granted.known, edit.granted.known) {
        require_fresh(actor)?;
    }
    store_edited(app, conn, &token, &edit, record).await?;
    Ok(own_token(conn, actor, id).await?.view(&app.policy, &account, now))
}

/// Stores what was decided, unless it is what stands there already.
pub(super) async fn store_edited(
    app: &App,
    conn: &mut Conn,
    token: &EditableToken,
    edit: &Edit,
    record: &mut Record,
) -> Result<(), StoreError> {
    let (before, after) = (token.granted.names(&app.policy), edit.granted.names(&app.policy));
    record.context = json!({
        "name": { "from": token.name.as_str(), "to": edit.name.as_str() },
        "added_scopes": after.iter().filter(|scope| !before.contains(scope)).collect::<Vec<_>>(),
        "removed_scopes": before.iter().filter(|scope| !after.contains(scope)).collect::<Vec<_>>(),
    });
    if edit.name == token.name && after == before { Ok(()) } else { tokens::update(conn, token.id, &edit.name, &after).await }
}

/// Deletes a token of the user who asks. A dead token stays as it is, and that is a success.
pub async fn delete(app: &App, asker: Asker<'_>, owner: UserId, id: TokenId) -> Result<(), ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::User(owner)).await?;
    let mut record = Record::new(EventType::TokenDeleted);
    let work = async {
        let row = own_token(&mut tx, &actor, id).await?;
        revoke_locked(&mut tx, &actor, &row, None, &mut record).await
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// Revokes all live tokens of the user who asks, in one transaction, with a row for each.
pub async fn delete_all(app: &App, asker: Asker<'_>, owner: UserId) -> Result<RevokedAll, ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::User(owner)).await?;
    let mut record = Record::new(EventType::TokensDeleted);
    let work = async {
        let revoked = tokens::revoke_own(&mut tx, asker.account_id, actor.user_id()).await?;
        let because = json!({ "owner_id": actor.user_id(), "because": EventType::TokensDeleted.as_str() });
        let of_token = |token| event(&actor, asker.client, token, because.clone());
        audit::insert_all(&mut tx, revoked.iter().map(of_token)).await?;
        record.context = json!({ "revoked": revoked.len() });
        Ok(RevokedAll { revoked: u64::try_from(revoked.len()).unwrap_or(u64::MAX) })
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

fn event<'a>(actor: &'a SignedIn, client: &'a Client, token: &'a Changed, context: Value) -> NewEvent<'a> {
    NewEvent {
        account_id: actor.account_id(),
        event_type: EventType::TokenDeleted,
        outcome: Outcome::Succeeded,
        reason: None,
        user: Some(actor.event_user()),
        token: Some((token.id(), &token.name)),
        method: None,
        context,
        session_id: Some(actor.session_id()),
        client,
    }
}

/// What a change of a token may touch. Its owner never changes, so it may be read before the locks that it names. Where there is no
/// such token the answer will be 404, once the asker is known to be who may ask.
pub(super) async fn reach(app: &App, account: AccountId, id: TokenId) -> Result<Reach, ApiError> {
    let found = tokens::find_any(&mut *app.store.conn().await?, account, id).await?;
    Ok(found.and_then(|row| row.owner_id()).map_or(Reach::Account, Reach::User))
}

/// Deletes any token of the account, or any of one kind, for a workspace admin who says why.
pub async fn admin_delete(
    app: &App,
    asker: Asker<'_>,
    id: TokenId,
    only: Option<TokenKind>,
    request: &AdminRevoke,
) -> Result<(), ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, reach(app, asker.account_id, id).await?).await?;
    let mut record = Record::new(deleted(only.unwrap_or(TokenKind::Personal)));
    let work = async {
        require_admin(&actor)?;
        let found = tokens::find_any(&mut tx, asker.account_id, id).await?;
        let row = found.filter(|row| only.is_none_or(|kind| kind == row.kind())).ok_or(ApiError::NotFound)?;
        record.event_type = deleted(row.kind());
        record.token = Some((id, row.name.clone()));
        let reason = RevokeReason::parse(request.reason, request.note.as_deref())?;
        revoke_locked(&mut tx, &actor, &row, Some(&reason), &mut record).await
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

fn deleted(kind: TokenKind) -> EventType {
    match kind {
        TokenKind::Personal => EventType::TokenDeleted,
        TokenKind::Organization => EventType::OrganizationTokenDeleted,
    }
}

async fn revoke_locked(
    conn: &mut Conn,
    actor: &SignedIn,
    row: &TokenRow,
    reason: Option<&RevokeReason>,
    record: &mut Record,
) -> Result<(), ApiError> {
    record.token = Some((row.id(), row.name.clone()));
    let was_dead = row.lifecycle().status(store::now(conn).await?).is_dead();
    record.context = json!({ "owner_id": row.owner_id(), "reason": reason.map(RevokeReason::code), "note": reason.and_then(RevokeReason::note), "was_dead_already": was_dead });
    if !was_dead {
        tokens::revoke(conn, row.id(), Some(actor.user_id()), reason).await?;
    }
    Ok(())
}

/// What a user's mint or edit is decided on, read under their lock.
async fn facts(conn: &mut Conn, actor: &SignedIn) -> Result<(AccountSettings, Vec<LiveToken>), StoreError> {
    let account = settings::find(conn, actor.account_id()).await?;
    let live = tokens::live_of_user(conn, actor.account_id(), actor.user_id()).await?;
    Ok((account, live.iter().map(TokenRow::live).collect()))
}

/// A token of the actor. Another's is as if it didn't exist.
async fn own_token(conn: &mut Conn, actor: &SignedIn, id: TokenId) -> Result<TokenRow, ApiError> {
    let found = tokens::find(conn, actor.account_id(), id).await?;
    found.filter(|row| row.owner_id() == Some(actor.user_id())).ok_or(ApiError::NotFound)
}
