//! Pages of an account's tokens, in any order, under any conditions, each begun at an index.
//!
//! An order falls into one or two ranges, so that each is one stretch of an index: tokens with an end and those without, used ones and
//! those that never were.

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use pat_core::id::TokenId;
use pat_core::inventory::{Sort, Unused};
use pat_core::token::TokenStatus;
use uuid::Uuid;

use super::matching::{Search, at};
use super::people::People;
use super::read::{BARE_COLUMNS, BARE_JOINS, COLUMNS, JOINS, TokenRow};
use crate::store::statement::Statement;
use crate::store::{Conn, StoreError};

/// Of so many tokens, the newest of the account, fewer than so many hold a rare scope.
const PROBED: i64 = 1_000;
const COMMON: usize = 4;

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
    rows(conn, search, sort, after, limit, &format!("{COLUMNS} ("), JOINS).await
}

/// The same for many pages in a row: people are read once each.
pub async fn page_among(
    conn: &mut Conn,
    search: &Search<'_>,
    sort: Sort,
    after: Option<Position>,
    limit: usize,
    people: &mut People,
) -> Result<Vec<TokenRow>, StoreError> {
    let mut rows = rows(conn, search, sort, after, limit, &format!("{BARE_COLUMNS} ("), BARE_JOINS).await?;
    people.complete(conn, search.account, &mut rows).await?;
    Ok(rows)
}

async fn rows(
    conn: &mut Conn,
    search: &Search<'_>,
    sort: Sort,
    after: Option<Position>,
    limit: usize,
    columns: &str,
    joins: &str,
) -> Result<Vec<TokenRow>, StoreError> {
    let source = source(conn, search).await?;
    let mut rows = Vec::new();
    for (range, after) in ranges(search, sort, after) {
        if rows.len() < limit {
            let part = Part { search, range, after, limit: limit - rows.len() };
            let page = part.write(Statement::new(columns), "t.*", &source).sql(")").sql(joins);
            rows.append(&mut page.sql(" ORDER BY ").sql(range.order()).query().load(conn).await?);
        }
    }
    Ok(rows)
}

/// Ids of at most `limit` tokens, ascending, from behind one.
pub async fn ids(conn: &mut Conn, search: &Search<'_>, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenId>, StoreError> {
    let source = source(conn, search).await?;
    let part = Part { search, range: Range::Ids, after: after.map(|id| Position { at: None, id }), limit };
    let found: Vec<Id> = part.write(Statement::new(""), "id", &source).query().load(conn).await?;
    Ok(found.into_iter().map(|row| TokenId(row.id)).collect())
}

/// Where the tokens of a range are found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// Among all of them, as Postgres thinks best.
    All,
    /// Among the few that hold this scope.
    Holders(String),
}

/// Postgres knows of every column how common a value is, and chooses well. Only of a scope it can't tell: it takes one that it never saw
/// for one that it didn't happen to see, expects some soon, and goes through all tokens in their order. So a rare one is looked for here.
async fn source(conn: &mut Conn, search: &Search<'_>) -> Result<Source, StoreError> {
    let Some(scope) = search.conditions().and_then(|conditions| conditions.scope.clone()) else { return Ok(Source::All) };
    let probe = Statement::new("SELECT id FROM (SELECT id, scopes FROM tokens WHERE account_id = ")
        .bind::<SqlUuid, _>(search.account.0)
        .sql(" ORDER BY created_at DESC, id DESC LIMIT ")
        .bind::<BigInt, _>(PROBED)
        .sql(") newest WHERE scopes @> ")
        .bind::<Array<Text>, _>(vec![scope.clone()]);
    let holders: Vec<Id> = probe.query().load(conn).await?;
    Ok(if holders.len() < COMMON { Source::Holders(scope) } else { Source::All })
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

    fn asks_for_use(self) -> bool {
        matches!(self, Self::NeverUsed | Self::NeverUsedSince | Self::Used)
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
    /// A query for columns of the tokens.
    fn write(&self, statement: Statement, columns: &str, source: &Source) -> Statement {
        let with_use = self.search.asks_for_use() || self.range.asks_for_use();
        let statement = match source {
            Source::All => self.search.from("tokens", statement.sql("SELECT ").sql(columns), with_use),
            Source::Holders(scope) => {
                let holders = statement.sql("WITH holders AS MATERIALIZED (SELECT * FROM tokens WHERE account_id = ");
                let holders = holders.bind::<SqlUuid, _>(self.search.account.0).sql(" AND scopes @> ");
                let holders = holders.bind::<Array<Text>, _>(vec![scope.clone()]).sql(") SELECT ").sql(columns);
                self.search.from("holders", holders, with_use)
            }
        };
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        let statement = self.search.push(self.bounds(statement)).sql(" ORDER BY ").sql(self.range.order());
        statement.sql(" LIMIT ").bind::<BigInt, _>(limit)
    }

    /// Where the range begins and ends.
    fn bounds(&self, statement: Statement) -> Statement {
        let conditions = self.search.conditions();
        let statement = match self.range {
            Range::Newest | Range::Oldest | Range::Ids => statement,
            Range::Endless => statement.sql(" AND t.expires_at IS NULL"),
            Range::NeverUsed | Range::NeverUsedSince => statement.sql(" AND u.last_used_at IS NULL"),
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
            let statement = statement.sql(columns).sql("(").bind::<Nullable<Timestamptz>, _>(instant);
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
                .bind::<Nullable<Timestamptz>, _>(instant)
                .sql(" AND (u.last_used_at > ")
                .bind::<Nullable<Timestamptz>, _>(instant)
                .sql(" OR u.token_id < ")
                .bind::<SqlUuid, _>(id.0)
                .sql(")"),
        }
    }
}
