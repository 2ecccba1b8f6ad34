//! The list of people: searched, filtered, in pages.

use crate::people::Admin;
use crate::support::{Server, json};

/// `{"name_key":"\u0000","id":"00000000-0000-0000-0000-000000000000"}`
const NUL: &str = "eyJuYW1lX2tleSI6Ilx1MDAwMCIsImlkIjoiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIn0";

#[tokio::test(flavor = "multi_thread")]
async fn people_are_searched_and_filtered() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    admin.invite("100% Öko_Logisch", "oeko@demo.test", &["contributor"]).await;
    admin.deactivate(&server, "database@demo.test").await;
    let all = ["oeko", "admin", "database", "member", "selfservice", "snapshots", "scorecards"].map(|name| format!("{name}@demo.test"));
    assert_eq!(admin.list("").await, all, "by name, this account's only");
    for (query, found) in [
        ("?search=MEMBER", vec!["member"]),
        ("?search=%20s%20", vec!["oeko", "admin", "database", "member", "selfservice", "snapshots", "scorecards"]),
        ("?search=sofia", vec!["scorecards"]),
        ("?search=%C3%B6KO", vec!["oeko"]),
        ("?search=%25", vec!["oeko"]),
        ("?search=o_l", vec!["oeko"]),
        ("?search=%5C", vec![]),
        ("?search=", vec!["oeko", "admin", "database", "member", "selfservice", "snapshots", "scorecards"]),
        ("?search=other.test", vec![]),
        ("?role=workspace_admin", vec!["admin"]),
        ("?role=contributor", vec!["oeko", "database", "member", "selfservice", "scorecards"]),
        ("?role=interviewer", vec![]),
        ("?state=invited", vec!["oeko"]),
        ("?state=deactivated", vec!["database"]),
        ("?state=active&role=contributor", vec!["member", "selfservice", "scorecards"]),
        ("?state=active&role=contributor&search=max", vec!["member"]),
    ] {
        let found: Vec<_> = found.iter().map(|name| format!("{name}@demo.test")).collect();
        assert_eq!(admin.list(query).await, found, "{query}");
    }
    for (query, field) in [
        ("?role=emperor", "role: invalid"),
        ("?role=", "role: invalid"),
        ("?state=asleep", "state: invalid"),
        ("?search=a%00b", "search: control_characters"),
        (&format!("?search={}", "x".repeat(255)), "search: too_long"),
        ("?name=x", "name: unknown_field"),
        ("?role=contributor&role=team_lead", "role: duplicate"),
    ] {
        assert_eq!(admin.browser.get(&format!("/api/admin/users{query}")).await.refused_fields(), [field], "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_says_what_hangs_on_the_person() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let member = server.sign_in("member@demo.test").await;
    for (scope, fate) in [
        ("catalog:read", None),
        ("catalog:read", Some("expires_at = now() - interval '1 minute'")),
        ("catalog:read", Some("revoked_at = now()")),
        ("catalog:read", Some("paused_until = now() + interval '1 day'")),
    ] {
        let (_, id) = server.token(&member, &[scope]).await;
        if let Some(fate) = fate {
            server.sql(&format!("UPDATE tokens SET {fate} WHERE id = '{id}'")).await;
        }
    }
    for fate in ["ended_at = now()", "expires_at = now()", "last_seen_at = now() - interval '13 hours'"] {
        server.sign_in("member@demo.test").await;
        server.sql(&format!("UPDATE sessions SET {fate} WHERE id = (SELECT id FROM sessions ORDER BY id DESC LIMIT 1)")).await;
    }
    let row = admin.browser.get("/api/admin/users?search=member").await.body["users"][0].clone();
    assert_eq!((&row["name"], &row["state"]), (&json!("Max Member"), &json!("active")));
    assert_eq!(row["roles"], json!([{ "name": "contributor", "label": "Contributor" }]));
    assert_eq!((&row["sessions"], &row["live_tokens"]), (&json!(1), &json!(2)), "a paused token is live");
    assert_eq!(row, admin.read(&server, "member@demo.test").await);
    let never = admin.read(&server, "database@demo.test").await;
    assert_eq!((&never["last_seen_at"], &never["sessions"], &never["live_tokens"]), (&json!(null), &json!(0), &json!(0)));
    for wrong in ["/api/admin/users/not-an-id", &format!("/api/admin/users/{}", server.user_id("admin@other.test").await)] {
        assert_eq!(admin.browser.get(wrong).await.verdict(), (404, "not_found"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_paged_without_gap_or_repeat() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    // Many of one name, in both cases, so that pages end among them.
    server
        .sql(
            "INSERT INTO users (id, account_id, email, name)
             SELECT gen_random_uuid(), account_id, n || '@bulk.test', CASE n % 2 WHEN 0 THEN 'Same name' ELSE 'SAME NAME' END
               FROM users, generate_series(1, 120) n WHERE email = 'admin@demo.test'",
        )
        .await;
    for (query, pages_expected, people) in [("", 3, 126), ("search=same&", 3, 120), ("state=invited&", 3, 120)] {
        let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let path = format!("/api/admin/users?{query}{cursor}");
            let page = admin.browser.get(path.trim_end_matches(['?', '&'])).await.body;
            pages += 1;
            seen.extend(page["users"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("cursor={next}"),
                None => break,
            }
            // Whoever comes or goes before the cursor moves nobody.
            server.sql(&format!("UPDATE users SET name = 'Aaron' WHERE email = '{}'", seen[0])).await;
        }
        let total = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((pages, seen.len(), total), (pages_expected, people, people), "{query}");
        server.sql("UPDATE users SET name = 'Same name' WHERE email LIKE '%bulk.test'").await;
        server.sql("UPDATE users SET name = 'Ada Admin' WHERE email = 'admin@demo.test'").await;
    }
    let first = admin.browser.get("/api/admin/users").await.body["next_cursor"].as_str().unwrap().to_owned();
    for tampered in ["nope", "", "bnVsbA", "e30", NUL, &first[1..], &format!("{first}x")] {
        let answer = admin.browser.get(&format!("/api/admin/users?cursor={tampered}")).await;
        assert_eq!(answer.refused_fields(), ["cursor: invalid"], "{tampered}");
    }
}
