//! What is personal in the log, and what it was committed to with.

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures_util::{Stream, TryStreamExt as _};
use pat_core::seal::commitment;
use uuid::Uuid;

use crate::store::{Conn, StoreError};

/// Personal fields with their commitment.
#[derive(Clone, QueryableByName)]
pub struct Personal {
    /// Of the principal or the client.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    salt: Option<Uuid>,
    #[diesel(sql_type = Array<Nullable<Text>>)]
    fields: Vec<Option<String>>,
    #[diesel(sql_type = Binary)]
    committed: Vec<u8>,
}

impl Personal {
    /// Whether nothing is left of the fields.
    pub fn is_erased(&self) -> bool {
        self.salt.is_none() && self.fields.iter().all(Option::is_none)
    }

    /// Whether the fields are the ones that were committed to.
    pub fn holds(&self) -> bool {
        let fields: Vec<_> = self.fields.iter().map(Option::as_deref).collect();
        self.salt.is_some_and(|salt| commitment(salt.as_bytes(), &fields).as_slice() == self.committed)
    }
}

/// Those of all principals.
pub async fn principals(conn: &mut Conn) -> Result<impl Stream<Item = Result<Personal, StoreError>>, StoreError> {
    let sql =
        "SELECT id, salt, ARRAY[user_name, user_email, token_name] AS fields, commitment AS committed FROM audit_principals ORDER BY id";
    Ok(diesel::sql_query(sql).load_stream(conn).await?.map_err(StoreError::from))
}

/// Those of all clients. The address is `host/len`, also where Postgres would leave the length out.
pub async fn clients(conn: &mut Conn) -> Result<impl Stream<Item = Result<Personal, StoreError>>, StoreError> {
    let sql =
        "SELECT id, salt, ARRAY[host(ip) || '/' || masklen(ip), user_agent, client_type, client_version, agent_name, agent_session_id,
                      agent_model] AS fields, commitment AS committed
                 FROM audit_clients ORDER BY id";
    Ok(diesel::sql_query(sql).load_stream(conn).await?.map_err(StoreError::from))
}
