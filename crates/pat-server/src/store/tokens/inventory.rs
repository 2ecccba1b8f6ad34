//! Pages of an account's tokens, in any order, under any conditions, each begun at an index.
//!
//! An order falls into one or two ranges, so that each is one stretch of an index: tokens with an end and those without, used ones and
//! those that never were.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use pat_core::id::TokenId;
use pat_core::inventory::{Sort, Unused};
use pat_core::token::TokenStatus;
use uuid::Uuid;

use super::matching::{Search, at};
use super::read::{SELECT, TokenRow};
use crate::store::statement::{Query, Statement};
use crate::store::{Conn, StoreError};

/// How many tokens of an order are looked at first for some that hold a scope. If so many of them do that it is no rare one, it is worth
/// to go on along the order; else those that match are gathered from the index of scopes.
const FIRST_WALK: i64 = 1_000;
const NOT_RARE: usize = 4;
const LONG_WALK: i64 = 20_000;

/// A place in an order: behind this token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// What the order goes by; `None` where the token has no such instant.
    pub at: Option<Timestamp>,
    /// The token.
    pub id: TokenId,
}

impl Position {
    /// Behind a row.
    pub fn behind(row: &TokenRow, sort: Sort) -> Self {
        let at = match sort {
            Sort::Created | Sort::Oldest => Some(row.created_at()),
            Sort::Expires => row.lifecycle().expires_at,
            Sort::LastUsed => row.last_used_at(),
        };
        Self { at, id: row.id() }
    }
}

/// At most `limit` tokens in an order, from behind a position.
pub async fn page(
    conn: &mut Conn,
    search: &Search<'_>,
    sort: Sort,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<TokenRow>, StoreError> {
    let mut rows = Vec::new();
    let mut ways = search.ways();
    for (range, after) in ranges(search, sort, after) {
        let part = Part { search, range, after, limit: limit - rows.len() };
        while part.limit > 0 {
            let found: Vec<TokenRow> = part.rows_by(ways.now).load(conn).await?;
            if ways.is_enough(found.len(), part.limit) {
                rows.extend(found);
                break;
            }
        }
    }
    Ok(rows)
}

/// Ids of at most `limit` tokens, ascending, from behind one.
pub async fn ids(conn: &mut Conn, search: &Search<'_>, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenId>, StoreError> {
    let part = Part { search, range: Range::Ids, after: after.map(|id| Position { at: None, id }), limit };
    let mut ways = search.ways();
    loop {
        let found: Vec<Id> = part.write(Statement::new(""), ways.now).query().load(conn).await?;
        if ways.is_enough(found.len(), limit) {
            return Ok(found.into_iter().map(|row| TokenId(row.id)).collect());
        }
    }
}

/// How matching tokens of a range are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As Postgres thinks best: it knows how common each value is.
    Direct,
    /// Along the order for so many tokens, picking those that match: finds common ones.
    Walk(i64),
    /// All that match first, put in order afterwards: finds rare ones.
    Gather,
}

/// The way that is tried now, and the next ones.
struct Ways {
    now: Way,
}

impl Search<'_> {
    fn ways(&self) -> Ways {
        Ways { now: if self.asks_for_scope() { Way::Walk(FIRST_WALK) } else { Way::Direct } }
    }
}

impl Ways {
    /// Whether what was found is all there is, or all that was asked for. If not, goes over to another way; what is rare stays rare.
    fn is_enough(&mut self, found: usize, limit: usize) -> bool {
        match self.now {
            Way::Direct | Way::Gather => true,
            Way::Walk(_) if found == limit => true,
            Way::Walk(FIRST_WALK) if found >= NOT_RARE => {
                self.now = Way::Walk(LONG_WALK);
                false
            }
            Way::Walk(_) => {
                self.now = Way::Gather;
                false
            }
        }
    }
}

