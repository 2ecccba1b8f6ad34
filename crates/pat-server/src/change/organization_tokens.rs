//! Organization tokens (P12): made, edited and revoked by workspace admins; any scope that the account supports; no user.

use pat_core::audit::EventType;
use pat_core::grant::Grantor;
use pat_core::id::TokenId;
use pat_core::people::RevokeReason;
use pat_core::secret::TokenSecret;
use pat_core::settings::AccountSettings;
use pat_core::token::{TokenKind, Version};
use pat_core::wire::{CreateToken, EditToken};
use serde_json::json;
use uuid::Uuid;

use super::{Asker, Record, require_admin};
use crate::app::App;
use crate::error::ApiError;
use crate::store::sessions::SignedIn;
use crate::store::tokens::{CreatedVia, NewToken, TokenRow};
use crate::store::{self, Conn, Reach, settings, tokens};

/// Makes one; its secret is in the answer only.
pub async fn mint(app: &App, asker: Asker<'_>, request: &CreateToken) -> Result<(TokenId, TokenSecret), ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::OrganizationTokenCreated);
    let work = async {
        require_admin(&actor)?;
        let (account, live) = facts(&mut tx, &actor).await?;
        let live: Vec<_> = live.iter().map(TokenRow::live).collect();
        let now = store::now(&mut tx).await?;
        let supported = account.supported(&app.policy, TokenKind::Organization);
        let grantor = Grantor { policy: &app.policy, grantable: supported, supported, live: &live };
        let mint = grantor.mint(request, &account, now, &app.time_zones)?;
        let secret = TokenSecret::draw(TokenKind::Organization, |bytes| rand::fill(bytes));
        let token = NewToken {
            id: TokenId(Uuid::now_v7()),
            account_id: asker.account_id,
            owner: None,
            secret: &secret,
            name: &mint.name,
            scopes: app.policy.scope_names(mint.scopes),
            created_at: now,
            expires_at: mint.expires_at,
            created_via: CreatedVia::Page,
        };
        tokens::insert(&mut tx, &token).await?;
        record.token = Some((token.id, mint.name.as_str().to_owned()));
        record.context = json!({ "scopes": token.scopes, "expires_at": mint.expires_at });
        Ok((token.id, secret))
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// Changes name and scopes.
pub async fn edit(app: &App, asker: Asker<'_>, id: TokenId, seen: Version, request: &EditToken) -> Result<(), ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::OrganizationTokenUpdated);
    let work = async {
        require_admin(&actor)?;
        let row = tokens::find_organization(&mut tx, asker.account_id, id).await?.ok_or(ApiError::NotFound)?;
        record.token = Some((id, row.name.clone()));
        let (account, live) = facts(&mut tx, &actor).await?;
        let live: Vec<_> = live.iter().map(TokenRow::live).collect();
        let token = row.editable(&app.policy, store::now(&mut tx).await?)?;
        let supported = account.supported(&app.policy, TokenKind::Organization);
        let grantor = Grantor { policy: &app.policy, grantable: supported, supported, live: &live };
        let edit = grantor.edit(&token, seen, request)?;
        let (before, after) = (token.granted.names(&app.policy), edit.granted.names(&app.policy));
        tokens::update(&mut tx, id, &edit.name, &after).await?;
        record.context =
            json!({ "from": { "name": token.name.as_str(), "scopes": before }, "to": { "name": edit.name.as_str(), "scopes": after } });
        Ok(())
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// Revokes one; a dead one stays as it is.
pub async fn revoke(app: &App, asker: Asker<'_>, id: TokenId, reason: &RevokeReason) -> Result<(), ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::OrganizationTokenDeleted);
    let work = async {
        require_admin(&actor)?;
        let row = tokens::find_organization(&mut tx, asker.account_id, id).await?.ok_or(ApiError::NotFound)?;
        record.token = Some((id, row.name.clone()));
        record.context = json!({ "reason": reason.code(), "note": reason.note() });
        if !row.lifecycle().status(store::now(&mut tx).await?).is_dead() {
            tokens::revoke(&mut tx, id, Some(actor.user_id()), Some(reason)).await?;
        }
        Ok(())
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

async fn facts(conn: &mut Conn, actor: &SignedIn) -> Result<(AccountSettings, Vec<TokenRow>), ApiError> {
    let account = settings::find(conn, actor.account_id()).await?;
    Ok((account, tokens::live_organization(conn, actor.account_id()).await?))
}
