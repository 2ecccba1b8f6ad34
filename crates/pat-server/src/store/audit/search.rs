//! How the newest rows that match are found without reading those that don't.

use diesel::sql_types::{Array, BigInt, Inet, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use ipnet::IpNet;

use super::read::{Filter, Position};
use crate::store::statement::Statement;
use crate::store::{Conn, StoreError};

/// So many principals or clients are looked through one by one, with the index of each; of more a good part of all rows may speak,
/// so the log is read from its end.
const FEW: usize = 2000;

/// Which principals or clients rows may speak of.
enum Among {
    All,
    Few(Vec<i64>),
    Many,
}

/// A filter, with what of it the rows themselves don't hold looked up.
pub(super) struct Search<'a> {
    filter: &'a Filter,
    before: Option<Position>,
    limit: i64,
    principals: Among,
    clients: Among,
}

impl<'a> Search<'a> {
    /// Looks up principals and clients. `None` if nothing can match.
    pub async fn prepare(conn: &mut Conn, filter: &'a Filter, before: Option<Position>, limit: i64) -> Result<Option<Self>, StoreError> {
        let principals = match (filter.user, filter.token) {
            (None, None) => Among::All,
            _ => among(conn, of_principals(Statement::new("SELECT id FROM audit_principals p WHERE p.account_id = "), filter)).await?,
        };
        let clients = match filter.ip {
            None => Among::All,
            Some(net) => {
                among(conn, of_clients(Statement::new("SELECT id FROM audit_clients c WHERE c.account_id = "), filter, net)).await?
            }
        };
        let is_empty = |among: &Among| matches!(among, Among::Few(ids) if ids.is_empty());
        let can_match = !is_empty(&principals) && !is_empty(&clients);
        Ok(can_match.then_some(Self { filter, before, limit, principals, clients }))
    }

    /// Adds the query for the newest rows, as they are stored.
    pub fn newest(&self, statement: Statement) -> Statement {
        match (&self.principals, &self.clients) {
            (Among::Few(ids), Among::All | Among::Many) => self.newest_of_each(statement, "principal_id", ids),
            (Among::All | Among::Many, Among::Few(ids)) => self.newest_of_each(statement, "client_id", ids),
            // Which of both is the rarer the planner knows.
            _ => self.order(self.conditions(statement.sql("SELECT e.* FROM audit_events e WHERE true"), None)),
        }
    }

    /// The newest rows of each of a few, merged. No row can be among the newest `limit` of all that is older than the newest
    /// ones of so many: that spares reading `limit` rows of each.
    fn newest_of_each(&self, statement: Statement, column: &str, ids: &[i64]) -> Statement {
        let Self { limit, .. } = self;
        let statement = statement
            .sql("WITH among AS MATERIALIZED (SELECT a.id, (SELECT e.time FROM audit_events e WHERE e.")
            .sql(&format!("{column} = a.id"));
        let statement = self.conditions(statement, Some(column)).sql(" ORDER BY e.time DESC LIMIT 1) AS newest FROM unnest(");
        let statement = statement.bind::<Array<BigInt>, _>(ids.to_vec()).sql(&format!(
            ") a (id)), since AS (SELECT CASE WHEN count(*) = {limit} THEN min(newest) ELSE '-infinity' END AS time
               FROM (SELECT newest FROM among WHERE newest IS NOT NULL ORDER BY newest DESC LIMIT {limit}) newest)
             SELECT e.* FROM among CROSS JOIN LATERAL (SELECT e.* FROM audit_events e
              WHERE e.{column} = among.id AND e.time >= (SELECT time FROM since)"
        ));
        let statement = self.order(self.conditions(statement, Some(column)));
        self.order(statement.sql(") e WHERE newest >= (SELECT time FROM since)"))
    }

    fn order(&self, statement: Statement) -> Statement {
        statement.sql(&format!(" ORDER BY e.time DESC, e.id DESC LIMIT {}", self.limit))
    }

