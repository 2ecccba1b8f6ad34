//! Who owns an entity: teams and users, by DX's ids or by e-mail address.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Call, WebApiError, parse_wire_id, wire_id};
use crate::store::Conn;
use crate::store::people::{self, User};
use crate::store::resources::{self, Kind};

/// Owners that an entity may have of each kind.
const MAX_OWNERS: usize = 100;

/// A team that owns something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OwnerTeam {
    /// DX's id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A user who owns something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OwnerUser {
    /// DX's id.
    pub id: String,
    /// In lower case.
    pub email: String,
}

/// The teams of `owner_team_ids`, in this order.
///
/// # Errors
/// Too many, or one that isn't there.
pub async fn teams(call: Call<'_>, conn: &mut Conn, ids: &[String]) -> Result<Vec<OwnerTeam>, WebApiError> {
    check_count("owner_team_ids", ids)?;
    let teams = resources::find_all(conn, call.principal.account_id, Kind::Team, ids).await?;
    let owner = |id: &String| {
        let team = teams.iter().find(|team| team.identifier == *id);
        let team = team.ok_or_else(|| WebApiError::argument("owner_team_ids", format!("There is no team {id}.")))?;
        Ok(OwnerTeam { id: id.clone(), name: team.body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned() })
    };
    ids.iter().map(owner).collect()
}

/// The users of `owner_user_ids` and `owner_user_emails`, in this order, each once.
///
/// # Errors
/// Too many, or one that isn't there.
pub async fn users(call: Call<'_>, conn: &mut Conn, ids: &[String], emails: &[String]) -> Result<Vec<OwnerUser>, WebApiError> {
    check_count("owner_user_ids", ids)?;
    check_count("owner_user_emails", emails)?;
    let by_id = of_ids(call, conn, "owner_user_ids", ids).await?;
    let by_email = of_emails(call, conn, "owner_user_emails", emails).await?;
    let mut owners: Vec<OwnerUser> = Vec::new();
    for user in by_id.into_iter().chain(by_email) {
        let owner = OwnerUser { id: wire_id(user.wire_id), email: user.email };
        if !owners.iter().any(|known| known.id == owner.id) {
            owners.push(owner);
        }
    }
    Ok(owners)
}

/// Users by DX's ids, in this order.
///
/// # Errors
/// One that isn't there.
pub async fn of_ids(call: Call<'_>, conn: &mut Conn, argument: &str, ids: &[String]) -> Result<Vec<User>, WebApiError> {
    let numbers: Vec<i64> = ids.iter().filter_map(|id| parse_wire_id(id)).collect();
    let users = people::find_all(conn, call.principal.account_id, &numbers, &[]).await?;
    let found =
        |id: &String| users.iter().find(|user| Some(user.wire_id) == parse_wire_id(id)).cloned().ok_or_else(|| no_user(argument, id));
    ids.iter().map(found).collect()
}

/// Users by e-mail address in any case, in this order.
///
/// # Errors
/// One that isn't there.
pub async fn of_emails(call: Call<'_>, conn: &mut Conn, argument: &str, emails: &[String]) -> Result<Vec<User>, WebApiError> {
    let emails: Vec<String> = emails.iter().map(|email| email.trim().to_lowercase()).collect();
    let users = people::find_all(conn, call.principal.account_id, &[], &emails).await?;
    let found = |email: &String| users.iter().find(|user| user.email == *email).cloned().ok_or_else(|| no_user(argument, email));
    emails.iter().map(found).collect()
}

fn no_user(argument: &str, user: &str) -> WebApiError {
    WebApiError::argument(argument, format!("There is no user {user}."))
}

fn check_count(argument: &str, owners: &[String]) -> Result<(), WebApiError> {
    if owners.len() <= MAX_OWNERS {
        return Ok(());
    }
    Err(WebApiError::argument(argument, format!("An entity has at most {MAX_OWNERS}.")))
}
