//! `catalog.entities.*`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::auth::reply;
use super::{Call, Reply, WebApiError, lists, parse_wire_id, wire_id};
use crate::store::people::{self, User};
use crate::store::resources::{self, Filter, Kind};
use crate::store::{self, Conn};

/// `catalog.entities.list`.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let text = |name| Ok::<_, WebApiError>(call.arguments.text(name)?.filter(|text| !text.is_empty()));
    let filter = Filter { entity_type: text("type")?, search: text("search_term")?, published: None };
    lists::page(call, conn, Kind::Entity, "entities", filter).await
}

/// `catalog.entities.info`.
pub async fn info(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let identifier = call.arguments.required("identifier")?;
    let entity = resources::find(conn, call.principal.account_id, Kind::Entity, identifier).await?;
    reply(json!({ "entity": entity.ok_or(WebApiError::NotFound)? }))
}

/// `catalog.entities.delete`.
pub async fn delete(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let identifier = call.arguments.required("identifier")?;
    let entity = resources::delete(conn, call.principal.account_id, Kind::Entity, identifier).await?;
    reply(json!({ "entity": entity.ok_or(WebApiError::NotFound)? }))
}

/// The longest identifier of an entity, in characters: it is part of an index.
const MAX_IDENTIFIER_CHARS: usize = 255;

/// The arguments of a create. Members that aren't named here are kept as they are.
#[derive(Deserialize)]
struct NewEntity {
    name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    owner_team_ids: Vec<String>,
    #[serde(default)]
    owner_user_ids: Vec<String>,
    #[serde(default)]
    owner_user_emails: Vec<String>,
    domain: Option<String>,
    #[serde(default)]
    properties: Map<String, Value>,
    #[serde(default)]
    aliases: Map<String, Value>,
}

/// An entity as it is stored and answered.
#[derive(Serialize)]
struct Entity<'a> {
    identifier: &'a str,
    name: Option<String>,
    r#type: &'a str,
    description: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    owner_teams: Vec<Value>,
    owner_users: Vec<Value>,
    domain: Option<Value>,
    properties: Map<String, Value>,
    aliases: Map<String, Value>,
}

/// `catalog.entities.create`.
pub async fn create(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let account = call.principal.account_id;
    let (identifier, entity_type) = (call.arguments.required("identifier")?, call.arguments.required("type")?);
    if identifier.chars().count() > MAX_IDENTIFIER_CHARS || identifier.chars().any(char::is_control) {
        return Err(WebApiError::argument(
            "identifier",
            format!("It has at most {MAX_IDENTIFIER_CHARS} characters, none of them control characters."),
        ));
    }
    let new: NewEntity = call.arguments.read()?;
    if resources::find(conn, account, Kind::EntityType, entity_type).await?.is_none() {
        return Err(WebApiError::argument("type", "There is no such entity type."));
    }
    let now = store::now(conn).await?;
    let entity = Entity {
        identifier,
        r#type: entity_type,
        created_at: now,
        updated_at: now,
        owner_teams: owner_teams(call, conn, &new.owner_team_ids).await?,
        owner_users: owner_users(call, conn, &new.owner_user_ids, &new.owner_user_emails).await?,
        name: new.name,
        description: new.description,
        domain: new.domain.map(|identifier| json!({ "identifier": identifier })),
        // Null removes a property and an empty array an alias type; on a new entity there is nothing to remove.
        properties: new.properties.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        aliases: new.aliases.into_iter().filter(|(_, value)| value.as_array().is_none_or(|list| !list.is_empty())).collect(),
    };
    let body = serde_json::to_value(&entity).map_err(|error| WebApiError::Defect(error.into()))?;
    if resources::insert(conn, account, Kind::Entity, identifier, &body).await? {
        reply(json!({ "entity": body }))
    } else {
        Err(WebApiError::Conflict)
    }
}

async fn owner_teams(call: Call<'_>, conn: &mut Conn, ids: &[String]) -> Result<Vec<Value>, WebApiError> {
    check_owners("owner_team_ids", ids)?;
    let teams = resources::find_all(conn, call.principal.account_id, Kind::Team, ids).await?;
    let owner = |id: &String| {
        let team = teams.iter().find(|team| team.identifier == *id);
        let team = team.ok_or_else(|| WebApiError::argument("owner_team_ids", format!("There is no team {id}.")))?;
        Ok(json!({ "id": id, "name": team.body.get("name") }))
    };
    ids.iter().map(owner).collect()
}

async fn owner_users(call: Call<'_>, conn: &mut Conn, ids: &[String], emails: &[String]) -> Result<Vec<Value>, WebApiError> {
    check_owners("owner_user_ids", ids)?;
    check_owners("owner_user_emails", emails)?;
    let account = call.principal.account_id;
    let numbers: Vec<i64> = ids.iter().filter_map(|id| parse_wire_id(id)).collect();
    let emails: Vec<String> = emails.iter().map(|email| email.trim().to_lowercase()).collect();
    let users = people::find_all(conn, account, &numbers, &emails).await?;
    let owner = |argument: &str, wanted: &String, found: Option<&User>| {
        let user = found.ok_or_else(|| WebApiError::argument(argument, format!("There is no user {wanted}.")))?;
        Ok(json!({ "id": wire_id(user.wire_id), "email": user.email }))
    };
    let by_id = ids.iter().map(|id| owner("owner_user_ids", id, users.iter().find(|user| Some(user.wire_id) == parse_wire_id(id))));
    let by_email = emails.iter().map(|email| owner("owner_user_emails", email, users.iter().find(|user| user.email == *email)));
    by_id.chain(by_email).collect()
}

/// Owners that an entity may have of each kind.
const MAX_OWNERS: usize = 100;

fn check_owners(argument: &str, owners: &[String]) -> Result<(), WebApiError> {
    if owners.len() <= MAX_OWNERS {
        return Ok(());
    }
    Err(WebApiError::argument(argument, format!("An entity has at most {MAX_OWNERS}.")))
}
