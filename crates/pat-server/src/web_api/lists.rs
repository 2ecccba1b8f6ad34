//! The styles in which lists are paged.

use serde_json::{Value, json};

use super::arguments::bad_cursor;
use super::auth::reply;
use super::{Call, Reply, WebApiError};
use crate::cursor;
use crate::store::Conn;
use crate::store::resources::{self, Filter, Kind, Position, Resource};

/// How many resources a page of a list holds.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Unless `limit` says something else.
    pub default: i64,
    /// At most.
    pub max: i64,
}

/// Of catalog and scorecard lists.
pub const FIFTY: Sizes = Sizes { default: 50, max: 50 };

/// Of most others.
pub const HUNDRED: Sizes = Sizes { default: 50, max: 100 };

/// A page of resources as they are stored, in the order of their identifiers.
pub async fn page(call: Call<'_>, conn: &mut Conn, kind: Kind, key: &str, filter: Filter<'_>, sizes: Sizes) -> Result<Reply, WebApiError> {
    let (rows, next_cursor) = rows(call, conn, kind, filter, sizes).await?;
    // Moved, as `json!` would copy each of them.
    let bodies = Value::Array(rows.into_iter().map(|row| row.body).collect());
    let metadata = json!({ "next_cursor": next_cursor });
    Ok(Reply::from_iter([(key.to_owned(), bodies), ("response_metadata".to_owned(), metadata)]))
}

/// The rows of a page in the order of their identifiers, and the next page's cursor.
pub async fn rows(
    call: Call<'_>,
    conn: &mut Conn,
    kind: Kind,
    filter: Filter<'_>,
    sizes: Sizes,
) -> Result<(Vec<Resource>, Option<String>), WebApiError> {
    let limit = call.arguments.limit(sizes.default, sizes.max)?;
    let after: Option<String> = call.arguments.cursor()?;
    let rows = resources::list(conn, call.principal.account_id, kind, &filter, after.as_deref(), limit + 1).await?;
    let (rows, more) = cut(rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| cursor::encode(&Value::String(row.identifier.clone())));
    Ok((rows, next_cursor))
}

/// The rows of a page, the latest first, and the next page's cursor.
pub async fn latest_rows(
    call: Call<'_>,
    conn: &mut Conn,
    kind: Kind,
    holds: &Value,
    sizes: Sizes,
) -> Result<(Vec<Resource>, Option<String>), WebApiError> {
    let limit = call.arguments.limit(sizes.default, sizes.max)?;
    let after: Option<Position> = call.arguments.cursor()?;
    // Postgres knows no instant so early.
    if after.as_ref().is_some_and(|after| after.created_at < jiff::Timestamp::UNIX_EPOCH) {
        return Err(bad_cursor());
    }
    let rows = resources::latest(conn, call.principal.account_id, kind, holds, after, limit + 1).await?;
    let (rows, more) = cut(rows, limit);
    let next_cursor =
        rows.last().filter(|_| more).map(|row| super::stored::body(&row.position()).map(|position| cursor::encode(&position)));
    Ok((rows, next_cursor.transpose()?))
}

/// A page of a list that was put together in memory: the cursor is the key of the last item before it.
pub fn page_of<T>(
    call: Call<'_>,
    items: Vec<T>,
    sizes: Sizes,
    key: impl Fn(&T) -> String,
) -> Result<(Vec<T>, Option<String>), WebApiError> {
    let limit = call.arguments.limit(sizes.default, sizes.max)?;
    let after: Option<String> = call.arguments.cursor()?;
    let rest = items.into_iter().filter(|item| after.as_ref().is_none_or(|after| key(item) > *after));
    let (page, more) = cut(rest.collect(), limit);
    let next_cursor = page.last().filter(|_| more).map(|item| cursor::encode(&Value::String(key(item))));
    Ok((page, next_cursor))
}

/// One more than a page shows whether there is another.
fn cut<T>(mut rows: Vec<T>, limit: i64) -> (Vec<T>, bool) {
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    (rows, more)
}

/// A numbered page: `page` from 1, `page_size` up to 100.
#[derive(Clone, Copy, Debug)]
pub struct Numbered {
    page: i64,
    size: i64,
}

impl Numbered {
    /// Reads which page is asked for.
    pub fn read(call: Call<'_>) -> Result<Self, WebApiError> {
        let page = call.arguments.number("page", 1, 1_000_000)?.unwrap_or(1);
        Ok(Self { page, size: call.arguments.number("page_size", 1, 100)?.unwrap_or(100) })
    }

    /// Rows before the page.
    pub fn offset(self) -> i64 {
        (self.page - 1) * self.size
    }

    /// Rows of the page.
    pub fn size(self) -> i64 {
        self.size
    }

    /// The page of a list that is in memory.
    pub fn cut<T>(self, items: Vec<T>) -> Vec<T> {
        let count = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        items.into_iter().skip(count(self.offset())).take(count(self.size)).collect()
    }

    /// The answer with a page of `total` rows.
    pub fn reply(self, key: &str, rows: &[Value], total: i64) -> Result<Reply, WebApiError> {
        let pages = (total + self.size - 1) / self.size;
        let next = Some(self.page + 1).filter(|next| *next <= pages);
        reply(json!({ key: rows, "next_page": next, "total": total, "total_pages": pages }))
    }
}
