//! Where callers' SQL runs: a database of its own for each query, in memory, that holds the account's own rows and nothing else.
//! There is no way from here to the server's database, whatever a query says. Beside that it may only read, only call
//! functions of a list, and only take so much time, memory and room.

use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, ToSql};
use serde_json::{Map, Value};

/// A table that queries see.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Names of its columns.
    pub columns: &'static [&'static str],
    /// As many values as columns each. Objects and lists become JSON texts.
    pub rows: Vec<Vec<Value>>,
}

/// What a query found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// At most [`MAX_ROWS`].
    pub rows: Vec<Vec<Value>>,
}

/// Why a query found nothing.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// It isn't a query, or none that is allowed.
    #[error("{0}")]
    Refused(String),
    /// A variable is missing, or is of no use.
    #[error("The variable {0} {1}.")]
    Variable(String, &'static str),
    /// It took too long.
    #[error("The query took longer than {} seconds.", TIME_LIMIT.as_secs())]
    TooSlow,
    /// It needs too much memory, or finds too much.
    #[error("The query needs more memory, or finds more, than it may.")]
    TooLarge,
    /// It failed on a row.
    #[error("{0}")]
    Failed(String),
    /// A defect of ours.
    #[error("the sandbox: {0}")]
    Defect(rusqlite::Error),
}

/// How long a query may run.
pub const TIME_LIMIT: Duration = Duration::from_secs(2);

/// Rows that a query answers with; the rest is left out.
pub const MAX_ROWS: usize = 1000;

/// Bytes of values that a query answers with.
const MAX_BYTES: usize = 1024 * 1024;

/// Bytes that all queries of the process use together.
const HEAP: i64 = 128 * 1024 * 1024;

const LIMITS: [(Limit, i32); 11] = [
    (Limit::SQLITE_LIMIT_LENGTH, 4 * 1024 * 1024),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_COLUMN, 200),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20),
    (Limit::SQLITE_LIMIT_VDBE_OP, 100_000),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 50),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 200),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// Functions that queries may call. None of them reads a file, sleeps, changes something or makes a large value from a small one.
#[rustfmt::skip]
const FUNCTIONS: [&str; 49] = [
    "abs", "avg", "ceil", "ceiling", "coalesce", "count", "cume_dist", "date", "datetime", "dense_rank", "first_value", "floor",
    "group_concat", "ifnull", "iif", "instr", "json_array_length", "json_each", "json_extract", "json_type", "julianday", "lag",
    "last_value", "lead", "length", "like", "lower", "ltrim", "max", "min", "nth_value", "ntile", "nullif", "percent_rank", "rank",
    "round", "row_number", "rtrim", "sign", "strftime", "substr", "substring", "sum", "time", "total", "trim", "upper", "->", "->>",
];

/// Runs one query. Blocks for as long as it runs.
///
/// # Errors
/// See [`QueryError`].
pub fn run(tables: &[Table], sql: &str, variables: &Map<String, Value>) -> Result<Found, QueryError> {
    let mut conn = open(tables).map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::OutOfMemory) => QueryError::TooLarge,
        _ => QueryError::Defect(error),
    })?;
    lock_down(&mut conn, tables).map_err(QueryError::Defect)?;
    let mut statement = conn.prepare(sql).map_err(|error| QueryError::Refused(describe(&error)))?;
    if !statement.readonly() || statement.is_explain() != 0 || statement.column_count() == 0 {
        return Err(QueryError::Refused("Only SELECT is allowed".into()));
    }
    bind(&mut statement, variables)?;
    collect(&mut statement).map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => QueryError::TooSlow,
        Some(ErrorCode::OutOfMemory | ErrorCode::TooBig | ErrorCode::DiskFull) => QueryError::TooLarge,
        _ => QueryError::Failed(describe(&error)),
    })?
}

fn open(tables: &[Table]) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_MEMORY;
    let mut conn = Connection::open_with_flags(":memory:", flags)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Double quotes are for names, as in Postgres.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.query_row(&format!("PRAGMA hard_heap_limit = {HEAP}"), [], |_| Ok(()))?;
    let tx = conn.transaction()?;
    for table in tables {
        tx.execute_batch(&format!("CREATE TABLE {} ({})", table.name, table.columns.join(", ")))?;
        let marks = vec!["?"; table.columns.len()].join(", ");
        let mut insert = tx.prepare(&format!("INSERT INTO {} VALUES ({marks})", table.name))?;
        for row in &table.rows {
            insert.execute(rusqlite::params_from_iter(row.iter().map(Json)))?;
        }
    }
    tx.commit()?;
    Ok(conn)
}

