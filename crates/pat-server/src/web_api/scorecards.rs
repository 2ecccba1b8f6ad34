//! `scorecards.*`: what entities are checked for, and what they reach.

mod change;
mod checks;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use self::change::Change;
use super::arguments::missing;
use super::auth::reply;
use super::stored::{self, Stored};
use super::{Call, Reply, WebApiError, lists};
use crate::store::Conn;
use crate::store::people;
use crate::store::resources::{self, Filter, Kind};

/// A scorecard as it is stored and answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scorecard {
    /// Public id.
    pub id: String,
    /// What people call it.
    pub name: String,
    description: Option<String>,
    /// What its checks add up to.
    pub r#type: ScorecardType,
    /// Whether entities are measured by it.
    pub published: bool,
    entity_filter_type: EntityFilter,
    entity_filter_sql: Option<String>,
    entity_filter_type_ids: Vec<String>,
    /// The types whose entities it is for.
    pub entity_filter_type_identifiers: Vec<String>,
    evaluation_frequency_hours: i64,
    /// For finding it.
    pub tags: Vec<Tag>,
    editors: Vec<Value>,
    admins: Vec<Value>,
    sql_errors: Vec<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_entity_points: Option<i64>,
    /// Of a `LEVEL` scorecard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<Vec<Level>>,
    /// Of a `LEVEL` scorecard: what an entity without a level has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_level_label: Option<String>,
    /// Its colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_level_color: Option<String>,
    /// Of a `POINTS` scorecard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_groups: Option<Vec<CheckGroup>>,
    /// What it looks at.
    pub checks: Vec<Check>,
    /// What a client sent beside.
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Stored for Scorecard {
    const KIND: Kind = Kind::Scorecard;

    fn identifier(&self) -> &str {
        &self.id
    }
}

/// What the checks of a scorecard add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ScorecardType {
    /// The highest level of which all checks, and all below, are passed.
    Level,
    /// Points.
    Points,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EntityFilter {
    EntityTypes,
    Sql,
}

/// A word that scorecards are found by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tag {
    /// The word.
    pub value: String,
    color: String,
}

/// A level that can be reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Level {
    /// Public id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// For the page.
    pub color: String,
    /// The higher, the harder.
    pub rank: i64,
}

/// A group of checks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckGroup {
    id: String,
    name: String,
    ordering: i64,
}

/// A check's level or group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Public id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Something an entity is checked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    /// Public id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// In its level or group.
    pub ordering: i64,
    /// What it is for.
    pub description: Option<String>,
    sql: String,
    filter_sql: Option<String>,
    filter_message: Option<String>,
    /// Whether what was measured is shown.
    pub output_enabled: bool,
    /// What was measured.
    pub output_type: Option<String>,
    /// How it is shown.
    pub output_custom_options: Option<Value>,
    output_aggregation: Option<String>,
    /// Where to read more.
    pub external_url: Option<String>,
    /// What it costs to pass it.
    pub estimated_dev_days: Option<f64>,
    /// Whether entities are measured by it.
    pub published: bool,
    /// In a `LEVEL` scorecard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Place>,
    /// In a `POINTS` scorecard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_group: Option<Place>,
    /// In a `POINTS` scorecard.
    pub points: Option<i64>,
}

/// `scorecards.list`: published ones, unless asked for all.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let published = if call.arguments.flag("include_unpublished")? { None } else { Some(true) };
    lists::page(call, conn, Kind::Scorecard, "scorecards", Filter { published, ..Filter::default() }, lists::FIFTY).await
}

/// `scorecards.info`.
pub async fn info(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let scorecard: Scorecard = stored::get(call, conn, call.arguments.required("id")?).await?;
    reply(json!({ "scorecard": scorecard }))
}

/// `scorecards.create`.
pub async fn create(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    call.arguments.all_required(["name", "type", "entity_filter_type"])?;
    let (change, others): (Change, _) = call.arguments.read_and_rest()?;
    let mut scorecard = Scorecard {
        id: stored::public_id(),
        name: String::new(),
        description: None,
        r#type: change.r#type.ok_or_else(|| missing("type"))?,
        published: false,
        entity_filter_type: change.entity_filter_type.ok_or_else(|| missing("entity_filter_type"))?,
        entity_filter_sql: None,
        entity_filter_type_ids: Vec::new(),
        entity_filter_type_identifiers: Vec::new(),
        evaluation_frequency_hours: 24,
        tags: Vec::new(),
        editors: Vec::new(),
        admins: admins(call, conn).await?,
        sql_errors: Vec::new(),
        max_entity_points: None,
        levels: None,
        empty_level_label: None,
        empty_level_color: None,
        check_groups: None,
        checks: Vec::new(),
        others: Map::new(),
    };
    change.apply(call, conn, &mut scorecard, others).await?;
    stored::add(call, conn, &scorecard).await?;
    reply(json!({ "scorecard": scorecard }))
}

/// `scorecards.update`.
pub async fn update(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let id = call.arguments.required("id")?;
    let (change, others): (Change, _) = call.arguments.read_and_rest()?;
    let mut scorecard: Scorecard = stored::get_to_change(call, conn, id).await?;
    change.apply(call, conn, &mut scorecard, others).await?;
    stored::save(call, conn, &scorecard).await?;
    reply(json!({ "scorecard": scorecard }))
}

/// `scorecards.delete`.
pub async fn delete(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let scorecard: Scorecard = stored::get_to_delete(call, conn, call.arguments.required("id")?).await?;
    let of_scorecard = json!({ "scorecard_id": scorecard.id });
    if resources::any_holds(conn, call.principal.account_id, Kind::Initiative, &of_scorecard).await? {
        return Err(WebApiError::InUse("an initiative is about its checks"));
    }
    stored::remove(call, conn, &scorecard).await?;
    Ok(Reply::new())
}

async fn admins(call: Call<'_>, conn: &mut Conn) -> Result<Vec<Value>, WebApiError> {
    let Some(user) = &call.principal.user else { return Ok(Vec::new()) };
    people_of(call, conn, "admins", &[user.wire_id], &[]).await
}

/// People as scorecards name them: by numbers. Whoever was there before stays as they are.
async fn people_of(call: Call<'_>, conn: &mut Conn, argument: &str, ids: &[i64], old: &[Value]) -> Result<Vec<Value>, WebApiError> {
    let users = people::find_all(conn, call.principal.account_id, ids, &[]).await?;
    let now = stored::now(conn).await?;
    let person = |id: &i64| {
        if let Some(known) = old.iter().find(|known| known.get("id").and_then(Value::as_i64) == Some(*id)) {
            return Ok(known.clone());
        }
        let user = users.iter().find(|user| user.wire_id == *id);
        let user = user.ok_or_else(|| WebApiError::argument(argument, format!("There is no user {id}.")))?;
        Ok(json!({ "id": user.wire_id, "email": user.email, "name": user.name, "avatar": null, "created_at": now }))
    };
    ids.iter().map(person).collect()
}
