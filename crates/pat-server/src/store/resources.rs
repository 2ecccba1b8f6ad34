//! What the Web API's methods read and write: JSON objects by account, kind and identifier.

use diesel::PgJsonbExpressionMethods as _;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use pat_core::id::AccountId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::{pat_now, resources};
use super::{Conn, StoreError};

/// A family of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Attributes that snapshots are filtered by, in groups.
    AttributeGroup,
    /// What an entity's scorecard checks found.
    CheckResult,
    /// A comment of a snapshot, on a driver or on a CSAT item.
    Comment,
    /// A saved query that is fetched with a token of its own.
    Datafeed,
    /// A catalog entity.
    Entity,
    /// An entity type.
    EntityType,
    /// A goal: checks to pass until a date.
    Initiative,
    /// An account in another tool that a user may be linked to.
    LinkableAccount,
    /// A run of a query, with its rows.
    QueryRun,
    /// A Data Studio report.
    Report,
    /// A definition of how entities of two types are related.
    Relation,
    /// Two entities that are related.
    RelationEdge,
    /// A scorecard.
    Scorecard,
    /// A snapshot.
    Snapshot,
    /// A team.
    Team,
    /// A workflow.
    Workflow,
    /// A run of a workflow.
    WorkflowRun,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 17] = [
        Self::AttributeGroup,
        Self::CheckResult,
        Self::Comment,
        Self::Datafeed,
        Self::Entity,
        Self::EntityType,
        Self::Initiative,
        Self::LinkableAccount,
        Self::QueryRun,
        Self::Report,
        Self::Relation,
        Self::RelationEdge,
        Self::Scorecard,
        Self::Snapshot,
        Self::Team,
        Self::Workflow,
        Self::WorkflowRun,
    ];

    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AttributeGroup => "attribute_group",
            Self::CheckResult => "check_result",
            Self::Comment => "comment",
            Self::Datafeed => "datafeed",
            Self::Entity => "entity",
            Self::EntityType => "entity_type",
            Self::Initiative => "initiative",
            Self::LinkableAccount => "linkable_account",
            Self::QueryRun => "query_run",
            Self::Report => "report",
            Self::Relation => "relation",
            Self::RelationEdge => "relation_edge",
            Self::Scorecard => "scorecard",
            Self::Snapshot => "snapshot",
            Self::Team => "team",
            Self::Workflow => "workflow",
            Self::WorkflowRun => "workflow_run",
        }
    }
}

/// A stored resource.
#[derive(Clone, Debug, Queryable, Selectable, QueryableByName)]
#[diesel(table_name = resources, check_for_backend(diesel::pg::Pg))]
pub struct Resource {
    /// Its key in its kind.
    #[diesel(sql_type = Text)]
    pub identifier: String,
    /// A JSON object.
    #[diesel(sql_type = Jsonb)]
    pub body: Value,
    /// When it was made.
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
}

impl Resource {
    /// Where it stands in [`latest`].
    pub fn position(&self) -> Position {
        Position { created_at: self.created_at, identifier: self.identifier.clone() }
    }
}

/// A place in [`latest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// When it was made.
    pub created_at: Timestamp,
    /// Among those of one instant.
    pub identifier: String,
}

/// What [`list`] lets pass. A filter that is `None` lets everything pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Member `type`.
    pub entity_type: Option<&'a str>,
    /// Member `published`.
    pub published: Option<bool>,
    /// Part of name, identifier or owner, in any case.
    pub search: Option<&'a str>,
    /// Members that the body holds, as Postgres' `@>` means it.
    pub holds: Option<&'a Value>,
}

