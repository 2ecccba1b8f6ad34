//! `snapshots.*`: what surveys found.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::auth::reply;
use super::stored::{self, Stored};
use super::{Call, Reply, WebApiError, lists};
use crate::store::Conn;
use crate::store::resources::Kind;

/// A snapshot as it is stored. Lists show it without scores.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Snapshot {
    id: String,
    scheduled_for: String,
    completed_at: Option<String>,
    #[serde(default)]
    team_scores: Vec<TeamScore>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// What a team answered to one question.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct TeamScore {
    contributor_count: i64,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Stored for Snapshot {
    const KIND: Kind = Kind::Snapshot;

    fn identifier(&self) -> &str {
        &self.id
    }
}

/// Teams with fewer contributors have no scores: one could guess who said what.
const MIN_CONTRIBUTORS: i64 = 3;

/// `snapshots.list`: all of them, the latest first.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let mut snapshots: Vec<Snapshot> = stored::all(call, conn, None).await?;
    snapshots.sort_by(|a, b| (&b.completed_at, &b.scheduled_for).cmp(&(&a.completed_at, &a.scheduled_for)));
    let row = |snapshot: Snapshot| {
        let named = json!({ "id": snapshot.id, "scheduled_for": snapshot.scheduled_for, "completed_at": snapshot.completed_at });
        let named = named.as_object().cloned().unwrap_or_default();
        Value::Object(named.into_iter().chain(snapshot.others).collect())
    };
    reply(json!({ "snapshots": snapshots.into_iter().map(row).collect::<Vec<_>>() }))
}

/// `snapshots.info`.
pub async fn info(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let mut snapshot: Snapshot = stored::get(call, conn, call.arguments.required("snapshot_id")?).await?;
    snapshot.team_scores.retain(|score| score.contributor_count >= MIN_CONTRIBUTORS);
    reply(json!({ "snapshot": { "team_scores": snapshot.team_scores } }))
}

/// `snapshots.driverComments.list`.
pub async fn driver_comments(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    comments(call, conn, "driver").await
}

/// `snapshots.csatComments.list`.
pub async fn csat_comments(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    comments(call, conn, "csat").await
}

/// Comments of a snapshot on one kind of thing, the latest first.
async fn comments(call: Call<'_>, conn: &mut Conn, about: &str) -> Result<Reply, WebApiError> {
    let snapshot: Snapshot = stored::get(call, conn, call.arguments.required("id")?).await?;
    let holds = json!({ "snapshot_id": snapshot.id, "about": about });
    let (rows, next_cursor) = lists::latest_rows(call, conn, Kind::Comment, &holds, lists::HUNDRED).await?;
    let comments = rows.into_iter().map(|row| match row.body {
        Value::Object(members) => Value::Object(members.into_iter().filter(|(name, _)| name != "about").collect()),
        other => other,
    });
    reply(json!({ "comments": comments.collect::<Vec<_>>(), "response_metadata": { "next_cursor": next_cursor } }))
}
