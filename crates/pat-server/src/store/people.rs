//! Accounts, users, roles and one-time links.

mod list;

use std::collections::{HashMap, HashSet};

use diesel::dsl::{exists, select};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use pat_core::email::Email;
use pat_core::id::{AccountId, UserId};
use pat_core::policy::WORKSPACE_ADMIN;
use uuid::Uuid;

use super::schema::{accounts, password_links, pat_now, sessions, user_roles, users};
use super::{Conn, StoreError};

pub use self::list::{Filter, PersonRow, Position, find_person, list};

/// A user as decisions see them.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub struct User {
    id: Uuid,
    account_id: Uuid,
    /// DX's id of the user.
    pub wire_id: i64,
    /// In lower case.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What their password is checked against.
    #[diesel(column_name = password_hash, deserialize_as = Option<String>)]
    pub password: StoredPassword,
    #[diesel(deserialize_as = jiff_diesel::NullableTimestamp)]
    deactivated_at: Option<Timestamp>,
}

/// A PHC string, or nothing until the user chose a password. Its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPassword(Option<String>);

impl StoredPassword {
    /// The PHC string.
    pub fn phc(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl From<Option<String>> for StoredPassword {
    fn from(phc: Option<String>) -> Self {
        Self(phc)
    }
}

impl std::fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredPassword(…)")
    }
}

impl User {
    /// Their id.
    pub fn id(&self) -> UserId {
        UserId(self.id)
    }

    /// Their account.
    pub fn account_id(&self) -> AccountId {
        AccountId(self.account_id)
    }

    /// Deactivated users can't sign in, and their tokens are revoked (P4).
    pub fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }

    /// Whether they can act as what their roles make them.
    pub fn can_sign_in(&self) -> bool {
        self.is_active() && self.password.phc().is_some()
    }
}

/// Makes an account.
pub async fn insert_account(conn: &mut Conn, id: AccountId, name: &str) -> Result<(), StoreError> {
    diesel::insert_into(accounts::table).values((accounts::id.eq(id.0), accounts::name.eq(name))).execute(conn).await?;
    Ok(())
}

/// Whether there is such an account.
pub async fn account_exists(conn: &mut Conn, id: AccountId) -> Result<bool, StoreError> {
    Ok(select(exists(accounts::table.find(id.0))).get_result(conn).await?)
}

/// All accounts.
pub async fn account_ids(conn: &mut Conn) -> Result<Vec<AccountId>, StoreError> {
    let ids: Vec<Uuid> = accounts::table.select(accounts::id).order(accounts::id).load(conn).await?;
    Ok(ids.into_iter().map(AccountId).collect())
}

/// An account's name.
pub async fn account_name(conn: &mut Conn, id: AccountId) -> Result<String, StoreError> {
    Ok(accounts::table.find(id.0).select(accounts::name).first(conn).await?)
}

/// Makes a user, and says whether the e-mail address was free; it may be somebody's in another account.
pub async fn insert_user(
    conn: &mut Conn,
    account: AccountId,
    id: UserId,
    email: &Email,
    name: &str,
    password_hash: Option<&str>,
) -> Result<bool, StoreError> {
    let row = (
        users::id.eq(id.0),
        users::account_id.eq(account.0),
        users::email.eq(email.as_str()),
        users::name.eq(name),
        users::password_hash.eq(password_hash),
    );
    let insert = diesel::insert_into(users::table).values(row).on_conflict(users::email).do_nothing();
    Ok(insert.execute(conn).await? == 1)
}

/// Whether somebody has this e-mail address already, in any account.
pub async fn email_exists(conn: &mut Conn, email: &Email) -> Result<bool, StoreError> {
    Ok(select(exists(users::table.filter(users::email.eq(email.as_str())))).get_result(conn).await?)
}

/// Finds a user by e-mail address.
pub async fn find_by_email(conn: &mut Conn, email: &Email) -> Result<Option<User>, StoreError> {
    let query = users::table.filter(users::email.eq(email.as_str())).select(User::as_select());
    Ok(query.first(conn).await.optional()?)
}

/// Finds a user of the account.
pub async fn find(conn: &mut Conn, account: AccountId, id: UserId) -> Result<Option<User>, StoreError> {
    let query = users::table.find(id.0).filter(users::account_id.eq(account.0)).select(User::as_select());
    Ok(query.first(conn).await.optional()?)
}

/// Finds users of the account by DX's ids or by e-mail addresses in lower case.
pub async fn find_all(conn: &mut Conn, account: AccountId, wire_ids: &[i64], emails: &[String]) -> Result<Vec<User>, StoreError> {
    let wanted = users::wire_id.eq_any(wire_ids).or(users::email.eq_any(emails));
    Ok(users::table.filter(users::account_id.eq(account.0)).filter(wanted).select(User::as_select()).load(conn).await?)
}

/// Finds a user who is known to exist.
pub async fn find_by_id(conn: &mut Conn, id: UserId) -> Result<User, StoreError> {
    Ok(users::table.find(id.0).select(User::as_select()).first(conn).await?)
}

/// A user's roles, by name.
pub async fn roles(conn: &mut Conn, user: UserId) -> Result<Vec<String>, StoreError> {
    let query = user_roles::table.filter(user_roles::user_id.eq(user.0)).order(user_roles::role).select(user_roles::role);
    Ok(query.load(conn).await?)
}