/// A page of a kind in the order of identifiers, after `after`.
pub async fn list(
    conn: &mut Conn,
    account: AccountId,
    kind: Kind,
    filter: &Filter<'_>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Resource>, StoreError> {
    // A statement for each set of filters: one for all of them, with `$3 IS NULL OR …`, reads a whole kind for a page as soon as
    // Postgres plans it without looking at its values, as it does with statements that are now cheap and now dear.
    let of_kind = resources::table.filter(resources::account_id.eq(account.0)).filter(resources::kind.eq(kind.as_str()));
    let mut page = of_kind.select(Resource::as_select()).order(resources::identifier).limit(limit).into_boxed();
    if let Some(after) = after {
        page = page.filter(resources::identifier.gt(after));
    }
    if let Some(entity_type) = filter.entity_type {
        page = page.filter(sql::<Bool>("body ->> 'type' = ").bind::<Text, _>(entity_type));
    }
    if let Some(published) = filter.published {
        page = page.filter(sql::<Bool>("body ->> 'published' = ").bind::<Text, _>(published.to_string()));
    }
    if let Some(search) = filter.search {
        let words = "strpos(lower(concat_ws(' ', body ->> 'name', identifier, jsonb_path_query_array(body, '$.owner_teams[*].name'),
                     jsonb_path_query_array(body, '$.owner_users[*].email'))), lower(";
        page = page.filter(sql::<Bool>(words).bind::<Text, _>(search).sql(")) > 0"));
    }
    if let Some(holds) = filter.holds {
        page = page.filter(resources::body.contains(holds));
    }
    Ok(page.load(conn).await?)
}

