//! Organization tokens (P12): made, edited and revoked by workspace admins; any scope that the account supports; no user.

use pat_core::audit::EventType;
use pat_core::grant::{Grantor, LiveToken};
use pat_core::id::TokenId;
use pat_core::settings::AccountSettings;
use pat_core::token::{TokenKind, Version};
use pat_core::wire::{AdminRevoke, CreateToken, CreatedOrganizationToken, EditToken, PersonalAccessToken};

use super::tokens::{Holder, admin_delete, store_edited, store_minted};
use super::{Asker, Record, require_admin, require_fresh};
use crate::app::App;
use crate::error::ApiError;
use crate::store::sessions::SignedIn;
use crate::store::tokens::{CreatedVia, TokenRow};
use crate::store::{self, Conn, Reach, StoreError, settings, tokens};

/// Makes one.
pub async fn mint(app: &App, asker: Asker<'_>, request: &CreateToken) -> Result<CreatedOrganizationToken, ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::OrganizationTokenCreated);
    let work = mint_locked(app, &mut tx, &actor, request, &mut record).await;
    asker.conclude(tx, &actor, record, work).await
}

async fn mint_locked(
    app: &App,
    conn: &mut Conn,
    actor: &SignedIn,
    request: &CreateToken,
    record: &mut Record,
) -> Result<CreatedOrganizationToken, ApiError> {
    require_admin(actor)?;
    let (account, live) = facts(conn, actor).await?;
    let now = store::now(conn).await?;
    let mint = Grantor::account(&app.policy, &account, &live).mint(request, now, &app.time_zones)?;
    require_fresh(actor)?;
    let holder = Holder { account_id: actor.account_id(), owner: None, via: CreatedVia::Page };
    let (id, secret) = store_minted(app, conn, holder, &mint, now, record).await?;
    let row = find(conn, actor, id).await?;
    Ok(CreatedOrganizationToken { token: secret.expose().to_owned(), organization_token: row.view(&app.policy, &account, now) })
}

/// Changes name and scopes.
pub async fn edit(app: &App, asker: Asker<'_>, id: TokenId, seen: Version, request: &EditToken) -> Result<PersonalAccessToken, ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::OrganizationTokenUpdated);
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
    require_admin(actor)?;
    let row = find(conn, actor, id).await?;
    record.token = Some((id, row.name.clone()));
    let (account, live) = facts(conn, actor).await?;
    let now = store::now(conn).await?;
    let token = row.editable(&app.policy, now)?;
    let edit = Grantor::account(&app.policy, &account, &live).edit(&token, seen, request)?;
    if !edit.granted.known.is_subset(token.granted.known) {
        require_fresh(actor)?;
    }
    store_edited(app, conn, &token, &edit, record).await?;
    Ok(find(conn, actor, id).await?.view(&app.policy, &account, now))
}

/// Revokes one; a dead one stays as it is, and that is a success.
pub async fn revoke(app: &App, asker: Asker<'_>, id: TokenId, request: &AdminRevoke) -> Result<(), ApiError> {
    admin_delete(app, asker, id, Some(TokenKind::Organization), request).await
}

async fn find(conn: &mut Conn, actor: &SignedIn, id: TokenId) -> Result<TokenRow, ApiError> {
    tokens::find_organization(conn, actor.account_id(), id).await?.ok_or(ApiError::NotFound)
}

async fn facts(conn: &mut Conn, actor: &SignedIn) -> Result<(AccountSettings, Vec<LiveToken>), StoreError> {
    let account = settings::find(conn, actor.account_id()).await?;
    let live = tokens::live_organization(conn, actor.account_id()).await?;
    Ok((account, live.iter().map(TokenRow::live).collect()))
}
