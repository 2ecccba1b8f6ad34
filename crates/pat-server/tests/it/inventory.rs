//! Everyone's tokens: filters, orders, pages, exports. Each is held against the same question asked of the rows in Rust.

use std::cmp::Ordering;

use serde_json::Value;

use crate::support::{Browser, Server, json};

/// Whether a token of the list is one that a filter is for.
type Fits<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

/// Tokens of all kinds and states for the demo account, with instants that many of them share.
async fn fill(server: &Server) {
    server
        .sql(
            "INSERT INTO tokens (id, account_id, kind, owner_id, digest, hint, name, name_key, scopes, created_via, created_at, expires_at,
                                 paused_until, revoked_at)
             SELECT gen_random_uuid(), u.account_id, CASE WHEN n % 9 = 0 THEN 'organization' ELSE 'personal' END,
                    CASE WHEN n % 9 = 0 THEN NULL ELSE u.id END, sha256((u.email || n)::bytea), 'abcd', 'bulk ' || n, 'bulk ' || n,
                    CASE WHEN n % 40 = 1 THEN '{auditLogs:read}' WHEN n % 3 = 0 THEN '{snapshots:read}' ELSE '{catalog:read,snapshots:read}' END::text[],
                    'page', now() - (n / 4) * interval '1 day',
                    CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN now() - (n % 7) * interval '1 day' ELSE now() + (n % 11 + 1) * interval '1 day' END,
                    CASE WHEN n % 8 = 2 THEN now() + interval '1 day' WHEN n % 8 = 3 THEN now() - interval '1 day' END,
                    CASE WHEN n % 6 = 4 THEN now() END
               FROM users u, generate_series(1, 60) n WHERE u.email IN ('member@demo.test', 'database@demo.test', 'admin@other.test')",
        )
        .await;
    server
        .sql(
            "UPDATE token_usage u SET last_used_at = now() - (length(t.name) * 3 + extract(day FROM t.created_at)::int % 9) * interval '1 day', ip = '10.1.2.3'
               FROM tokens t WHERE t.id = u.token_id AND get_byte(t.digest, 0) % 4 <> 0",
        )
        .await;
}

/// All pages of a query.
async fn list(browser: &Browser, query: &str) -> Vec<Value> {
    let (mut tokens, mut path) = (Vec::new(), format!("/api/admin/tokens?{query}"));
    loop {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        let rows = page.body["tokens"].as_array().unwrap();
        assert!(rows.len() <= 50);
        tokens.extend(rows.iter().cloned());
        match page.body["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/admin/tokens?{query}&cursor={cursor}"),
            None => return tokens,
        }
    }
}

fn id(row: &Value) -> &str {
    row["token"]["id"].as_str().unwrap()
}

fn text<'a>(row: &'a Value, field: &str) -> Option<&'a str> {
    row["token"][field].as_str()
}

