//! `studio.reports.*`. A personal token reaches what its owner may see or edit, an organization token every report.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::arguments::{Given, missing, one_of};
use super::auth::reply;
use super::lists::{self, HUNDRED};
use super::owners;
use super::stored::{self, Stored};
use super::{Call, Reply, WebApiError, wire_id};
use crate::store::Conn;
use crate::store::people::User;
use crate::store::principals::PrincipalUser;
use crate::store::resources::Kind;

/// A report as it is stored and answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Report {
    id: String,
    name: String,
    description: Option<String>,
    markdown_notes: Option<String>,
    view_access_type: Viewers,
    viewer_emails: Vec<String>,
    edit_access_type: Editors,
    editor_emails: Vec<String>,
    owner: Owner,
    url: String,
    tiles: Vec<Tile>,
    created_at: String,
    updated_at: String,
}

impl Stored for Report {
    const KIND: Kind = Kind::Report;

    fn identifier(&self) -> &str {
        &self.id
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Viewers {
    /// By this API, the owner only: an id is no secret.
    OwnerAndDirectUrlOnly,
    Everyone,
    SpecificUsers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Editors {
    ReadOnly,
    Everyone,
    SpecificUsers,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Owner {
    id: String,
    name: String,
    email: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Tile {
    #[serde(default = "stored::public_id")]
    id: String,
    title: String,
    sql: String,
    chart_type: String,
    #[serde(default)]
    chart_config: Map<String, Value>,
}

const CHART_TYPES: [&str; 5] = ["line", "pie", "stacked_bar", "scatter", "table"];

const MAX_TILES: usize = 100;

/// The arguments of a create and an update. What isn't given stays as it is.
#[derive(Deserialize)]
struct Change {
    name: Option<String>,
    #[serde(default)]
    description: Given<String>,
    #[serde(default)]
    markdown_notes: Given<String>,
    view_access_type: Option<Viewers>,
    viewer_emails: Option<Vec<String>>,
    edit_access_type: Option<Editors>,
    editor_emails: Option<Vec<String>>,
    tiles: Option<Vec<Tile>>,
}

/// `studio.reports.list`.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let mut reports: Vec<Report> = stored::all(call, conn, None).await?;
    reports.retain(|report| report.can_be_seen(call));
    let (reports, next_cursor) = lists::page_of(call, reports, HUNDRED, |report| report.id.clone())?;
    reply(json!({ "reports": reports, "response_metadata": { "next_cursor": next_cursor } }))
}

/// `studio.reports.info`.
pub async fn info(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let report: Report = stored::get(call, conn, call.arguments.required("id")?).await?;
    report.check_seen(call)?;
    reply(json!({ "report": report }))
}

/// `studio.reports.create`.
pub async fn create(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    call.arguments.required("name")?;
    let change: Change = call.arguments.read()?;
    let (id, now) = (stored::public_id(), stored::now(conn).await?);
    let mut report = Report {
        url: format!("/datacloud/studio/reports/{id}"),
        id,
        name: String::new(),
        description: None,
        markdown_notes: None,
        view_access_type: Viewers::OwnerAndDirectUrlOnly,
        viewer_emails: Vec::new(),
        edit_access_type: Editors::ReadOnly,
        editor_emails: Vec::new(),
        owner: owner(call, conn).await?,
        tiles: Vec::new(),
        created_at: now.clone(),
        updated_at: now,
    };
    change.apply(call, conn, &mut report).await?;
    stored::add(call, conn, &report).await?;
    reply(json!({ "report": report }))
}

/// `studio.reports.update`.
pub async fn update(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let change: Change = call.arguments.read()?;
    let mut report: Report = stored::get_to_change(call, conn, call.arguments.required("id")?).await?;
    report.check_seen(call)?;
    if !report.can_be_edited(call) {
        return Err(WebApiError::not_authorized("The token's owner may not edit this report."));
    }
    change.apply(call, conn, &mut report).await?;
    report.updated_at = stored::now(conn).await?;
    stored::save(call, conn, &report).await?;
    reply(json!({ "report": report }))
}

/// `studio.reports.delete`, for the report's owner only.
pub async fn delete(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let report: Report = stored::get_to_delete(call, conn, call.arguments.required("id")?).await?;
    report.check_seen(call)?;
    if !call.principal.user.as_ref().is_some_and(|user| report.is_owned_by(user)) {
        return Err(WebApiError::not_authorized("Only the report's owner may delete it."));
    }
    stored::remove(call, conn, &report).await?;
    Ok(Reply::new())
}

/// A personal token's owner; an organization token names one.
async fn owner(call: Call<'_>, conn: &mut Conn) -> Result<Owner, WebApiError> {
    let email = call.arguments.filled("owner_email")?;
    match (&call.principal.user, email) {
        (Some(user), email) if email.is_none_or(|email| email.trim().to_lowercase() == user.email) => {
            Ok(Owner { id: wire_id(user.wire_id), name: user.name.clone(), email: user.email.clone() })
        }
        (Some(_), _) => Err(WebApiError::argument("owner_email", "A personal access token makes reports of its owner only.")),
        (None, Some(email)) => {
            let users = owners::of_emails(call, conn, "owner_email", &[email.to_owned()]).await?;
            let user = users.into_iter().next().ok_or_else(|| missing("owner_email"))?;
            Ok(Owner { id: wire_id(user.wire_id), name: user.name, email: user.email })
        }
        (None, None) => Err(missing("owner_email")),
    }
}

impl Report {
    fn is_owned_by(&self, user: &PrincipalUser) -> bool {
        self.owner.id == wire_id(user.wire_id)
    }

    fn can_be_edited(&self, call: Call<'_>) -> bool {
        let Some(user) = &call.principal.user else { return true };
        self.is_owned_by(user)
            || match self.edit_access_type {
                Editors::ReadOnly => false,
                Editors::Everyone => true,
                Editors::SpecificUsers => self.editor_emails.contains(&user.email),
            }
    }

    fn can_be_seen(&self, call: Call<'_>) -> bool {
        let Some(user) = &call.principal.user else { return true };
        self.can_be_edited(call)
            || match self.view_access_type {
                Viewers::OwnerAndDirectUrlOnly => false,
                Viewers::Everyone => true,
                Viewers::SpecificUsers => self.viewer_emails.contains(&user.email),
            }
    }

    /// What one may not see isn't there.
    fn check_seen(&self, call: Call<'_>) -> Result<(), WebApiError> {
        if self.can_be_seen(call) { Ok(()) } else { Err(WebApiError::NotFound) }
    }
}

impl Change {
    async fn apply(self, call: Call<'_>, conn: &mut Conn, report: &mut Report) -> Result<(), WebApiError> {
        // Blank names are ignored.
        if let Some(name) = self.name.filter(|name| !name.trim().is_empty()) {
            report.name = name;
        }
        self.description.replace(&mut report.description);
        self.markdown_notes.replace(&mut report.markdown_notes);
        report.view_access_type = self.view_access_type.unwrap_or(report.view_access_type);
        report.edit_access_type = self.edit_access_type.unwrap_or(report.edit_access_type);
        if let Some(emails) = self.viewer_emails {
            report.viewer_emails = emails_of(owners::of_emails(call, conn, "viewer_emails", &emails).await?);
        }
        if let Some(emails) = self.editor_emails {
            report.editor_emails = emails_of(owners::of_emails(call, conn, "editor_emails", &emails).await?);
        }
        if report.view_access_type == Viewers::SpecificUsers && report.viewer_emails.is_empty() {
            return Err(missing("viewer_emails"));
        }
        if report.edit_access_type == Editors::SpecificUsers && report.editor_emails.is_empty() {
            return Err(missing("editor_emails"));
        }
        if let Some(tiles) = self.tiles {
            check_tiles(&tiles)?;
            report.tiles = tiles;
        }
        Ok(())
    }
}

fn emails_of(users: Vec<User>) -> Vec<String> {
    users.into_iter().map(|user| user.email).collect()
}

fn check_tiles(tiles: &[Tile]) -> Result<(), WebApiError> {
    if tiles.len() > MAX_TILES {
        return Err(WebApiError::argument("tiles", format!("A report has at most {MAX_TILES}.")));
    }
    for (i, tile) in tiles.iter().enumerate() {
        one_of(&format!("tiles[{i}].chart_type"), &tile.chart_type, &CHART_TYPES)?;
        let first = tile.sql.split_whitespace().next().unwrap_or_default();
        if !["select", "with"].contains(&first.to_lowercase().as_str()) {
            return Err(WebApiError::argument(&format!("tiles[{i}].sql"), "It must be a query that reads: SELECT or WITH."));
        }
    }
    Ok(())
}
