//! `/api/admin/audit-events` and the activity of one token: filters, pages, export.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::support::{Answer, Browser, Server, json};

const LIST: &str = "/api/admin/audit-events";

/// Rows made by hand for the demo account: `columns` is SQL for further columns and their values, by row number `n`.
async fn make_rows(server: &Server, rows: u32, columns: &str, values: &str) {
    server.open_log().await;
    server
        .sql(&format!(
            "INSERT INTO audit_log (account_id, id, event_type, outcome, {columns})
             SELECT account_id, gen_random_uuid(), 'web_api.called', 'succeeded', {values}
               FROM users, generate_series(1, {rows}) n WHERE email = 'member@demo.test'"
        ))
        .await;
}

fn events(page: &Answer) -> Vec<Value> {
    assert_eq!(page.status, 200, "{page:?}");
    page.body["events"].as_array().unwrap().clone()
}

/// All pages, following the cursors.
async fn read_all(browser: &Browser, path: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    let separator = if path.contains('?') { '&' } else { '?' };
    loop {
        let query = if cursor.is_empty() { path.to_owned() } else { format!("{path}{separator}cursor={cursor}") };
        let page = browser.get(&query).await;
        all.extend(events(&page));
        match page.body["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return all,
        }
    }
}

fn ids(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_no_gap_and_no_repeat_while_rows_are_written() {
    let server = Arc::new(Server::start().await);
    let admin = server.sign_in("admin@demo.test").await;
    let (bearer, _) = server.token(&admin, &["catalog:read"]).await;
    // Many rows of one instant, also where pages end.
    make_rows(&server, 230, "time", "pat_now() - interval '1 hour' - make_interval(mins => n / 40)").await;
    let is_over = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let is_over = is_over.clone();
        async move {
            let mut written = 0;
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(bearer.get("/auth.info").await.status, 200);
                written += 1;
            }
            written
        }
    });
    let seen = ids(&read_all(&admin, LIST).await);
    is_over.store(true, Ordering::Relaxed);
    let written = writer.await.unwrap();
    let newest = &seen[0];
    let expected = server
        .texts(&format!(
            "SELECT id::text AS text FROM audit_log
              WHERE (time, id) <= (SELECT time, id FROM audit_log WHERE id = '{newest}') ORDER BY time DESC, id DESC"
        ))
        .await;
    assert_eq!(seen, expected);
    assert!(seen.len() >= 232 && written > 0, "{} rows, {written} written meanwhile", seen.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_selects_its_rows() {
    let server = Server::start().await;
    let (admin, member) = (server.sign_in("admin@demo.test").await, server.sign_in("member@demo.test").await);
    let (bearer, token) = server.token(&member, &["catalog:read"]).await;
    bearer.get("/entities.list").await;
    bearer.get("/teams.list").await;
    member.edit(&token, 1, json!({ "scopes": ["catalog:read", "snapshots:read"] })).await;
    make_rows(&server, 3, "time, ip", "('2026-01-0' || n || ' 12:00Z')::timestamptz, ('10.1.2.' || n)::inet").await;
    make_rows(&server, 1, "time, ip", "timestamptz '2026-01-04 12:00Z', inet '2001:db8::1'").await;
    let user = server.user_id("member@demo.test").await;
    let count = async |query: &str| read_all(&admin, &format!("{LIST}?{query}")).await.len();
    for (query, rows) in [
        (format!("user={user}"), 5),
        (format!("token={token}"), 4),
        ("event_type=sessions.created".to_owned(), 2),
        ("event_type=web_api.called".to_owned(), 6),
        ("outcome=refused".to_owned(), 1),
        (format!("user={user}&outcome=refused&event_type=web_api.called&token={token}"), 1),
        (format!("user={user}&outcome=refused&event_type=sessions.created"), 0),
        ("until=2026-01-03T12:00:00Z".to_owned(), 2),
        ("from=2026-01-02T12:00:00Z&until=2026-01-03T12:00:00.000001Z".to_owned(), 2),
        ("ip=10.1.2.3".to_owned(), 1),
        ("ip=10.1.2.3/32".to_owned(), 1),
        ("ip=10.1.2.99/30".to_owned(), 0),
        ("ip=10.1.2.2/31".to_owned(), 2),
        ("ip=10.0.0.0/8".to_owned(), 3),
        ("ip=::ffff:10.1.2.1".to_owned(), 1),
        ("ip=2001:db8::/32".to_owned(), 1),
        ("ip=127.0.0.1".to_owned(), 6),
    ] {
        assert_eq!(count(&query).await, rows, "{query}");
    }
    let refused = &read_all(&admin, &format!("{LIST}?outcome=refused")).await[0];
    assert_eq!(
        (&refused["method"], &refused["reason"], &refused["context"], &refused["ip"]),
        (&json!("teams.list"), &json!("not_authorized"), &json!({ "missing_scopes": ["snapshots:read"] }), &json!("127.0.0.1"))
    );
    assert_eq!(refused["user"], json!({ "id": user, "name": "Max Member", "email": "member@demo.test" }));
    assert_eq!(refused["token"]["id"], json!(token));
    let edit = &read_all(&admin, &format!("{LIST}?event_type=personal_access_tokens.updated")).await[0];
    assert_eq!((&edit["context"]["added_scopes"], &edit["context"]["removed_scopes"]), (&json!(["snapshots:read"]), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_by_name() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let epoch_minus_one = "eyJ0aW1lIjoiMTk2OS0xMi0zMVQyMzo1OTo1OVoiLCJpZCI6IjAxOTAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMSJ9";
    for (query, refused) in [
        ("user=ada", "user: invalid"),
        ("token=1", "token: invalid"),
        ("event_type=tokens.eaten", "event_type: invalid"),
        ("outcome=maybe", "outcome: invalid"),
        ("from=yesterday", "from: invalid"),
        ("until=2026-02-30T00:00:00Z", "until: invalid"),
        ("from=2026-01-02T00:00:00Z&until=2026-01-02T00:00:00Z", "until: invalid"),
        ("from=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "until: invalid"),
        ("ip=300.1.1.1", "ip: invalid"),
        ("ip=10.0.0.0/33", "ip: invalid"),
        ("ip=", "ip: invalid"),
        ("colour=red", "colour: unknown_field"),
        ("outcome=refused&outcome=succeeded", "outcome: duplicate"),
    ] {
        for path in [LIST.to_owned(), format!("{LIST}/export")] {
            let answer = admin.get(&format!("{path}?{query}")).await;
            assert_eq!((answer.status, answer.refused_fields()), (422, vec![refused.to_owned()]), "{path}?{query}");
        }
    }
    let (_, token) = server.token(&admin, &["catalog:read"]).await;
    for path in [LIST.to_owned(), format!("/api/admin/tokens/{token}/activity"), format!("/api/personal-access-tokens/{token}/activity")] {
        for cursor in ["nope", "", "e30", epoch_minus_one] {
            assert_eq!(admin.get(&format!("{path}?cursor={cursor}")).await.refused_fields(), ["cursor: invalid"], "{path} {cursor:?}");
        }
    }
    assert_eq!(admin.get(&format!("{LIST}/export?cursor=e30")).await.refused_fields(), ["cursor: unknown_field"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_sees_none_of_it() {
    let server = Server::start().await;
    let (member, other) = (server.sign_in("member@demo.test").await, server.sign_in("admin@other.test").await);
    let (_, token) = server.token(&member, &["catalog:read"]).await;
    let user = server.user_id("member@demo.test").await;
    for query in ["", &format!("?user={user}"), &format!("?token={token}")] {
        let rows = read_all(&other, &format!("{LIST}{query}")).await;
        assert!(rows.iter().all(|row| row["user"]["email"] == "admin@other.test"), "{query}: {rows:?}");
        assert!(!other.get(&format!("{LIST}/export{query}")).await.text.contains("demo.test"), "{query}");
    }
    for rest in ["activity", "unused-scopes"] {
        assert_eq!(other.get(&format!("/api/admin/tokens/{token}/{rest}")).await.verdict(), (404, "not_found"), "{rest}");
        assert_eq!(other.get(&format!("/api/personal-access-tokens/{token}/{rest}")).await.verdict(), (404, "not_found"), "{rest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_stay_as_they_were_at_the_time() {
    let server = Server::start().await;
    let (admin, member) = (server.sign_in("admin@demo.test").await, server.sign_in("member@demo.test").await);
    let created = member.mint("ci-laptop", &["catalog:read"]).await;
    let token = created.body["personal_access_token"]["id"].as_str().unwrap();
    member.edit(token, 1, json!({ "name": "ci-server" })).await;
    member.delete_token(token).await;
    server.sql("UPDATE users SET name = 'Somebody Else', email = 'else@demo.test' WHERE email = 'member@demo.test'").await;
    server.sql("UPDATE users SET deactivated_at = now() WHERE email = 'else@demo.test'").await;
    let rows = read_all(&admin, &format!("/api/admin/tokens/{token}/activity")).await;
    let told: Vec<_> = rows.iter().map(|row| (&row["event_type"], &row["user"]["name"], &row["token"]["name"])).collect();
    let max = json!("Max Member");
    assert_eq!(
        told,
        [
            (&json!("personal_access_tokens.deleted"), &max, &json!("ci-server")),
            (&json!("personal_access_tokens.updated"), &max, &json!("ci-laptop")),
            (&json!("personal_access_tokens.created"), &max, &json!("ci-laptop")),
        ]
    );
    assert_eq!(rows[1]["context"]["name"], json!({ "from": "ci-laptop", "to": "ci-server" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_sees_what_happened_with_their_token_but_not_where_others_sit() {
    let server = Server::start().await;
    let (admin, owner) = (server.sign_in("admin@demo.test").await, server.sign_in("member@demo.test").await);
    let (bearer, token) = server.token(&owner, &["catalog:read"]).await;
    bearer.get("/entities.list").await;
    admin.delete_with(&format!("/api/admin/tokens/{token}"), json!({ "reason": "policy" })).await;
    server.token(&owner, &["catalog:read"]).await;
    let path = format!("/api/personal-access-tokens/{token}/activity");
    let rows = read_all(&owner, &path).await;
    let told: Vec<_> = rows.iter().map(|row| (&row["event_type"], &row["user"]["name"], &row["ip"])).collect();
    let (max, here) = (json!("Max Member"), json!("127.0.0.1"));
    assert_eq!(
        told,
        [
            (&json!("personal_access_tokens.deleted"), &json!("Ada Admin"), &Value::Null),
            (&json!("web_api.called"), &max, &here),
            (&json!("personal_access_tokens.created"), &max, &here),
        ]
    );
    let as_admin = read_all(&admin, &format!("/api/admin/tokens/{token}/activity")).await;
    assert_eq!((ids(&as_admin), &as_admin[0]["ip"]), (ids(&rows), &here));
    assert_eq!(admin.get(&path).await.verdict(), (404, "not_found"), "the owner's own page");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_the_whole_list() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    // More than a batch, with rows of one instant where it ends.
    make_rows(&server, 4_010, "time, ip", "pat_now() - make_interval(secs => n / 100), ('10.0.0.' || n % 2)::inet").await;
    for query in ["", "?ip=10.0.0.1", "?outcome=refused"] {
        let export = admin.get(&format!("{LIST}/export{query}")).await;
        assert_eq!((export.status, export.header("content-type")), (200, "application/x-ndjson"));
        assert_eq!(export.header("content-disposition"), "attachment; filename=\"audit-events.jsonl\"");
        let lines: Vec<Value> = export.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, read_all(&admin, &format!("{LIST}{query}")).await, "{query}");
        assert!(query.contains("refused") || lines.len() > 2_000);
        assert_eq!(ids(&lines).into_iter().collect::<HashSet<_>>().len(), lines.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_the_database_ends_is_aborted() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    // More than all buffers between server and client hold.
    make_rows(&server, 60_000, "user_agent", "repeat('x', 300)").await;
    let mut response = admin.request(reqwest::Method::GET, &format!("{LIST}/export")).send().await.unwrap();
    assert!(response.chunk().await.unwrap().is_some());
    server.sql("ALTER TABLE audit_events RENAME TO lost").await;
    let end = loop {
        match response.chunk().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    assert!(end.is_err(), "it must not look finished");
    assert_eq!(admin.get(&format!("{LIST}/export")).await.verdict(), (503, "unavailable"), "before the first row there is an answer");
}
