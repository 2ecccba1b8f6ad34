//! Bad input on the Web API gets a clear answer: 404, 405, 409, 413 and 422, and nothing is stored.

use reqwest::{Client, Method};
use serde_json::Value;

use crate::manners::almighty;
use crate::support::{Answer, Bearer, Server, json};

/// The refused arguments that an answer names.
fn named(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.verdict(), (422, "invalid_arguments"), "{answer:?}");
    let arguments = answer.body["error_details"]["arguments"].as_array().unwrap();
    assert!(arguments.iter().all(|one| !one["message"].as_str().unwrap().is_empty()), "{answer:?}");
    arguments.iter().map(|one| one["argument"].as_str().unwrap()).collect()
}

async fn post_text(bearer: &Bearer, path: &str, body: impl Into<String>) -> Answer {
    Answer::of(bearer.request(Method::POST, path).header("content-type", "application/json").body(body.into())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_methods_and_wrong_verbs_are_said_to_be_so() {
    let server = Server::start().await;
    let bearer = almighty(&server).await;
    for path in [
        "/no.such",
        "/catalog.entities",
        "/catalog.entities.list.",
        "/catalog.entities.list/x",
        "/catalog.entities.lis%74x",
        "/auth.info%2f",
    ] {
        assert_eq!(bearer.get(path).await.verdict(), (404, "unknown_method"), "{path}");
    }
    let api = server.visitor().get("/api/openapi.json").await.body;
    for (path, item) in api["paths"].as_object().unwrap().iter().filter(|(path, _)| path.contains('.') && !path.starts_with("/api/")) {
        for verb in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            if item[verb.to_lowercase()].is_null() {
                let answer = Answer::of(bearer.request(verb.parse().unwrap(), path)).await;
                assert_eq!(answer.verdict(), (405, "method_not_allowed"), "{verb} {path}");
                let expected = if item["get"].is_object() { "GET, HEAD" } else { "POST" };
                assert_eq!(answer.header("allow"), expected, "{verb} {path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_argument_is_named() {
    let server = Server::start().await;
    let bearer = almighty(&server).await;
    let missing = bearer.post("/catalog.relations.create", json!({ "description": "x" })).await;
    let all = ["identifier", "type", "cardinality", "source_entity_type_identifier", "target_entity_type_identifier"];
    assert_eq!(named(&missing), all);

    let wrong = json!({
        "identifier": "x", "type": "service", "name": 1, "owner_user_emails": "member@demo.test", "properties": [], "aliases": { "a": "b" }, "relations": true,
    });
    let mut found: Vec<String> =
        named(&bearer.post("/entities.create", wrong).await).iter().map(|name| name.split('.').next().unwrap().to_owned()).collect();
    found.sort();
    assert_eq!(found, ["aliases", "name", "owner_user_emails", "properties", "relations"]);

    let both = bearer
        .post("/entities.update?identifier=a&name=b&type=service", json!({ "identifier": "b", "name": "c", "type": "service" }))
        .await;
    assert_eq!(named(&both), ["identifier", "name"], "the same value in both is no mistake");
    let form = bearer.request(Method::POST, "/entities.delete?identifier=a").form(&[("identifier", "b")]);
    assert_eq!(named(&Answer::of(form).await), ["identifier"]);
    assert_eq!(named(&bearer.get("/teams.info?team_id=a&reference_id=b").await), ["team_id", "reference_id"]);
    assert_eq!(named(&bearer.get("/entities.info?identifier=a&identifier=b").await), ["identifier"]);
    let many: Vec<String> = (0..101).map(|n| format!("user{n}@demo.test")).collect();
    let many = bearer.post("/entities.create", json!({ "identifier": "x", "type": "service", "owner_user_emails": many })).await;
    assert_eq!(named(&many), ["owner_user_emails"]);
    let edges: Vec<String> = (0..101).map(|n| format!("e{n}")).collect();
    let edges = bearer.post("/catalog.relationEdges.bulkUpsert", json!({ "relation_identifier": "x", "edges": { "a": edges } })).await;
    assert_eq!(edges.verdict(), (422, "too_many_edges"));
    assert_eq!(named(&bearer.get("/entities.info?identifier%00=a").await).len(), 1);
    for entity in ["x", "a", "b"] {
        assert_eq!(bearer.get(&format!("/entities.info?identifier={entity}")).await.status, 404, "nothing was stored");
    }
}

/// What a list needs beside `cursor` and `limit`.
async fn needs(bearer: &Bearer, path: &str) -> String {
    let first = async |path: &str, pointer: &str| {
        let answer = bearer.get(path).await;
        answer.body.pointer(pointer).unwrap_or_else(|| panic!("{path} {pointer}: {answer:?}")).as_str().unwrap().to_owned()
    };
    match path {
        "/catalog.entities.scorecards" | "/catalog.entities.tasks" | "/entities.scorecards" | "/entities.tasks" => {
            "identifier=accounts-service&".to_owned()
        }
        "/catalog.relationEdges.list" => {
            let relation = first("/catalog.relations.list", "/relations/0/identifier").await;
            format!("entity_identifier=accounts-service&relation_identifier={relation}&")
        }
        "/initiatives.progressReport" => format!("id={}&", first("/initiatives.list", "/initiatives/0/id").await),
        "/snapshots.driverComments.list" | "/snapshots.csatComments.list" => {
            format!("id={}&", first("/snapshots.list", "/snapshots/0/id").await)
        }
        "/users.links.list" => format!("user_id={}&", first("/users.list", "/users/0/id").await),
        _ => String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_cursor_or_limit_is_refused_by_every_list() {
    let server = Server::start().await;
    let bearer = almighty(&server).await;
    let api = server.visitor().get("/api/openapi.json").await.body;
    let mut seen = 0;
    for (path, item) in api["paths"].as_object().unwrap().iter().filter(|(path, _)| path.contains('.') && !path.starts_with("/api/")) {
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let bad = match name {
                "cursor" => vec!["nope".to_owned(), "e30".to_owned(), "%00".to_owned()],
                "limit" | "page" | "page_size" => {
                    let above = parameter["schema"]["maximum"].as_i64().unwrap() + 1;
                    ["0", "-1", "x", "1.5", "99999999999999999999", &above.to_string()].map(str::to_owned).to_vec()
                }
                _ => continue,
            };
            let needs = needs(&bearer, path).await;
            assert_eq!(bearer.get(&format!("{path}?{needs}")).await.status, 200, "{path}?{needs}");
            for value in bad {
                let answer = bearer.get(&format!("{path}?{needs}{name}={value}")).await;
                assert_eq!(named(&answer), [name], "{path}?{needs}{name}={value}");
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn depth_bombs_doubled_keys_and_nul_bytes_are_refused() {
    let server = Server::start().await;
    let bearer = almighty(&server).await;
    let bombs = [
        "[".repeat(500_000),
        format!("{{\"identifier\":\"x\",\"type\":\"service\",\"properties\":{}1{}}}", "{\"a\":".repeat(5_000), "}".repeat(5_000)),
        format!("{{\"identifier\":\"x\",\"type\":\"service\",\"more\":{}{}}}", "[".repeat(200), "]".repeat(200)),
    ];
    for bomb in bombs {
        assert_eq!(post_text(&bearer, "/entities.create", bomb.clone()).await.verdict(), (400, "invalid_payload"));
        let in_query = format!("identifier=x&type=service&properties={}", "[".repeat(5_000));
        assert_eq!(named(&bearer.post(&format!("/entities.create?{in_query}"), json!({})).await), ["properties"]);
        let browser = server.sign_in("member@demo.test").await;
        let request = browser.request(Method::POST, "/api/personal-access-tokens").header("content-type", "application/json").body(bomb);
        assert!([400, 422].contains(&Answer::of(request).await.status));
    }
    let cursor = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, "[".repeat(2_000));
    assert_eq!(named(&bearer.get(&format!("/entities.list?cursor={cursor}")).await), ["cursor"]);

    for twice in [
        r#"{"identifier":"x","identifier":"x","type":"service"}"#,
        r#"{"identifier":"x","type":"service","properties":{"a":1,"\u0061":2}}"#,
    ] {
        let answer = post_text(&bearer, "/entities.create", twice).await;
        assert_eq!(answer.verdict(), (400, "invalid_payload"), "{twice}");
        assert!(answer.body["error_details"]["message"].as_str().unwrap().contains("twice"), "{answer:?}");
    }
    for nul in [
        json!({ "identifier": "x\u{0}", "type": "service" }),
        json!({ "identifier": "x", "type": "service", "properties": { "deep": [{ "a\u{0}": 1 }] } }),
        json!({ "identifier": "x", "type": "service", "properties": { "deep": ["\u{0}"] } }),
    ] {
        assert_eq!(named(&bearer.post("/entities.create", nul.clone()).await).len(), 1, "{nul}");
    }
    assert_eq!(bearer.get("/entities.info?identifier=x").await.status, 404, "nothing was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_a_megabyte_is_refused_before_anything_else() {
    let server = Server::start().await;
    let bearer = almighty(&server).await;
    let large = || "x".repeat(1024 * 1024 + 1);
    for path in ["/entities.create", "/scorecards.create", "/studio.queryRuns.execute", "/no.such"] {
        assert_eq!(post_text(&bearer, path, large()).await.verdict(), (413, "too_large"), "{path}");
        let nobody = Client::new().post(format!("{}{path}", server.base)).body(large());
        assert_eq!(Answer::of(nobody).await.verdict(), (413, "too_large"), "{path}");
    }
    for path in ["/oauth/introspect", "/oauth/revoke"] {
        assert_eq!(post_text(&bearer, path, large()).await.status, 413, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_use_is_not_deleted() {
    let server = Server::start().await;
    let bearer = almighty(&server).await;
    let first = async |path: &str, pointer: &str| -> Value { bearer.get(path).await.body.pointer(pointer).unwrap().clone() };
    let scorecard = first("/initiatives.list", "/initiatives/0/scorecard_id").await;
    let relation = first("/catalog.relations.list", "/relations/0/identifier").await;
    bearer.post("/entities.update", json!({ "identifier": "checkout-service", "domain": "accounts-service" })).await;
    for (path, body) in [
        ("/catalog.entityTypes.delete", json!({ "identifier": "service" })),
        ("/catalog.entities.delete", json!({ "identifier": "accounts-service" })),
        ("/catalog.relations.delete", json!({ "identifier": relation })),
        ("/scorecards.delete", json!({ "id": scorecard })),
    ] {
        let answer = bearer.post(path, body.clone()).await;
        assert_eq!(answer.verdict(), (409, "conflict"), "{path} {body}");
        assert!(answer.body["error_details"]["message"].as_str().unwrap().starts_with("It is in use: "), "{answer:?}");
    }
    assert_eq!(bearer.get("/entities.info?identifier=accounts-service").await.status, 200);
}
