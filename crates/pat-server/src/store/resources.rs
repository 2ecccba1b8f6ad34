//! What the Web API's methods read and write.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use pat_core::id::AccountId;
use serde_json::Value;

use super::schema::resources;
use super::{Conn, StoreError};

/// A family of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A catalog entity.
    Entity,
    /// An entity type.
    EntityType,
    /// A scorecard.
    Scorecard,
    /// A team.
    Team,
    /// A snapshot.
    Snapshot,
}

impl Kind {
    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::EntityType => "entity_type",
            Self::Scorecard => "scorecard",
            Self::Team => "team",
            Self::Snapshot => "snapshot",
        }
    }
}

/// A stored resource.
#[derive(Clone, Debug, Queryable, Selectable, diesel::QueryableByName)]
#[diesel(table_name = resources, check_for_backend(diesel::pg::Pg))]
pub struct Resource {
    /// Its key in its kind.
    #[diesel(sql_type = Text)]
    pub identifier: String,
    /// The JSON object it is answered with.
    #[diesel(sql_type = Jsonb)]
    pub body: Value,
}

/// A page of a kind in the order of identifiers, after `after`. A filter that is `None` lets everything pass.
pub async fn list(
    conn: &mut Conn,
    account: AccountId,
    kind: Kind,
    filter: &Filter<'_>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Resource>, StoreError> {
    let sql = "SELECT identifier, body FROM resources
         WHERE account_id = $1 AND kind = $2 AND ($3 IS NULL OR identifier > $3)
           AND ($4 IS NULL OR body ->> 'type' = $4) AND ($5 IS NULL OR body ->> 'published' = $5)
           AND ($6 IS NULL OR strpos(lower(concat_ws(' ', body ->> 'name', identifier, jsonb_path_query_array(body, '$.owner_teams[*].name'),
                jsonb_path_query_array(body, '$.owner_users[*].email'))), lower($6)) > 0)
         ORDER BY identifier LIMIT $7";
    let page = diesel::sql_query(sql)
        .bind::<SqlUuid, _>(account.0)
        .bind::<Text, _>(kind.as_str())
        .bind::<Nullable<Text>, _>(after)
        .bind::<Nullable<Text>, _>(filter.entity_type)
        .bind::<Nullable<Text>, _>(filter.published.map(|published| published.to_string()))
        .bind::<Nullable<Text>, _>(filter.search)
        .bind::<BigInt, _>(limit);
    Ok(page.load(conn).await?)
}

/// What [`list`] lets pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Member `type`.
    pub entity_type: Option<&'a str>,
    /// Member `published`.
    pub published: Option<bool>,
    /// Part of name, identifier or owner, in any case.
    pub search: Option<&'a str>,
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

/// Deletes a resource and returns it; `None` if there is none.
pub async fn delete(conn: &mut Conn, account: AccountId, kind: Kind, identifier: &str) -> Result<Option<Value>, StoreError> {
    let query = diesel::delete(resources::table.find((account.0, kind.as_str(), identifier))).returning(resources::body);
    Ok(query.get_result(conn).await.optional()?)
}
