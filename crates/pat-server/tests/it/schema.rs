//! The schema: constraints that hold, migrations that go both ways, partitions that are there.

use diesel_async::RunQueryDsl as _;

use crate::support::{Database, Server};

#[tokio::test(flavor = "multi_thread")]
async fn constraints_hold_against_hand_written_sql() {
    let server = Server::start().await;
    let token = |kind: &str, owner: &str, digest: &str, rest: &str| {
        format!(
            "INSERT INTO tokens (id, account_id, kind, owner_id, digest, hint, name, name_key, scopes, created_via)
             SELECT gen_random_uuid(), account_id, {kind}, {owner}, {digest}, {rest} FROM users WHERE email = 'member@demo.test'"
        )
    };
    let good = "'abcd', 'n', 'n', '{catalog:read}', 'page'";
    server.sql(&token("'personal'", "id", "sha256('a')", good)).await;
    for sql in [
        token("'personal'", "NULL", "sha256('b')", good),
        token("'organization'", "id", "sha256('b')", good),
        token("'other'", "id", "sha256('b')", good),
        token("'personal'", "id", "sha256('a')", good),
        token("'personal'", "id", "'short'", good),
        token("'personal'", "gen_random_uuid()", "sha256('b')", good),
        token("'personal'", "(SELECT id FROM users WHERE email = 'admin@other.test')", "sha256('b')", good),
        token("'personal'", "id", "sha256('b')", "'abc', 'n', 'n', '{}', 'page'"),
        token("'personal'", "id", "sha256('b')", "'abcd', '', '', '{}', 'page'"),
        token("'personal'", "id", "sha256('b')", "'abcd', repeat('n', 101), 'n', '{}', 'page'"),
        token("'personal'", "id", "sha256('b')", "'abcd', 'n', 'n', '{NULL}', 'page'"),
        token("'personal'", "id", "sha256('b')", "'abcd', 'n', 'n', '{}', 'magic'"),
        "UPDATE tokens SET version = 0".to_owned(),
        "UPDATE tokens SET revoke_reason = 'x'".to_owned(),
        "UPDATE users SET email = 'Member@demo.test' WHERE email = 'member@demo.test'".to_owned(),
        "UPDATE users SET email = 'admin@other.test' WHERE email = 'member@demo.test'".to_owned(),
        "UPDATE users SET name = ''".to_owned(),
        "UPDATE account_settings SET max_lifetime_days = 0".to_owned(),
        "UPDATE account_settings SET token_cap = -1".to_owned(),
        "UPDATE account_settings SET features = '{NULL}'".to_owned(),
        "UPDATE account_settings SET blocked_scopes = '{NULL}'".to_owned(),
        "INSERT INTO user_roles SELECT account_id, gen_random_uuid(), 'x' FROM users".to_owned(),
        "UPDATE user_roles SET role = ''".to_owned(),
        "UPDATE resources SET body = '[]'".to_owned(),
        "UPDATE resources SET identifier = ''".to_owned(),
        "INSERT INTO sessions (id, account_id, user_id, digest, expires_at) SELECT gen_random_uuid(), account_id, id, 'x', now() FROM users".to_owned(),
        "INSERT INTO password_links (digest, account_id, user_id, expires_at) SELECT 'x', account_id, id, now() FROM users".to_owned(),
    ] {
        assert!(server.database.sql(&sql).await.is_err(), "accepted: {sql}");
    }
}

