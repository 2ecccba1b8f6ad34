//! Browser sessions. They and their roles are never cached.

use diesel::dsl::{IntervalDsl as _, array};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use pat_core::id::{AccountId, SessionId, UserId};
use pat_core::widening;
use uuid::Uuid;

use super::audit::EventUser;
use super::schema::{pat_now, sessions, user_roles, users};
use super::{Conn, StoreError};
use crate::client::Client;

/// A session ends after this long without a request, in seconds.
pub const IDLE_SECONDS: i64 = 12 * 3600;

/// A session ends this long after the sign-in, in seconds.
pub const ABSOLUTE_SECONDS: i64 = 7 * 24 * 3600;

/// The last request is noted at most this often.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Who is signed in, read with their roles.
#[derive(Clone, Debug, Queryable)]
pub struct SignedIn {
    session_id: Uuid,
    account_id: Uuid,
    user_id: Uuid,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Their roles, by name.
    pub roles: Vec<String>,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    last_seen_at: Timestamp,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    authenticated_at: Timestamp,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
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
        self.read_at.duration_since(self.last_seen_at) >= NOTED_EVERY
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

/// Live sessions with whose they are, as a query that Postgres plans once: every call of the Console API asks it. A macro, as its
/// type can't be named.
macro_rules! live {
    () => {{
        let of_user = user_roles::table
            .filter(user_roles::account_id.eq(sessions::account_id))
            .filter(user_roles::user_id.eq(sessions::user_id))
            .order(user_roles::role)
            .select(user_roles::role);
        let owner = users::account_id.eq(sessions::account_id).and(users::id.eq(sessions::user_id));
        sessions::table
            .inner_join(users::table.on(owner))
            .filter(sessions::ended_at.is_null())
            .filter(users::deactivated_at.is_null())
            .filter(sessions::expires_at.gt(pat_now()))
            .filter((sessions::last_seen_at + IDLE_SECONDS.seconds()).gt(pat_now()))
            .select((
                sessions::id,
                sessions::account_id,
                sessions::user_id,
                users::name,
                users::email,
                array::<Text, _>(of_user),
                sessions::last_seen_at,
                sessions::authenticated_at,
                pat_now(),
            ))
    }};
}

/// Finds a live session by its cookie's digest.
pub async fn find_by_digest(conn: &mut Conn, digest: &[u8; 32]) -> Result<Option<SignedIn>, StoreError> {
    Ok(live!().filter(sessions::digest.eq(digest.as_slice())).get_result(conn).await.optional()?)
}

/// Finds a live session again, under the locks of a change.
pub async fn find(conn: &mut Conn, id: SessionId) -> Result<Option<SignedIn>, StoreError> {
    Ok(live!().filter(sessions::id.eq(id.0)).get_result(conn).await.optional()?)
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
