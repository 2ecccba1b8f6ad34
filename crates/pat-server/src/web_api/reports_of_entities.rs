//! `catalog.entities.scorecards` and `catalog.entities.tasks`: what checks found at an entity, and what is left to do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::auth::reply;
use super::entities::Entity;
use super::initiatives::Initiative;
use super::scorecards::{Check, Scorecard, ScorecardType};
use super::stored::{self, Stored};
use super::{Call, Reply, WebApiError, lists};
use crate::store::Conn;
use crate::store::people;
use crate::store::resources::{self, Kind};
use crate::web_api::parse_wire_id;

/// What the checks of all scorecards found at an entity, as stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckResults {
    entity: String,
    /// By the check's id.
    results: BTreeMap<String, CheckResult>,
}

impl Stored for CheckResults {
    const KIND: Kind = Kind::CheckResult;

    fn identifier(&self) -> &str {
        &self.entity
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct CheckResult {
    status: Status,
    output: Option<Value>,
    message: Option<String>,
    related_property: Option<String>,
    executed_at: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Pass,
    Warn,
    Fail,
}

impl CheckResults {
    /// Whether a check found nothing to mend. What was not measured has not passed.
    pub fn passes(&self, check: &str) -> bool {
        self.results.get(check).is_some_and(|result| result.status != Status::Fail)
    }
}

/// `catalog.entities.scorecards`.
pub async fn scorecards(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let (entity, results) = entity(call, conn).await?;
    let of_type = json!({ "published": true, "entity_filter_type": "entity_types", "entity_filter_type_identifiers": [entity.r#type] });
    let scorecards: Vec<Scorecard> = stored::all(call, conn, Some(&of_type)).await?;
    let (scorecards, next_cursor) = lists::page_of(call, scorecards, lists::FIFTY, |scorecard| scorecard.id.clone())?;
    let reports: Vec<Value> = scorecards.iter().map(|scorecard| report(scorecard, results.as_ref())).collect();
    reply(json!({ "scorecards": reports, "response_metadata": { "next_cursor": next_cursor } }))
}

/// `catalog.entities.tasks`: checks of published initiatives that the entity doesn't pass.
pub async fn tasks(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let (entity, results) = entity(call, conn).await?;
    let owner = owner(call, conn, &entity).await?;
    let initiatives: Vec<Initiative> = stored::all(call, conn, Some(&json!({ "published": true }))).await?;
    let mut tasks = Vec::new();
    for initiative in &initiatives {
        let scorecard: Scorecard = stored::get(call, conn, initiative.scorecard_id()).await?;
        if scorecard.entity_filter_type_identifiers.contains(&entity.r#type) {
            let open = initiative.checks(&scorecard).filter(|check| results.as_ref().is_none_or(|results| !results.passes(&check.id)));
            tasks.extend(open.map(|check| (format!("{} {}", initiative.id, check.id), task(initiative, check, owner.as_ref()))));
        }
    }
    tasks.sort_by(|(a, _), (b, _)| a.cmp(b));
    let (tasks, next_cursor) = lists::page_of(call, tasks, lists::FIFTY, |(key, _)| key.clone())?;
    let tasks: Vec<Value> = tasks.into_iter().map(|(_, task)| task).collect();
    reply(json!({ "tasks": tasks, "response_metadata": { "next_cursor": next_cursor } }))
}

async fn entity(call: Call<'_>, conn: &mut Conn) -> Result<(Entity, Option<CheckResults>), WebApiError> {
    let entity: Entity = stored::get(call, conn, call.arguments.required("identifier")?).await?;
    let results = resources::find(conn, call.principal.account_id, Kind::CheckResult, &entity.identifier).await?;
    Ok((entity, results.map(stored::from_body).transpose()?))
}

/// The entity's first owner, as tasks name people: by a number.
async fn owner(call: Call<'_>, conn: &mut Conn, entity: &Entity) -> Result<Option<Value>, WebApiError> {
    let Some(id) = entity.owner_users.first().and_then(|owner| parse_wire_id(&owner.id)) else { return Ok(None) };
    let users = people::find_all(conn, call.principal.account_id, &[id], &[]).await?;
    let person =
        |user: &people::User| json!({ "id": user.wire_id, "name": user.name, "email": user.email, "avatar": null, "slack_ext_id": null });
    Ok(users.first().map(person))
}

fn task(initiative: &Initiative, check: &Check, owner: Option<&Value>) -> Value {
    json!({
        "check": { "id": check.id, "name": check.name, "description": check.description, "external_url": check.external_url },
        "entity_check_issue": null,
        "initiative": {
            "id": initiative.id,
            "name": initiative.name,
            "description": initiative.description,
            "complete_by": initiative.complete_by,
            "priority": initiative.priority,
        },
        "owner": owner.unwrap_or(&initiative.owner),
    })
}

fn report(scorecard: &Scorecard, results: Option<&CheckResults>) -> Value {
    let checks: Vec<&Check> = scorecard.checks.iter().filter(|check| check.published).collect();
    let passes = |check: &Check| results.is_some_and(|results| results.passes(&check.id));
    let mut report = Map::new();
    let mut add = |name: &str, value: Value| report.insert(name.to_owned(), value);
    add("id", json!(scorecard.id));
    add("name", json!(scorecard.name));
    add("type", json!(scorecard.r#type));
    add("tags", json!(scorecard.tags));
    match scorecard.r#type {
        ScorecardType::Level => {
            let mut levels = scorecard.levels.clone().unwrap_or_default();
            add("levels", json!(levels));
            levels.sort_by_key(|level| level.rank);
            let is_reached = |id: &str| checks.iter().all(|check| check.level.as_ref().is_none_or(|level| level.id != id) || passes(check));
            let reached = levels.iter().take_while(|level| is_reached(&level.id)).last();
            add("current_level", json!(reached.map(|level| json!({ "id": level.id, "name": level.name, "color": level.color }))));
            add("empty_level", json!({ "label": scorecard.empty_level_label, "color": scorecard.empty_level_color }));
        }
        ScorecardType::Points => {
            let points = |checks: &mut dyn Iterator<Item = &&Check>| checks.filter_map(|check| check.points).fold(0, i64::saturating_add);
            let achieved = points(&mut checks.iter().filter(|check| passes(check)));
            add("check_groups", json!(scorecard.check_groups));
            add("points_meta", json!({ "points_achieved": achieved, "points_total": points(&mut checks.iter()) }));
        }
    }
    add("checks", checks.iter().map(|check| checked(check, results.and_then(|results| results.results.get(&check.id)))).collect());
    Value::Object(report)
}

fn checked(check: &Check, result: Option<&CheckResult>) -> Value {
    let status = result.map_or(Status::Fail, |result| result.status);
    let output = result.and_then(|result| result.output.as_ref()).filter(|_| check.output_enabled);
    let output = output.map(|value| json!({ "type": check.output_type, "value": value, "custom_options": check.output_custom_options }));
    let property = result.and_then(|result| result.related_property.as_ref());
    json!({
        "id": check.id,
        "name": check.name,
        "description": check.description,
        "ordering": check.ordering,
        "passed": status != Status::Fail,
        "status": status,
        "published": check.published,
        "metadata": {},
        "level": check.level,
        "check_group": check.check_group,
        "points": check.points,
        "output": output,
        "message": result.map_or(Some("It was not measured yet."), |result| result.message.as_deref()),
        "related_property": property,
        "related_properties": property.map(|property| [property]),
        "executed_at": result.and_then(|result| result.executed_at.as_deref()),
    })
}
