//! Which live tokens break a setting, as SQL: what a preview shows and what a revocation takes is one condition.

use std::{iter, slice};

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

#[derive(Default, QueryableByName)]
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

/// The live tokens of the account that each of these effects touches at `now`.
pub async fn touched(tx: &mut Transaction, account: AccountId, effects: &[Effect], now: Timestamp) -> Result<Vec<Touched>, StoreError> {
    if effects.is_empty() {
        return Ok(Vec::new());
    }
    // A scan of the whole table would read every other account's tokens as well; an index in memory is cheaper than the usual costs say; and
    // tokens and their use are each read in the order of the id, so that to merge them is half the work of hashing one.
    for setting in ["SET LOCAL enable_seqscan = off", "SET LOCAL random_page_cost = 1.1", "SET LOCAL enable_hashjoin = off"] {
        diesel::sql_query(setting).execute(tx).await?;
    }
    let live = Live { account, now };
    let counts: Vec<CountRow> = live.count(effects).query().load(tx).await?;
    let mut all = Vec::with_capacity(effects.len());
    // Without a single live token there is no row.
    for (effect, row) in effects.iter().zip(counts.into_iter().chain(iter::repeat_with(CountRow::default))) {
        let sample = if row.count > 0 { live.newest(tx, effect, row.count > RARE).await? } else { Vec::new() };
        all.push(Touched { count: row.count.unsigned_abs(), owners: row.owners.unsigned_abs(), sample });
    }
    Ok(all)
}

/// The live tokens of an account at a moment, to be selected from.
struct Live {
    account: AccountId,
    now: Timestamp,
}

impl Live {
    /// Counts what each effect touches, in one pass however many effects there are.
    fn count(&self, effects: &[Effect]) -> Statement {
        let mut statement = Statement::new(
            "SELECT sum(count)::bigint AS count, count(*) FILTER (WHERE count > 0 AND owner_id IS NOT NULL) AS owners
               FROM (SELECT t.owner_id, ARRAY[",
        );
        for (place, effect) in effects.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            statement = touches(statement.sql(comma).sql("count(*) FILTER (WHERE "), effect).sql(")");
        }
        statement = self.where_live(statement.sql("] AS counts"), effects);
        // An effect alone may have an index.
        if let [only] = effects {
            statement = touches(statement.sql(" AND "), only);
        }
        statement.sql(
            " GROUP BY t.owner_id) owners CROSS JOIN LATERAL unnest(counts) WITH ORDINALITY AS effect (count, place)
               GROUP BY place ORDER BY place",
        )
    }

    /// The newest tokens that an effect touches.
    async fn newest(&self, tx: &mut Transaction, effect: &Effect, are_many: bool) -> Result<Vec<TokenRow>, StoreError> {
        let select = |what: &str| touches(self.where_live(Statement::new(what), slice::from_ref(effect)).sql(" AND "), effect);
        let sample = if are_many {
            select("SELECT t.id")
        } else {
            // OFFSET keeps the inner query as it is: all of them are found, then sorted.
            select("SELECT t.id FROM (SELECT t.id, t.created_at").sql(" OFFSET 0) t")
        };
        let sample = sample.sql(" ORDER BY t.created_at DESC, t.id DESC LIMIT ").bind::<BigInt, _>(SAMPLE);
        let ids: Vec<IdRow> = sample.query().load(tx).await?;
        newest_of(tx, self.account, ids.into_iter().map(|row| row.id).collect()).await
    }

    fn where_live(&self, statement: Statement, effects: &[Effect]) -> Statement {
        let with_use = effects.iter().flat_map(|effect| effect.unless.iter().chain([&effect.breaks])).any(asks_for_use);
        let tables = if with_use { " FROM tokens t JOIN token_usage u ON u.token_id = t.id" } else { " FROM tokens t" };
        let statement = statement.sql(tables).sql(" WHERE t.account_id = ").bind::<SqlUuid, _>(self.account.0);
        let statement = statement.sql(" AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ");
        statement.bind::<Timestamptz, _>(at(self.now)).sql(")")
    }
}

/// Adds the condition that an effect touches a token.
fn touches(statement: Statement, effect: &Effect) -> Statement {
    let statement = push(statement, &effect.breaks);
    effect.unless.iter().fold(statement, |statement, other| push(statement.sql(" AND NOT "), other))
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
