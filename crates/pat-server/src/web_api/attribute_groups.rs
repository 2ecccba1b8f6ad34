//! `attributeGroups.list`.

use serde_json::{Value, json};

use super::auth::reply;
use super::{Call, Reply, WebApiError};
use crate::store::Conn;
use crate::store::resources::{self, Filter, Kind};

/// `attributeGroups.list`: all of them, with their values.
pub async fn list(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let rows = resources::list(conn, call.principal.account_id, Kind::AttributeGroup, &Filter::default(), None, i64::MAX).await?;
    let groups: Vec<Value> = rows.into_iter().map(|row| row.body).collect();
    reply(json!({ "attribute_groups": groups }))
}
