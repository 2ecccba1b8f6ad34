//! Which live tokens break a setting, as SQL: what a preview shows and what a revocation takes is one condition.

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use pat_core::id::AccountId;
use pat_core::settings::{BrokenRule, Effect};
use uuid::Uuid;

use super::read::{TokenRow, newest_of};
use crate::store::statement::Statement;
use crate::store::{StoreError, Transaction};

/// How many tokens a preview shows.
const SAMPLE: i64 = 10;

/// What an effect touches.
#[derive(Clone, Debug)]
pub struct Touched {
    /// How many tokens.
    pub count: u64,
    /// How many people own some of them.
    pub owners: u64,
    /// The newest of them.
    pub sample: Vec<TokenRow>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = BigInt)]
    owners: i64,
    #[diesel(sql_type = Array<SqlUuid>)]
    sample: Vec<Uuid>,
}

/// The live tokens of the account that an effect touches at `now`.
pub async fn touched(tx: &mut Transaction, account: AccountId, effect: &Effect, now: Timestamp) -> Result<Touched, StoreError> {
    // A scan of the whole table would read every other account's tokens as well, and an index in memory is cheaper than the usual costs say.
    diesel::sql_query("SET LOCAL enable_seqscan = off").execute(tx).await?;
    diesel::sql_query("SET LOCAL random_page_cost = 1.1").execute(tx).await?;
    let rules = || effect.unless.iter().chain([&effect.breaks]);
    let from = if rules().any(asks_for_use) { "tokens t JOIN token_usage u ON u.token_id = t.id" } else { "tokens t" };
    // Gathered once: where few tokens match, to look for the newest of them on their own would be as much work again.
    let statement = Statement::new(format!("WITH hits AS MATERIALIZED (SELECT t.id, t.owner_id, t.created_at FROM {from}"));
    let statement = statement.sql(" WHERE t.account_id = ").bind::<SqlUuid, _>(account.0);
    let statement = statement.sql(" AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ").bind::<Timestamptz, _>(at(now));
    let mut statement = push(statement.sql(") AND "), &effect.breaks);
    for other in &effect.unless {
        statement = push(statement.sql(" AND NOT "), other);
    }
    let statement = statement
        .sql(") SELECT (SELECT count(*) FROM hits) AS count, (SELECT count(owner_id) FROM (SELECT DISTINCT owner_id FROM hits) owners) AS owners, ")
        .sql("ARRAY(SELECT id FROM hits ORDER BY created_at DESC, id DESC LIMIT ")
        .bind::<BigInt, _>(SAMPLE)
        .sql(") AS sample");
    let row: Row = statement.query().get_result(tx).await?;
    let sample = newest_of(tx, account, row.sample).await?;
    Ok(Touched { count: row.count.unsigned_abs(), owners: row.owners.unsigned_abs(), sample })
}

/// Whether a rule asks for `u`, a token's use.
pub(super) fn asks_for_use(rule: &BrokenRule) -> bool {
    matches!(rule, BrokenRule::NotUsedSince { .. })
}

/// Adds the condition, in brackets; it is never NULL, so that it may be negated.
pub(super) fn push(statement: Statement, rule: &BrokenRule) -> Statement {
    match rule {
        BrokenRule::LivesLonger { days } => {
            let hours = i32::try_from(*days).unwrap_or(i32::MAX).saturating_mul(24);
            let statement = statement.sql("(t.expires_at IS NULL OR t.expires_at - t.created_at > make_interval(hours => ");
            statement.bind::<Integer, _>(hours).sql("))")
        }
        BrokenRule::NeverEnds {} => statement.sql("(t.expires_at IS NULL)"),
        BrokenRule::NotUsedSince { at: since, from } => {
            let statement = statement.sql("(coalesce(u.last_used_at, t.created_at) <= ").bind::<Timestamptz, _>(at(*since));
            match from {
                Some(from) => statement.sql(" AND t.created_at >= ").bind::<Timestamptz, _>(at(*from)).sql(")"),
                None => statement.sql(")"),
            }
        }
        BrokenRule::Holds { personal, organization } if personal == organization => hold(statement.sql("("), personal).sql(")"),
        BrokenRule::Holds { personal, organization } => {
            let statement = hold(statement.sql("(t.kind = 'personal' AND "), personal);
            hold(statement.sql(" OR t.kind = 'organization' AND "), organization).sql(")")
        }
    }
}

fn hold(statement: Statement, scopes: &[String]) -> Statement {
    statement.sql("t.scopes && ").bind::<Array<Text>, _>(scopes.to_vec())
}

fn at(instant: Timestamp) -> jiff_diesel::Timestamp {
    instant.into()
}
