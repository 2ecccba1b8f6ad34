//! Changes of many tokens: what one would touch, and its batches.

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use pat_core::id::{AccountId, TokenId, UserId};
use pat_core::inventory::Act;
use pat_core::people::RevokeReason;
use pat_core::token::TokenKind;
use uuid::Uuid;

use super::matching::{Search, at};
use crate::store::statement::Statement;
use crate::store::{Conn, StoreError, Transaction};

/// How many tokens, of how many owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The tokens.
    pub tokens: u64,
    /// People who own some of them.
    pub owners: u64,
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    tokens: i64,
    #[diesel(sql_type = BigInt)]
    owners: i64,
}

/// Counts. A scan of the whole table would also read every other account's tokens, and owners are too many for the usual memory.
pub async fn count(tx: &mut Transaction, search: &Search<'_>) -> Result<Count, StoreError> {
    diesel::sql_query("SET LOCAL enable_seqscan = off").execute(&mut **tx).await?;
    diesel::sql_query("SET LOCAL work_mem = '64MB'").execute(&mut **tx).await?;
    let statement = Statement::new(
        "SELECT coalesce(sum(tokens), 0)::bigint AS tokens, count(owner_id) AS owners FROM (SELECT t.owner_id, count(*) AS tokens",
    );
    let statement = search.push(search.from("tokens", statement, search.asks_for_use()));
    let row: CountRow = statement.sql(" GROUP BY t.owner_id) owners").query().get_result(&mut **tx).await?;
    Ok(Count { tokens: row.tokens.unsigned_abs(), owners: row.owners.unsigned_abs() })
}

/// A token that a batch changed.
#[derive(Clone, Debug, QueryableByName)]
pub struct Changed {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    owner_id: Option<Uuid>,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
}

impl Changed {
    /// Its id.
    pub fn id(&self) -> TokenId {
        TokenId(self.id)
    }

    /// Whose it is.
    pub fn owner_id(&self) -> Option<UserId> {
        self.owner_id.map(UserId)
    }

    /// Personal or organization.
    pub fn kind(&self) -> TokenKind {
        if self.owner_id.is_some() { TokenKind::Personal } else { TokenKind::Organization }
    }
}

/// Does the same to those of these tokens that still match, under the account's exclusive lock; `by` is `None` for the operator. One
/// statement, so that each owner's stamp is renewed once.
pub async fn apply(
    conn: &mut Conn,
    search: &Search<'_>,
    ids: &[TokenId],
    act: &Act,
    by: Option<UserId>,
) -> Result<Vec<Changed>, StoreError> {
    let by = by.map(|id| id.0);
    let statement = Statement::new("UPDATE tokens SET version = version + 1, ");
    let statement = match act {
        Act::Revoke(reason) => set_revoked(statement, by, Some(reason)),
        Act::Pause(until) => statement
            .sql("paused_by = ")
            .bind::<Nullable<SqlUuid>, _>(by)
            .sql(", paused_until = greatest(paused_until, ")
            .bind::<Timestamptz, _>(at(*until))
            .sql(")"),
        Act::Resume {} => statement.sql("paused_by = NULL, paused_until = NULL"),
    };
    let statement = of_these(statement, search, ids);
    let statement = if matches!(act, Act::Resume {}) {
        statement.sql(" AND paused_until > ").bind::<Timestamptz, _>(at(search.now))
    } else {
        statement
    };
    Ok(statement.sql(" RETURNING id, owner_id, name").query().load(conn).await?)
}

/// Revokes all of a user's live tokens, as they want it themselves, under their lock.
pub async fn revoke_own(conn: &mut Conn, account: AccountId, owner: UserId) -> Result<Vec<Changed>, StoreError> {
    let statement = set_revoked(Statement::new("UPDATE tokens SET version = version + 1, "), Some(owner.0), None);
    let statement = statement.sql(" WHERE account_id = ").bind::<SqlUuid, _>(account.0).sql(" AND owner_id = ").bind::<SqlUuid, _>(owner.0);
    let live = " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > pat_now()) RETURNING id, owner_id, name";
    Ok(statement.sql(live).query().load(conn).await?)
}

fn set_revoked(statement: Statement, by: Option<Uuid>, reason: Option<&RevokeReason>) -> Statement {
    statement
        .sql("revoked_at = pat_now(), revoked_by = ")
        .bind::<Nullable<SqlUuid>, _>(by)
        .sql(", revoke_reason = ")
        .bind::<Nullable<Text>, _>(reason.map(|reason| reason.code().as_str()))
        .sql(", revoke_note = ")
        .bind::<Nullable<Text>, _>(reason.and_then(RevokeReason::note).map(str::to_owned))
}

fn of_these(statement: Statement, search: &Search<'_>, ids: &[TokenId]) -> Statement {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let statement = search.from("tokens", statement.sql(" WHERE id IN (SELECT t.id"), search.asks_for_use());
    search.push(statement).sql(" AND t.id = ANY (").bind::<Array<SqlUuid>, _>(ids).sql("))")
}
