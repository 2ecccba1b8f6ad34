//! Who is in the account and can sign in, for workspace admins. Deactivation takes tokens with it in the same transaction (P4).

use pat_core::audit::EventType;
use pat_core::id::UserId;
use pat_core::invitation::Invitation;
use pat_core::people::{ReasonCode, RevokeReason, is_workspace_admin, keep_an_admin};
use pat_core::wire::{AdminUser, FieldCode, Invite, Invited, PasswordLink};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Asker, Record, passwords, require_admin, require_fresh};
use crate::app::App;
use crate::error::ApiError;
use crate::store::people::User;
use crate::store::sessions::SignedIn;
use crate::store::{self, Conn, Reach, StoreError, Transaction, people, tokens};

/// Adds a person, who chooses their password with the link in the answer.
pub async fn invite(app: &App, asker: Asker<'_>, request: &Invite) -> Result<Invited, ApiError> {
    let id = UserId(Uuid::now_v7());
    let (mut tx, actor) = asker.begin(&app.store, Reach::User(id)).await?;
    let mut record = Record::new(EventType::UserCreated);
    record.context = json!({ "target": { "name": request.name, "email": request.email }, "roles": request.roles });
    let work = async {
        require_admin(&actor)?;
        let Invitation { name, email, roles } = Invitation::parse(&app.policy, request).map_err(ApiError::Invalid)?;
        require_fresh(&actor)?;
        if !people::insert_user(&mut tx, asker.account_id, id, &email, &name, None).await? {
            return Err(ApiError::field("email", FieldCode::Taken));
        }
        people::set_roles(&mut tx, asker.account_id, id, &roles).await?;
        let user = people::find_by_id(&mut tx, id).await?;
        record.context = json!({ "target": person(&user), "roles": roles });
        let link = passwords::make_link(app, &mut tx, &user).await?;
        Ok(Invited { user: view(app, &mut tx, &user).await?, link })
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// Makes a link that sets a person's password. Earlier links and their sessions end.
pub async fn create_password_link(app: &App, asker: Asker<'_>, id: UserId) -> Result<PasswordLink, ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::User(id)).await?;
    let mut record = Record::new(EventType::PasswordLinkCreated);
    let work = async {
        let user = target(asker, &mut tx, &actor, id, &mut record).await?;
        if !user.is_active() {
            return Err(ApiError::Deactivated);
        }
        require_fresh(&actor)?;
        people::end_sessions(&mut tx, &user).await?;
        Ok(passwords::make_link(app, &mut tx, &user).await?)
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// Ends all of a person's sessions.
pub async fn end_sessions(app: &App, asker: Asker<'_>, id: UserId) -> Result<(), ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::User(id)).await?;
    let mut record = Record::new(EventType::SessionsEnded);
    let work = async {
        let user = target(asker, &mut tx, &actor, id, &mut record).await?;
        Ok(people::end_sessions(&mut tx, &user).await?)
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// Deactivates a person: their tokens are revoked, their sessions and one-time links end (P4).
pub async fn deactivate(app: &App, asker: Asker<'_>, id: UserId) -> Result<AdminUser, ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::UserDeactivated);
    let work = async {
        let user = target(asker, &mut tx, &actor, id, &mut record).await?;
        let was_admin = user.can_sign_in() && is_workspace_admin(&people::roles(&mut tx, id).await?);
        keep_an_admin(was_admin, false, people::other_admins(&mut tx, asker.account_id, id).await?)?;
        people::deactivate(&mut tx, &user).await?;
        revoke_tokens(asker, &mut tx, &actor, &user).await?;
        view(app, &mut tx, &user).await
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

async fn revoke_tokens(asker: Asker<'_>, tx: &mut Transaction, actor: &SignedIn, user: &User) -> Result<(), ApiError> {
    let live = tokens::live_of_user(tx, asker.account_id, user.id()).await?;
    let reason = RevokeReason::without_note(ReasonCode::Left);
    tokens::revoke_all_of_user(tx, asker.account_id, user.id(), actor.user_id(), &reason).await?;
    for row in live {
        let mut revoked = Record::new(EventType::TokenDeleted);
        revoked.token = Some((row.id(), row.name.clone()));
        revoked.context = json!({
            "owner_id": user.id(), "target": person(user), "reason": reason.code(), "because": EventType::UserDeactivated.as_str(),
        });
        revoked.write(tx, actor, asker.client, None).await?;
    }
    Ok(())
}

/// Lets a person in again. Their tokens stay revoked (P4).
pub async fn reactivate(app: &App, asker: Asker<'_>, id: UserId) -> Result<AdminUser, ApiError> {
    let (mut tx, actor) = asker.begin(&app.store, Reach::Account).await?;
    let mut record = Record::new(EventType::UserReactivated);
    let work = async {
        let user = target(asker, &mut tx, &actor, id, &mut record).await?;
        require_fresh(&actor)?;
        people::reactivate(&mut tx, id).await?;
        view(app, &mut tx, &user).await
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

/// The person that an admin acts on, locked; the log says who it is.
pub(super) async fn target(
    asker: Asker<'_>,
    tx: &mut Transaction,
    actor: &SignedIn,
    id: UserId,
    record: &mut Record,
) -> Result<User, ApiError> {
    record.context = json!({ "target": { "id": id } });
    require_admin(actor)?;
    tx.lock_user(asker.account_id, id).await?;
    let user = people::find(tx, asker.account_id, id).await?.ok_or(ApiError::NotFound)?;
    record.context = json!({ "target": person(&user) });
    Ok(user)
}

/// A person in a row's context, by the name they have now.
pub(super) fn person(user: &User) -> Value {
    json!({ "id": user.id(), "name": user.name, "email": user.email })
}

/// A person as they are after a change.
pub(super) async fn view(app: &App, conn: &mut Conn, user: &User) -> Result<AdminUser, ApiError> {
    let now = store::now(conn).await?;
    let row = people::find_person(conn, user.account_id(), now, user.id()).await?;
    Ok(row.ok_or_else(|| StoreError::inconsistent("a locked user is not there"))?.view(&app.policy))
}
