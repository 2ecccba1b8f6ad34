//! The authority stamps, held by hand-written SQL: no path can forget them (design section 6).

use std::collections::BTreeMap;

use crate::support::{Browser, Server};

/// Stamps of the demo account, of its users by e-mail address, and of the other account.
async fn stamps(server: &Server) -> BTreeMap<String, String> {
    let rows = server.texts("SELECT name || '=' || stamp AS text FROM accounts UNION ALL SELECT email || '=' || stamp FROM users").await;
    rows.iter().map(|row| row.split_once('=').unwrap()).map(|(whose, stamp)| (whose.to_owned(), stamp.to_owned())).collect()
}

/// Runs SQL and says whose stamps it renewed.
async fn renewed_by(server: &Server, sql: &str) -> Vec<String> {
    let before = stamps(server).await;
    server.sql(sql).await;
    let after = stamps(server).await;
    after.into_iter().filter(|(whose, stamp)| before.get(whose) != Some(stamp)).map(|(whose, _)| whose).collect()
}

async fn with_tokens() -> (Server, Browser) {
    let server = Server::start().await;
    let member = server.sign_in("member@demo.test").await;
    server.token(&member, &["catalog:read"]).await;
    server.token(&member, &["catalog:read"]).await;
    server.token(&server.sign_in("admin@demo.test").await, &["catalog:read"]).await;
    (server, member)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_change_renews_the_right_stamp() {
    let (server, _) = with_tokens().await;
    let member = "WHERE owner_id = (SELECT id FROM users WHERE email = 'member@demo.test')";
    for (sql, whose) in [
        ("UPDATE users SET deactivated_at = now() WHERE email = 'database@demo.test'".to_owned(), vec!["database@demo.test"]),
        ("UPDATE users SET deactivated_at = NULL WHERE email = 'database@demo.test'".to_owned(), vec!["database@demo.test"]),
        ("UPDATE users SET name = 'Max M.' WHERE email = 'member@demo.test'".to_owned(), vec![]),
        ("INSERT INTO user_roles SELECT account_id, id, 'team_lead' FROM users WHERE email = 'member@demo.test'".to_owned(), vec!["member@demo.test"]),
        ("UPDATE user_roles SET role = 'interviewer' WHERE role = 'team_lead' AND user_id = (SELECT id FROM users WHERE email = 'member@demo.test')".to_owned(), vec!["member@demo.test"]),
        ("DELETE FROM user_roles WHERE role = 'interviewer'".to_owned(), vec!["member@demo.test"]),
        (format!("UPDATE tokens SET name = name || '!', name_key = name_key || '!' {member}"), vec!["member@demo.test"]),
        (format!("UPDATE tokens SET scopes = '{{}}' {member}"), vec!["member@demo.test"]),
        (format!("UPDATE tokens SET paused_until = now() {member}"), vec!["member@demo.test"]),
        (format!("UPDATE tokens SET expires_at = now() {member}"), vec!["member@demo.test"]),
        (format!("UPDATE tokens SET revoked_at = now() {member}"), vec!["member@demo.test"]),
        ("UPDATE tokens SET version = version + 1".to_owned(), vec![]),
        ("UPDATE account_settings SET features = '{}' WHERE account_id = (SELECT id FROM accounts WHERE name = 'Demo')".to_owned(), vec!["Demo"]),
        ("UPDATE account_settings SET token_cap = 7".to_owned(), vec!["Demo", "Other"]),
        (format!("DELETE FROM token_usage; DELETE FROM tokens {member}"), vec!["member@demo.test"]),
    ] {
        for statement in sql.split("; ") {
            let renewed = renewed_by(&server, statement).await;
            if statement.starts_with("DELETE FROM token_usage") {
                assert!(renewed.is_empty());
            } else {
                assert_eq!(renewed, whose, "{statement}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_token_s_change_renews_the_account_s_stamp() {
    let server = Server::start().await;
    let mint = "INSERT INTO tokens (id, account_id, kind, digest, hint, name, name_key, scopes, created_via)
                SELECT gen_random_uuid(), id, 'organization', sha256('o'), 'abcd', 'org', 'org', '{catalog:read}', 'page' FROM accounts WHERE name = 'Demo'";
    assert!(renewed_by(&server, mint).await.is_empty(), "a mint changes nothing that was decided before");
    assert_eq!(renewed_by(&server, "UPDATE tokens SET scopes = '{}'").await, ["Demo"]);
    assert_eq!(renewed_by(&server, "DELETE FROM tokens").await, ["Demo"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mint_renews_no_stamp() {
    let server = Server::start().await;
    let member = server.sign_in("member@demo.test").await;
    let before = stamps(&server).await;
    server.token(&member, &["catalog:read"]).await;
    assert_eq!(stamps(&server).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_change_renews_each_stamp_once() {
    let server = Server::start().await;
    server
        .sql(
            "INSERT INTO tokens (id, account_id, kind, owner_id, digest, hint, name, name_key, scopes, created_via)
             SELECT gen_random_uuid(), account_id, 'personal', id, sha256((email || n)::bytea), 'abcd', 'b' || n, 'b' || n, '{}', 'page'
               FROM users, generate_series(1, 500) n",
        )
        .await;
    server.sql("CREATE TABLE renewals (email text)").await;
    server
        .sql("CREATE FUNCTION count_renewals() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO renewals VALUES (NEW.email); RETURN NEW; END $$")
        .await;
    server
        .sql("CREATE TRIGGER count_renewals BEFORE UPDATE ON users FOR EACH ROW WHEN (OLD.stamp <> NEW.stamp) EXECUTE FUNCTION count_renewals()")
        .await;
    server.sql("UPDATE tokens SET revoked_at = now()").await;
    assert_eq!(server.count("renewals").await, 7, "3,500 tokens of 7 users");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_leave_old_authority_standing_is_refused() {
    let (server, _) = with_tokens().await;
    for sql in [
        "TRUNCATE user_roles",
        "TRUNCATE account_settings",
        "TRUNCATE tokens CASCADE",
        "TRUNCATE users CASCADE",
        "TRUNCATE accounts CASCADE",
        "DELETE FROM users",
        "DELETE FROM accounts",
        "UPDATE tokens SET id = gen_random_uuid(), revoked_at = now()",
        "UPDATE users SET id = gen_random_uuid(), deactivated_at = now() WHERE email = 'database@demo.test'",
        "UPDATE accounts SET id = gen_random_uuid()",
    ] {
        assert!(server.database.sql(sql).await.is_err(), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_the_log_are_neither_changed_nor_taken_away() {
    let (server, _) = with_tokens().await;
    let month = server.text("SELECT tableoid::regclass::text AS text FROM audit_events").await;
    for table in ["audit_events", &month] {
        for sql in [format!("UPDATE {table} SET reason = 'x'"), format!("DELETE FROM {table}"), format!("TRUNCATE {table}")] {
            assert!(server.database.sql(&sql).await.is_err(), "{sql}");
        }
    }
    assert!(server.database.sql("TRUNCATE audit_events_default").await.is_err());
    assert!(server.count("audit_log").await > 0);
}