/// From here on, the connection reads these tables and does nothing else.
fn lock_down(conn: &mut Connection, tables: &[Table]) -> rusqlite::Result<()> {
    for (limit, value) in LIMITS {
        conn.set_limit(limit, value)?;
    }
    let deadline = Instant::now() + TIME_LIMIT;
    conn.progress_handler(1000, Some(move || Instant::now() >= deadline))?;
    let names: Vec<&'static str> = tables.iter().map(|table| table.name).collect();
    let may_read = move |table: &str| table == "json_each" || names.iter().any(|name| name.eq_ignore_ascii_case(table));
    conn.authorizer(Some(move |context: AuthContext<'_>| {
        let is_allowed = match context.action {
            AuthAction::Select => true,
            AuthAction::Read { table_name, .. } => may_read(table_name),
            AuthAction::Function { function_name } => FUNCTIONS.iter().any(|known| known.eq_ignore_ascii_case(function_name)),
            _ => false,
        };
        if is_allowed { Authorization::Allow } else { Authorization::Deny }
    }))
}

/// Gives `$name` its value; a list is a JSON text, for `json_each`.
fn bind(statement: &mut Statement<'_>, variables: &Map<String, Value>) -> Result<(), QueryError> {
    for i in 1..=statement.parameter_count() {
        let name = statement.parameter_name(i).and_then(|name| name.strip_prefix('$')).map(str::to_owned);
        let name = name.ok_or_else(|| QueryError::Refused("Variables are written as $name".into()))?;
        match variables.get(&name) {
            None => return Err(QueryError::Variable(name, "has no value")),
            Some(Value::Object(_)) => return Err(QueryError::Variable(name, "must be a value or a list")),
            Some(value) => statement.raw_bind_parameter(i, Json(value)).map_err(QueryError::Defect)?,
        }
    }
    Ok(())
}

fn collect(statement: &mut Statement<'_>) -> rusqlite::Result<Result<Found, QueryError>> {
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let (mut found, mut bytes, count) = (Vec::new(), 0, columns.len());
    let mut rows = statement.raw_query();
    while found.len() < MAX_ROWS
        && let Some(row) = rows.next()?
    {
        let values: Vec<Value> = (0..count).map(|i| row.get_ref(i).map(value)).collect::<Result<_, _>>()?;
        bytes += values.iter().map(|value| value.as_str().map_or(8, str::len)).sum::<usize>();
        if bytes > MAX_BYTES {
            return Ok(Err(QueryError::TooLarge));
        }
        found.push(values);
    }
    Ok(Ok(Found { columns, rows: found }))
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into(),
    }
}

/// The error in the engine's words, without the query.
fn describe(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::MultipleStatement => "Only one statement is allowed".into(),
        rusqlite::Error::Empty => "There is no statement".into(),
        other => other.to_string(),
    }
}

/// JSON as a value of the sandbox.
struct Json<'a>(&'a Value);

