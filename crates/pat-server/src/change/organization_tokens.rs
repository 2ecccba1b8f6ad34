//! Organization tokens (P12): made, edited and revoked by workspace admins; any scope that the account supports; no user.

use pat_core::audit::EventType;
use pat_core::grant::Grantor;
use pat_core::id::TokenId;
use pat_core::people::RevokeReason;
use pat_core::secret::TokenSecret;
use pat_core::settings::AccountSettings;
use pat_core::token::{TokenKind, Version};
use pat_core::wire::{AdminRevoke, CreateToken, CreatedOrganizationToken, EditToken, PersonalAccessToken};
use serde_json::json;
use uuid::Uuid;

use super::tokens::edited;
use super::{Asker, Record, require_admin, require_fresh};
use crate::app::App;
use crate::error::ApiError;
use crate::store::sessions::SignedIn;
use crate::store::tokens::{CreatedVia, NewToken, TokenRow};
use crate::store::{self, Conn, Reach, settings, tokens};

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
    let live: Vec<_> = live.iter().map(TokenRow::live).collect();
    let now = store::now(conn).await?;
    let supported = account.supported(&app.policy, TokenKind::Organization);
    let grantor = Grantor { policy: &app.policy, grantable: supported, supported, live: &live };
    let mint = grantor.mint(request, &account, now, &app.time_zones)?;
    require_fresh(actor)?;

    let secret = TokenSecret::draw(TokenKind::Organization, |bytes| rand::fill(bytes));
    let token = NewToken {
        id: TokenId(Uuid::now_v7()),
        account_id: actor.account_id(),
        owner: None,
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
    let row = find(conn, actor, token.id).await?;
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
    let live: Vec<_> = live.iter().map(TokenRow::live).collect();
    let now = store::now(conn).await?;
    let token = row.editable(&app.policy, now)?;
    let supported = account.supported(&app.policy, TokenKind::Organization);
    let edit = Grantor { policy: &app.policy, grantable: supported, supported, live: &live }.edit(&token, seen, request)?;

    let (before, after) = (token.granted.names(&app.policy), edit.granted.names(&app.policy));
    if !edit.granted.known.is_subset(token.granted.known) {
        require_fresh(actor)?;
    }
    if edit.name != token.name || after != before {
        tokens::update(conn, id, &edit.name, &after).await?;
    }
    record.context = edited(&token.name, &edit.name, &before, &after);
    Ok(find(conn, actor, id).await?.view(&app.policy, &account, now))
}

/// Revokes one; a dead one stays as it is, and that is a success.
pub async fn revoke(app: &App, asker: Asker<'_>, id: TokenId, request: &AdminRevoke) -> Result<(), ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::OrganizationTokenDeleted);
    let work = async {
        require_admin(&actor)?;
        let row = find(&mut tx, &actor, id).await?;
        record.token = Some((id, row.name.clone()));
        let reason = RevokeReason::parse(request.reason, request.note.as_deref()).map_err(|error| ApiError::Invalid(vec![error]))?;
        super::tokens::revoke_locked(&mut tx, &actor, &row, Some(&reason), &mut record).await
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

async fn find(conn: &mut Conn, actor: &SignedIn, id: TokenId) -> Result<TokenRow, ApiError> {
    tokens::find_organization(conn, actor.account_id(), id).await?.ok_or(ApiError::NotFound)
}

async fn facts(conn: &mut Conn, actor: &SignedIn) -> Result<(AccountSettings, Vec<TokenRow>), ApiError> {
    let account = settings::find(conn, actor.account_id()).await?;
    Ok((account, tokens::live_organization(conn, actor.account_id()).await?))
}
