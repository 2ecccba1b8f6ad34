//! Three ways to build the fence wrong that look right, each broken on a real Postgres next to how it is built.

use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use pat_core::audit::{EventType, Outcome};
use pat_core::secret::{TokenDigest, TokenSecret};
use pat_core::verify::Window;
use pat_server::client::Client;
use pat_server::store::audit::{self, NewEvent, ProvedRow, Row};
use pat_server::store::principals::{self, Principal};
use pat_server::store::{Conn, Transaction};

use crate::support::{Bearer, Server};

fn digest(bearer: &Bearer) -> TokenDigest {
    TokenSecret::parse(&bearer.token).unwrap().digest()
}

async fn find(server: &Server, conn: &mut Conn, bearer: &Bearer) -> Principal {
    principals::find(conn, &server.app.policy, &digest(bearer)).await.unwrap().unwrap()
}

/// The row of a call that was decided on this principal.
fn row_of(server: &Server, principal: &Principal) -> ProvedRow {
    let client = Client::operator();
    let event = NewEvent {
        account_id: principal.account_id,
        event_type: EventType::WebApiCalled,
        outcome: Outcome::Succeeded,
        reason: None,
        user: principal.event_user(),
        token: Some((principal.token_id, &principal.token_name)),
        method: Some("auth.info"),
        context: serde_json::json!({}),
        session_id: None,
        client: &client,
    };
    ProvedRow { row: Row::new(event, server.app.store.known()), proof: principal.proof(Window::default()) }
}

