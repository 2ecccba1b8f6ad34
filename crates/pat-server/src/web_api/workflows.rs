//! `workflows.list`: what can be started.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::auth::reply;
use super::entities::Entity;
use super::stored::{self, Stored};
use super::{Call, Reply, WebApiError, teams, wire_id};
use crate::store::Conn;
use crate::store::resources::Kind;

/// A workflow as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Workflow {
    /// Chosen by its maker.
    pub identifier: String,
    /// What people call it.
    pub name: String,
    description: Option<String>,
    icon: Option<String>,
    color: Option<String>,
    /// Whether a run is about an entity.
    pub scope: Scope,
    entity_filter_type: Option<String>,
    entity_filter_sql: Option<String>,
    entity_filter_type_identifiers: Option<Vec<String>>,
    execution_type: String,
    /// Who may start it.
    pub trigger_type: TriggerType,
    /// What a run is given.
    pub parameters: Vec<Parameter>,
    /// Who may start it, where only some may. Not answered.
    #[serde(default)]
    runner_ids: Vec<String>,
}

impl Stored for Workflow {
    const KIND: Kind = Kind::Workflow;

    fn identifier(&self) -> &str {
        &self.identifier
    }
}

/// What runs are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Scope {
    /// Nothing special.
    Global,
    /// An entity.
    Entity,
}

/// Who may start a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TriggerType {
    /// Everybody.
    Any,
    /// Everybody; somebody else must agree.
    Approval,
    /// Some people.
    Runners,
    /// Who owns the entity.
    Entity,
}

/// What a run is given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parameter {
    /// Its key in a run's data.
    pub identifier: String,
    name: String,
    description: Option<String>,
    /// What it is unless the caller says otherwise.
    pub default_value: Value,
    /// Whether a run needs it.
    pub is_required: bool,
    /// What it may be.
    pub r#type: ParameterType,
    definition: Definition,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Definition {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    options: Option<Vec<Value>>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ParameterType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// True or false.
    Boolean,
    /// One of its options.
    Select,
    /// A user's id.
    User,
    /// A team's id.
    Team,
    /// An e-mail address.
    Email,
}

impl Parameter {
    /// What is wrong with a value; `None` if nothing is.
    pub fn problem(&self, value: &Value) -> Option<&'static str> {
        let (is_right, problem) = match self.r#type {
            ParameterType::String | ParameterType::User | ParameterType::Team => (value.is_string(), "must be a text"),
            ParameterType::Integer => (value.is_i64() || value.is_u64(), "must be a whole number"),
            ParameterType::Float => (value.is_number(), "must be a number"),
            ParameterType::Boolean => (value.is_boolean(), "must be true or false"),
            ParameterType::Select => (self.has_option(value), "must be one of its options"),
            ParameterType::Email => {
                (value.as_str().is_some_and(|text| pat_core::email::Email::parse(text).is_ok()), "must be an e-mail address")
            }
        };
        (!is_right).then_some(problem)
    }

    /// Options are values, or objects with one.
    fn has_option(&self, value: &Value) -> bool {
        self.definition.options.iter().flatten().any(|option| option.get("value").unwrap_or(option) == value)
    }
}

impl Workflow {
    /// Whether runs can be about an entity.
    pub fn is_for(&self, entity: &Entity) -> bool {
        let types = self.entity_filter_type_identifiers.as_deref();
        self.scope == Scope::Entity && types.is_none_or(|types| types.contains(&entity.r#type))
    }

    /// Whether the caller may start it, on an entity if there is one. An organization token may start everything.
    pub async fn may_start(&self, call: Call<'_>, conn: &mut Conn, entity: Option<&Entity>) -> Result<bool, WebApiError> {
        let Some(user) = &call.principal.user else { return Ok(true) };
        Ok(match (self.trigger_type, entity) {
            (TriggerType::Any | TriggerType::Approval, _) | (TriggerType::Entity, None) => true,
            (TriggerType::Runners, _) => self.runner_ids.contains(&wire_id(user.wire_id)),
            (TriggerType::Entity, Some(entity)) => {
                let teams = teams::ids_of_member(call, conn, &user.email).await?;
                entity.owner_users.iter().any(|owner| owner.email == user.email)
                    || entity.owner_teams.iter().any(|owner| teams.contains(&owner.id))
            }
        })
    }

    fn view(&self) -> Result<Value, WebApiError> {
        let mut view = stored::body(self)?;
        if let Some(members) = view.as_object_mut() {
            members.shift_remove("runner_ids");
        }
        Ok(view)
    }
}

/// `workflows.list`: what the caller may start.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let scope = call.arguments.choice("scope", &["GLOBAL", "ENTITY"])?;
    let entity: Option<Entity> = match call.arguments.filled("entity_identifier")? {
        Some(_) if scope != Some("ENTITY") => {
            return Err(WebApiError::argument("entity_identifier", "It goes with the scope ENTITY only."));
        }
        Some(identifier) => Some(stored::get(call, conn, identifier).await?),
        None => None,
    };
    let holds = scope.map(|scope| json!({ "scope": scope }));
    let workflows: Vec<Workflow> = stored::all(call, conn, holds.as_ref()).await?;
    let mut views = Vec::new();
    for workflow in workflows {
        if entity.as_ref().is_none_or(|entity| workflow.is_for(entity)) && workflow.may_start(call, conn, entity.as_ref()).await? {
            views.push(workflow.view()?);
        }
    }
    reply(json!({ "workflows": views }))
}

/// A refusal of what a run is given.
pub fn invalid_run(code: &'static str, message: impl Into<String>) -> WebApiError {
    WebApiError::own(StatusCode::UNPROCESSABLE_ENTITY, code, message)
}
