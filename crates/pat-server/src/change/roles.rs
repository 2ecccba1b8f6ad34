//! Roles, for workspace admins, with what follows for tokens in the same transaction (P3).

use pat_core::audit::EventType;
use pat_core::id::{AccountId, UserId};
use pat_core::policy::Policy;
use pat_core::roles::{Holder, strike, struck_scopes};
use pat_core::scope::{GrantedScopes, ScopeSet};
use pat_core::widening;
use pat_core::wire::{AdminUser, NamedToken, RolesPreview, SetRoles, StruckToken};
use serde_json::json;

use super::people::{person, target, view};
use super::{Asker, Record, require_fresh};
use crate::app::App;
use crate::error::ApiError;
use crate::store::people::User;
use crate::store::sessions::SignedIn;
use crate::store::tokens::TokenRow;
use crate::store::{Conn, Reach, Transaction, people, tokens};

/// Sets a user's roles. Scopes that only the lost roles allowed are struck from the user's live tokens, and the log says which.
pub async fn set(app: &App, asker: Asker<'_>, id: UserId, request: &SetRoles) -> Result<AdminUser, ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::RolesUpdated);
    let work = set_locked(app, asker, &mut tx, &actor, id, request, &mut record).await;
    asker.conclude(tx, &actor, record, work).await
}

async fn set_locked(
    app: &App,
    asker: Asker<'_>,
    tx: &mut Transaction,
    actor: &SignedIn,
    id: UserId,
    request: &SetRoles,
    record: &mut Record,
) -> Result<AdminUser, ApiError> {
    let user = target(asker, tx, actor, id, record).await?;
    let before = decide(app, tx, &user, request).await;
    record.context = json!({ "target": person(&user), "from": before.as_ref().ok(), "to": request.to });
    let before = before?;
    if widening::adds_role(&before, &request.to) {
        require_fresh(actor)?;
    }
    people::set_roles(tx, asker.account_id, id, &request.to).await?;
    let live = tokens::live_of_user(tx, asker.account_id, id).await?;
    for (row, left, lost) in strikes(&app.policy, &before, &request.to, &live) {
        tokens::set_scopes(tx, row.id(), &left.names(&app.policy)).await?;
        let mut struck = Record::new(EventType::TokenUpdated);
        struck.token = Some((row.id(), row.name.clone()));
        struck.context = json!({
            "owner_id": id, "target": person(&user), "removed_scopes": app.policy.scope_names(lost), "because": EventType::RolesUpdated.as_str(),
        });
        struck.write(tx, actor, asker.client, None).await?;
    }
    view(app, tx, &user).await
}

/// What setting a user's roles would take from their live tokens. Nothing is written.
pub async fn preview(app: &App, conn: &mut Conn, account: AccountId, id: UserId, request: &SetRoles) -> Result<RolesPreview, ApiError> {
    let user = people::find(conn, account, id).await?.ok_or(ApiError::NotFound)?;
    let before = decide(app, conn, &user, request).await?;
    let live = tokens::live_of_user(conn, account, id).await?;
    let struck = |(row, _, lost): (&TokenRow, _, _)| StruckToken {
        token: NamedToken { id: row.id(), name: row.name.clone() },
        scopes: app.policy.scope_names(lost),
    };
    Ok(RolesPreview {
        lost_scopes: app.policy.scope_names(struck_scopes(&app.policy, &before, &request.to)),
        added_scopes: app.policy.scope_names(struck_scopes(&app.policy, &request.to, &before)),
        tokens: strikes(&app.policy, &before, &request.to, &live).map(struck).collect(),
    })
}

/// The user's roles now, if those that are asked for may take their place.
async fn decide(app: &App, conn: &mut Conn, user: &User, request: &SetRoles) -> Result<Vec<String>, ApiError> {
    let roles = people::roles(conn, user.id()).await?;
    let other_admins = people::other_admins(conn, user.account_id(), user.id()).await?;
    Holder { roles: &roles, is_active: user.can_sign_in(), other_admins }.decide(&app.policy, request)?;
    Ok(roles)
}

/// The live tokens that lose scopes, with what is left and what is lost.
fn strikes<'a>(
    policy: &'a Policy,
    before: &[String],
    after: &[String],
    live: &'a [TokenRow],
) -> impl Iterator<Item = (&'a TokenRow, GrantedScopes, ScopeSet)> {
    let struck = struck_scopes(policy, before, after);
    live.iter().filter_map(move |row| strike(&row.granted(policy), struck).map(|(left, lost)| (row, left, lost)))
}