/// Every column, index, trigger, constraint and function of the schema.
async fn shape(database: &Database) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let sql = "
        SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) AS text
          FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        ORDER BY 1";
    let rows: Vec<Row> = diesel::sql_query(sql).load(&mut database.connect().await).await.unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_many_tokens_is_stored_whole_or_not() {
    let server = Server::start().await;
    let change = |columns: &str, values: &str| {
        format!(
            "INSERT INTO token_changes (id, account_id, asked_by, request_id, issued_before, {columns})
             SELECT gen_random_uuid(), account_id, id, gen_random_uuid(), now(), {values} FROM users WHERE email = 'admin@demo.test'"
        )
    };
    server.sql(&change("act, target, matched", "'{}', '{}', 0")).await;
    for sql in [
        change("act, target, matched", "'\"resume\"', '{}', 0"),
        change("act, target, matched", "'{}', '[]', 0"),
        change("act, target, matched", "'{}', '{}', -1"),
        change("act, target, matched, done", "'{}', '{}', 0, -1"),
        change("act, target, matched, state", "'{}', '{}', 0, 'lost'"),
        change("act, target, matched, state", "'{}', '{}', 0, 'finished'"),
        change("act, target, matched, ended_at", "'{}', '{}', 0, now()"),
        change("act, target, matched, runner", "'{}', '{}', 0, gen_random_uuid()"),
        "UPDATE token_changes SET asked_by = (SELECT id FROM users WHERE email = 'admin@other.test')".to_owned(),
    ] {
        assert!(server.database.sql(&sql).await.is_err(), "accepted: {sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_up_down_and_up_again() {
    let database = Database::create_empty().await;
    let store = database.store();
    store.migrate().await.unwrap();
    let first = shape(&database).await;
    assert!(first.iter().any(|line| line.contains("tokens_stamp_update")));
    store.unmigrate().await.unwrap();
    let left: Vec<_> = shape(&database).await.into_iter().filter(|line| !line.contains("diesel")).collect();
    assert!(left.is_empty(), "{left:#?}");
    store.migrate().await.unwrap();
    assert_eq!(shape(&database).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_that_start_at_once_migrate_once() {
    let database = Database::create_empty().await;
    let (first, second) = (database.store(), database.store());
    let (first, second) = tokio::join!(first.migrate(), second.migrate());
    first.unwrap();
    second.unwrap();
    assert!(database.store().is_migrated().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn months_of_the_audit_log_are_made_ahead_and_hold_its_rows() {
    let server = Server::start().await;
    let ahead = server
        .texts(
            "SELECT to_char(pat_now() AT TIME ZONE 'UTC' + make_interval(months => n), '\"audit_events_\"YYYY_MM') AS text
               FROM generate_series(0, 3) n
             EXCEPT SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_events'::regclass",
        )
        .await;
    assert!(ahead.is_empty(), "missing: {ahead:?}");
    server.sign_in("member@demo.test").await;
    assert_eq!(server.count("audit_events_default").await, 0);
    let part = server.text("SELECT tableoid::regclass::text AS text FROM audit_events").await;
    let month = server.text("SELECT to_char(pat_now() AT TIME ZONE 'UTC', '\"audit_events_\"YYYY_MM') AS text").await;
    assert_eq!(part, month);
    // Past the months that exist a row is kept all the same, and the next server start makes room.
    server.advance_clock("400 days").await;
    server.sign_in("member@demo.test").await;
    assert_eq!(server.count("audit_events_default").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_open_month_has_no_index_beyond_what_the_log_is_read_by() {
    let server = Server::start().await;
    let indexes = server
        .texts(
            "SELECT regexp_replace(indexdef, '^.* USING ', '') AS text FROM pg_indexes
              WHERE tablename = to_char(pat_now() AT TIME ZONE 'UTC', '\"audit_events_\"YYYY_MM') ORDER BY 1",
        )
        .await;
    let (kept, rare): (Vec<_>, Vec<_>) = indexes.iter().partition(|index| !index.contains(" WHERE "));
    // Each further one costs an insert as much as the row itself.
    assert_eq!(
        kept,
        [
            "brin (\"time\")",
            "btree (account_id, \"time\" DESC, id DESC)",
            "btree (client_id, \"time\")",
            "btree (principal_id, \"time\") INCLUDE (method)",
        ]
    );
    assert_eq!(rare.len(), 3, "{rare:?}");
}

/// `table.column -> Type` for each line of the hand-written `schema.rs`.
fn declared() -> Vec<String> {
    let source = include_str!("../../src/store/schema.rs");
    let mut columns = Vec::new();
    for table in source.split("diesel::table! {").skip(1) {
        let name = table.split('(').next().unwrap().trim();
        // A view: as far as Postgres knows, any of its columns may be NULL.
        if name == "audit_log" {
            continue;
        }
        let body = table.split_once(") {").unwrap().1.split('}').next().unwrap();
        columns.extend(body.split(',').map(str::trim).filter(|line| !line.is_empty()).map(|line| format!("{name}.{line}")));
    }
    columns.sort();
    columns
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_on_its_way_is_stored_whole_or_not() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    server.token(&owner, &["catalog:read"]).await;
    let row = |columns: &str, values: &str| {
        format!(
            "INSERT INTO cli_sign_ins (id, digest, expires_at, {columns})
             SELECT gen_random_uuid(), sha256(gen_random_uuid()::text::bytea), now(), {values} FROM sessions s"
        )
    };
    let browser = "challenge, callback, account_id, user_id, session_id, is_approved, wanted";
    server.sql(&row("user_code, poll_seconds", "'BCDFGHJK', 5")).await;
    server.sql(&row(browser, "sha256('a'), 'x', s.account_id, s.user_id, s.id, true, '{}'")).await;
    for sql in [
        row("user_code, poll_seconds", "'BCDFGHJK', 5"),
        row("user_code, poll_seconds", "'bcdfghjk', 5"),
        row("user_code, poll_seconds", "'BCDF-GHJ', 5"),
        row("user_code, poll_seconds", "'BCDFGHJL', 0"),
        row("user_code", "'BCDFGHJL'"),
        row("poll_seconds", "5"),
        row("callback", "'x'"),
        row("user_code, poll_seconds, callback", "'BCDFGHJL', 5, 'x'"),
        row("user_code, poll_seconds, is_approved", "'BCDFGHJL', 5, true"),
        row("user_code, poll_seconds, wanted", "'BCDFGHJL', 5, '{}'"),
        row("user_code, poll_seconds, spent_at", "'BCDFGHJL', 5, now()"),
        row("user_code, poll_seconds, account_id, user_id, session_id, is_approved", "'BCDFGHJL', 5, s.account_id, s.user_id, s.id, true"),
        row(
            "user_code, poll_seconds, account_id, user_id, session_id, is_approved, wanted",
            "'BCDFGHJL', 5, s.account_id, s.user_id, s.id, false, '{}'",
        ),
        row(browser, "'short', 'x', s.account_id, s.user_id, s.id, true, '{}'"),
        row(browser, "sha256('a'), 'x', s.account_id, s.user_id, s.id, false, NULL"),
        row(browser, "sha256('a'), 'x', s.account_id, s.user_id, gen_random_uuid(), true, '{}'"),
        row(browser, "sha256('a'), 'x', gen_random_uuid(), s.user_id, s.id, true, '{}'"),
        row("challenge, callback", "sha256('a'), 'x'"),
        "UPDATE cli_sign_ins SET digest = 'short'".to_owned(),
        "UPDATE cli_sign_ins SET token_id = (SELECT id FROM tokens LIMIT 1)".to_owned(),
        "UPDATE cli_sign_ins SET spent_at = now(), token_id = gen_random_uuid() WHERE challenge IS NOT NULL".to_owned(),
    ] {
        assert!(server.database.sql(&sql).await.is_err(), "accepted: {sql}");
    }
    server.sql("UPDATE cli_sign_ins SET spent_at = now() WHERE is_approved").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn diesel_sees_the_tables_as_they_are() {
    let server = Server::start().await;
    let mut actual = server
        .texts(
            "SELECT format(CASE is_nullable WHEN 'YES' THEN '%s.%s -> Nullable<%s>' ELSE '%s.%s -> %s' END, table_name, column_name,
                    CASE udt_name WHEN '_text' THEN 'Array<Text>' WHEN 'int4' THEN 'Integer' WHEN 'int8' THEN 'BigInt'
                                  WHEN 'bytea' THEN 'Binary' ELSE initcap(udt_name) END) AS text
               FROM information_schema.columns
              WHERE table_schema = 'public' AND table_name NOT LIKE 'audit\\_events%' AND table_name NOT IN ('audit_principals', 'audit_clients', 'audit_log')
                AND table_name NOT LIKE '\\_\\_diesel%'",
        )
        .await;
    actual.sort();
    assert!(actual.len() > 80, "{actual:?}");
    assert_eq!(declared(), actual);
}
