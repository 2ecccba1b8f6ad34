//! Emptying what is personal.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use pat_core::id::UserId;

use crate::store::{Conn, StoreError};

/// What was emptied.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Erased {
    /// Clients that only this person used.
    #[diesel(sql_type = BigInt)]
    pub clients: i64,
    /// Of those, the ones that a server may still refer to, also for somebody else: they stay for now.
    #[diesel(sql_type = BigInt)]
    pub left: i64,
}

/// Empties a person: their own row, their sessions, tokens and last uses, and who they were in the log. The e-mail address must stay
/// unique, so it becomes one that nobody can have. Returns how many entries of the log it was.
pub async fn erase_user(conn: &mut Conn, user: UserId) -> Result<usize, StoreError> {
    for sql in [
        "UPDATE users SET email = 'erased-' || id || '@erased.invalid', name = 'erased', password_hash = NULL WHERE id = $1",
        "UPDATE sessions SET ip = NULL, user_agent = NULL WHERE user_id = $1",
        "UPDATE tokens SET name = 'erased', name_key = 'erased', revoke_note = NULL WHERE owner_id = $1",
        "UPDATE token_usage SET ip = NULL, user_agent = NULL WHERE token_id IN (SELECT id FROM tokens WHERE owner_id = $1)",
    ] {
        diesel::sql_query(sql).bind::<SqlUuid, _>(user.0).execute(conn).await?;
    }
    let sql = "UPDATE audit_principals SET user_name = NULL, user_email = NULL, token_name = NULL, salt = NULL
                WHERE user_id = $1 AND salt IS NOT NULL";
    Ok(diesel::sql_query(sql).bind::<SqlUuid, _>(user.0).execute(conn).await?)
}

/// Empties the clients that only this person used. `young` is an age, as Postgres writes intervals, up to which a server may refer to
/// a client that it knows.
pub async fn erase_clients(conn: &mut Conn, user: UserId, young: &str) -> Result<Erased, StoreError> {
    let sql = "
        WITH used AS MATERIALIZED (
            SELECT DISTINCT e.client_id AS id
              FROM audit_principals p JOIN audit_events e ON e.principal_id = p.id WHERE p.user_id = $1 AND e.client_id IS NOT NULL
        ), own AS MATERIALIZED (
            SELECT c.id, c.created_at > pat_now() - $2::interval AS is_young
              FROM used JOIN audit_clients c USING (id)
             WHERE c.salt IS NOT NULL AND NOT EXISTS (
                SELECT FROM audit_events e LEFT JOIN audit_principals p ON p.id = e.principal_id
                 WHERE e.client_id = c.id AND p.user_id IS DISTINCT FROM $1)
        ), erased AS (
            UPDATE audit_clients c
               SET ip = NULL, user_agent = NULL, client_type = NULL, client_version = NULL, agent_name = NULL, agent_session_id = NULL,
                   agent_model = NULL, salt = NULL
              FROM own WHERE c.id = own.id AND NOT own.is_young RETURNING 1
        )
        SELECT (SELECT count(*) FROM erased) AS clients, (SELECT count(*) FROM own WHERE is_young) AS left";
    Ok(diesel::sql_query(sql).bind::<SqlUuid, _>(user.0).bind::<Text, _>(young).get_result(conn).await?)
}