/// A stretch of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    Newest,
    Oldest,
    Ending,
    Endless,
    NeverUsed,
    /// In the order of creation, so that it can begin at the instant since when nothing was used.
    NeverUsedSince,
    Used,
    Ids,
}

/// The ranges of an order that can hold something, from behind a position.
fn ranges(search: &Search<'_>, sort: Sort, after: Option<Position>) -> Vec<(Range, Option<Position>)> {
    let conditions = search.conditions();
    let never = match conditions.and_then(|conditions| conditions.unused) {
        Some(Unused::Since(_)) => Range::NeverUsedSince,
        Some(Unused::Ever) | None => Range::NeverUsed,
    };
    let (first, second) = match sort {
        Sort::Created => (Range::Newest, None),
        Sort::Oldest => (Range::Oldest, None),
        Sort::Expires => (Range::Ending, Some(Range::Endless)),
        Sort::LastUsed => (never, Some(Range::Used)),
    };
    // An instant stands in the first range of `Expires` and in the second of `LastUsed`.
    let is_in_second = after.is_some_and(|position| position.at.is_some() == (sort == Sort::LastUsed));
    let ranges = match second {
        None => vec![(first, after)],
        Some(second) if is_in_second => vec![(second, after)],
        Some(second) => vec![(first, after), (second, None)],
    };
    let ends = conditions.is_some_and(|given| given.expires_before.is_some() || given.status == Some(TokenStatus::Expired));
    let is_empty = |range| match range {
        Range::Ending => conditions.is_some_and(|given| given.no_expiration),
        Range::Endless => ends,
        Range::Used => conditions.is_some_and(|given| given.unused == Some(Unused::Ever)),
        _ => false,
    };
    ranges.into_iter().filter(|(range, _)| !is_empty(*range)).collect()
}

impl Range {
    /// Also the names that the page's columns have.
    fn order(self) -> &'static str {
        match self {
            Self::Newest | Self::NeverUsedSince => "created_at DESC, id DESC",
            Self::Oldest => "created_at, id",
            Self::Ending | Self::Endless => "expires_at, id",
            Self::NeverUsed | Self::Used => "last_used_at NULLS FIRST, id DESC",
            Self::Ids => "id",
        }
    }

    fn is_of_uses(self) -> bool {
        matches!(self, Self::NeverUsed | Self::Used)
    }
}

/// Some tokens of a range.
struct Part<'a> {
    search: &'a Search<'a>,
    range: Range,
    after: Option<Position>,
    limit: usize,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

