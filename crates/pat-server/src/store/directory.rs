//! Users as other people's programs see them: by DX's ids, in numbered pages.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use pat_core::id::AccountId;

use super::schema::users;
use super::{Conn, StoreError};

/// A user with their roles.
#[derive(Clone, Debug, QueryableByName)]
pub struct Entry {
    /// DX's id.
    #[diesel(sql_type = BigInt)]
    pub wire_id: i64,
    /// Their name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// In lower case.
    #[diesel(sql_type = Text)]
    pub email: String,
    /// Since when they are no user any more.
    #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub deactivated_at: Option<Timestamp>,
    /// Names of their roles.
    #[diesel(sql_type = Array<Text>)]
    pub roles: Vec<String>,
}

/// A page of an account's users in the order of their ids.
pub async fn page(conn: &mut Conn, account: AccountId, offset: i64, limit: i64) -> Result<Vec<Entry>, StoreError> {
    let sql = "SELECT u.wire_id, u.name, u.email, u.deactivated_at,
                ARRAY(SELECT r.role FROM user_roles r WHERE r.account_id = u.account_id AND r.user_id = u.id ORDER BY r.role) AS roles
           FROM users u WHERE u.account_id = $1 ORDER BY u.wire_id OFFSET $2 LIMIT $3";
    let page = diesel::sql_query(sql).bind::<SqlUuid, _>(account.0).bind::<BigInt, _>(offset).bind::<BigInt, _>(limit);
    Ok(page.load(conn).await?)
}

/// How many users an account has.
pub async fn count(conn: &mut Conn, account: AccountId) -> Result<i64, StoreError> {
    Ok(users::table.filter(users::account_id.eq(account.0)).count().get_result(conn).await?)
}
