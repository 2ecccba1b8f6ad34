//! `catalog.relations.*` and `catalog.relationEdges.*`: how entities of two types may be related, and which are.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::arguments::one_of;
use super::auth::reply;
use super::entities::Entity;
use super::lists::{self, Sizes};
use super::stored::{self, Stored};
use super::{Call, Reply, WebApiError};
use crate::store::Conn;
use crate::store::resources::{self, Filter, Kind};

/// A relation as it is stored and answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Relation {
    identifier: String,
    r#type: String,
    inverse_type: String,
    cardinality: Cardinality,
    description: Option<String>,
    source_entity_type_identifier: String,
    target_entity_type_identifier: String,
    created_at: String,
    updated_at: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cardinality {
    OneToOne,
    OneToMany,
    ManyToOne,
    ManyToMany,
}

/// Two entities that are related.
#[derive(Debug, Serialize, Deserialize)]
struct Edge {
    id: String,
    relation: String,
    source: String,
    target: String,
}

impl Stored for Relation {
    const KIND: Kind = Kind::Relation;

    fn identifier(&self) -> &str {
        &self.identifier
    }
}

impl Stored for Edge {
    const KIND: Kind = Kind::RelationEdge;

    fn identifier(&self) -> &str {
        &self.id
    }
}

impl Edge {
    fn new(relation: &str, source: &str, target: &str) -> Self {
        // Three identifiers in a row would be too long for an index. They hold no control characters.
        let id = blake3::hash([relation, source, target].join("\n").as_bytes()).to_hex();
        Self { id: id.to_string(), relation: relation.to_owned(), source: source.to_owned(), target: target.to_owned() }
    }
}

/// An end of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Where it starts.
    Source,
    /// Where it points.
    Target,
}

/// Types and their inverse.
const TYPES: [(&str, &str); 6] = [
    ("consumes", "consumed by"),
    ("depends on", "dependency of"),
    ("parent of", "child of"),
    ("part of", "has part"),
    ("provides", "provided by"),
    ("manages", "managed by"),
];

/// Edges that one call may add.
const MAX_EDGES: usize = 100;

/// `catalog.relations.list`.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    lists::page(call, conn, Kind::Relation, "relations", Filter::default(), lists::FIFTY).await
}

/// `catalog.relations.info`.
pub async fn info(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let relation: Relation = stored::get(call, conn, call.arguments.required("identifier")?).await?;
    reply(json!({ "relation": relation }))
}

/// `catalog.relations.create`.
pub async fn create(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    #[derive(Deserialize)]
    struct Arguments {
        cardinality: Cardinality,
        description: Option<String>,
    }
    let names = ["identifier", "type", "cardinality", "source_entity_type_identifier", "target_entity_type_identifier"];
    let [identifier, relation_type, _, source, target] = call.arguments.all_required(names)?;
    call.arguments.new_identifier("identifier")?;
    if !identifier.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)) {
        return Err(WebApiError::argument("identifier", "It has letters, digits, underscores, periods and hyphens only."));
    }
    let arguments: Arguments = call.arguments.read()?;
    for (argument, entity_type) in [("source_entity_type_identifier", source), ("target_entity_type_identifier", target)] {
        let known = resources::find_to_refer(conn, call.principal.account_id, Kind::EntityType, entity_type).await?;
        known.ok_or_else(|| WebApiError::argument(argument, "There is no such entity type."))?;
    }
    let now = stored::now(conn).await?;
    let relation = Relation {
        identifier: identifier.to_owned(),
        inverse_type: inverse(relation_type)?,
        r#type: relation_type.to_owned(),
        cardinality: arguments.cardinality,
        description: arguments.description,
        source_entity_type_identifier: source.to_owned(),
        target_entity_type_identifier: target.to_owned(),
        created_at: now.clone(),
        updated_at: now,
    };
    stored::add(call, conn, &relation).await?;
    reply(json!({ "relation": relation }))
}

