//! SQL that is put together from parts, each with its own binds.

use diesel::pg::Pg;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;

/// What a statement is in the end.
pub type Query = BoxedSqlQuery<'static, Pg, SqlQuery>;

/// A statement that grows and owns its values. Values go in as binds only, so that none can become SQL.
pub struct Statement {
    query: Query,
    binds: usize,
}

impl Statement {
    /// Begins with some SQL.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { query: diesel::sql_query(sql).into_boxed(), binds: 0 }
    }

    /// Adds SQL.
    #[must_use]
    pub fn sql(mut self, sql: &str) -> Self {
        self.query = self.query.sql(sql);
        self
    }

    /// Adds a value, where it stands: as the next `$n`.
    #[must_use]
    pub fn bind<ST, V>(mut self, value: V) -> Self
    where
        Pg: HasSqlType<ST>,
        ST: Send + 'static,
        V: ToSql<ST, Pg> + Send + 'static,
    {
        self.binds += 1;
        self.query = self.query.sql(format!("${}", self.binds)).bind::<ST, V>(value);
        self
    }

    /// The whole of it, to be run.
    pub fn query(self) -> Query {
        self.query
    }
}
