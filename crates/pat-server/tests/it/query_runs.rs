//! `studio.queryRuns.*`, as the command line calls them.

use serde_json::Value;

use crate::organization_tokens::organization_token;
use crate::support::{Bearer, Server, json};

async fn of(server: &Server, email: &str) -> Bearer {
    server.token(&server.sign_in(email).await, &["datacloud:query"]).await.0
}

async fn execute(bearer: &Bearer, sql: &str) -> crate::support::Answer {
    bearer.post("/studio.queryRuns.execute", json!({ "sql": sql })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_run_polled_and_its_rows_fetched() {
    let server = Server::start().await;
    let dana = of(&server, "database@demo.test").await;
    let sql =
        "SELECT properties ->> 'language' AS language, count(*) AS services FROM entities WHERE type = $type GROUP BY 1 ORDER BY 2 DESC, 1";
    let run = dana.post("/studio.queryRuns.execute", json!({ "sql": sql, "variables": { "type": "service" } })).await;
    assert_eq!((run.status, run.header("retry-after")), (202, "1"), "{run:?}");
    let query_run = run.body["query_run"].clone();
    assert_eq!(run.header("location"), query_run["info_url"].as_str().unwrap());
    let info = dana.get(query_run["info_url"].as_str().unwrap()).await;
    assert_eq!((info.status, &info.body["query_run"]), (200, &query_run));
    assert_eq!((&query_run["status"], &query_run["error"]), (&json!("succeeded"), &Value::Null));
    let url = query_run["results_url"].as_str().unwrap();
    let results = dana.get(url).await.body["results"].clone();
    assert_eq!(results["columns"], json!(["language", "services"]));
    let sum: i64 = results["rows"].as_array().unwrap().iter().map(|row| row[1].as_i64().unwrap()).sum();
    assert_eq!(sum, server.count("resources WHERE kind = 'entity' AND body ->> 'type' = 'service'").await);
    let csv = dana.get(&format!("{url}&format=csv")).await;
    assert_eq!((csv.status, csv.header("content-type"), csv.header("cache-control")), (200, "text/csv; charset=utf-8", "no-store"));
    assert_eq!(csv.text.lines().count(), 1 + results["rows"].as_array().unwrap().len());
    assert!(csv.text.starts_with("language,services\n"));
    assert_eq!(dana.get(&format!("{url}&format=xml")).await.verdict(), (422, "invalid_arguments"));

    let (admin, browser) = (of(&server, "admin@demo.test").await, server.sign_in("admin@demo.test").await);
    assert_eq!(admin.get(url).await.verdict(), (404, "not_found"), "a personal token finds its owner's runs");
    let (organization, _) = organization_token(&server, &browser, &["snapshots:read", "datacloud:query"]).await;
    assert_eq!(organization.get(url).await.status, 200);
    server.advance_clock("31 days").await;
    let (organization, _) =
        organization_token(&server, &server.sign_in("admin@demo.test").await, &["snapshots:read", "datacloud:query"]).await;
    assert_eq!(organization.get(query_run["info_url"].as_str().unwrap()).await.body["query_run"]["status"], "expired");
    assert_eq!(organization.get(url).await.verdict(), (409, "execution_not_complete"));
    assert_eq!(execute(&organization, "SELECT 1").await.status, 202);
    assert_eq!(server.count("resources WHERE kind = 'query_run'").await, 1, "old rows are cleaned away");
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_that_delete_sleep_or_read_the_catalog_are_refused() {
    let server = Server::start().await;
    let dana = of(&server, "database@demo.test").await;
    for sql in [
        "DELETE FROM entities",
        "WITH x AS (DELETE FROM entities RETURNING 1) SELECT 1",
        "SELECT 1; DROP TABLE entities",
        "SELECT pg_sleep(5)",
        "SELECT * FROM pg_catalog.pg_tables",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM tokens",
        "SELECT * FROM public.tokens",
        "SELECT digest FROM public.users",
        "SELECT set_config('role', 'postgres', false)",
        "COPY entities TO PROGRAM 'id'",
        "ATTACH 'x' AS y",
        "PRAGMA writable_schema = 1",
        "SELECT load_extension('x')",
        "",
    ] {
        let refused = execute(&dana, sql).await;
        assert_eq!(refused.verdict(), (422, "invalid_arguments"), "{sql}");
        assert_eq!(refused.body["error_details"]["arguments"][0]["argument"], "sql");
    }
    assert_eq!(server.count("resources WHERE kind = 'query_run'").await, 0);
    let missing = execute(&dana, "SELECT $x").await;
    assert_eq!(missing.body["error_details"]["arguments"][0]["argument"], "variables.x");
    let endless = execute(&dana, "SELECT count(*) FROM entities a, entities b, entities c, entities d, entities e, entities f").await;
    let run = &endless.body["query_run"];
    assert_eq!((endless.status, &run["status"], &run["error"]["code"]), (202, &json!("failed"), &json!("query_timeout")));
    assert_eq!(dana.get(run["results_url"].as_str().unwrap()).await.verdict(), (409, "execution_not_complete"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_sees_its_own_account_only() {
    let server = Server::start().await;
    server.sql("UPDATE account_settings SET features = '{fabric,datacloud}'").await;
    let other = of(&server, "admin@other.test").await;
    for table in ["entities", "entity_types", "relations", "relation_edges", "scorecards", "check_results", "teams"] {
        let run = execute(&other, &format!("SELECT count(*) FROM {table}")).await;
        let rows = other.get(run.body["query_run"]["results_url"].as_str().unwrap()).await.body["results"]["rows"].clone();
        assert_eq!(rows, json!([[0]]), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_feed_gives_the_rows_of_a_saved_query_as_texts() {
    let server = Server::start().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["snapshots:read"]).await;
    let path = "/datacloud.queries.datafeed?feed_token=demo-feed-token&var-type=library";
    let answer = bearer.get(path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let data = answer.body["data"].clone();
    assert_eq!(data["columns"], json!(["language", "entities"]));
    let rows = data["rows"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().flat_map(|row| row.as_array().unwrap()).all(Value::is_string), "{data}");
    let one = bearer.get(&format!("{path}&columns=entities")).await.body["data"].clone();
    assert_eq!((&one["columns"], &one["rows"][0][0]), (&json!(["entities"]), &rows[0][1]));
    assert_eq!(bearer.get(&format!("{path}&columns=nope")).await.verdict(), (422, "invalid_arguments"));
    assert_eq!(
        bearer.get("/queries.datafeed?feed_token=demo-feed-token").await.verdict(),
        (422, "invalid_arguments"),
        "a variable is missing"
    );
    assert_eq!(bearer.get("/queries.datafeed?feed_token=other&var-type=x").await.verdict(), (404, "not_found"));
}