impl Part<'_> {
    fn rows_by(&self, way: Way) -> Query {
        let statement = Statement::new(format!("{SELECT} WHERE t.id = ANY (ARRAY("));
        self.write(statement, way).sql(")) ORDER BY ").sql(self.range.order()).query()
    }

    /// A query for ids.
    fn write(&self, statement: Statement, way: Way) -> Statement {
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        let with_use = self.search.asks_for_use() || self.range.is_of_uses() || self.range == Range::NeverUsedSince;
        let statement = match way {
            Way::Direct => {
                let statement = self.search.tables(statement.sql("SELECT id FROM "), with_use);
                self.search.push(self.bounds(statement))
            }
            Way::Gather => {
                let columns = if with_use { "id, created_at, expires_at, last_used_at" } else { "id, created_at, expires_at" };
                let statement = statement.sql("WITH matches AS MATERIALIZED (SELECT ").sql(columns).sql(" FROM ");
                let statement = self.search.tables(statement, with_use);
                self.search.push(self.bounds(statement)).sql(") SELECT id FROM matches")
            }
            Way::Walk(length) => {
                let (table, joined) = match (self.range.is_of_uses(), with_use) {
                    (true, _) => ("u", " u JOIN tokens t ON t.id = u.token_id"),
                    (false, true) => ("t", " t JOIN token_usage u ON u.token_id = t.id"),
                    (false, false) => ("t", " t"),
                };
                let order = if table == "u" { "last_used_at NULLS FIRST, token_id DESC" } else { self.range.order() };
                let from = if table == "u" { "token_usage u" } else { "tokens t" };
                let statement = statement.sql(&format!("SELECT id FROM (SELECT * FROM {from} WHERE {table}.account_id = "));
                let statement = self.bounds(statement.bind::<SqlUuid, _>(self.search.account.0));
                let statement = statement.sql(" ORDER BY ").sql(order).sql(" LIMIT ").bind::<BigInt, _>(length).sql(")").sql(joined);
                self.search.push(statement.sql(" WHERE true"))
            }
        };
        // Of a range in the order of creation the other table says who was never used.
        let statement = if self.range == Range::NeverUsedSince && way != Way::Gather {
            statement.sql(" AND u.last_used_at IS NULL")
        } else if self.range == Range::NeverUsedSince {
            statement.sql(" WHERE last_used_at IS NULL")
        } else {
            statement
        };
        statement.sql(" ORDER BY ").sql(self.range.order()).sql(" LIMIT ").bind::<BigInt, _>(limit)
    }

    /// Where the range begins and ends.
    fn bounds(&self, statement: Statement) -> Statement {
        let conditions = self.search.conditions();
        let statement = match self.range {
            Range::Newest | Range::Oldest | Range::Ids | Range::NeverUsedSince => statement,
            Range::Endless => statement.sql(" AND t.expires_at IS NULL"),
            Range::NeverUsed => statement.sql(" AND u.last_used_at IS NULL"),
            Range::Ending => {
                let status = conditions.and_then(|given| given.status);
                if self.search.is_live || matches!(status, Some(TokenStatus::Active | TokenStatus::Paused)) {
                    statement.sql(" AND t.expires_at > ").bind::<Timestamptz, _>(at(self.search.now))
                } else {
                    statement.sql(" AND t.expires_at IS NOT NULL")
                }
            }
            Range::Used => match conditions.and_then(|given| given.unused) {
                Some(Unused::Since(since)) => statement.sql(" AND u.last_used_at < ").bind::<Timestamptz, _>(at(since)),
                _ => statement.sql(" AND u.last_used_at IS NOT NULL"),
            },
        };
        match self.after {
            Some(position) => self.behind(statement, position),
            None => statement,
        }
    }

    fn behind(&self, statement: Statement, position: Position) -> Statement {
        let Position { at: instant, id } = position;
        let instant = instant.map(at);
        let pair = |statement: Statement, columns: &str| {
            let statement = statement.sql(columns).sql("(").bind::<diesel::sql_types::Nullable<Timestamptz>, _>(instant);
            statement.sql(", ").bind::<SqlUuid, _>(id.0).sql(")")
        };
        match self.range {
            Range::Newest => pair(statement, " AND (t.created_at, t.id) < "),
            Range::Oldest => pair(statement, " AND (t.created_at, t.id) > "),
            Range::Ending => pair(statement, " AND (t.expires_at, t.id) > "),
            Range::Endless | Range::Ids => statement.sql(" AND t.id > ").bind::<SqlUuid, _>(id.0),
            Range::NeverUsed => statement.sql(" AND u.token_id < ").bind::<SqlUuid, _>(id.0),
            Range::NeverUsedSince => statement
                .sql(" AND (t.created_at, t.id) < ((SELECT created_at FROM tokens WHERE id = ")
                .bind::<SqlUuid, _>(id.0)
                .sql("), ")
                .bind::<SqlUuid, _>(id.0)
                .sql(")"),
            // Not one comparison of rows, as its directions differ; the first condition is where the index begins.
            Range::Used => statement
                .sql(" AND u.last_used_at >= ")
                .bind::<diesel::sql_types::Nullable<Timestamptz>, _>(instant)
                .sql(" AND (u.last_used_at > ")
                .bind::<diesel::sql_types::Nullable<Timestamptz>, _>(instant)
                .sql(" OR u.token_id < ")
                .bind::<SqlUuid, _>(id.0)
                .sql(")"),
        }
    }
}
