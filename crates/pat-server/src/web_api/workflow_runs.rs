//! `workflowRuns.*`: workflows that were started, and what became of them.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::arguments::missing;
use super::auth::reply;
use super::entities::Entity;
use super::stored::{self, Stored};
use super::workflows::{Scope, TriggerType, Workflow, invalid_run};
use super::{Call, Reply, WebApiError};
use crate::store::Conn;
use crate::store::resources::Kind;

/// A run as it is stored and answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Run {
    id: String,
    status: Status,
    started_at: String,
    completed_at: Option<String>,
    data: Map<String, Value>,
    links: Vec<Link>,
    workflow: Named,
    entity: Option<Named>,
    events: Vec<Event>,
    http_state: Option<Value>,
}

impl Stored for Run {
    const KIND: Kind = Kind::WorkflowRun;

    fn identifier(&self) -> &str {
        &self.id
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    /// Somebody must agree first.
    Requested,
    Running,
    Succeeded,
    Failed,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Named {
    identifier: String,
    name: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Link {
    url: String,
    icon: Option<String>,
    label: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Event {
    id: String,
    workflow_run_id: String,
    r#type: String,
    message: Option<String>,
    occurred_at: String,
    data: Value,
}

/// Events that a run keeps.
const MAX_EVENTS: usize = 1000;

/// `workflowRuns.trigger`. DX documents two names of the workflow and of the entity, so all of them work.
pub async fn trigger(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let workflow = either(call, "workflow_identifier", "workflow_run_identifier")?.ok_or_else(|| missing("workflow_identifier"))?;
    let workflow: Workflow = stored::get(call, conn, workflow).await?;
    let entity: Option<Entity> = match either(call, "entity_identifier", "entity-identifier")? {
        Some(identifier) => Some(stored::get(call, conn, identifier).await?),
        None => None,
    };
    match (&entity, workflow.scope) {
        (None, Scope::Entity) => return Err(invalid_run("workflow_run_attribute_validation_failed", "The workflow needs an entity.")),
        (Some(_), Scope::Global) => return Err(invalid_run("workflow_run_attribute_validation_failed", "The workflow takes no entity.")),
        (Some(entity), Scope::Entity) if !workflow.is_for(entity) => {
            return Err(invalid_run("workflow_run_attribute_validation_failed", format!("The workflow is not for a {}.", entity.r#type)));
        }
        _ => {}
    }
    if !workflow.may_start(call, conn, entity.as_ref()).await? {
        return Err(WebApiError::not_authorized("The token's owner may not start this workflow."));
    }
    let data = checked_data(call, &workflow)?;
    let (status, event) = match workflow.trigger_type {
        TriggerType::Approval => (Status::Requested, "WORKFLOW_RUN_REQUESTED"),
        _ => (Status::Running, "WORKFLOW_TRIGGERED"),
    };
    let now = stored::now(conn).await?;
    let mut run = Run {
        id: stored::public_id(),
        status,
        started_at: now.clone(),
        completed_at: None,
        data,
        links: Vec::new(),
        workflow: Named { identifier: workflow.identifier, name: Some(workflow.name) },
        entity: entity.map(|entity| Named { identifier: entity.identifier, name: entity.name }),
        events: Vec::new(),
        http_state: None,
    };
    run.note(event, None, now, json!({}))?;
    stored::add(call, conn, &run).await?;
    reply(json!({ "workflow_run": { "id": run.id } }))
}

/// `workflowRuns.info`.
pub async fn info(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let run: Run = stored::get(call, conn, call.arguments.required("id")?).await?;
    reply(json!({ "workflow_run": run }))
}

/// `workflowRuns.changeStatus`. A run ends once.
pub async fn change_status(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let [id, status] = call.arguments.all_required(["workflow_run_id", "status"])?;
    call.arguments.choice("status", &["SUCCEEDED", "FAILED"])?;
    let status = if status == "SUCCEEDED" { Status::Succeeded } else { Status::Failed };
    let mut run: Run = stored::get_to_change(call, conn, id).await?;
    if run.completed_at.is_some() && run.status != status {
        return Err(WebApiError::own(StatusCode::CONFLICT, "conflict", "The run has ended."));
    }
    let now = stored::now(conn).await?;
    run.status = status;
    run.completed_at.get_or_insert_with(|| now.clone());
    let event = run.note("CHANGE_STATUS", None, now, json!({ "status": status }))?;
    stored::save(call, conn, &run).await?;
    reply(json!({ "event": event }))
}

/// `workflowRuns.postMessage`.
pub async fn post_message(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let [id, message] = call.arguments.all_required(["workflow_run_id", "message"])?;
    let mut run: Run = stored::get_to_change(call, conn, id).await?;
    let event = run.note("POST_MESSAGE", Some(message.to_owned()), stored::now(conn).await?, json!({}))?;
    stored::save(call, conn, &run).await?;
    reply(json!({ "event": event }))
}

/// `workflowRuns.addLink`.
pub async fn add_link(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    #[derive(Deserialize)]
    struct Arguments {
        link: Link,
    }
    let id = call.arguments.required("workflow_run_id")?;
    let Arguments { link } = call.arguments.read()?;
    // What people click on leads to a web page and runs no script.
    if !url::Url::parse(&link.url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Err(WebApiError::argument("link.url", "It must be a web address."));
    }
    let mut run: Run = stored::get_to_change(call, conn, id).await?;
    let event = run.note("ADD_LINK", None, stored::now(conn).await?, json!({ "link": link }))?;
    run.links.push(link);
    stored::save(call, conn, &run).await?;
    reply(json!({ "event": event }))
}

impl Run {
    fn note(&mut self, event: &str, message: Option<String>, now: String, data: Value) -> Result<Event, WebApiError> {
        if self.events.len() >= MAX_EVENTS {
            return Err(WebApiError::own(StatusCode::CONFLICT, "conflict", format!("The run has {MAX_EVENTS} events already.")));
        }
        let (id, workflow_run_id) = (stored::public_id(), self.id.clone());
        let event = Event { id, workflow_run_id, r#type: event.to_owned(), message, occurred_at: now, data };
        self.events.push(event.clone());
        Ok(event)
    }
}

fn either<'a>(call: Call<'a>, name: &str, other: &str) -> Result<Option<&'a str>, WebApiError> {
    Ok(call.arguments.filled(name)?.or(call.arguments.filled(other)?))
}

/// The run's data: what is given, and defaults for the rest.
fn checked_data(call: Call<'_>, workflow: &Workflow) -> Result<Map<String, Value>, WebApiError> {
    #[derive(Deserialize)]
    struct Arguments {
        data: Option<Map<String, Value>>,
    }
    let Arguments { data } = call.arguments.read()?;
    let mut given = data.unwrap_or_default();
    let (mut data, mut problems) = (Map::new(), Vec::new());
    for parameter in &workflow.parameters {
        let value = given.shift_remove(&parameter.identifier).filter(|value| !value.is_null());
        match value {
            Some(value) => match parameter.problem(&value) {
                Some(problem) => problems.push(format!("{} {problem}.", parameter.identifier)),
                None => {
                    data.insert(parameter.identifier.clone(), value);
                }
            },
            None if parameter.is_required && parameter.default_value.is_null() => {
                problems.push(format!("{} is required.", parameter.identifier));
            }
            None => {
                data.insert(parameter.identifier.clone(), parameter.default_value.clone());
            }
        }
    }
    problems.extend(given.keys().map(|name| format!("{name} is no parameter of the workflow.")));
    if problems.is_empty() { Ok(data) } else { Err(invalid_run("workflow_run_data_validation_failed", problems.join(" "))) }
}
