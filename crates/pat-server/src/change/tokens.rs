//! Personal access tokens: mint, edit, delete (P1–P10).

use pat_core::audit::{EventType, Outcome};
use pat_core::grant::{self, Grantor};
use pat_core::id::{AccountId, TokenId, UserId};
use pat_core::name::TokenName;
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
use crate::store::{self, Conn, Reach, settings, tokens};

/// Makes a token for the user who asks.
pub async fn mint(app: &App, asker: Asker<'_>, owner: UserId, request: &CreateToken) -> Result<CreatedToken, ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::User(owner)).await?;
    let mut record = Record::new(EventType::TokenCreated);
    let work = mint_locked(app, &mut tx, &actor, request, &mut record).await;
    asker.conclude(tx, &actor, record, work).await
}

async fn mint_locked(
    app: &App,
    conn: &mut Conn,
    actor: &SignedIn,
    request: &CreateToken,
    record: &mut Record,
) -> Result<CreatedToken, ApiError> {
    let (account, grantable, live) = facts(app, conn, actor).await?;
    let live: Vec<_> = live.iter().map(TokenRow::live).collect();
    let now = store::now(conn).await?;
    let supported = account.supported(&app.policy, TokenKind::Personal);
    let grantor = Grantor { policy: &app.policy, grantable, supported, live: &live };
    let mint = grantor.mint(request, &account, now, &app.time_zones)?;
    if widening::elevates(&app.policy, ScopeSet::EMPTY, mint.scopes) {
        require_fresh(actor)?;
    }

    let secret = TokenSecret::draw(TokenKind::Personal, |bytes| rand::fill(bytes));
    let token = NewToken {
        id: TokenId(Uuid::now_v7()),
        account_id: actor.account_id(),
        owner: Some(actor.user_id()),
        secret: &secret,
        name: &mint.name,
        scopes: app.policy.scope_names(mint.scopes),
        created_at: now,
        expires_at: mint.expires_at,
        created_via: CreatedVia::Page,
    };
    tokens::insert(conn, &token).await?;
    record.token = Some((token.id, mint.name.as_str().to_owned()));
    record.context = json!({ "scopes": token.scopes, "expires_at": mint.expires_at });
    let row = own_token(conn, actor, token.id).await?;
    Ok(CreatedToken { token: secret.expose().to_owned(), personal_access_token: row.view(&app.policy, &account, now) })
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
    let (account, grantable, live) = facts(app, conn, actor).await?;
    let live: Vec<_> = live.iter().map(TokenRow::live).collect();
    let now = store::now(conn).await?;
    let token = row.editable(&app.policy, now)?;
    let supported = account.supported(&app.policy, TokenKind::Personal);
    let edit = Grantor { policy: &app.policy, grantable, supported, live: &live }.edit(&token, seen, request)?;
    if widening::elevates(&app.policy, token.granted.known, edit.granted.known) {
        require_fresh(actor)?;
    }

    let (before, after) = (token.granted.names(&app.policy), edit.granted.names(&app.policy));
    if edit.name != token.name || after != before {
        tokens::update(conn, id, &edit.name, &after).await?;
    }
    record.context = edited(&token.name, &edit.name, &before, &after);
    Ok(own_token(conn, actor, id).await?.view(&app.policy, &account, now))
}

/// What the log says of an edit.
pub(super) fn edited(name: &TokenName, new_name: &TokenName, before: &[String], after: &[String]) -> Value {
    json!({
        "name": { "from": name.as_str(), "to": new_name.as_str() },
        "added_scopes": after.iter().filter(|scope| !before.contains(scope)).collect::<Vec<_>>(),
        "removed_scopes": before.iter().filter(|scope| !after.contains(scope)).collect::<Vec<_>>(),
    })
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
        audit::insert_all(&mut tx, &revoked.iter().map(of_token).collect::<Vec<_>>()).await?;
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

/// Deletes any token of the account, for a workspace admin who says why.
pub async fn admin_delete(app: &App, asker: Asker<'_>, id: TokenId, request: &AdminRevoke) -> Result<(), ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, reach(app, asker.account_id, id).await?).await?;
    let mut record = Record::new(EventType::TokenDeleted);
    let work = async {
        require_admin(&actor)?;
        let row = tokens::find_any(&mut tx, asker.account_id, id).await?.ok_or(ApiError::NotFound)?;
        if row.kind() == TokenKind::Organization {
            record.event_type = EventType::OrganizationTokenDeleted;
        }
        record.token = Some((id, row.name.clone()));
        let reason = RevokeReason::parse(request.reason, request.note.as_deref()).map_err(|error| ApiError::Invalid(vec![error]))?;
        revoke_locked(&mut tx, &actor, &row, Some(&reason), &mut record).await
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

pub(super) async fn revoke_locked(
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
async fn facts(app: &App, conn: &mut Conn, actor: &SignedIn) -> Result<(AccountSettings, ScopeSet, Vec<TokenRow>), ApiError> {
    let account = settings::find(conn, actor.account_id()).await?;
    let live = tokens::live_of_user(conn, actor.account_id(), actor.user_id()).await?;
    let grantable = grant::grantable(&app.policy, &actor.roles, &account);
    Ok((account, grantable, live))
}

/// A token of the actor. Another's is as if it didn't exist.
async fn own_token(conn: &mut Conn, actor: &SignedIn, id: TokenId) -> Result<TokenRow, ApiError> {
    let found = tokens::find(conn, actor.account_id(), id).await?;
    found.filter(|row| row.owner_id() == Some(actor.user_id())).ok_or(ApiError::NotFound)
}