impl ToSql for Json<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Null => ToSqlOutput::Owned(SqlValue::Null),
            Value::Bool(flag) => ToSqlOutput::Owned(SqlValue::Integer((*flag).into())),
            Value::Number(number) => {
                let real = || SqlValue::Real(number.as_f64().unwrap_or(f64::NAN));
                ToSqlOutput::Owned(number.as_i64().map_or_else(real, SqlValue::Integer))
            }
            Value::String(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Array(_) | Value::Object(_) => ToSqlOutput::Owned(SqlValue::Text(self.0.to_string())),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tables() -> Vec<Table> {
        let row = |n: i64| vec![json!(n), json!(format!("name {n}")), json!({ "tier": format!("tier-{}", n % 3) })];
        vec![Table { name: "entities", columns: &["id", "name", "properties"], rows: (0..2000).map(row).collect() }]
    }

    fn query(sql: &str) -> Result<Found, QueryError> {
        run(&tables(), sql, &Map::new())
    }

    #[test]
    fn reads_the_tables_with_ordinary_sql() {
        let sql = "WITH t AS (SELECT properties ->> 'tier' AS tier, id FROM entities) SELECT tier, count(*) AS n, max(id) FROM t GROUP BY 1 ORDER BY 1";
        let found = query(sql).unwrap();
        assert_eq!(found.columns, ["tier", "n", "max(id)"]);
        assert_eq!(found.rows[0], [json!("tier-0"), json!(667), json!(1998)]);
        assert_eq!(query("SELECT id FROM entities; ").unwrap().rows.len(), MAX_ROWS, "the rest is left out");
        let variables = json!({ "name": "name 7", "ids": [1, 7] });
        let sql = "SELECT id, NULL, 1.5 FROM entities WHERE name = $name AND id IN (SELECT value FROM json_each($ids))";
        assert_eq!(run(&tables(), sql, variables.as_object().unwrap()).unwrap().rows, [[json!(7), Value::Null, json!(1.5)]]);
        assert!(matches!(query("SELECT $missing"), Err(QueryError::Variable(name, _)) if name == "missing"));
    }

    #[test]
    fn whatever_does_not_only_read_these_tables_is_refused() {
        for sql in [
            "",
            "-- nothing",
            "DELETE FROM entities",
            "UPDATE entities SET id = 1",
            "INSERT INTO entities VALUES (1, 2, 3)",
            "INSERT INTO entities VALUES (1, 2, 3) RETURNING id",
            "DROP TABLE entities",
            "CREATE TABLE t (x)",
            "CREATE TEMP TABLE t AS SELECT 1",
            "SELECT 1; DELETE FROM entities",
            "SELECT 1; SELECT 2",
            "EXPLAIN SELECT 1",
            "EXPLAIN QUERY PLAN SELECT 1",
            "PRAGMA table_info(entities)",
            "PRAGMA hard_heap_limit = 0",
            "SELECT * FROM pragma_table_info('entities')",
            "SELECT * FROM pragma_database_list",
            "SELECT * FROM sqlite_master",
            "SELECT * FROM sqlite_schema",
            "SELECT * FROM sqlite_temp_master",
            "SELECT * FROM pg_catalog.pg_class",
            "SELECT * FROM information_schema.tables",
            "SELECT * FROM tokens",
            "SELECT * FROM public.tokens",
            "SELECT pg_sleep(10)",
            "SELECT load_extension('x')",
            "SELECT readfile('/etc/passwd')",
            "SELECT randomblob(100000000)",
            "SELECT zeroblob(1000000000)",
            "SELECT printf('%1000000000d', 1)",
            "SELECT replace(hex(zeroblob(1000000)), '0', 'xxxxxxxxxx')",
            "SELECT current_setting('x')",
            "SELECT sqlite_version()",
            "ATTACH DATABASE '/tmp/x' AS x",
            "VACUUM INTO '/tmp/x'",
            "BEGIN",
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c",
            "SELECT ?",
        ] {
            assert!(matches!(query(sql), Err(QueryError::Refused(_))), "{sql}: {:?}", query(sql));
        }
    }

    #[test]
    fn a_query_ends_however_much_it_asks_for() {
        let endless = "SELECT count(*) FROM entities a, entities b, entities c, entities d";
        assert!(matches!(query(endless), Err(QueryError::TooSlow)));
        for large in [
            "SELECT group_concat(a.name || b.name || a.properties) FROM entities a, entities b",
            "SELECT group_concat(a.name) FROM entities a, (SELECT id FROM entities LIMIT 100) b GROUP BY b.id",
            "SELECT a.name, b.properties, c.name FROM entities a, entities b, entities c ORDER BY 2, 3, 1",
        ] {
            // On a slow machine it is the time.
            let found = query(large).map(|found| found.rows.len());
            assert!(matches!(found, Err(QueryError::TooSlow | QueryError::TooLarge)), "{large}: {found:?}");
        }
        let deep = format!("SELECT {}1{}", "(".repeat(5000), ")".repeat(5000));
        assert!(matches!(query(&deep), Err(QueryError::Refused(_))));
        assert_eq!(query("SELECT 1").unwrap().rows.len(), 1, "and the next one finds everything in order");
    }
}
