//! Rows of the log as they are sealed.

use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl;
use futures_util::{Stream, TryStreamExt as _};
use jiff::Timestamp;
use jiff_diesel::ToDiesel as _;
use pat_core::seal::row::{Client, Principal, Row};
use uuid::Uuid;

use crate::store::{Conn, StoreError};

/// A row with what it refers to.
#[derive(Clone, Debug, QueryableByName)]
pub struct SealedRow {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    pub time: Timestamp,
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Nullable<BigInt>)]
    principal_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    client_id: Option<i64>,
    #[diesel(sql_type = Text)]
    event_type: String,
    #[diesel(sql_type = Text)]
    outcome: String,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    method: Option<String>,
    #[diesel(sql_type = Text)]
    context: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    request_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    session_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    principal_account_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    user_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    token_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Binary>)]
    principal_commitment: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    client_account_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Binary>)]
    client_commitment: Option<Vec<u8>>,
}

impl SealedRow {
    /// What it refers to that isn't there.
    pub fn missing(&self) -> Option<&'static str> {
        match self {
            Self { principal_id: Some(_), principal_account_id: None, .. } => Some("principal"),
            Self { client_id: Some(_), client_account_id: None, .. } => Some("client"),
            _ => None,
        }
    }

    /// What is hashed.
    pub fn row(&self) -> Row<'_> {
        Row {
            account_id: self.account_id,
            time: self.time,
            id: self.id,
            principal_id: self.principal_id,
            client_id: self.client_id,
            event_type: &self.event_type,
            outcome: &self.outcome,
            reason: self.reason.as_deref(),
            method: self.method.as_deref(),
            context: &self.context,
            request_id: self.request_id,
            session_id: self.session_id,
            principal: self.principal_account_id.zip(self.principal_commitment.as_deref()).map(|(account_id, commitment)| Principal {
                account_id,
                user_id: self.user_id,
                token_id: self.token_id,
                commitment,
            }),
            client: self
                .client_account_id
                .zip(self.client_commitment.as_deref())
                .map(|(account_id, commitment)| Client { account_id, commitment }),
        }
    }
}

const ROWS: &str = "
SELECT e.account_id, e.time, e.id, e.principal_id, e.client_id, e.event_type, e.outcome, e.reason, e.method, e.context::text AS context,
       e.request_id, e.session_id, p.account_id AS principal_account_id, p.user_id, p.token_id, p.commitment AS principal_commitment,
       c.account_id AS client_account_id, c.commitment AS client_commitment
  FROM audit_events e
  LEFT JOIN audit_principals p ON p.id = e.principal_id
  LEFT JOIN audit_clients c ON c.id = e.client_id
 WHERE e.time >= $1 AND e.time < $2
 ORDER BY e.time, e.id";

/// The rows of a span in the order in which they are sealed, one after another.
pub async fn rows(
    conn: &mut Conn,
    from: Timestamp,
    until: Timestamp,
) -> Result<impl Stream<Item = Result<SealedRow, StoreError>>, StoreError> {
    let query = diesel::sql_query(ROWS).bind::<Timestamptz, _>(from.to_diesel()).bind::<Timestamptz, _>(until.to_diesel());
    Ok(query.load_stream::<SealedRow>(conn).await?.map_err(StoreError::from))
}

/// The row at a position of a span.
pub async fn row_at(conn: &mut Conn, from: Timestamp, until: Timestamp, position: usize) -> Result<Option<SealedRow>, StoreError> {
    let query = diesel::sql_query(format!("{ROWS} LIMIT 1 OFFSET $3"))
        .bind::<Timestamptz, _>(from.to_diesel())
        .bind::<Timestamptz, _>(until.to_diesel())
        .bind::<BigInt, _>(i64::try_from(position).unwrap_or(i64::MAX));
    Ok(query.get_result(conn).await.optional()?)
}

/// Whether there are rows in a span.
pub async fn has_rows(conn: &mut Conn, from: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Flag {
        #[diesel(sql_type = Bool)]
        flag: bool,
    }
    let sql = "SELECT EXISTS (SELECT FROM audit_events WHERE time >= $1 AND time < $2) AS flag";
    let query = diesel::sql_query(sql).bind::<Timestamptz, _>(from.to_diesel()).bind::<Timestamptz, _>(until.to_diesel());
    Ok(query.get_result::<Flag>(conn).await?.flag)
}

/// The time of the first row of the log.
pub async fn first_time(conn: &mut Conn) -> Result<Option<Timestamp>, StoreError> {
    #[derive(QueryableByName)]
    struct First {
        #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
        time: Option<Timestamp>,
    }
    let sql = "SELECT min(time) AS time FROM audit_events WHERE isfinite(time)";
    Ok(diesel::sql_query(sql).get_result::<First>(conn).await?.time)
}

/// A row where none should be.
#[derive(Clone, Debug, QueryableByName)]
pub struct Stray {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Its time as text: it may be infinite.
    #[diesel(sql_type = Text)]
    pub time: String,
}

const STRAY: &str = "SELECT id, coalesce(to_char(nullif(nullif(time, 'infinity'), '-infinity') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), time::text) AS time FROM audit_events";

/// A row from before an instant.
pub async fn stray_before(conn: &mut Conn, at: Timestamp) -> Result<Option<Stray>, StoreError> {
    let query = diesel::sql_query(format!("{STRAY} WHERE time < $1 LIMIT 1")).bind::<Timestamptz, _>(at.to_diesel());
    Ok(query.get_result(conn).await.optional()?)
}

/// A row from after an instant.
pub async fn stray_after(conn: &mut Conn, at: Timestamp) -> Result<Option<Stray>, StoreError> {
    let query = diesel::sql_query(format!("{STRAY} WHERE time > $1 LIMIT 1")).bind::<Timestamptz, _>(at.to_diesel());
    Ok(query.get_result(conn).await.optional()?)
}

/// How many rows there are from an instant on, and how many in the partition that should be empty.
pub async fn tail(conn: &mut Conn, from: Timestamp) -> Result<(i64, i64), StoreError> {
    #[derive(QueryableByName)]
    struct Counts {
        #[diesel(sql_type = BigInt)]
        after: i64,
        #[diesel(sql_type = BigInt)]
        astray: i64,
    }
    let sql = "SELECT (SELECT count(*) FROM audit_events WHERE time >= $1) AS after, (SELECT count(*) FROM audit_events_default) AS astray";
    let counts: Counts = diesel::sql_query(sql).bind::<Timestamptz, _>(from.to_diesel()).get_result(conn).await?;
    Ok((counts.after, counts.astray))
}
