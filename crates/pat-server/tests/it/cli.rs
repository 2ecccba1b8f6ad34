//! The command line, as an operator runs it.

use std::process::{Command, Output};

use crate::support::{Answer, Database, Server, json};

fn pat_server(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pat-server")).args(arguments).env_clear().output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_admin_sets_a_password_with_a_link_that_works_once() {
    let server = Server::start().await;
    let url = server.database.url.clone();
    let arguments =
        ["account", "create", "--name", "Acme", "--email", " Boss@acme.test ", "--admin-name", "The Boss", "--database-url", &url];
    let output = pat_server(&arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let link = text(&output.stdout);
    let (page, secret) = link.trim().split_once('#').unwrap();
    assert_eq!(page, "http://127.0.0.1:3000/set-password");
    assert!(text(&output.stderr).contains("72 hours") && !text(&output.stderr).contains(secret));

    let visitor = server.visitor();
    let short = visitor.post("/api/password", json!({ "link": secret, "password": "short" })).await;
    assert_eq!(short.refused_fields(), ["password: too_short"]);
    let set = json!({ "link": secret, "password": "a long password" });
    assert_eq!(visitor.post("/api/password", set.clone()).await.status, 204);
    assert_eq!(visitor.post("/api/password", set).await.verdict(), (410, "link_invalid"));
    let signed_in = visitor.post("/api/session", json!({ "email": "boss@acme.test", "password": "a long password" })).await;
    assert_eq!(signed_in.body["user"]["roles"][0]["name"], "workspace_admin");
    let again = pat_server(&arguments);
    assert!(!again.status.success() && text(&again.stderr).contains("belongs to somebody already"), "{}", text(&again.stderr));
    let rows = server.texts("SELECT event_type AS text FROM audit_events ORDER BY time, id").await;
    assert_eq!(rows, ["accounts.created", "password_links.created", "passwords.updated", "sessions.created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_after_three_days() {
    let server = Server::start().await;
    let url = server.database.url.clone();
    let output =
        pat_server(&["account", "create", "--name", "Acme", "--email", "boss@acme.test", "--admin-name", "B", "--database-url", &url]);
    let secret = text(&output.stdout).trim().split_once('#').unwrap().1.to_owned();
    server.advance_clock("72 hours 1 minute").await;
    let set = server.visitor().post("/api/password", json!({ "link": secret, "password": "a long password" })).await;
    assert_eq!(set.verdict(), (410, "link_invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_brings_an_empty_database_up_to_date() {
    let database = Database::create_empty().await;
    for _ in 0..2 {
        let output = pat_server(&["migrate", "--database-url", &database.url]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    assert!(database.store().is_migrated().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_said_in_a_sentence() {
    let unreachable = pat_server(&["migrate", "--database-url", "postgres://postgres@127.0.0.1:1/pat"]);
    assert!(!unreachable.status.success());
    assert!(text(&unreachable.stderr).contains("Connection refused"), "{}", text(&unreachable.stderr));
    let secret = pat_server(&["migrate", "--database-url", "postgres://u:s3cret@127.0.0.1:1/pat"]);
    assert!(!text(&secret.stderr).contains("s3cret"), "{}", text(&secret.stderr));
    let insecure = pat_server(&["serve", "--database-url", "postgres://x", "--public-url", "http://pat.example"]);
    assert!(text(&insecure.stderr).contains("https://"), "{}", text(&insecure.stderr));
    let create = |email: &str, name: &str| {
        pat_server(&[
            "account",
            "create",
            "--name",
            "A",
            "--email",
            email,
            "--admin-name",
            name,
            "--database-url",
            "postgres://127.0.0.1:1/pat",
        ])
    };
    assert!(text(&create("foo", "A").stderr).contains("it is not an e-mail address"));
    assert!(text(&create("a@b", "  ").stderr).contains("it must be a name"));
    let nothing = pat_server(&["migrate"]);
    assert!(text(&nothing.stderr).contains("--database-url"), "{}", text(&nothing.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn openapi_prints_what_the_server_answers() {
    let server = Server::start().await;
    let printed: serde_json::Value = serde_json::from_str(&text(&pat_server(&["openapi"]).stdout)).unwrap();
    assert_eq!(printed, Answer::of(reqwest::Client::new().get(format!("{}/api/openapi.json", server.base))).await.body);
}

#[test]
fn help_lists_every_setting_with_its_variable() {
    let help = text(&pat_server(&["serve", "--help"]).stdout);
    for variable in ["DATABASE_URL", "LISTEN", "PUBLIC_URL", "TRUSTED_PROXIES", "DATABASE_CONNECTIONS", "MIGRATE", "DEMO", "LOG_JSON"] {
        assert!(help.contains(&format!("[env: {variable}")), "{variable}: {help}");
    }
}
