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

/// Of more tokens than this the newest are met soon on a walk from the newest token. Of fewer, the walk could pass by all the others.
const RARE: i64 = 100;

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
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = BigInt)]
    owners: i64,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// The live tokens of the account that an effect touches at `now`.
pub async fn touched(tx: &mut Transaction, account: AccountId, effect: &Effect, now: Timestamp) -> Result<Touched, StoreError> {
    // A scan of the whole table would read every other account's tokens as well; an index in memory is cheaper than the usual costs say; and
    // tokens and their use are each read in the order of the id, so that to merge them is half the work of hashing one.
    for setting in ["SET LOCAL enable_seqscan = off", "SET LOCAL random_page_cost = 1.1", "SET LOCAL enable_hashjoin = off"] {
        diesel::sql_query(setting).execute(tx).await?;
    }
    let hits = Hits { account, effect, now };
    let count = "SELECT coalesce(sum(tokens), 0)::bigint AS count, count(owner_id) AS owners FROM (SELECT t.owner_id, count(*) AS tokens";
    let count: CountRow = hits.select(count).sql(" GROUP BY t.owner_id) owners").query().get_result(tx).await?;
    let newest = "created_at DESC, t.id DESC LIMIT ";
    let sample = if count.count > RARE {
        hits.select("SELECT t.id").sql(" ORDER BY t.").sql(newest)
    } else {
        // OFFSET keeps the inner query as it is: all of them are found, then sorted.
        hits.select("SELECT t.id FROM (SELECT t.id, t.created_at").sql(" OFFSET 0) t ORDER BY t.").sql(newest)
    };
    let sample: Vec<IdRow> = sample.bind::<BigInt, _>(SAMPLE).query().load(tx).await?;
    let sample = newest_of(tx, account, sample.into_iter().map(|row| row.id).collect()).await?;
    Ok(Touched { count: count.count.unsigned_abs(), owners: count.owners.unsigned_abs(), sample })
}

/// What an effect touches, to be selected from.
struct Hits<'a> {
    account: AccountId,
    effect: &'a Effect,
    now: Timestamp,
}

impl Hits<'_> {
    fn select(&self, what: &str) -> Statement {
        let Effect { breaks, unless, .. } = self.effect;
        let with_use = unless.iter().chain([breaks]).any(asks_for_use);
        let tables = if with_use { "tokens t JOIN token_usage u ON u.token_id = t.id" } else { "tokens t" };
        let statement = Statement::new(format!("{what} FROM {tables} WHERE t.account_id = ")).bind::<SqlUuid, _>(self.account.0);
        let statement = statement.sql(" AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ");
        let statement = push(statement.bind::<Timestamptz, _>(at(self.now)).sql(") AND "), breaks);
        unless.iter().fold(statement, |statement, other| push(statement.sql(" AND NOT "), other))
    }
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
            let statement = statement.sql("(t.created_at <= ").bind::<Timestamptz, _>(at(*since));
            let statement = statement.sql(" AND (u.last_used_at IS NULL OR u.last_used_at <= ").bind::<Timestamptz, _>(at(*since)).sql(")");
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
