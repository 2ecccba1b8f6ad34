//! `users.links.*` and `users.linkableAccounts.list`: which accounts in other tools are whose.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::lists::Numbered;
use super::stored::{self, Stored};
use super::{Call, Reply, WebApiError, parse_wire_id};
use crate::store::resources::{self, Kind};
use crate::store::{Conn, people, settings};

/// An account in another tool, as it was imported. A link is its owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct LinkableAccount {
    id: String,
    source: String,
    external_id: Option<String>,
    instance_id: Option<String>,
    name: Option<String>,
    email: Option<String>,
    username: Option<String>,
    linked_user_id: Option<String>,
    /// Somebody said so; it was not found out.
    #[serde(default)]
    linked_manually: bool,
    label: String,
    /// Its key: ids are unique in their source only.
    key: String,
}

impl Stored for LinkableAccount {
    const KIND: Kind = Kind::LinkableAccount;

    fn identifier(&self) -> &str {
        &self.key
    }
}

impl LinkableAccount {
    fn view(&self) -> Value {
        json!({
            "id": self.id,
            "source": self.source,
            "external_id": self.external_id,
            "instance_id": self.instance_id,
            "name": self.name,
            "email": self.email,
            "username": self.username,
            "linked_user_id": self.linked_user_id,
            "label": self.label,
        })
    }

    fn link(&self) -> Value {
        json!({ "user_id": self.linked_user_id, "source": self.source, "account_id": self.id, "account": self.view() })
    }
}

/// The product feature that links are part of.
const FEATURE: &str = "datacloud";

/// Accounts of one source that a user may be linked to.
const MAX_LINKS: usize = 100;

/// `users.linkableAccounts.list`.
pub async fn accounts(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    check_feature(call, conn).await?;
    let page = Numbered::read(call)?;
    let mut holds = Map::new();
    for name in ["source", "linked_user_id", "email", "username"] {
        if let Some(text) = call.arguments.filled(name)? {
            holds.insert(name.to_owned(), text.into());
        }
    }
    let mut accounts: Vec<LinkableAccount> = stored::all(call, conn, Some(&Value::Object(holds))).await?;
    if let Some(linked) = call.arguments.optional_flag("linked")? {
        accounts.retain(|account| account.linked_user_id.is_some() == linked);
    }
    for name in ["search", "search_term", "query"] {
        if let Some(part) = call.arguments.filled(name)? {
            let part = part.to_lowercase();
            accounts.retain(|account| account.label.to_lowercase().contains(&part));
        }
    }
    let total = i64::try_from(accounts.len()).unwrap_or(i64::MAX);
    let accounts: Vec<Value> = page.cut(accounts).iter().map(LinkableAccount::view).collect();
    page.reply("accounts", &accounts, total)
}

/// `users.links.list`, by source and account.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    check_feature(call, conn).await?;
    let page = Numbered::read(call)?;
    let user = user(call, conn).await?;
    let links = linked(call, conn, user, call.arguments.filled("source")?).await?;
    let total = i64::try_from(links.len()).unwrap_or(i64::MAX);
    let links: Vec<Value> = page.cut(links).iter().map(LinkableAccount::link).collect();
    page.reply("links", &links, total)
}

/// `users.links.create`: one more.
pub async fn create(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let (user, source) = begin(call, conn).await?;
    let mut ids: Vec<String> = linked(call, conn, user, Some(source)).await?.into_iter().map(|account| account.id).collect();
    let account = call.arguments.required("account_id")?;
    if !ids.iter().any(|id| id == account) {
        ids.push(account.to_owned());
        set_links(call, conn, user, source, &ids).await?;
    }
    Ok(Reply::new())
}

/// `users.links.delete`: one less.
pub async fn delete(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let (user, source) = begin(call, conn).await?;
    let account = call.arguments.required("account_id")?;
    let mut ids: Vec<String> = linked(call, conn, user, Some(source)).await?.into_iter().map(|account| account.id).collect();
    if !ids.iter().any(|id| id == account) {
        return Err(WebApiError::NotFound);
    }
    ids.retain(|id| id != account);
    set_links(call, conn, user, source, &ids).await?;
    Ok(Reply::new())
}

/// `users.links.set`: these and no others of the source.
pub async fn set(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    #[derive(Deserialize)]
    struct Arguments {
        account_ids: Vec<String>,
    }
    let (user, source) = begin(call, conn).await?;
    let Arguments { account_ids } = call.arguments.read()?;
    set_links(call, conn, user, source, &account_ids).await?;
    Ok(Reply::new())
}

/// Changes of one user's links in one source take turns.
async fn begin<'a>(call: Call<'a>, conn: &mut Conn) -> Result<(&'a str, &'a str), WebApiError> {
    call.arguments.all_required(["user_id", "source"])?;
    check_feature(call, conn).await?;
    let (user, source) = (user(call, conn).await?, call.arguments.required("source")?);
    resources::lock(conn, call.principal.account_id, &format!("links {user} {source}")).await?;
    Ok((user, source))
}

async fn set_links(call: Call<'_>, conn: &mut Conn, user: &str, source: &str, ids: &[String]) -> Result<(), WebApiError> {
    if ids.len() > MAX_LINKS {
        return Err(WebApiError::argument("account_ids", format!("A user has at most {MAX_LINKS} of a source.")));
    }
    for account in linked(call, conn, user, Some(source)).await? {
        if !ids.contains(&account.id) {
            stored::save(call, conn, &LinkableAccount { linked_user_id: None, linked_manually: false, ..account }).await?;
        }
    }
    // In the order of their keys, so that two changes that move the same accounts wait for each other.
    let mut keys: Vec<String> = ids.iter().map(|id| format!("{source} {id}")).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let account: LinkableAccount = stored::get_to_change(call, conn, &key).await?;
        match account.linked_user_id.as_deref() {
            Some(holder) if holder == user => {}
            Some(_) if account.linked_manually => {
                let message = format!("{} was linked to another user by hand.", account.label);
                return Err(WebApiError::own(StatusCode::CONFLICT, "manual_link_conflict", message));
            }
            _ => {
                let linked_user_id = Some(user.to_owned());
                stored::save(call, conn, &LinkableAccount { linked_user_id, linked_manually: true, ..account }).await?;
            }
        }
    }
    Ok(())
}

async fn linked(call: Call<'_>, conn: &mut Conn, user: &str, source: Option<&str>) -> Result<Vec<LinkableAccount>, WebApiError> {
    let holds = match source {
        Some(source) => json!({ "linked_user_id": user, "source": source }),
        None => json!({ "linked_user_id": user }),
    };
    stored::all(call, conn, Some(&holds)).await
}

/// The user of `user_id`.
async fn user<'a>(call: Call<'a>, conn: &mut Conn) -> Result<&'a str, WebApiError> {
    let id = call.arguments.required("user_id")?;
    let number: Vec<i64> = parse_wire_id(id).into_iter().collect();
    if people::find_all(conn, call.principal.account_id, &number, &[]).await?.is_empty() {
        return Err(WebApiError::own(StatusCode::NOT_FOUND, "user_not_in_datacloud", format!("There is no user {id}.")));
    }
    Ok(id)
}

async fn check_feature(call: Call<'_>, conn: &mut Conn) -> Result<(), WebApiError> {
    let settings = settings::find(conn, call.principal.account_id).await?;
    if settings.features.iter().any(|feature| feature == FEATURE) {
        return Ok(());
    }
    Err(WebApiError::not_authorized("Your account doesn't have the feature that links are part of: datacloud."))
}
