//! The people behind many tokens, read once each: an export meets them again and again.

use std::collections::HashMap;

use diesel::QueryableByName;
use diesel::sql_types::{Array, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use pat_core::id::AccountId;
use uuid::Uuid;

use super::read::TokenRow;
use crate::store::{Conn, StoreError};

/// People of an account, as they were when they were met first.
#[derive(Debug, Default)]
pub struct People(HashMap<Uuid, Known>);

/// What is known of somebody.
#[derive(Debug, QueryableByName)]
pub(super) struct Known {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) email: String,
    #[diesel(sql_type = Array<Text>)]
    pub(super) roles: Vec<String>,
}

impl People {
    /// Fills in the people of rows that were read without them.
    pub(super) async fn complete(&mut self, conn: &mut Conn, account: AccountId, rows: &mut [TokenRow]) -> Result<(), StoreError> {
        let mut unknown: Vec<_> = rows.iter().flat_map(TokenRow::people).filter(|id| !self.0.contains_key(id)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        if !unknown.is_empty() {
            let sql = "SELECT u.id, u.name, u.email, ARRAY(SELECT role FROM user_roles r WHERE r.account_id = u.account_id AND r.user_id = u.id) AS roles
                         FROM users u WHERE u.account_id = $1 AND u.id = ANY ($2)";
            let query = diesel::sql_query(sql).bind::<SqlUuid, _>(account.0).bind::<Array<SqlUuid>, _>(unknown);
            let known: Vec<Known> = query.load(conn).await?;
            self.0.extend(known.into_iter().map(|known| (known.id, known)));
        }
        for row in rows {
            row.complete(|id| self.0.get(&id));
        }
        Ok(())
    }
}
