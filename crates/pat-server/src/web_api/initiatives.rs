//! `initiatives.*`: checks that entities shall pass until a date, and how far they are.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::auth::reply;
use super::entities::Entity;
use super::reports_of_entities::CheckResults;
use super::scorecards::{Check, Scorecard, Tag};
use super::stored::{self, Stored};
use super::{Call, Reply, WebApiError, lists};
use crate::store::resources::{self, Filter, Kind};
use crate::store::{self, Conn};

/// An initiative as it is stored and answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Initiative {
    /// Public id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// From 0, the most urgent, to 2.
    pub priority: i64,
    /// Whether entities' owners see it.
    pub published: bool,
    /// When all shall be done.
    pub complete_by: Timestamp,
    scorecard_id: String,
    check_ids: Vec<String>,
    tags: Vec<Tag>,
    /// Who answers for tasks of entities without an owner: a user as tasks name them.
    pub owner: Value,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Stored for Initiative {
    const KIND: Kind = Kind::Initiative;

    fn identifier(&self) -> &str {
        &self.id
    }
}

/// How long before its end a task is due soon.
const DUE_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

impl Initiative {
    /// The checks it is about.
    pub fn checks<'a>(&self, scorecard: &'a Scorecard) -> impl Iterator<Item = &'a Check> {
        scorecard.checks.iter().filter(|check| check.published && self.check_ids.contains(&check.id))
    }

    /// Which scorecard it is about.
    pub fn scorecard_id(&self) -> &str {
        &self.scorecard_id
    }
}

/// `initiatives.list`.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let mut holds = Map::new();
    if let Some(published) = call.arguments.optional_flag("published")? {
        holds.insert("published".into(), published.into());
    }
    if let Some(priority) = call.arguments.number("priority", 0, 2)? {
        holds.insert("priority".into(), priority.into());
    }
    let tags = call.arguments.comma_list("tags")?;
    if !tags.is_empty() {
        holds.insert("tags".into(), tags.iter().map(|tag| json!({ "value": tag })).collect());
    }
    let holds = Value::Object(holds);
    lists::page(call, conn, Kind::Initiative, "initiatives", Filter { holds: Some(&holds), ..Filter::default() }, lists::HUNDRED).await
}

/// `initiatives.info`.
pub async fn info(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let initiative: Initiative = stored::get(call, conn, call.arguments.required("id")?).await?;
    reply(json!({ "initiative": initiative }))
}

/// `initiatives.progressReport`.
pub async fn progress_report(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let initiative: Initiative = stored::get(call, conn, call.arguments.required("id")?).await?;
    let scorecard: Scorecard = stored::get(call, conn, &initiative.scorecard_id).await?;
    let only = call.arguments.comma_list("entity_type_identifiers")?;
    let now = store::now(conn).await?;
    let mut entities: Vec<Entity> = Vec::new();
    for entity_type in scorecard.entity_filter_type_identifiers.iter().filter(|known| only.is_empty() || only.contains(&known.as_str())) {
        entities.extend(stored::all(call, conn, Some(&json!({ "type": entity_type }))).await?);
    }
    entities.sort_by(|a, b| a.identifier.cmp(&b.identifier));
    let (entities, next_cursor) = lists::page_of(call, entities, lists::HUNDRED, |entity| entity.identifier.clone())?;
    let identifiers: Vec<String> = entities.iter().map(|entity| entity.identifier.clone()).collect();
    let rows = resources::find_all(conn, call.principal.account_id, Kind::CheckResult, &identifiers).await?;
    let results: BTreeMap<String, CheckResults> =
        rows.into_iter().map(|row| Ok((row.identifier, stored::from_body(row.body)?))).collect::<Result<_, WebApiError>>()?;
    let progress = entities.iter().map(|entity| initiative.progress(entity, &scorecard, results.get(&entity.identifier), now));
    reply(json!({ "entities": progress.collect::<Vec<_>>(), "response_metadata": { "next_cursor": next_cursor } }))
}

impl Initiative {
    fn progress(&self, entity: &Entity, scorecard: &Scorecard, results: Option<&CheckResults>, now: Timestamp) -> Value {
        let (done, open): (Vec<&Check>, Vec<&Check>) =
            self.checks(scorecard).partition(|check| results.is_some_and(|results| results.passes(&check.id)));
        let (is_late, is_soon) = (now >= self.complete_by, now.duration_until(self.complete_by) <= DUE_SOON);
        json!({
            "name": entity.name,
            "identifier": entity.identifier,
            "description": entity.description,
            "entity_type_identifier": entity.r#type,
            "total_tasks": done.len() + open.len(),
            "completed_tasks": done.len(),
            "overdue_tasks": if is_late { open.len() } else { 0 },
            "due_soon_tasks": if !is_late && is_soon { open.len() } else { 0 },
            "remaining_dev_days": open.iter().filter_map(|check| check.estimated_dev_days).sum::<f64>(),
        })
    }
}