/// `catalog.relations.update`.
pub async fn update(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let mut relation: Relation = stored::get_to_change(call, conn, call.arguments.required("identifier")?).await?;
    if let Some(relation_type) = call.arguments.filled("type")? {
        relation.inverse_type = inverse(relation_type)?;
        relation_type.clone_into(&mut relation.r#type);
    }
    if let Some(description) = call.arguments.text("description")? {
        relation.description = Some(description.to_owned()).filter(|text| !text.is_empty());
    }
    relation.updated_at = stored::now(conn).await?;
    stored::save(call, conn, &relation).await?;
    reply(json!({ "relation": relation }))
}

/// `catalog.relations.delete`.
pub async fn delete(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let relation: Relation = stored::get_to_delete(call, conn, call.arguments.required("identifier")?).await?;
    let of_relation = json!({ "relation": relation.identifier });
    if resources::any_holds(conn, call.principal.account_id, Kind::RelationEdge, &of_relation).await? {
        return Err(WebApiError::InUse("entities are related by it"));
    }
    stored::remove(call, conn, &relation).await?;
    reply(json!({ "relation": relation }))
}

/// `catalog.relationEdges.list`.
pub async fn list_edges(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let [entity, relation] = call.arguments.all_required(["entity_identifier", "relation_identifier"])?;
    let incoming = call.arguments.choice("direction", &["outgoing", "incoming"])? == Some("incoming");
    let account = call.principal.account_id;
    if resources::find(conn, account, Kind::Relation, relation).await?.is_none() {
        return Err(no_relation(StatusCode::NOT_FOUND, relation));
    }
    if resources::find(conn, account, Kind::Entity, entity).await?.is_none() {
        return Err(no_entity(StatusCode::NOT_FOUND, entity));
    }
    let here = if incoming { "target" } else { "source" };
    let holds = json!({ "relation": relation, here: entity });
    let (rows, next_cursor) = lists::latest_rows(call, conn, Kind::RelationEdge, &holds, Sizes { default: 25, max: 50 }).await?;
    let edges: Vec<Edge> = rows.into_iter().map(|row| stored::from_body(row.body)).collect::<Result<_, _>>()?;
    let others: Vec<String> = edges.into_iter().map(|edge| if incoming { edge.source } else { edge.target }).collect();
    let entities = resources::find_all(conn, account, Kind::Entity, &others).await?;
    let names: BTreeMap<&str, &Value> =
        entities.iter().map(|row| (row.identifier.as_str(), row.body.get("name").unwrap_or(&Value::Null))).collect();
    let related = others.iter().map(|identifier| json!({ "identifier": identifier, "name": names.get(identifier.as_str()) }));
    reply(json!({ "entity_relations": related.collect::<Vec<_>>(), "response_metadata": { "next_cursor": next_cursor } }))
}

/// `catalog.relationEdges.add`.
pub async fn add_edge(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let names = ["relation_identifier", "source_entity_identifier", "target_entity_identifier"];
    let [relation, source, target] = call.arguments.all_required(names)?;
    add_edges(call, conn, relation, &[(source, target)]).await?;
    Ok(Reply::new())
}

/// `catalog.relationEdges.bulkUpsert`: all of them or none.
pub async fn upsert_edges(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    #[derive(Deserialize)]
    struct Arguments {
        edges: BTreeMap<String, Vec<String>>,
    }
    let relation = call.arguments.required("relation_identifier")?;
    let Arguments { edges } = call.arguments.read()?;
    let pairs: BTreeSet<(&str, &str)> =
        edges.iter().flat_map(|(source, targets)| targets.iter().map(move |target| (source.as_str(), target.as_str()))).collect();
    if pairs.len() > MAX_EDGES {
        let message = format!("A call adds at most {MAX_EDGES} edges.");
        return Err(WebApiError::own(StatusCode::UNPROCESSABLE_ENTITY, "too_many_edges", message));
    }
    add_edges(call, conn, relation, &pairs.into_iter().collect::<Vec<_>>()).await?;
    Ok(Reply::new())
}

/// Makes these the only targets of an entity in a relation.
pub async fn replace_edges(call: Call<'_>, conn: &mut Conn, relation: &str, source: &str, targets: &[String]) -> Result<(), WebApiError> {
    if targets.len() > MAX_EDGES {
        return Err(WebApiError::argument(&format!("relations.{relation}"), format!("An entity has at most {MAX_EDGES} here.")));
    }
    let targets: BTreeSet<&str> = targets.iter().map(String::as_str).collect();
    remove_edges(call, conn, End::Source, source, Some(relation)).await?;
    add_edges(call, conn, relation, &targets.into_iter().map(|target| (source, target)).collect::<Vec<_>>()).await
}

/// Removes the edges at one end of an entity, of one relation or of all.
pub async fn remove_edges(call: Call<'_>, conn: &mut Conn, end: End, entity: &str, relation: Option<&str>) -> Result<(), WebApiError> {
    let here = if end == End::Source { "source" } else { "target" };
    let members = match relation {
        Some(relation) => json!({ here: entity, "relation": relation }),
        None => json!({ here: entity }),
    };
    Ok(resources::delete_edges(conn, call.principal.account_id, &members).await?)
}

/// Adds edges that aren't there. Those of one relation are added one call after the other, as they may exclude each other.
async fn add_edges(call: Call<'_>, conn: &mut Conn, relation: &str, edges: &[(&str, &str)]) -> Result<(), WebApiError> {
    const STATUS: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    let relation: Relation = match stored::get_to_change(call, conn, relation).await {
        Err(WebApiError::NotFound) => return Err(no_relation(STATUS, relation)),
        found => found?,
    };
    for (source, target) in edges {
        for (entity, entity_type) in [(source, &relation.source_entity_type_identifier), (target, &relation.target_entity_type_identifier)]
        {
            let found = resources::find_to_refer(conn, call.principal.account_id, Kind::Entity, entity).await?;
            let found: Entity = stored::from_body(found.ok_or_else(|| no_entity(STATUS, entity))?)?;
            if found.r#type != *entity_type {
                let message = format!("{entity} is a {}, where the relation has a {entity_type}.", found.r#type);
                return Err(WebApiError::own(STATUS, "invalid_entity_type", message));
            }
        }
        let edge = Edge::new(&relation.identifier, source, target);
        let is_new = resources::insert(conn, call.principal.account_id, Kind::RelationEdge, &edge.id, &stored::body(&edge)?).await?;
        if is_new {
            check_cardinality(call, conn, &relation, &edge).await?;
        }
    }
    Ok(())
}

async fn check_cardinality(call: Call<'_>, conn: &mut Conn, relation: &Relation, edge: &Edge) -> Result<(), WebApiError> {
    use Cardinality::{ManyToOne, OneToMany, OneToOne};
    let one_target = matches!(relation.cardinality, OneToOne | ManyToOne).then_some(("source", &edge.source));
    let one_source = matches!(relation.cardinality, OneToOne | OneToMany).then_some(("target", &edge.target));
    for (end, entity) in one_target.into_iter().chain(one_source) {
        let holds = json!({ "relation": edge.relation, end: entity });
        if resources::latest(conn, call.principal.account_id, Kind::RelationEdge, &holds, None, 2).await?.len() > 1 {
            let message = format!("{entity} may be the {end} of one edge only.");
            return Err(WebApiError::own(StatusCode::UNPROCESSABLE_ENTITY, "invalid_cardinality", message));
        }
    }
    Ok(())
}

fn inverse(relation_type: &str) -> Result<String, WebApiError> {
    one_of("type", relation_type, &TYPES.map(|(known, _)| known))?;
    Ok(TYPES.iter().find(|(known, _)| *known == relation_type).map(|(_, inverse)| (*inverse).to_owned()).unwrap_or_default())
}

fn no_relation(status: StatusCode, relation: &str) -> WebApiError {
    WebApiError::own(status, "relation_not_found", format!("There is no relation {relation}."))
}

fn no_entity(status: StatusCode, entity: &str) -> WebApiError {
    WebApiError::own(status, "entity_not_found", format!("There is no entity {entity}."))
}