/// A page of a kind, the latest first, of those that come after `after` in this order and hold the members of `holds`.
pub async fn latest(
    conn: &mut Conn,
    account: AccountId,
    kind: Kind,
    holds: &Value,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Resource>, StoreError> {
    let sql = "SELECT identifier, body, created_at FROM resources
         WHERE account_id = $1 AND kind = $2 AND body @> $3 AND ($4 IS NULL OR (created_at, identifier) < ($4, $5))
         ORDER BY created_at DESC, identifier DESC LIMIT $6";
    let (created_at, identifier) = after.map(|after| (jiff_diesel::Timestamp::from(after.created_at), after.identifier)).unzip();
    let page = diesel::sql_query(sql)
        .bind::<SqlUuid, _>(account.0)
        .bind::<Text, _>(kind.as_str())
        .bind::<Jsonb, _>(holds)
        .bind::<Nullable<Timestamptz>, _>(created_at)
        .bind::<Nullable<Text>, _>(identifier)
        .bind::<BigInt, _>(limit);
    Ok(page.load(conn).await?)
}

/// Whether any resource of a kind holds these members.
pub async fn any_holds(conn: &mut Conn, account: AccountId, kind: Kind, members: &Value) -> Result<bool, StoreError> {
    let one =
        diesel::sql_query("SELECT identifier, body, created_at FROM resources WHERE account_id = $1 AND kind = $2 AND body @> $3 LIMIT 1")
            .bind::<SqlUuid, _>(account.0)
            .bind::<Text, _>(kind.as_str())
            .bind::<Jsonb, _>(members);
    Ok(one.get_result::<Resource>(conn).await.optional()?.is_some())
}

/// Makes transactions that fill an empty database take turns, until each ends.
pub async fn lock_for_seeding(conn: &mut Conn) -> Result<(), StoreError> {
    diesel::sql_query("LOCK TABLE resources IN SHARE ROW EXCLUSIVE MODE").execute(conn).await?;
    Ok(())
}

/// Finds a resource.
pub async fn find(conn: &mut Conn, account: AccountId, kind: Kind, identifier: &str) -> Result<Option<Value>, StoreError> {
    let query = resources::table.find((account.0, kind.as_str(), identifier)).select(resources::body);
    Ok(query.first(conn).await.optional()?)
}

/// Finds a resource that is about to be referred to: it can't be deleted until the transaction ends.
pub async fn find_to_refer(conn: &mut Conn, account: AccountId, kind: Kind, identifier: &str) -> Result<Option<Value>, StoreError> {
    let query = resources::table.find((account.0, kind.as_str(), identifier)).select(resources::body).for_key_share();
    Ok(query.first(conn).await.optional()?)
}

/// Finds a resource that is about to be changed: nobody else changes it until the transaction ends.
pub async fn find_to_change(conn: &mut Conn, account: AccountId, kind: Kind, identifier: &str) -> Result<Option<Value>, StoreError> {
    let query = resources::table.find((account.0, kind.as_str(), identifier)).select(resources::body).for_no_key_update();
    Ok(query.first(conn).await.optional()?)
}

/// Finds a resource that is about to be deleted: whoever refers to it waits, and whoever did so before is over and can be seen.
pub async fn find_to_delete(conn: &mut Conn, account: AccountId, kind: Kind, identifier: &str) -> Result<Option<Value>, StoreError> {
    let query = resources::table.find((account.0, kind.as_str(), identifier)).select(resources::body).for_update();
    Ok(query.first(conn).await.optional()?)
}

/// Finds the resources with these identifiers.
pub async fn find_all(conn: &mut Conn, account: AccountId, kind: Kind, identifiers: &[String]) -> Result<Vec<Resource>, StoreError> {
    let of_kind = resources::table.filter(resources::account_id.eq(account.0)).filter(resources::kind.eq(kind.as_str()));
    Ok(of_kind.filter(resources::identifier.eq_any(identifiers)).select(Resource::as_select()).load(conn).await?)
}

/// Stores a new resource; `false` if its identifier is taken.
pub async fn insert(conn: &mut Conn, account: AccountId, kind: Kind, identifier: &str, body: &Value) -> Result<bool, StoreError> {
    let row = (
        resources::account_id.eq(account.0),
        resources::kind.eq(kind.as_str()),
        resources::identifier.eq(identifier),
        resources::body.eq(body),
    );
    Ok(diesel::insert_into(resources::table).values(row).on_conflict_do_nothing().execute(conn).await? == 1)
}

/// Replaces a resource's body.
pub async fn update(conn: &mut Conn, account: AccountId, kind: Kind, identifier: &str, body: &Value) -> Result<(), StoreError> {
    let row = resources::table.find((account.0, kind.as_str(), identifier));
    diesel::update(row).set((resources::body.eq(body), resources::updated_at.eq(pat_now()))).execute(conn).await?;
    Ok(())
}

/// Deletes a resource and returns it; `None` if there is none.
pub async fn delete(conn: &mut Conn, account: AccountId, kind: Kind, identifier: &str) -> Result<Option<Value>, StoreError> {
    let query = diesel::delete(resources::table.find((account.0, kind.as_str(), identifier))).returning(resources::body);
    Ok(query.get_result(conn).await.optional()?)
}

/// Deletes the edges that start at an entity or end there; of one relation, and at one end only, where that is said.
pub async fn delete_edges(conn: &mut Conn, account: AccountId, members: &Value) -> Result<(), StoreError> {
    diesel::sql_query("DELETE FROM resources WHERE account_id = $1 AND kind = $2 AND body @> $3")
        .bind::<SqlUuid, _>(account.0)
        .bind::<Text, _>(Kind::RelationEdge.as_str())
        .bind::<Jsonb, _>(members)
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes changes of what a key stands for take turns, until each ends.
pub async fn lock(conn: &mut Conn, account: AccountId, key: &str) -> Result<(), StoreError> {
    let key = format!("{} {key}", account.0);
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind::<Text, _>(key).execute(conn).await?;
    Ok(())
}

/// Deletes the resources of a kind that were made so many days ago.
pub async fn delete_older(conn: &mut Conn, account: AccountId, kind: Kind, days: i64) -> Result<(), StoreError> {
    diesel::sql_query(
        "DELETE FROM resources WHERE account_id = $1 AND kind = $2 AND created_at < pat_now() - make_interval(days => $3::int)",
    )
    .bind::<SqlUuid, _>(account.0)
    .bind::<Text, _>(kind.as_str())
    .bind::<BigInt, _>(days)
    .execute(conn)
    .await?;
    Ok(())
}
