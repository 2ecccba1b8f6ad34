//! Levels, groups and checks as requests name them: by keys of the request's own, which are not kept.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::change::{DEFAULT_COLOR, check_count};
use super::{Check, CheckGroup, Level, Place, Scorecard, ScorecardType};
use crate::web_api::arguments::{missing, one_of};
use crate::web_api::{WebApiError, stored};

#[derive(Deserialize)]
pub(super) struct LevelArgument {
    id: Option<String>,
    key: Option<String>,
    name: String,
    color: Option<String>,
    rank: i64,
}

#[derive(Deserialize)]
pub(super) struct GroupArgument {
    id: Option<String>,
    key: Option<String>,
    name: String,
    ordering: i64,
}

#[derive(Deserialize)]
pub(super) struct CheckArgument {
    id: Option<String>,
    name: String,
    ordering: Option<i64>,
    description: Option<String>,
    sql: Option<String>,
    filter_sql: Option<String>,
    filter_message: Option<String>,
    output_enabled: Option<bool>,
    output_type: Option<String>,
    output_custom_options: Option<Value>,
    output_aggregation: Option<String>,
    external_url: Option<String>,
    estimated_dev_days: Option<f64>,
    published: Option<bool>,
    scorecard_level_key: Option<String>,
    scorecard_check_group_key: Option<String>,
    level: Option<Place>,
    check_group: Option<Place>,
    points: Option<i64>,
}

/// Levels and groups by the keys that a request's checks name them by: their `key` in the request, or their id.
pub(super) struct Places(BTreeMap<String, Place>);

impl Places {
    /// Replaces what is given and says how checks may call what there is.
    pub(super) fn replace(
        scorecard: &mut Scorecard,
        levels: Option<Vec<LevelArgument>>,
        groups: Option<Vec<GroupArgument>>,
    ) -> Result<Self, WebApiError> {
        let mut places = BTreeMap::new();
        if scorecard.r#type == ScorecardType::Level {
            scorecard.check_groups = None;
            if let Some(levels) = levels {
                check_count("levels", levels.len())?;
                let old: Vec<String> = scorecard.levels.iter().flatten().map(|level| level.id.clone()).collect();
                let mut replaced = Vec::new();
                for level in levels {
                    let place = Place { id: id_of(level.id, &old, "levels")?, name: level.name.clone() };
                    let color = level.color.unwrap_or_else(|| DEFAULT_COLOR.to_owned());
                    replaced.push(Level { id: place.id.clone(), name: level.name, color, rank: level.rank });
                    insert_key(&mut places, level.key, place, "levels")?;
                }
                scorecard.levels = Some(replaced);
            }
            let levels = scorecard.levels.as_deref().unwrap_or_default();
            if levels.is_empty() {
                return Err(missing("levels"));
            }
            let by_id = levels.iter().map(|level| (level.id.clone(), Place { id: level.id.clone(), name: level.name.clone() }));
            places.extend(by_id);
        } else {
            scorecard.levels = None;
            if let Some(groups) = groups {
                check_count("check_groups", groups.len())?;
                let old: Vec<String> = scorecard.check_groups.iter().flatten().map(|group| group.id.clone()).collect();
                let mut replaced = Vec::new();
                for group in groups {
                    let place = Place { id: id_of(group.id, &old, "check_groups")?, name: group.name.clone() };
                    replaced.push(CheckGroup { id: place.id.clone(), name: group.name, ordering: group.ordering });
                    insert_key(&mut places, group.key, place, "check_groups")?;
                }
                scorecard.check_groups = Some(replaced);
            }
            let groups = scorecard.check_groups.get_or_insert_default().iter();
            places.extend(groups.map(|group| (group.id.clone(), Place { id: group.id.clone(), name: group.name.clone() })));
        }
        Ok(Self(places))
    }
}

fn insert_key(places: &mut BTreeMap<String, Place>, key: Option<String>, place: Place, list: &str) -> Result<(), WebApiError> {
    let Some(key) = key else { return Ok(()) };
    match places.insert(key.clone(), place) {
        Some(_) => Err(WebApiError::argument(&format!("{list}.key"), format!("{key} stands twice."))),
        None => Ok(()),
    }
}

/// An existing id, or a new one for what has none: clients send `""` for something new.
fn id_of(id: Option<String>, old: &[String], list: &str) -> Result<String, WebApiError> {
    match id.filter(|id| !id.is_empty()) {
        Some(id) if old.contains(&id) => Ok(id),
        Some(id) => Err(WebApiError::argument(&format!("{list}.id"), format!("{id} is not of this scorecard."))),
        None => Ok(stored::public_id()),
    }
}

impl CheckArgument {
    /// The check as it is stored.
    pub(super) fn stored(self, i: usize, scorecard: ScorecardType, places: &Places, old: &[String]) -> Result<Check, WebApiError> {
        let at = |member: &str| format!("checks[{i}].{member}");
        if self.name.is_empty() {
            return Err(missing(&at("name")));
        }
        if let Some(output) = &self.output_type {
            let types = [
                "string",
                "number",
                "percent",
                "currency_usd",
                "duration_seconds",
                "duration_minutes",
                "duration_hours",
                "duration_days",
                "custom",
            ];
            one_of(&at("output_type"), output, &types)?;
        }
        let (argument, key) = match scorecard {
            ScorecardType::Level => ("scorecard_level_key", self.scorecard_level_key.or(self.level.map(|level| level.id))),
            ScorecardType::Points => {
                ("scorecard_check_group_key", self.scorecard_check_group_key.or(self.check_group.map(|group| group.id)))
            }
        };
        let place = match key.filter(|key| !key.is_empty()) {
            Some(key) => {
                let place = places.0.get(&key).cloned();
                Some(place.ok_or_else(|| WebApiError::argument(&at(argument), format!("Nothing has the key {key}.")))?)
            }
            None if scorecard == ScorecardType::Level => return Err(missing(&at(argument))),
            None => None,
        };
        let (level, check_group) = if scorecard == ScorecardType::Level { (place, None) } else { (None, place) };
        Ok(Check {
            id: id_of(self.id, old, "checks")?,
            name: self.name,
            ordering: self.ordering.or_else(|| i64::try_from(i).ok()).unwrap_or_default(),
            description: self.description,
            sql: self.sql.unwrap_or_default(),
            filter_sql: self.filter_sql,
            filter_message: self.filter_message,
            output_enabled: self.output_enabled.unwrap_or_default(),
            output_type: self.output_type,
            output_custom_options: self.output_custom_options,
            output_aggregation: self.output_aggregation,
            external_url: self.external_url,
            estimated_dev_days: self.estimated_dev_days,
            published: self.published.unwrap_or(true),
            level,
            check_group,
            points: self.points,
        })
    }
}
