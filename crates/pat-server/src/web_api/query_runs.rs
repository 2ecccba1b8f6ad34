//! `studio.queryRuns.*` and `queries.datafeed`: SQL over the account's own resources.
//!
//! A run is over when `execute` answers; its rows are kept for those who ask for them later.

use std::sync::LazyLock;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use super::auth::reply;
use super::sandbox::{self, Found, QueryError, Table};
use super::stored::{self, Stored};
use super::{Call, Reply, WebApiError, wire_id};
use crate::store::resources::{self, Filter, Kind};
use crate::store::{self, Conn};

/// A run as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct QueryRun {
    id: String,
    status: Status,
    submitted_at: Timestamp,
    finished_at: Option<Timestamp>,
    expires_at: Timestamp,
    error: Option<RunError>,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
    /// Whose personal token started it; nobody else's finds it. An organization token finds all.
    user_id: Option<String>,
}

impl Stored for QueryRun {
    const KIND: Kind = Kind::QueryRun;

    fn identifier(&self) -> &str {
        &self.id
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Succeeded,
    Failed,
    Expired,
}

#[derive(Debug, Serialize, Deserialize)]
struct RunError {
    code: String,
    message: String,
}

/// How long rows are kept.
const KEPT_DAYS: i64 = 30;

/// Resources of a kind that queries see; an account with more can't be queried here.
const MAX_RESOURCES: i64 = 20_000;

/// Queries that run at once. Each is a thread's work.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

/// `studio.queryRuns.execute`.
pub async fn execute(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    #[derive(Deserialize)]
    struct Arguments {
        variables: Option<Map<String, Value>>,
    }
    let sql = call.arguments.required("sql")?.to_owned();
    let Arguments { variables } = call.arguments.read()?;
    let submitted_at = store::now(conn).await?;
    let (found, error) = match run(call, conn, sql, variables.unwrap_or_default()).await? {
        Ok(found) => (found, None),
        Err(error) => {
            let code = match error {
                QueryError::TooSlow => "query_timeout",
                QueryError::TooLarge => "query_too_large",
                _ => "query_failed",
            };
            let error = RunError { code: code.to_owned(), message: error.to_string() };
            (Found { columns: Vec::new(), rows: Vec::new() }, Some(error))
        }
    };
    resources::delete_older(conn, call.principal.account_id, Kind::QueryRun, KEPT_DAYS).await?;
    let run = QueryRun {
        id: stored::public_id(),
        status: if error.is_none() { Status::Succeeded } else { Status::Failed },
        submitted_at,
        finished_at: Some(store::now(conn).await?),
        expires_at: submitted_at
            .saturating_add(SignedDuration::from_hours(KEPT_DAYS * 24))
            .map_err(|error| WebApiError::Defect(error.into()))?,
        error,
        columns: found.columns,
        rows: found.rows,
        user_id: call.principal.user.as_ref().map(|user| wire_id(user.wire_id)),
    };
    stored::add(call, conn, &run).await?;
    reply(json!({ "query_run": run.view() }))
}

/// Runs a query over the account's resources. What the caller has to mend is a refusal, what happened on the way a result.
async fn run(
    call: Call<'_>,
    conn: &mut Conn,
    sql: String,
    variables: Map<String, Value>,
) -> Result<Result<Found, QueryError>, WebApiError> {
    let busy = |_| WebApiError::own(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Other queries are running. Try again in a second.");
    let place = PLACES.try_acquire().map_err(busy)?;
    let tables = tables(call, conn).await?;
    let found = tokio::task::spawn_blocking(move || sandbox::run(&tables, &sql, &variables)).await;
    drop(place);
    match found.map_err(|error| WebApiError::Defect(error.into()))? {
        Err(QueryError::Refused(why)) => Err(WebApiError::argument("sql", format!("{why}."))),
        Err(QueryError::Variable(name, why)) => Err(WebApiError::argument(&format!("variables.{name}"), format!("It {why}."))),
        Err(QueryError::Defect(error)) => Err(WebApiError::Defect(error.into())),
        found => Ok(found),
    }
}

/// A saved query as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Datafeed {
    id: String,
    sql: String,
    /// Hexadecimal BLAKE3 of the token that it is fetched with, beside the caller's own.
    feed_token_digest: String,
}

impl Stored for Datafeed {
    const KIND: Kind = Kind::Datafeed;

