//! The arguments of a create and an update of a scorecard.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::checks::{CheckArgument, GroupArgument, LevelArgument, Places};
use super::{EntityFilter, Scorecard, ScorecardType, Tag, people_of};
use crate::store::Conn;
use crate::store::resources::{self, Kind};
use crate::web_api::arguments::{Given, missing};
use crate::web_api::entity_types::EntityType;
use crate::web_api::{Call, WebApiError, stored};

/// Unless the client says another.
pub(super) const DEFAULT_COLOR: &str = "#94a3b8";

/// Members of each list of a scorecard.
const MAX_MEMBERS: usize = 200;

const COMPUTED: [&str; 6] = ["id", "created_at", "updated_at", "admins", "sql_errors", "entity_filter_type_ids"];

/// The arguments of a create and an update. What isn't given stays as it is; a list replaces the whole list.
#[derive(Deserialize)]
pub(super) struct Change {
    name: Option<String>,
    pub(super) r#type: Option<ScorecardType>,
    #[serde(default)]
    description: Given<String>,
    published: Option<bool>,
    pub(super) entity_filter_type: Option<EntityFilter>,
    entity_filter_type_identifiers: Option<Vec<String>>,
    #[serde(default)]
    entity_filter_sql: Given<String>,
    evaluation_frequency_hours: Option<i64>,
    tags: Option<Vec<TagArgument>>,
    editors: Option<Vec<i64>>,
    #[serde(default)]
    empty_level_label: Given<String>,
    #[serde(default)]
    empty_level_color: Given<String>,
    levels: Option<Vec<LevelArgument>>,
    check_groups: Option<Vec<GroupArgument>>,
    checks: Option<Vec<CheckArgument>>,
}

#[derive(Deserialize)]
struct TagArgument {
    value: String,
    color: Option<String>,
}

impl Change {
    /// Changes a scorecard; `others` are arguments that have no name here.
    pub(super) async fn apply(
        self,
        call: Call<'_>,
        conn: &mut Conn,
        scorecard: &mut Scorecard,
        mut others: Map<String, Value>,
    ) -> Result<(), WebApiError> {
        others.retain(|name, _| !COMPUTED.contains(&name.as_str()));
        scorecard.others.extend(others);
        if let Some(name) = self.name {
            scorecard.name = Some(name).filter(|name| !name.is_empty()).ok_or_else(|| missing("name"))?;
        }
        self.description.replace(&mut scorecard.description);
        scorecard.r#type = self.r#type.unwrap_or(scorecard.r#type);
        scorecard.published = self.published.unwrap_or(scorecard.published);
        scorecard.entity_filter_type = self.entity_filter_type.unwrap_or(scorecard.entity_filter_type);
        if let Some(hours) = self.evaluation_frequency_hours {
            if ![2, 4, 8, 24].contains(&hours) {
                return Err(WebApiError::argument("evaluation_frequency_hours", "It must be 2, 4, 8 or 24."));
            }
            scorecard.evaluation_frequency_hours = hours;
        }
        if let Some(tags) = self.tags {
            let color = |tag: TagArgument, old: &[Tag]| {
                let known = || old.iter().find(|known| known.value == tag.value).map(|known| known.color.clone());
                let color = tag.color.clone().or_else(known).unwrap_or_else(|| DEFAULT_COLOR.to_owned());
                Tag { value: tag.value, color }
            };
            check_count("tags", tags.len())?;
            scorecard.tags = tags.into_iter().map(|tag| color(tag, &scorecard.tags)).collect();
        }
        if let Some(editors) = self.editors {
            check_count("editors", editors.len())?;
            scorecard.editors = people_of(call, conn, "editors", &editors, &scorecard.editors).await?;
        }
        set_filter(call, conn, scorecard, self.entity_filter_type_identifiers, self.entity_filter_sql).await?;
        self.empty_level_label.replace(&mut scorecard.empty_level_label);
        self.empty_level_color.replace(&mut scorecard.empty_level_color);
        let places = Places::replace(scorecard, self.levels, self.check_groups)?;
        if let Some(checks) = self.checks {
            check_count("checks", checks.len())?;
            let old: Vec<String> = scorecard.checks.iter().map(|check| check.id.clone()).collect();
            let checks = checks.into_iter().enumerate().map(|(i, check)| check.stored(i, scorecard.r#type, &places, &old));
            scorecard.checks = checks.collect::<Result<_, _>>()?;
        }
        let points = || scorecard.checks.iter().filter_map(|check| check.points).fold(0, i64::saturating_add);
        scorecard.max_entity_points = (scorecard.r#type == ScorecardType::Points).then(points);
        Ok(())
    }
}

async fn set_filter(
    call: Call<'_>,
    conn: &mut Conn,
    scorecard: &mut Scorecard,
    types: Option<Vec<String>>,
    sql: Given<String>,
) -> Result<(), WebApiError> {
    const TYPES: &str = "entity_filter_type_identifiers";
    if let Some(types) = types {
        check_count(TYPES, types.len())?;
        let mut ids = Vec::new();
        for identifier in &types {
            let found = resources::find_to_refer(conn, call.principal.account_id, Kind::EntityType, identifier).await?;
            let found = found.ok_or_else(|| WebApiError::argument(TYPES, format!("There is no entity type {identifier}.")))?;
            ids.push(stored::from_body::<EntityType>(found)?.id);
        }
        (scorecard.entity_filter_type_identifiers, scorecard.entity_filter_type_ids) = (types, ids);
    }
    sql.replace(&mut scorecard.entity_filter_sql);
    scorecard.entity_filter_sql.take_if(|sql| sql.is_empty());
    match scorecard.entity_filter_type {
        EntityFilter::EntityTypes if scorecard.entity_filter_type_identifiers.is_empty() => Err(missing(TYPES)),
        EntityFilter::Sql if scorecard.entity_filter_sql.is_none() => Err(missing("entity_filter_sql")),
        _ => Ok(()),
    }
}

/// Refuses lists that are too long.
pub(super) fn check_count(list: &str, count: usize) -> Result<(), WebApiError> {
    if count <= MAX_MEMBERS { Ok(()) } else { Err(WebApiError::argument(list, format!("It has at most {MAX_MEMBERS} members."))) }
}
