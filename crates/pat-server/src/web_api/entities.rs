//! `catalog.entities.*`: what an account's software is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::arguments::{Given, missing};
use super::auth::reply;
use super::owners::{self, OwnerTeam, OwnerUser};
use super::relations::{self, End};
use super::stored::{self, Stored};
use super::{Call, Reply, WebApiError, lists};
use crate::store::Conn;
use crate::store::resources::{self, Filter, Kind};

/// An entity as it is stored and answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entity {
    /// Chosen by its maker.
    pub identifier: String,
    /// What people call it.
    pub name: Option<String>,
    /// The entity type's identifier.
    pub r#type: String,
    /// What it is.
    pub description: Option<String>,
    created_at: String,
    updated_at: String,
    /// In the order in which they were named.
    pub owner_teams: Vec<OwnerTeam>,
    /// In the order in which they were named.
    pub owner_users: Vec<OwnerUser>,
    domain: Option<Domain>,
    properties: Map<String, Value>,
    aliases: Map<String, Value>,
    /// What a client sent beside: its file may hold more than we know.
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Domain {
    identifier: String,
}

impl Stored for Entity {
    const KIND: Kind = Kind::Entity;

    fn identifier(&self) -> &str {
        &self.identifier
    }
}

/// Members of an entity that no client sets by their name.
const COMPUTED: [&str; 5] = ["id", "created_at", "updated_at", "owner_teams", "owner_users"];

/// The arguments of a create, an update and an upsert. What isn't given stays as it is.
#[derive(Deserialize)]
struct Change {
    r#type: Option<String>,
    #[serde(default)]
    name: Given<String>,
    #[serde(default)]
    description: Given<String>,
    owner_team_ids: Option<Vec<String>>,
    owner_user_ids: Option<Vec<String>>,
    owner_user_emails: Option<Vec<String>>,
    #[serde(default)]
    domain: Given<String>,
    /// Null removes a property.
    properties: Option<Map<String, Value>>,
    /// An empty list removes an alias type.
    aliases: Option<BTreeMap<String, Vec<Alias>>>,
    /// By relation; null removes all its edges from here.
    relations: Option<BTreeMap<String, Option<Vec<String>>>>,
    /// Ours.
    #[serde(skip)]
    others: Map<String, Value>,
    /// Named so that it isn't kept.
    #[serde(rename = "identifier")]
    _identifier: String,
}

/// Another tool's name of an entity.
#[derive(Deserialize)]
struct Alias {
    identifier: Option<Value>,
    /// What clients send instead of an identifier that they would have to look up.
    lookup: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// `catalog.entities.list`.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let (entity_type, search) = (call.arguments.filled("type")?, call.arguments.filled("search_term")?);
    lists::page(call, conn, Kind::Entity, "entities", Filter { entity_type, search, ..Filter::default() }, lists::FIFTY).await
}

/// `catalog.entities.info`.
pub async fn info(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let identifier = call.arguments.required("identifier")?;
    let entity = resources::find(conn, call.principal.account_id, Kind::Entity, identifier).await?;
    reply(json!({ "entity": entity.ok_or(WebApiError::NotFound)? }))
}

/// `catalog.entities.create`.
pub async fn create(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    call.arguments.all_required(["identifier", "type"])?;
    let (identifier, change) = arguments(call)?;
    let mut entity = blank(call, conn, identifier).await?;
    if resources::find(conn, call.principal.account_id, Kind::Entity, identifier).await?.is_some() {
        return Err(WebApiError::Conflict);
    }
    let relations = change.apply(call, conn, &mut entity).await?;
    stored::add(call, conn, &entity).await?;
    replace_edges(call, conn, &entity, relations).await?;
    reply(json!({ "entity": entity }))
}

/// `catalog.entities.update`.
pub async fn update(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let (identifier, change) = arguments(call)?;
    let entity = stored::get_to_change(call, conn, identifier).await?;
    reply(json!({ "entity": change_stored(call, conn, entity, change).await? }))
}

/// `catalog.entities.upsert`.
pub async fn upsert(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    call.arguments.all_required(["identifier", "type"])?;
    let (identifier, change) = arguments(call)?;
    let new = blank(call, conn, identifier).await?;
    // Whoever comes second waits here for the first one's row, and changes it.
    let is_new = resources::insert(conn, call.principal.account_id, Kind::Entity, identifier, &stored::body(&new)?).await?;
    let entity = if is_new { new } else { stored::get_to_change(call, conn, identifier).await? };
    let entity = change_stored(call, conn, entity, change).await?;
    let result = if is_new { "created_new_entity" } else { "updated_existing_entity" };
    reply(json!({ "entity": entity, "result": result }))
}

/// `catalog.entities.delete`. Its relation edges go with it.
pub async fn delete(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let identifier = call.arguments.required("identifier")?;
    let entity: Entity = stored::get_to_delete(call, conn, identifier).await?;
    let of_domain = json!({ "domain": { "identifier": identifier } });
    if resources::any_holds(conn, call.principal.account_id, Kind::Entity, &of_domain).await? {
        return Err(WebApiError::InUse("it is other entities' domain"));
    }
    for end in [End::Source, End::Target] {
        relations::remove_edges(call, conn, end, identifier, None).await?;
    }
    stored::remove(call, conn, &entity).await?;
    reply(json!({ "entity": entity }))
}