    /// Adds all conditions but that on `column`, which says enough about the account, too.
    fn conditions(&self, mut statement: Statement, column: Option<&str>) -> Statement {
        let Self { filter, .. } = self;
        let at = jiff_diesel::Timestamp::from;
        if column.is_none() {
            statement = statement.sql(" AND e.account_id = ").bind::<SqlUuid, _>(filter.account.0);
        }
        // As literals, from our own list of names: with parameters a cached plan couldn't use the indexes of what is rare.
        if let Some(event_type) = filter.event_type {
            statement = statement.sql(&format!(" AND e.event_type = '{}'", event_type.as_str()));
        }
        if let Some(outcome) = filter.outcome {
            statement = statement.sql(&format!(" AND e.outcome = '{}'", outcome.as_str()));
        }
        if let Some(from) = filter.from {
            statement = statement.sql(" AND e.time >= ").bind::<Timestamptz, _>(at(from));
        }
        if let Some(until) = filter.until {
            statement = statement.sql(" AND e.time < ").bind::<Timestamptz, _>(at(until));
        }
        if let Some(Position { time, id }) = self.before {
            // The first condition alone picks months and places in an index.
            statement = statement.sql(" AND e.time <= ").bind::<Timestamptz, _>(at(time)).sql(" AND (e.time < ");
            statement = statement.bind::<Timestamptz, _>(at(time)).sql(" OR e.id < ").bind::<SqlUuid, _>(id).sql(")");
        }
        match &self.principals {
            Among::Few(ids) if column != Some("principal_id") => statement = any(statement, "principal_id", ids),
            // A query for one value isn't made a join: rows are read in their order until there are enough.
            Among::Many => {
                statement = statement.sql(" AND (SELECT true FROM audit_principals p WHERE p.id = e.principal_id AND p.account_id = ");
                statement = of_principals(statement, filter).sql(")");
            }
            Among::All | Among::Few(_) => {}
        }
        match (&self.clients, filter.ip) {
            (Among::Few(ids), _) if column != Some("client_id") => statement = any(statement, "client_id", ids),
            (Among::Many, Some(net)) => {
                statement = statement.sql(" AND (SELECT true FROM audit_clients c WHERE c.id = e.client_id AND c.account_id = ");
                statement = of_clients(statement, filter, net).sql(")");
            }
            _ => {}
        }
        statement
    }
}

fn any(statement: Statement, column: &str, ids: &[i64]) -> Statement {
    statement.sql(&format!(" AND e.{column} = ANY (")).bind::<Array<BigInt>, _>(ids.to_vec()).sql(")")
}

/// What a filter asks of a principal, from the account on.
fn of_principals(mut statement: Statement, filter: &Filter) -> Statement {
    statement = statement.bind::<SqlUuid, _>(filter.account.0);
    if let Some(user) = filter.user {
        statement = statement.sql(" AND p.user_id = ").bind::<SqlUuid, _>(user.0);
    }
    if let Some(token) = filter.token {
        statement = statement.sql(" AND p.token_id = ").bind::<SqlUuid, _>(token.0);
    }
    statement
}

/// What a filter asks of a client, from the account on.
fn of_clients(statement: Statement, filter: &Filter, net: IpNet) -> Statement {
    let is_address = net.prefix_len() == net.max_prefix_len();
    let statement = statement.bind::<SqlUuid, _>(filter.account.0).sql(if is_address { " AND c.ip = " } else { " AND c.ip <<= " });
    statement.bind::<Inet, _>(net)
}

async fn among(conn: &mut Conn, ids: Statement) -> Result<Among, StoreError> {
    let found: Vec<Id> = ids.sql(&format!(" LIMIT {}", FEW + 1)).query().load(conn).await?;
    Ok(if found.len() > FEW { Among::Many } else { Among::Few(found.into_iter().map(|row| row.id).collect()) })
}

#[derive(diesel::QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}
