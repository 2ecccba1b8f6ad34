//! Browser sessions. They and their roles are never cached.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use pat_core::id::{AccountId, SessionId, UserId};
use pat_core::widening;
use uuid::Uuid;

use super::audit::EventUser;
use super::schema::{pat_now, sessions};
use super::{Conn, StoreError};
use crate::client::Client;

/// A session ends after this long without a request, in seconds.
pub const IDLE_SECONDS: i64 = 12 * 3600;

/// A session ends this long after the sign-in, in seconds.
pub const ABSOLUTE_SECONDS: i64 = 7 * 24 * 3600;

/// Who is signed in, read with their roles.
#[derive(Clone, Debug, diesel::QueryableByName)]
pub struct SignedIn {
    #[diesel(sql_type = SqlUuid)]
    session_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    /// Their name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Their e-mail address.
    #[diesel(sql_type = Text)]
    pub email: String,
    /// Their roles, by name.
    #[diesel(sql_type = Array<Text>)]
    pub roles: Vec<String>,
    #[diesel(sql_type = BigInt)]
    idle_seconds: i64,
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    authenticated_at: Timestamp,
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    read_at: Timestamp,
}

impl SignedIn {
    /// The session.
    pub fn session_id(&self) -> SessionId {
        SessionId(self.session_id)
    }

    /// The account.
    pub fn account_id(&self) -> AccountId {
        AccountId(self.account_id)
    }

    /// The person.
    pub fn user_id(&self) -> UserId {
        UserId(self.user_id)
    }

    /// The person, for the log.
    pub fn event_user(&self) -> EventUser<'_> {
        EventUser { id: self.user_id(), name: &self.name, email: &self.email }
    }

    /// Whether the last request lies so far back that this one should be noted.
    pub fn is_stale(&self) -> bool {
        self.idle_seconds >= 60
    }

    /// The database's time when this was read, moments ago.
    pub fn read_at(&self) -> Timestamp {
        self.read_at
    }

    /// Whether the password was given so recently that authority may be widened.
    pub fn is_fresh(&self) -> bool {
        widening::is_fresh(self.authenticated_at, self.read_at)
    }
}

const FIND: &str = "
SELECT s.id AS session_id, s.account_id, s.user_id, u.name, u.email,
       ARRAY(SELECT role FROM user_roles r WHERE r.account_id = s.account_id AND r.user_id = s.user_id ORDER BY role) AS roles,
       extract(epoch FROM pat_now() - s.last_seen_at)::bigint AS idle_seconds,
       s.authenticated_at, pat_now() AS read_at
  FROM sessions s JOIN users u ON u.account_id = s.account_id AND u.id = s.user_id
 WHERE s.ended_at IS NULL AND u.deactivated_at IS NULL AND pat_now() < s.expires_at
   AND pat_now() < s.last_seen_at + make_interval(secs => $2)";

/// Finds a live session by its cookie's digest.
pub async fn find_by_digest(conn: &mut Conn, digest: &[u8; 32]) -> Result<Option<SignedIn>, StoreError> {
    let query = diesel::sql_query(format!("{FIND} AND s.digest = $1")).bind::<Binary, _>(digest.as_slice());
    Ok(query.bind::<diesel::sql_types::Double, _>(idle_limit()).get_result(conn).await.optional()?)
}

/// Finds a live session again, under the locks of a change.
pub async fn find(conn: &mut Conn, id: SessionId) -> Result<Option<SignedIn>, StoreError> {
    let query = diesel::sql_query(format!("{FIND} AND s.id = $1")).bind::<SqlUuid, _>(id.0);
    Ok(query.bind::<diesel::sql_types::Double, _>(idle_limit()).get_result(conn).await.optional()?)
}

fn idle_limit() -> f64 {
    // 43,200: exact as a float.
    i32::try_from(IDLE_SECONDS).map_or(0.0, f64::from)
}

/// Notes that a session was used.
pub async fn touch(conn: &mut Conn, id: SessionId) -> Result<(), StoreError> {
    diesel::update(sessions::table.find(id.0)).set(sessions::last_seen_at.eq(pat_now())).execute(conn).await?;
    Ok(())
}

/// Notes that the password was given again.
pub async fn confirm(conn: &mut Conn, id: SessionId) -> Result<(), StoreError> {
    diesel::update(sessions::table.find(id.0)).set(sessions::authenticated_at.eq(pat_now())).execute(conn).await?;
    Ok(())
}

/// Stores a new session.
pub async fn insert(
    conn: &mut Conn,
    id: SessionId,
    account: AccountId,
    user: UserId,
    digest: &[u8; 32],
    expires_at: Timestamp,
    client: &Client,
) -> Result<(), StoreError> {
    let row = (
        sessions::id.eq(id.0),
        sessions::account_id.eq(account.0),
        sessions::user_id.eq(user.0),
        sessions::digest.eq(digest.as_slice()),
        sessions::expires_at.eq(jiff_diesel::Timestamp::from(expires_at)),
        sessions::ip.eq(client.ip_net()),
        sessions::user_agent.eq(client.user_agent.as_deref()),
    );
    diesel::insert_into(sessions::table).values(row).execute(conn).await?;
    Ok(())
}

/// Ends a session.
pub async fn end(conn: &mut Conn, id: SessionId) -> Result<(), StoreError> {
    diesel::update(sessions::table.find(id.0)).set(sessions::ended_at.eq(pat_now().nullable())).execute(conn).await?;
    Ok(())
}