fn arguments(call: Call<'_>) -> Result<(&str, Change), WebApiError> {
    let identifier = call.arguments.new_identifier("identifier")?;
    let (mut change, mut others): (Change, _) = call.arguments.read_and_rest()?;
    others.retain(|name, _| !COMPUTED.contains(&name.as_str()));
    change.others = others;
    Ok((identifier, change))
}

/// An entity without anything. It has its type from the start, as every entity has one.
async fn blank(call: Call<'_>, conn: &mut Conn, identifier: &str) -> Result<Entity, WebApiError> {
    let entity_type = call.arguments.required("type")?;
    let now = stored::now(conn).await?;
    Ok(Entity {
        identifier: identifier.to_owned(),
        name: None,
        r#type: entity_type.to_owned(),
        description: None,
        created_at: now.clone(),
        updated_at: now,
        owner_teams: Vec::new(),
        owner_users: Vec::new(),
        domain: None,
        properties: Map::new(),
        aliases: Map::new(),
        others: Map::new(),
    })
}

async fn change_stored(call: Call<'_>, conn: &mut Conn, mut entity: Entity, change: Change) -> Result<Entity, WebApiError> {
    let relations = change.apply(call, conn, &mut entity).await?;
    stored::save(call, conn, &entity).await?;
    replace_edges(call, conn, &entity, relations).await?;
    Ok(entity)
}

type Edges = BTreeMap<String, Option<Vec<String>>>;

async fn replace_edges(call: Call<'_>, conn: &mut Conn, entity: &Entity, edges: Edges) -> Result<(), WebApiError> {
    for (relation, targets) in edges {
        relations::replace_edges(call, conn, &relation, &entity.identifier, &targets.unwrap_or_default()).await?;
    }
    Ok(())
}

impl Change {
    /// Changes an entity and returns what is to be done with its edges.
    async fn apply(self, call: Call<'_>, conn: &mut Conn, entity: &mut Entity) -> Result<Edges, WebApiError> {
        let account = call.principal.account_id;
        if let Some(entity_type) = self.r#type {
            let known = resources::find_to_refer(conn, account, Kind::EntityType, &entity_type).await?;
            known.ok_or_else(|| WebApiError::argument("type", "There is no such entity type."))?;
            entity.r#type = entity_type;
        }
        self.name.replace(&mut entity.name);
        self.description.replace(&mut entity.description);
        if let Some(ids) = self.owner_team_ids {
            entity.owner_teams = owners::teams(call, conn, &ids).await?;
        }
        if self.owner_user_ids.is_some() || self.owner_user_emails.is_some() {
            let (ids, emails) = (self.owner_user_ids.unwrap_or_default(), self.owner_user_emails.unwrap_or_default());
            entity.owner_users = owners::users(call, conn, &ids, &emails).await?;
        }
        if let Given::Value(domain) = self.domain {
            let domain = domain.filter(|identifier| !identifier.is_empty());
            if let Some(identifier) = domain.as_ref().filter(|identifier| **identifier != entity.identifier) {
                let known = resources::find_to_refer(conn, account, Kind::Entity, identifier).await?;
                known.ok_or_else(|| WebApiError::argument("domain", format!("There is no entity {identifier}.")))?;
            }
            entity.domain = domain.map(|identifier| Domain { identifier });
        }
        for (name, value) in self.properties.into_iter().flatten() {
            set(&mut entity.properties, name, Some(value).filter(|value| !value.is_null()));
        }
        for (kind, aliases) in self.aliases.into_iter().flatten() {
            let list: Vec<Value> = aliases.into_iter().map(|alias| alias.stored(&kind)).collect::<Result<_, _>>()?;
            set(&mut entity.aliases, kind, Some(Value::Array(list)).filter(|list| *list != json!([])));
        }
        entity.others.extend(self.others);
        entity.updated_at = stored::now(conn).await?;
        Ok(self.relations.unwrap_or_default())
    }
}

fn set(members: &mut Map<String, Value>, name: String, value: Option<Value>) {
    match value {
        Some(value) => members.insert(name, value),
        None => members.shift_remove(&name),
    };
}

impl Alias {
    fn stored(self, kind: &str) -> Result<Value, WebApiError> {
        let identifier = match (self.identifier, self.lookup) {
            (Some(Value::String(identifier)), _) | (None, Some(identifier)) => identifier,
            (Some(Value::Number(number)), _) => number.to_string(),
            (Some(_), _) => return Err(WebApiError::argument(&format!("aliases.{kind}"), "An alias' identifier must be a text.")),
            (None, None) => return Err(missing(&format!("aliases.{kind}.identifier"))),
        };
        let first = [("identifier".to_owned(), Value::String(identifier))];
        Ok(Value::Object(first.into_iter().chain(self.others).collect()))
    }
}
