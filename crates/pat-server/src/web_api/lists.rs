//! Lists of resources that are answered as they are stored.

use serde_json::{Value, json};

use super::auth::reply;
use super::{Call, Reply, WebApiError};
use crate::cursor;
use crate::store::resources::{self, Filter, Kind};
use crate::store::{Conn, StoreError};

/// `scorecards.list`: published ones, unless asked for all.
pub async fn scorecards(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let published = if call.arguments.flag("include_unpublished")? { None } else { Some(true) };
    page(call, conn, Kind::Scorecard, "scorecards", Filter { published, ..Filter::default() }).await
}

/// `teams.list`: all of them, by name.
pub async fn teams(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let mut teams = all(call, conn, Kind::Team).await?;
    teams.sort_by_cached_key(|team| member(team, "name"));
    reply(json!({ "teams": teams }))
}

/// `snapshots.list`: all of them, the latest first.
pub async fn snapshots(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let mut snapshots = all(call, conn, Kind::Snapshot).await?;
    snapshots.sort_by_cached_key(|snapshot| std::cmp::Reverse((member(snapshot, "completed_at"), member(snapshot, "scheduled_for"))));
    reply(json!({ "snapshots": snapshots }))
}

/// A page by cursor, 50 at most.
pub async fn page(call: Call<'_>, conn: &mut Conn, kind: Kind, key: &str, filter: Filter<'_>) -> Result<Reply, WebApiError> {
    let limit = call.arguments.limit(50, 50)?;
    let after: Option<String> = call.arguments.cursor()?;
    // One more than a page shows whether there is another.
    let mut rows = resources::list(conn, call.principal.account_id, kind, &filter, after.as_deref(), limit + 1).await?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > size;
    rows.truncate(size);
    let last = rows.last().filter(|_| has_more);
    let next_cursor = last.map(|row| cursor::encode(&Value::String(row.identifier.clone())));
    let bodies: Vec<_> = rows.into_iter().map(|row| row.body).collect();
    reply(json!({ key: bodies, "response_metadata": { "next_cursor": next_cursor } }))
}

async fn all(call: Call<'_>, conn: &mut Conn, kind: Kind) -> Result<Vec<Value>, StoreError> {
    let rows = resources::list(conn, call.principal.account_id, kind, &Filter::default(), None, i64::MAX).await?;
    Ok(rows.into_iter().map(|row| row.body).collect())
}

fn member(body: &Value, name: &str) -> String {
    body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
