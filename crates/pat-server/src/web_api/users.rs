//! `users.list`.

use serde_json::{Value, json};

use super::lists::Numbered;
use super::{Call, Reply, WebApiError, wire_id};
use crate::store::Conn;
use crate::store::directory::{self, Entry};

/// `users.list`: all of them, whoever left included.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let page = Numbered::read(call)?;
    let account = call.principal.account_id;
    let users: Vec<Value> = directory::page(conn, account, page.offset(), page.size()).await?.iter().map(entry).collect();
    page.reply("users", &users, directory::count(conn, account).await?)
}

fn entry(user: &Entry) -> Value {
    json!({
        "id": wire_id(user.wire_id),
        "name": user.name,
        "email": user.email,
        "github_username": null,
        "gitlab_username": null,
        "additional_github_username": null,
        "attributes": [],
        "deleted_at": user.deactivated_at,
        "roles": user.roles,
    })
}
