//! `catalog.entityTypes.*`: kinds of entities and their properties.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::arguments::{Given, missing, one_of};
use super::auth::reply;
use super::stored::{self, Stored};
use super::{Call, Reply, WebApiError, lists};
use crate::store::Conn;
use crate::store::resources::{self, Filter, Kind};

/// An entity type as it is stored and answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EntityType {
    /// Chosen by its maker.
    pub identifier: String,
    /// What scorecards name it by.
    pub id: String,
    name: String,
    description: Option<String>,
    icon: Option<String>,
    ordering: i64,
    created_at: String,
    updated_at: String,
    properties: Vec<Property>,
    /// By alias type, whether entities of the type may have such aliases.
    aliases: Map<String, Value>,
    /// What a client sent beside.
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Stored for EntityType {
    const KIND: Kind = Kind::EntityType;

    fn identifier(&self) -> &str {
        &self.identifier
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Property {
    identifier: String,
    name: String,
    r#type: String,
    description: Option<String>,
    visibility: String,
    ordering: i64,
    is_required: bool,
    definition: Map<String, Value>,
    created_at: String,
    updated_at: String,
    #[serde(flatten)]
    others: Map<String, Value>,
}

const PROPERTY_TYPES: [&str; 16] = [
    "text",
    "number",
    "boolean",
    "select",
    "multi_select",
    "computed",
    "date",
    "json",
    "url",
    "user",
    "file_matching_rule",
    "list",
    "openapi",
    "slack_channel",
    "msteams_channel",
    "email",
];

/// Properties that a type may have.
const MAX_PROPERTIES: usize = 200;

const COMPUTED: [&str; 3] = ["id", "created_at", "updated_at"];

/// The arguments of a create and an update. What isn't given stays as it is.
#[derive(Deserialize)]
struct Change {
    name: Option<String>,
    #[serde(default)]
    description: Given<String>,
    #[serde(default)]
    icon: Given<String>,
    ordering: Option<i64>,
    /// Replaces all properties.
    properties: Option<Vec<PropertyArgument>>,
    aliases: Option<Map<String, Value>>,
    /// Named so that it isn't kept.
    #[serde(rename = "identifier")]
    _identifier: String,
}

#[derive(Deserialize)]
struct PropertyArgument {
    identifier: String,
    name: Option<String>,
    r#type: String,
    description: Option<String>,
    visibility: Option<String>,
    ordering: Option<i64>,
    is_required: Option<bool>,
    definition: Option<Map<String, Value>>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// `catalog.entityTypes.list`.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    lists::page(call, conn, Kind::EntityType, "entity_types", Filter::default(), lists::FIFTY).await
}

/// `catalog.entityTypes.info`.
pub async fn info(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let entity_type: EntityType = stored::get(call, conn, call.arguments.required("identifier")?).await?;
    reply(json!({ "entity_type": entity_type }))
}

/// `catalog.entityTypes.create`.
pub async fn create(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    call.arguments.all_required(["identifier", "name"])?;
    let identifier = call.arguments.new_identifier("identifier")?;
    let now = stored::now(conn).await?;
    let mut entity_type = EntityType {
        identifier: identifier.to_owned(),
        id: stored::public_id(),
        name: String::new(),
        description: None,
        icon: None,
        ordering: 0,
        created_at: now.clone(),
        updated_at: now,
        properties: Vec::new(),
        aliases: Map::new(),
        others: Map::new(),
    };
    change(call, conn, &mut entity_type).await?;
    stored::add(call, conn, &entity_type).await?;
    reply(json!({ "entity_type": entity_type }))
}

/// `catalog.entityTypes.update`.
pub async fn update(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let mut entity_type: EntityType = stored::get_to_change(call, conn, call.arguments.required("identifier")?).await?;
    change(call, conn, &mut entity_type).await?;
    stored::save(call, conn, &entity_type).await?;
    reply(json!({ "entity_type": entity_type }))
}

/// `catalog.entityTypes.delete`.
pub async fn delete(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let identifier = call.arguments.required("identifier")?;
    let entity_type: EntityType = stored::get_to_delete(call, conn, identifier).await?;
    for (kind, members, by) in [
        (Kind::Entity, json!({ "type": identifier }), "there are entities of this type"),
        (Kind::Relation, json!({ "source_entity_type_identifier": identifier }), "relations start at this type"),
        (Kind::Relation, json!({ "target_entity_type_identifier": identifier }), "relations end at this type"),
        (Kind::Scorecard, json!({ "entity_filter_type_identifiers": [identifier] }), "scorecards are for this type"),
    ] {
        if resources::any_holds(conn, call.principal.account_id, kind, &members).await? {
            return Err(WebApiError::InUse(by));
        }
    }
    stored::remove(call, conn, &entity_type).await?;
    reply(json!({ "entity_type": entity_type }))
}

async fn change(call: Call<'_>, conn: &mut Conn, entity_type: &mut EntityType) -> Result<(), WebApiError> {
    let (change, mut others): (Change, _) = call.arguments.read_and_rest()?;
    others.retain(|name, _| !COMPUTED.contains(&name.as_str()));
    let now = stored::now(conn).await?;
    if let Some(name) = change.name {
        entity_type.name = Some(name).filter(|name| !name.is_empty()).ok_or_else(|| missing("name"))?;
    }
    change.description.replace(&mut entity_type.description);
    change.icon.replace(&mut entity_type.icon);
    if let Some(ordering) = change.ordering {
        entity_type.ordering = ordering;
    }
    if let Some(properties) = change.properties {
        entity_type.properties = replace_properties(&entity_type.properties, properties, &now)?;
    }
    if let Some(aliases) = change.aliases {
        if let Some((kind, _)) = aliases.iter().find(|(_, allowed)| !allowed.is_boolean()) {
            return Err(WebApiError::argument(&format!("aliases.{kind}"), "It must be true or false."));
        }
        entity_type.aliases = aliases;
    }
    entity_type.others.extend(others);
    entity_type.updated_at = now;
    Ok(())
}

/// A property that was there before keeps the time it was made.
fn replace_properties(old: &[Property], new: Vec<PropertyArgument>, now: &str) -> Result<Vec<Property>, WebApiError> {
    if new.len() > MAX_PROPERTIES {
        return Err(WebApiError::argument("properties", format!("An entity type has at most {MAX_PROPERTIES}.")));
    }
    let mut properties: Vec<Property> = Vec::new();
    for (i, property) in new.into_iter().enumerate() {
        let at = |member: &str| format!("properties[{i}].{member}");
        if property.identifier.is_empty() {
            return Err(missing(&at("identifier")));
        }
        if properties.iter().any(|known| known.identifier == property.identifier) {
            return Err(WebApiError::argument(&at("identifier"), "Another property has it."));
        }
        one_of(&at("type"), &property.r#type, &PROPERTY_TYPES)?;
        let visibility = property.visibility.unwrap_or_else(|| "visible".to_owned());
        one_of(&at("visibility"), &visibility, &["visible", "hidden"])?;
        let before = old.iter().find(|before| before.identifier == property.identifier);
        let mut others = property.others;
        others.retain(|name, _| !COMPUTED.contains(&name.as_str()));
        properties.push(Property {
            name: property.name.unwrap_or_else(|| property.identifier.clone()),
            identifier: property.identifier,
            r#type: property.r#type,
            description: property.description,
            visibility,
            ordering: property.ordering.or_else(|| i64::try_from(i).ok()).unwrap_or_default(),
            is_required: property.is_required.unwrap_or_default(),
            definition: property.definition.unwrap_or_default(),
            created_at: before.map_or_else(|| now.to_owned(), |before| before.created_at.clone()),
            updated_at: now.to_owned(),
            others,
        });
    }
    Ok(properties)
}
