//! Roles and (de)activation, with what follows for tokens in the same transaction (P3, P4).

use pat_core::audit::EventType;
use pat_core::id::UserId;
use pat_core::people::{ReasonCode, RevokeReason, is_workspace_admin, keep_an_admin, strike, struck_scopes};
use pat_core::wire::{FieldCode, FieldError};
use serde_json::json;

use super::{Asker, Record, require_admin};
use crate::app::App;
use crate::error::ApiError;
use crate::store::people::User;
use crate::store::sessions::SignedIn;
use crate::store::{Reach, Transaction, people, tokens};

/// Sets a user's roles, for a workspace admin. Scopes that only the lost roles allowed are struck from the user's live tokens,
/// and the log says which (P3).
pub async fn set_roles(app: &App, asker: Asker<'_>, user: UserId, roles: &[String]) -> Result<(), ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::RolesUpdated);
    let work = set_roles_locked(app, asker, &mut tx, &actor, user, roles, &mut record).await;
    asker.conclude(tx, &actor, record, work).await
}

async fn set_roles_locked(
    app: &App,
    asker: Asker<'_>,
    tx: &mut Transaction,
    actor: &SignedIn,
    user: UserId,
    roles: &[String],
    record: &mut Record,
) -> Result<(), ApiError> {
    let (target, before) = target(asker, tx, actor, user).await?;
    record.context = json!({ "user_id": user, "from": before, "to": roles });
    check_roles(app, roles)?;
    let is_admin = target.is_active() && is_workspace_admin(&before);
    let others = people::other_admins(tx, asker.account_id, user).await?;
    keep_an_admin(is_admin, is_workspace_admin(roles), others)?;

    people::set_roles(tx, asker.account_id, user, roles).await?;
    let struck = struck_scopes(&app.policy, &before, roles);
    for row in tokens::live_of_user(tx, asker.account_id, user).await? {
        let granted = row.granted(&app.policy);
        let Some((left, lost)) = strike(&granted, struck) else { continue };
        tokens::set_scopes(tx, row.id(), &left.names(&app.policy)).await?;
        let mut struck = Record::new(EventType::TokenUpdated);
        struck.token = Some((row.id(), row.name.clone()));
        struck.context = json!({ "owner_id": user, "removed_scopes": app.policy.scope_names(lost), "because": "user_roles.updated" });
        struck.write(tx, actor, asker.client, None).await?;
    }
    Ok(())
}

/// Deactivates a user, for a workspace admin: their tokens are revoked and their sessions end (P4).
pub async fn deactivate(app: &App, asker: Asker<'_>, user: UserId) -> Result<(), ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::UserDeactivated);
    record.context = json!({ "user_id": user });
    let work = async {
        let (target, roles) = target(asker, &mut tx, &actor, user).await?;
        let is_admin = target.is_active() && is_workspace_admin(&roles);
        keep_an_admin(is_admin, false, people::other_admins(&mut tx, asker.account_id, user).await?)?;
        people::deactivate(&mut tx, user).await?;
        let live = tokens::live_of_user(&mut tx, asker.account_id, user).await?;
        tokens::revoke_all_of_user(&mut tx, asker.account_id, user, actor.user_id(), &RevokeReason::without_note(ReasonCode::Left)).await?;
        for row in live {
            let mut revoked = Record::new(EventType::TokenDeleted);
            revoked.token = Some((row.id(), row.name.clone()));
            revoked.context = json!({ "owner_id": user, "because": "users.deactivated" });
            revoked.write(&mut tx, &actor, asker.client, None).await?;
        }
        Ok(())
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// Lets a user in again, for a workspace admin. Their tokens stay revoked (P4).
pub async fn reactivate(app: &App, asker: Asker<'_>, user: UserId) -> Result<(), ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::UserReactivated);
    record.context = json!({ "user_id": user });
    let work = async {
        target(asker, &mut tx, &actor, user).await?;
        Ok(people::reactivate(&mut tx, user).await?)
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// The user that an admin acts on, locked, and their roles.
async fn target(asker: Asker<'_>, tx: &mut Transaction, actor: &SignedIn, user: UserId) -> Result<(User, Vec<String>), ApiError> {
    require_admin(actor)?;
    tx.lock_user(asker.account_id, user).await?;
    let target = people::find(tx, asker.account_id, user).await?.ok_or(ApiError::NotFound)?;
    Ok((target, people::roles(tx, user).await?))
}

fn check_roles(app: &App, roles: &[String]) -> Result<(), ApiError> {
    if roles.is_empty() {
        return Err(ApiError::field("roles", FieldCode::Required));
    }
    let unknown = roles.iter().enumerate().filter(|(_, role)| app.policy.role(role).is_none());
    let errors: Vec<_> = unknown.map(|(index, _)| FieldError::new(&format!("roles[{index}]"), FieldCode::Invalid)).collect();
    if errors.is_empty() { Ok(()) } else { Err(ApiError::Invalid(errors)) }
}