async fn text(conn: &mut AsyncPgConnection, sql: &str) -> String {
    #[derive(diesel::QueryableByName)]
    struct Text {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    diesel::sql_query(sql).get_result::<Text>(conn).await.unwrap_or_else(|error| panic!("{sql}: {error}")).text
}

/// A statement that this connection has prepared, as the server wrote it.
async fn prepared(conn: &mut AsyncPgConnection, like: &str) -> String {
    text(
        conn,
        &format!(
            "SELECT statement AS text FROM pg_prepared_statements WHERE statement LIKE '{like}' AND statement NOT LIKE '%pg_prepared%'"
        ),
    )
    .await
}

/// Whether a row goes in that was decided before a delete and is written after it.
async fn goes_in_after_a_delete(isolation: &str) -> bool {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    let mut tx: Transaction = server.app.store.begin().await.unwrap();
    diesel::sql_query(format!("SET TRANSACTION ISOLATION LEVEL {isolation}")).execute(&mut *tx).await.unwrap();
    let principal = find(&server, &mut tx, &bearer).await;
    assert_eq!(owner.delete_token(&id).await.status, 204);
    audit::insert_proved(&mut tx, row_of(&server, &principal)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fence_under_repeatable_read_lets_old_authority_in() {
    assert!(!goes_in_after_a_delete("READ COMMITTED").await);
    assert!(goes_in_after_a_delete("REPEATABLE READ").await, "if it doesn't, this test shows nothing");
    // So every connection says READ COMMITTED, whatever the database's default is.
    let server = Server::start().await;
    server.sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''repeatable read''', current_database()); END $$").await;
    let isolation = "SELECT current_setting('transaction_isolation') AS text";
    assert_eq!(text(&mut server.database.connect().await, isolation).await, "repeatable read");
    assert_eq!(text(&mut server.app.store.own_conn().await.unwrap(), isolation).await, "read committed");
    assert_eq!(text(&mut server.app.store.begin().await.unwrap(), isolation).await, "read committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_principal_read_with_a_locking_clause_pairs_old_rights_with_a_new_stamp() {
    let server = Server::start().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    let mut reader = server.database.connect().await;
    find(&server, &mut reader, &bearer).await;
    let digest = blake3::Hash::from_bytes(digest(&bearer).0).to_hex();
    let look_up = prepared(&mut reader, "%t.digest = %").await.replace("$1", &format!("'\\x{digest}'::bytea"));
    let read = |clause: &str| format!("SELECT account_stamp || ' ' || features::text AS text FROM ({look_up} {clause}) found");
    let current =
        "SELECT stamp || ' ' || features::text AS text FROM accounts JOIN account_settings ON account_id = id WHERE name = 'Demo'";
    let before = text(&mut reader, current).await;
    let mut change = server.database.connect().await;
    change.batch_execute("BEGIN; UPDATE account_settings SET features = '{}'").await.unwrap();
    assert_eq!(text(&mut reader, &read("")).await, before, "as it is built: both old, which fails its proof");
    let locking = read("FOR SHARE OF a");
    let locking = tokio::spawn(async move { text(&mut reader, &locking).await });
    while server.count("pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").await == 0 {
        tokio::task::yield_now().await;
    }
    change.batch_execute("COMMIT").await.unwrap();
    let after = text(&mut change, current).await;
    let (torn, stamp) = (locking.await.unwrap(), |text: &str| text.split(' ').next().unwrap().to_owned());
    assert_eq!((stamp(&torn), torn.split(' ').nth(1)), (stamp(&after), before.split(' ').nth(1)), "{before} → {torn} → {after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inner_join_in_the_fence_loses_organization_tokens() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let form = serde_json::json!({ "name": "sync", "expiration": { "type": "days", "days": 30 }, "scopes": ["catalog:read"] });
    let made = admin.post("/api/admin/organization-tokens", form).await;
    let bearer = server.bearer(made.body["token"].as_str().unwrap_or_else(|| panic!("{made:?}")));
    let mut tx = server.app.store.begin().await.unwrap();
    let principal = find(&server, &mut tx, &bearer).await;
    // The second one refers to the names that the first one wrote.
    for _ in 0..2 {
        assert!(audit::insert_proved(&mut tx, row_of(&server, &principal)).await.unwrap());
    }
    let fence = prepared(&mut tx, "INSERT INTO audit_events%RETURNING id").await;
    let inner = fence.replace("LEFT JOIN users", "JOIN users");
    assert_ne!(inner, fence);
    for (statement, goes_in) in [(&fence, "1"), (&inner, "0")] {
        assert_eq!(rows_written(&mut tx, statement, &principal).await, goes_in, "{statement}");
    }
}

/// How many rows a fence lets in for an organization token, as a text.
async fn rows_written(tx: &mut Transaction, fence: &str, principal: &Principal) -> String {
    let stamp = text(tx, &format!("SELECT stamp::text AS text FROM accounts WHERE id = '{}'", principal.account_id.0)).await;
    let mut statement = fence.to_owned();
    // By the types that Postgres found for them; what a single row of an organization token has.
    let values = [
        format!("ARRAY['{}'::uuid]", principal.account_id.0),
        "ARRAY[gen_random_uuid()]".to_owned(),
        "ARRAY[NULL::bigint]".to_owned(),
        "ARRAY[NULL::bigint]".to_owned(),
        "ARRAY['web_api.called']".to_owned(),
        "ARRAY['succeeded']".to_owned(),
        "ARRAY[NULL::text]".to_owned(),
        "ARRAY['auth.info']".to_owned(),
        "ARRAY['{}'::jsonb]".to_owned(),
        "ARRAY[gen_random_uuid()]".to_owned(),
        "ARRAY[NULL::uuid]".to_owned(),
        "ARRAY[NULL::timestamptz]".to_owned(),
        "ARRAY[NULL::timestamptz]".to_owned(),
        "ARRAY[1::bigint]".to_owned(),
        format!("ARRAY['{}'::uuid]", principal.account_id.0),
        format!("ARRAY['{stamp}'::uuid]"),
        "ARRAY[NULL::uuid]".to_owned(),
        "ARRAY[NULL::uuid]".to_owned(),
    ];
    for (number, value) in values.iter().enumerate().rev() {
        statement = statement.replace(&format!("${}", number + 1), value);
    }
    diesel::sql_query(statement).execute(&mut **tx).await.unwrap().to_string()
}
