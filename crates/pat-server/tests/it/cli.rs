//! The command line, as an operator runs it.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

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
    let rows = server.texts("SELECT event_type AS text FROM audit_log ORDER BY time, id").await;
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
    for variable in [
        "DATABASE_URL",
        "LISTEN",
        "PUBLIC_URL",
        "TRUSTED_PROXIES",
        "GATEWAYS",
        "POLICY",
        "ACCOUNT_CALLS_PER_MINUTE",
        "TOKEN_CALLS_PER_MINUTE",
        "DATABASE_CONNECTIONS",
        "MIGRATE",
        "DEMO",
        "LOG_JSON",
    ] {
        assert!(help.contains(&format!("[env: {variable}")), "{variable}: {help}");
    }
}

fn revoke(server: &Server, arguments: &[&str]) -> Output {
    pat_server(&[&["revoke", "--database-url", &server.database.url], arguments].concat())
}

/// With something on standard input.
fn revoke_from(server: &Server, input: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pat-server"));
    command.args([&["revoke", "--database-url", &server.database.url], arguments].concat()).env_clear();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_revokes_one_token_by_its_id_or_its_secret() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let ((first, id), (second, second_id), (third, _)) = (
        server.token(&owner, &["catalog:read"]).await,
        server.token(&owner, &["catalog:read"]).await,
        server.token(&owner, &["catalog:read"]).await,
    );
    let output = revoke(&server, &["--token", &id, "--note", "found in a log"]);
    assert_eq!((output.status.success(), text(&output.stdout).trim()), (true, "revoked 1 token"), "{}", text(&output.stderr));
    assert_eq!(first.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    let seen = owner.token(&id).await.body;
    assert_eq!(
        (&seen["revoke_reason"], &seen["revoke_note"], &seen["revoked_by"]),
        (&json!("compromised"), &json!("found in a log"), &json!(null))
    );
    let output = revoke_from(&server, &format!("{}\n", second.token), &["--token", "-", "--reason", "policy"]);
    assert_eq!((output.status.success(), text(&output.stdout).trim()), (true, "revoked 1 token"), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains(&second.token));
    assert_eq!(owner.token(&second_id).await.body["revoke_reason"], "policy");
    assert_eq!(third.get("/entities.list").await.status, 200);
    assert_eq!(text(&revoke(&server, &["--token", &id]).stdout).trim(), "revoked 0 tokens", "it is dead already");

    let rows = server
        .texts(
            "SELECT concat_ws(' ', event_type, context->>'by', coalesce(user_email, 'nobody'), context->>'reason', token_id) AS text
               FROM audit_log WHERE context->>'by' = 'operator' AND event_type LIKE 'personal%' ORDER BY time, id",
        )
        .await;
    let row = |reason: &str, id: &str| format!("personal_access_tokens.deleted operator nobody {reason} {id}");
    assert_eq!(rows, [row("compromised", &id), row("policy", &second_id)]);
    assert_eq!(server.count("audit_log WHERE event_type LIKE 'token_changes.%' AND context->>'by' = 'operator'").await, 6);
    let admin = server.sign_in("admin@demo.test").await;
    let changes = admin.get("/api/admin/tokens/changes").await.body;
    assert_eq!((&changes["changes"][2]["asked_by"], &changes["changes"][2]["done"]), (&json!(null), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_revokes_all_of_a_user_or_of_an_account_up_to_an_instant() {
    let server = Server::start().await;
    let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    server
        .sql(
            "INSERT INTO tokens (id, account_id, kind, owner_id, digest, hint, name, name_key, scopes, created_via, created_at)
             SELECT gen_random_uuid(), account_id, 'personal', id, sha256(n::text::bytea), 'abcd', 'bulk ' || n, 'bulk ' || n, '{catalog:read}', 'page', '2026-01-01'
               FROM users, generate_series(1, 1200) n WHERE email = 'member@demo.test'",
        )
        .await;
    server.sql("UPDATE account_settings SET token_cap = 10000").await;
    let (young, _) = server.token(&owner, &["catalog:read"]).await;
    let (others, _) = server.token(&admin, &["catalog:read"]).await;
    let (foreign, _) = server.token(&server.sign_in("admin@other.test").await, &["catalog:read"]).await;
    let old = revoke(&server, &["--user", "Member@demo.test", "--issued-before", "2026-06-01T00:00:00Z"]);
    assert_eq!(text(&old.stdout).trim(), "revoked 1200 tokens", "{}", text(&old.stderr));
    assert_eq!(text(&old.stderr).lines().collect::<Vec<_>>(), ["500 of 1200 …", "1000 of 1200 …"]);
    assert_eq!(young.get("/entities.list").await.status, 200);
    assert_eq!(text(&revoke(&server, &["--user", "member@demo.test"]).stdout).trim(), "revoked 1 token");
    assert_eq!(young.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    assert_eq!(others.get("/entities.list").await.status, 200);

    let request = json!({ "name": "ci", "scopes": ["catalog:read"], "expiration": { "type": "never" } });
    let made = admin.post("/api/admin/organization-tokens", request).await.body;
    let account = server.text("SELECT id::text AS text FROM accounts WHERE name = 'Demo'").await;
    assert_eq!(text(&revoke(&server, &["--account", &account]).stdout).trim(), "revoked 2 tokens");
    assert_eq!(others.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    assert_eq!(server.bearer(made["token"].as_str().unwrap()).get("/entities.list").await.verdict(), (401, "invalid_auth"));
    assert_eq!(foreign.get("/entities.list").await.status, 200, "another account's");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_who_asks_for_nonsense_revokes_nothing() {
    let server = Server::start().await;
    let (bearer, id) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    let nobody = uuid::Uuid::now_v7().to_string();
    for (arguments, words) in [
        (vec![], "required"),
        (vec!["--token", &id, "--user", "member@demo.test"], "cannot be used with"),
        (vec!["--token", &bearer.token], "takes an id"),
        (vec!["--token", &nobody], "no token with this id"),
        (vec!["--user", "nobody@demo.test"], "nobody has this e-mail address"),
        (vec!["--account", &nobody], "no account with this id"),
        (vec!["--token", &id, "--reason", "boredom"], "must be one of"),
        (vec!["--token", &id, "--reason", "other"], "--note is required"),
        (vec!["--token", &id, "--issued-before", "yesterday"], "must be an instant"),
    ] {
        let output = revoke(&server, &arguments);
        assert!(!output.status.success() && text(&output.stderr).contains(words), "{arguments:?}: {}", text(&output.stderr));
        assert!(!text(&output.stderr).contains(&bearer.token), "{arguments:?}");
    }
    // Another last character than it has.
    let last = if bearer.token.ends_with('x') { 'y' } else { 'x' };
    let mistyped = format!("{}{last}", &bearer.token[..39]);
    let output = revoke_from(&server, &mistyped, &["--token", "-"]);
    assert!(!output.status.success() && !text(&output.stderr).contains(&mistyped), "{}", text(&output.stderr));
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(server.count("token_changes").await, 0);
}