/// Replaces a user's roles; triggers renew their stamp.
pub async fn set_roles(conn: &mut Conn, account: AccountId, user: UserId, roles: &[String]) -> Result<(), StoreError> {
    let of_user = user_roles::table.filter(user_roles::user_id.eq(user.0));
    diesel::delete(of_user.filter(user_roles::role.ne_all(roles))).execute(conn).await?;
    let row = |role| (user_roles::account_id.eq(account.0), user_roles::user_id.eq(user.0), user_roles::role.eq(role));
    let rows: Vec<_> = roles.iter().map(row).collect();
    diesel::insert_into(user_roles::table).values(rows).on_conflict_do_nothing().execute(conn).await?;
    Ok(())
}

/// Counts the account's active workspace admins other than this user. Who has no password yet can't act as one.
pub async fn other_admins(conn: &mut Conn, account: AccountId, user: UserId) -> Result<u64, StoreError> {
    let count: i64 = user_roles::table
        .inner_join(users::table.on(users::id.eq(user_roles::user_id)))
        .filter(user_roles::account_id.eq(account.0))
        .filter(user_roles::role.eq(WORKSPACE_ADMIN))
        .filter(user_roles::user_id.ne(user.0))
        .filter(users::deactivated_at.is_null())
        .filter(users::password_hash.is_not_null())
        .count()
        .get_result(conn)
        .await?;
    Ok(count.unsigned_abs())
}

/// Deactivates a user and ends their sessions and one-time links; a trigger renews their stamp.
pub async fn deactivate(conn: &mut Conn, user: &User) -> Result<(), StoreError> {
    let active = users::table.find(user.id).filter(users::deactivated_at.is_null());
    diesel::update(active).set(users::deactivated_at.eq(pat_now().nullable())).execute(conn).await?;
    end_password_links(conn, user).await?;
    end_sessions(conn, user).await
}

/// Lets a user in again. Their tokens stay revoked.
pub async fn reactivate(conn: &mut Conn, user: UserId) -> Result<(), StoreError> {
    let never: Option<jiff_diesel::Timestamp> = None;
    diesel::update(users::table.find(user.0)).set(users::deactivated_at.eq(never)).execute(conn).await?;
    Ok(())
}

/// Ends all of a user's sessions.
pub async fn end_sessions(conn: &mut Conn, user: &User) -> Result<(), StoreError> {
    let of_user = sessions::table.filter(sessions::account_id.eq(user.account_id)).filter(sessions::user_id.eq(user.id));
    let open = of_user.filter(sessions::ended_at.is_null());
    diesel::update(open).set(sessions::ended_at.eq(pat_now().nullable())).execute(conn).await?;
    Ok(())
}

/// Stores a one-time link, of which only the digest is known here. Earlier links of the user end.
pub async fn insert_password_link(conn: &mut Conn, user: &User, digest: &[u8; 32], expires_at: Timestamp) -> Result<(), StoreError> {
    end_password_links(conn, user).await?;
    let row = (
        password_links::digest.eq(digest.as_slice()),
        password_links::account_id.eq(user.account_id),
        password_links::user_id.eq(user.id),
        password_links::expires_at.eq(jiff_diesel::Timestamp::from(expires_at)),
    );
    diesel::insert_into(password_links::table).values(row).execute(conn).await?;
    Ok(())
}

/// Ends a user's links.
async fn end_password_links(conn: &mut Conn, user: &User) -> Result<(), StoreError> {
    let of_user = password_links::table.filter(password_links::account_id.eq(user.account_id)).filter(password_links::user_id.eq(user.id));
    diesel::delete(of_user.filter(password_links::used_at.is_null())).execute(conn).await?;
    Ok(())
}

/// Whose a one-time link is, or `None` if it is unknown, used or expired.
pub async fn password_link_owner(conn: &mut Conn, digest: &[u8; 32]) -> Result<Option<(AccountId, UserId)>, StoreError> {
    let valid = password_links::table
        .find(digest.as_slice())
        .filter(password_links::used_at.is_null())
        .filter(password_links::expires_at.gt(pat_now()))
        .select((password_links::account_id, password_links::user_id));
    Ok(valid.first(conn).await.optional()?.map(|(account, user)| (AccountId(account), UserId(user))))
}

/// Uses up a one-time link, under its owner's lock, and says whether it still worked.
pub async fn redeem_password_link(conn: &mut Conn, digest: &[u8; 32]) -> Result<bool, StoreError> {
    let valid = password_links::table
        .find(digest.as_slice())
        .filter(password_links::used_at.is_null())
        .filter(password_links::expires_at.gt(pat_now()));
    Ok(diesel::update(valid).set(password_links::used_at.eq(pat_now().nullable())).execute(conn).await? == 1)
}

/// Stores a new password.
pub async fn set_password(conn: &mut Conn, user: UserId, phc: &str) -> Result<(), StoreError> {
    diesel::update(users::table.find(user.0)).set(users::password_hash.eq(phc)).execute(conn).await?;
    Ok(())
}

/// DX's ids of users of an account.
pub async fn wire_ids(conn: &mut Conn, account: AccountId, ids: impl Iterator<Item = Uuid>) -> Result<HashMap<Uuid, i64>, StoreError> {
    let ids: HashSet<Uuid> = ids.collect();
    let known = users::table.filter(users::account_id.eq(account.0)).filter(users::id.eq_any(ids)).select((users::id, users::wire_id));
    Ok(known.load::<(Uuid, i64)>(conn).await?.into_iter().collect())
}