    fn identifier(&self) -> &str {
        &self.id
    }
}

/// `queries.datafeed`: the rows of a saved query, all values as texts. `var-<name>` gives a variable its value.
pub async fn datafeed(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let digest = blake3::hash(call.arguments.required("feed_token")?.as_bytes()).to_hex();
    let feeds: Vec<Datafeed> = stored::all(call, conn, Some(&json!({ "feed_token_digest": digest.as_str() }))).await?;
    let feed = feeds.into_iter().next().ok_or(WebApiError::NotFound)?;
    let failed = |error: QueryError| WebApiError::own(StatusCode::UNPROCESSABLE_ENTITY, "query_failed", error.to_string());
    let found = run(call, conn, feed.sql, call.arguments.with_prefix("var-")).await?.map_err(failed)?;
    let only = call.arguments.comma_list("columns")?;
    if let Some(unknown) = only.iter().find(|name| !found.columns.iter().any(|column| column == *name)) {
        return Err(WebApiError::argument("columns", format!("The query has no column {unknown}.")));
    }
    let is_wanted = |column: &str| only.is_empty() || only.contains(&column);
    let row = |row: Vec<Value>| -> Vec<String> {
        let named = found.columns.iter().zip(row);
        named.filter(|(column, _)| is_wanted(column)).map(|(_, value)| text(&value)).collect()
    };
    let rows: Vec<Vec<String>> = found.rows.into_iter().map(row).collect();
    let columns: Vec<&String> = found.columns.iter().filter(|column| is_wanted(column)).collect();
    reply(json!({ "data": { "rows": rows, "columns": columns } }))
}

/// A value as CSV and data feeds have it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `studio.queryRuns.info`.
pub async fn info(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    reply(json!({ "query_run": find(call, conn).await?.view() }))
}

/// `studio.queryRuns.results`.
pub async fn results(call: Call<'_>, conn: &mut Conn) -> Result<Reply, WebApiError> {
    let is_csv = call.arguments.choice("format", &["json", "csv"])? == Some("csv");
    let run = find(call, conn).await?;
    if run.status != Status::Succeeded {
        return Err(WebApiError::own(StatusCode::CONFLICT, "execution_not_complete", "The run has no results."));
    }
    if is_csv {
        return reply(json!({ CSV: csv(&run.columns, &run.rows)? }));
    }
    reply(json!({ "results": { "columns": run.columns, "rows": run.rows } }))
}

/// The member of a reply that is answered as CSV instead of JSON.
const CSV: &str = "csv";

/// The answers of this family that aren't a plain 200 with JSON.
pub fn respond(method: &str, reply: &Reply, plain: Response) -> Response {
    if let ("studio.queryRuns.results", Some(Value::String(csv))) = (method, reply.get(CSV)) {
        // DX redirects to a place that asks for no token; here the rows come at once, proved like every answer.
        return ([(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"))], csv.clone()).into_response();
    }
    let mut response = plain;
    if method == "studio.queryRuns.execute" {
        *response.status_mut() = StatusCode::ACCEPTED;
        let location = reply.get("query_run").and_then(|run| HeaderValue::try_from(run.get("info_url")?.as_str()?).ok());
        let headers: [(HeaderName, Option<HeaderValue>); 2] =
            [(header::LOCATION, location), (header::RETRY_AFTER, Some(HeaderValue::from_static("1")))];
        response.headers_mut().extend(headers.into_iter().filter_map(|(name, value)| Some((name, value?))));
    }
    response
}

async fn find(call: Call<'_>, conn: &mut Conn) -> Result<QueryRun, WebApiError> {
    let run: QueryRun = stored::get(call, conn, call.arguments.required("id")?).await?;
    let is_theirs = call.principal.user.as_ref().is_none_or(|user| run.user_id.as_ref() == Some(&wire_id(user.wire_id)));
    if !is_theirs {
        return Err(WebApiError::NotFound);
    }
    let is_over = store::now(conn).await? >= run.expires_at;
    Ok(if is_over { QueryRun { status: Status::Expired, ..run } } else { run })
}

impl QueryRun {
    fn view(&self) -> Value {
        json!({
            "id": self.id,
            "status": self.status,
            "submitted_at": format!("{:.0}", self.submitted_at),
            "finished_at": self.finished_at.map(|at| format!("{at:.0}")),
            "expires_at": format!("{:.0}", self.expires_at),
            "info_url": format!("/studio.queryRuns.info?id={}", self.id),
            "results_url": format!("/studio.queryRuns.results?id={}", self.id),
            "error": self.error,
        })
    }
}

fn csv(columns: &[String], rows: &[Vec<Value>]) -> Result<String, WebApiError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let defect = |error: csv::Error| WebApiError::Defect(error.into());
    writer.write_record(columns).map_err(defect)?;
    for row in rows {
        writer.write_record(row.iter().map(text)).map_err(defect)?;
    }
    let bytes = writer.into_inner().map_err(|error| WebApiError::Defect(anyhow::anyhow!("{error}")))?;
    String::from_utf8(bytes).map_err(|error| WebApiError::Defect(error.into()))
}

/// Kinds that queries see, as tables: members of their bodies as columns.
const TABLES: [(Kind, &str, &[&str]); 7] = [
    (
        Kind::Entity,
        "entities",
        &[
            "identifier",
            "name",
            "type",
            "description",
            "domain",
            "owner_teams",
            "owner_users",
            "properties",
            "aliases",
            "created_at",
            "updated_at",
        ],
    ),
    (Kind::EntityType, "entity_types", &["identifier", "name", "description", "ordering", "properties"]),
    (Kind::Relation, "relations", &["identifier", "type", "cardinality", "source_entity_type_identifier", "target_entity_type_identifier"]),
    (Kind::RelationEdge, "relation_edges", &["relation", "source", "target"]),
    (Kind::Scorecard, "scorecards", &["id", "name", "description", "type", "published", "checks"]),
    (Kind::CheckResult, "check_results", &["entity", "results"]),
    (Kind::Team, "teams", &["id", "name", "parent_id", "reference_id", "manager_id"]),
];

async fn tables(call: Call<'_>, conn: &mut Conn) -> Result<Vec<Table>, WebApiError> {
    let mut tables = Vec::new();
    for (kind, name, columns) in TABLES {
        let bodies = resources::list(conn, call.principal.account_id, kind, &Filter::default(), None, MAX_RESOURCES + 1).await?;
        if i64::try_from(bodies.len()).is_ok_and(|count| count > MAX_RESOURCES) {
            let message = format!("Your account has more than {MAX_RESOURCES} {name}, which can't be queried here.");
            return Err(WebApiError::own(StatusCode::UNPROCESSABLE_ENTITY, "too_many_rows", message));
        }
        let row = |body: &Value| columns.iter().map(|column| body.get(*column).cloned().unwrap_or_default()).collect();
        tables.push(Table { name, columns, rows: bodies.iter().map(|resource| row(&resource.body)).collect() });
    }
    Ok(tables)
}