fn holds(row: &Value, scope: &str) -> bool {
    row["token"]["scopes"].as_array().unwrap().contains(&json!(scope))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_in_each_order_shows_what_fits_once_and_in_order() {
    let server = Server::start().await;
    fill(&server).await;
    let admin = server.sign_in("admin@demo.test").await;
    let all = list(&admin, "").await;
    assert_eq!(all.len(), 120, "both kinds, this account's only");
    let owner = server.user_id("member@demo.test").await;
    let instant = async |days: i32| {
        let sql =
            format!("SELECT to_char((now() + interval '{days} days 1 hour') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS text");
        server.text(&sql).await
    };
    let (soon, late, ago) = (instant(3).await, instant(-3).await, instant(-9).await);
    let before = |at: Option<&str>, limit: &str| at.is_some_and(|at| at < limit);
    let filters: Vec<(String, Fits<'_>)> = vec![
        (String::new(), Box::new(|_| true)),
        ("kind=personal".into(), Box::new(|row| row["kind"] == "personal")),
        ("kind=organization".into(), Box::new(|row| row["kind"] == "organization")),
        (format!("owner={owner}"), Box::new(|row| row["owner"]["id"] == owner.as_str())),
        ("scope=snapshots:read".into(), Box::new(|row| holds(row, "snapshots:read"))),
        ("scope=auditLogs:read".into(), Box::new(|row| holds(row, "auditLogs:read"))),
        ("scope=users:read".into(), Box::new(|_| false)),
        ("status=active".into(), Box::new(|row| text(row, "status") == Some("active"))),
        ("status=paused".into(), Box::new(|row| text(row, "status") == Some("paused"))),
        ("status=expired".into(), Box::new(|row| text(row, "status") == Some("expired"))),
        ("status=revoked".into(), Box::new(|row| text(row, "status") == Some("revoked"))),
        (format!("expires_before={soon}"), Box::new(|row| before(text(row, "expires_at"), &soon))),
        (
            format!("expires_before={soon}&status=active"),
            Box::new(|row| before(text(row, "expires_at"), &soon) && text(row, "status") == Some("active")),
        ),
        (format!("expires_before={late}&status=active"), Box::new(|_| false)),
        (
            format!("not_used_since={ago}"),
            Box::new(|row| text(row, "last_used_at").is_none_or(|at| at < ago.as_str()) && before(text(row, "created_at"), &ago)),
        ),
        ("never_used=true".into(), Box::new(|row| text(row, "last_used_at").is_none())),
        ("never_used=false".into(), Box::new(|_| true)),
        ("no_expiration=true".into(), Box::new(|row| text(row, "expires_at").is_none())),
        (format!("no_expiration=true&expires_before={soon}"), Box::new(|_| false)),
        (
            "status=active&never_used=true&kind=personal&scope=snapshots:read".into(),
            Box::new(|row| {
                text(row, "status") == Some("active")
                    && text(row, "last_used_at").is_none()
                    && row["kind"] == "personal"
                    && holds(row, "snapshots:read")
            }),
        ),
    ];
    for sort in ["created", "oldest", "expires", "last_used"] {
        for (query, fits) in &filters {
            let found = list(&admin, &format!("{query}&sort={sort}")).await;
            for pair in found.windows(2) {
                assert!(in_order(sort, &pair[0], &pair[1]), "{query} by {sort}: {} {}", pair[0], pair[1]);
            }
            let mut found: Vec<_> = found.iter().map(id).collect();
            let mut expected: Vec<_> = all.iter().filter(|row| fits(row)).map(id).collect();
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{query} by {sort}");
        }
    }
}

fn in_order(sort: &str, first: &Value, second: &Value) -> bool {
    let by = |field: &str| (text(first, field), text(second, field));
    let none_last = |(a, b): (Option<&str>, Option<&str>)| match (a, b) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    let order = match sort {
        "created" => by("created_at").1.cmp(&by("created_at").0),
        "oldest" => by("created_at").0.cmp(&by("created_at").1),
        "expires" => none_last(by("expires_at")),
        _ => by("last_used_at").0.cmp(&by("last_used_at").1),
    };
    order != Ordering::Greater
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_by_field() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    fill(&server).await;
    let cursor = admin.get("/api/admin/tokens").await.body["next_cursor"].as_str().unwrap().to_owned();
    for (query, refused) in [
        ("kind=robot", "kind: invalid"),
        ("owner=me", "owner: invalid"),
        ("scope=nope", "scope: unknown_scope"),
        ("status=dead", "status: invalid"),
        ("expires_before=tomorrow", "expires_before: invalid"),
        ("not_used_since=2026-01-01", "not_used_since: invalid"),
        ("never_used=yes", "never_used: invalid"),
        ("no_expiration=", "no_expiration: invalid"),
        ("never_used=true&not_used_since=2026-01-01T00:00:00Z", "not_used_since: invalid"),
        ("sort=name", "sort: invalid"),
        ("colour=red", "colour: unknown_field"),
        ("format=csv", "format: unknown_field"),
        ("cursor=nope", "cursor: invalid"),
        ("cursor=", "cursor: invalid"),
        (&format!("sort=oldest&cursor={cursor}"), "cursor: invalid"),
        (&format!("cursor={}", &cursor[..cursor.len() - 3]), "cursor: invalid"),
        (&format!("cursor=A{cursor}"), "cursor: invalid"),
    ] {
        let answer = admin.get(&format!("/api/admin/tokens?{query}")).await;
        assert_eq!((answer.status, answer.refused_fields()), (422, vec![refused.to_owned()]), "{query}");
    }
    for (query, refused) in
        [("", "format: required"), ("format=xlsx", "format: invalid"), (&format!("format=csv&cursor={cursor}"), "cursor: unknown_field")]
    {
        let answer = admin.get(&format!("/api/admin/tokens/export?{query}")).await;
        assert_eq!((answer.status, answer.refused_fields()), (422, vec![refused.to_owned()]), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_goes_on_where_it_was_while_tokens_come_and_go() {
    let server = Server::start().await;
    fill(&server).await;
    let admin = server.sign_in("admin@demo.test").await;
    for sort in ["created", "oldest", "expires", "last_used"] {
        let before: Vec<_> = list(&admin, &format!("sort={sort}")).await.iter().map(|row| id(row).to_owned()).collect();
        let first = admin.get(&format!("/api/admin/tokens?sort={sort}")).await.body;
        server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = admin.get(&format!("/api/admin/tokens?sort={sort}&cursor={cursor}")).await.body;
        let second: Vec<_> = second["tokens"].as_array().unwrap().iter().map(id).filter(|id| before.iter().any(|old| old == id)).collect();
        assert_eq!(second, before[50..50 + second.len()], "{sort}");
        assert!(second.len() >= 49);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_token_of_the_account_is_read_and_revoked() {
    let server = Server::start().await;
    let (admin, owner) = (server.sign_in("admin@demo.test").await, server.sign_in("member@demo.test").await);
    let (_, personal) = server.token(&owner, &["catalog:read"]).await;
    let (_, foreign) = server.token(&server.sign_in("admin@other.test").await, &["catalog:read"]).await;
    let request = json!({ "name": "ci", "scopes": ["catalog:read"], "expiration": { "type": "never" } });
    let made = admin.post("/api/admin/organization-tokens", request).await.body;
    let (organization, bearer) = (made["organization_token"]["id"].as_str().unwrap(), server.bearer(made["token"].as_str().unwrap()));
    let read = admin.get(&format!("/api/admin/tokens/{personal}")).await.body;
    assert_eq!((&read["kind"], &read["owner"]["email"]), (&json!("personal"), &json!("member@demo.test")));
    let read = admin.get(&format!("/api/admin/tokens/{organization}")).await.body;
    assert_eq!((&read["kind"], &read["owner"], &read["token"]["name"]), (&json!("organization"), &json!(null), &json!("ci")));
    for path in [format!("/api/admin/tokens/{foreign}"), "/api/admin/tokens/nope".to_owned()] {
        assert_eq!(admin.get(&path).await.verdict(), (404, "not_found"));
        assert_eq!(admin.delete_with(&path, json!({ "reason": "unused" })).await.verdict(), (404, "not_found"));
    }
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(admin.delete_with(&format!("/api/admin/tokens/{organization}"), json!({ "reason": "unused" })).await.status, 204);
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    assert_eq!(server.count("audit_log WHERE event_type = 'organization_tokens.deleted' AND context->>'reason' = 'unused'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_what_the_list_shows() {
    let server = Server::start().await;
    fill(&server).await;
    let admin = server.sign_in("admin@demo.test").await;
    for query in ["sort=expires", "status=active&sort=last_used", "scope=snapshots:read", "scope=users:read"] {
        let shown = list(&admin, query).await;
        let export = admin.get(&format!("/api/admin/tokens/export?format=jsonl&{query}")).await;
        assert_eq!(export.header("content-type"), "application/x-ndjson");
        let lines: Vec<Value> = export.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, shown, "{query}");
        let export = admin.get(&format!("/api/admin/tokens/export?format=csv&{query}")).await;
        assert_eq!(export.header("content-disposition"), "attachment; filename=\"tokens.csv\"");
        let mut reader = csv::Reader::from_reader(export.text.as_bytes());
        assert_eq!(reader.headers().unwrap().iter().take(4).collect::<Vec<_>>(), ["id", "kind", "name", "token_hint"]);
        let ids: Vec<_> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
        assert_eq!(ids, shown.iter().map(id).collect::<Vec<_>>(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_many_batches_misses_and_repeats_nothing() {
    let server = Server::start().await;
    server
        .sql(
            "INSERT INTO tokens (id, account_id, kind, owner_id, digest, hint, name, name_key, scopes, created_via)
             SELECT gen_random_uuid(), account_id, 'personal', id, sha256(n::text::bytea), 'abcd', 'bulk ' || n, 'bulk ' || n, '{catalog:read}', 'page'
               FROM users, generate_series(1, 7000) n WHERE email = 'member@demo.test'",
        )
        .await;
    let admin = server.sign_in("admin@demo.test").await;
    for sort in ["created", "last_used"] {
        let export = admin.get(&format!("/api/admin/tokens/export?format=csv&sort={sort}")).await;
        let mut reader = csv::Reader::from_reader(export.text.as_bytes());
        let mut names: Vec<_> = reader.records().map(|record| record.unwrap()[2].to_owned()).collect();
        assert_eq!(names.len(), 7000);
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 7000, "{sort}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cell_of_a_csv_file_is_a_formula() {
    let server = Server::start().await;
    let (admin, owner) = (server.sign_in("admin@demo.test").await, server.sign_in("member@demo.test").await);
    let (_, noted) = server.token(&owner, &["catalog:read"]).await;
    let note = "=HYPERLINK(\"https://evil.example\",\"x\")\nsecond, line";
    assert_eq!(admin.delete_with(&format!("/api/admin/tokens/{noted}"), json!({ "reason": "other", "note": note })).await.status, 204);
    for start in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x"] {
        assert_eq!(owner.mint(start, &["catalog:read"]).await.status, 201);
    }
    server.sql("UPDATE users SET name = E'\\t=1' WHERE email = 'member@demo.test'").await;
    server.sql("UPDATE token_usage SET last_used_at = now(), user_agent = E'\\r=1'").await;
    let export = admin.get("/api/admin/tokens/export?format=csv&sort=oldest").await;
    let mut reader = csv::Reader::from_reader(export.text.as_bytes());
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 9);
    assert_eq!(&records[0][19], format!("'{note}"), "quotes, commas and lines survive");
    let cells = records.iter().flat_map(|record| record.iter().map(str::to_owned).collect::<Vec<_>>());
    let dangerous: Vec<_> = cells.filter(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])).collect();
    assert!(dangerous.is_empty(), "{dangerous:?}");
    let names: Vec<_> = records.iter().skip(1).map(|record| record[2].to_owned()).collect();
    assert_eq!(names, ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'＝1", "'＋1", "'－1", "'＠x"]);
    assert_eq!((&records[1][4], &records[1][15]), ("'\t=1", "'\r=1"));
}
