//! `teams.*`: who works with whom.

use axum::http::StatusCode;
use pat_core::email::Email;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::auth::reply;
use super::stored::{self, Stored};
use super::{Call, Reply, WebApiError};
use crate::store::Conn;
use crate::store::resources::Kind;

/// A team as it is stored. Lists show it without its members.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Team {
    id: String,
    name: String,
    ancestors: Vec<String>,
    last_changed_at: String,
    manager_id: Option<String>,
    /// Whether it has teams below it.
    parent: bool,
    parent_id: Option<String>,
    reference_id: Option<String>,
    /// The manager is the lead, and may be none of the contributors.
    lead: Option<Member>,
    members: Vec<Member>,
}

impl Stored for Team {
    const KIND: Kind = Kind::Team;

    fn identifier(&self) -> &str {
        &self.id
    }
}

/// Somebody in a team. They need not be a user here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    id: String,
    name: String,
    email: String,
    avatar: Option<String>,
    github_username: Option<String>,
    developer: bool,
    tz: Option<String>,
}

impl Team {
    fn row(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "ancestors": self.ancestors,
            "contributors": self.members.len(),
            "last_changed_at": self.last_changed_at,
            "manager_id": self.manager_id,
            "parent": self.parent,
            "parent_id": self.parent_id,
            "reference_id": self.reference_id,
        })
    }

    fn details(&self) -> Value {
        let mut details = self.row();
        for (name, value) in [("lead", json!(self.lead)), ("manager", json!(self.lead)), ("contributors", json!(self.members))] {
            if let Some(members) = details.as_object_mut() {
                members.insert(name.to_owned(), value);
            }
        }
        details
    }

    /// What `auth.whoami` says of it.
    pub fn summary(&self) -> Value {
        let person = |member: &Member| json!({ "id": member.id, "name": member.name, "email": member.email });
        let contributors: Vec<Value> = self.members.iter().map(person).collect();
        json!({ "id": self.id, "name": self.name, "lead": self.lead.as_ref().map(person), "contributors": contributors })
    }

    fn has(&self, email: &str) -> bool {
        self.members.iter().any(|member| member.email == email)
    }
}

/// `teams.list`: all of them, by name.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let mut teams: Vec<Team> = stored::all(call, conn, None).await?;
    teams.sort_by(|a, b| a.name.cmp(&b.name));
    reply(json!({ "teams": teams.iter().map(Team::row).collect::<Vec<_>>() }))
}

/// `teams.info`, by exactly one of two ids.
pub async fn info(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let team: Team = match (call.arguments.filled("team_id")?, call.arguments.filled("reference_id")?) {
        (Some(id), None) => stored::get(call, conn, id).await?,
        (None, Some(id)) => {
            let teams = stored::all(call, conn, Some(&json!({ "reference_id": id }))).await?;
            teams.into_iter().next().ok_or(WebApiError::NotFound)?
        }
        (team, _) => {
            let problem = if team.is_some() { "Send one of the two only." } else { "One of the two is required." };
            return Err(WebApiError::arguments(["team_id", "reference_id"].map(|name| (name.to_owned(), problem.to_owned()))));
        }
    };
    reply(json!({ "team": team.details() }))
}

/// `teams.findByMembers`: the smallest team that has all of them.
pub async fn find_by_members(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    call.arguments.required("team_emails")?;
    let emails: Result<Vec<Email>, _> = call.arguments.comma_list("team_emails")?.into_iter().map(Email::parse).collect();
    let malformed = |_| WebApiError::own(StatusCode::BAD_REQUEST, "email_parameter_malformed", "team_emails: One is no e-mail address.");
    let emails = emails.map_err(malformed)?;
    let nobody = |message: &str| WebApiError::own(StatusCode::BAD_REQUEST, "no_users_found", message);
    let teams: Vec<Team> = stored::all(call, conn, None).await?;
    let known: Vec<&Email> = emails.iter().filter(|email| teams.iter().any(|team| team.has(email.as_str()))).collect();
    if known.is_empty() {
        return Err(nobody("No team has a member with one of these e-mail addresses."));
    }
    let with_all = teams.iter().filter(|team| known.iter().all(|email| team.has(email.as_str())));
    let team = with_all.min_by_key(|team| team.members.len()).ok_or_else(|| nobody("No team has all of these members."))?;
    reply(json!({ "team": { "id": team.id, "name": team.name, "members": team.members, "manager": team.lead } }))
}

/// The smallest team that somebody is in.
pub async fn of_member(call: Call<'_>, conn: &mut Conn, email: &str) -> Result<Option<Team>, WebApiError> {
    let teams: Vec<Team> = stored::all(call, conn, Some(&json!({ "members": [{ "email": email }] }))).await?;
    Ok(teams.into_iter().min_by_key(|team| team.members.len()))
}

/// The ids of all teams that somebody is in.
pub async fn ids_of_member(call: Call<'_>, conn: &mut Conn, email: &str) -> Result<Vec<String>, WebApiError> {
    let teams: Vec<Team> = stored::all(call, conn, Some(&json!({ "members": [{ "email": email }] }))).await?;
    Ok(teams.into_iter().map(|team| team.id).collect())
}
