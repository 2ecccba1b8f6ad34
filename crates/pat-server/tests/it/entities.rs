//! `catalog.entities.*`, as the command line and Terraform call them.

use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Bearer, Server, json};

/// Somebody who may read and write the catalog.
async fn writer(server: &Server) -> Bearer {
    server.token(&server.sign_in("database@demo.test").await, &["catalog:read", "catalog:write:entities"]).await.0
}

async fn info(bearer: &Bearer, identifier: &str) -> Value {
    bearer.get(&format!("/catalog.entities.info?identifier={identifier}")).await.body["entity"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_creates_reads_updates_and_destroys_an_entity() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    // What the provider sends: every attribute, null or empty where unset, and JSON declared on every request.
    let planned = json!({
        "identifier": "tf-service", "type": "service", "name": "From Terraform", "description": null, "owner_team_ids": ["NTAxMDU", "NTAxMDM"],
        "owner_user_ids": [], "domain": "commerce", "properties": { "tier": "tier-2", "language": "Rust", "count": 3 },
        "aliases": { "github_repo": [{ "identifier": "99" }, { "identifier": "11", "instance_identifier": "ghe" }] },
    });
    let created = bearer.post("/entities.create", planned.clone()).await;
    assert_eq!(created.status, 200, "{created:?}");
    let entity = created.body["entity"].clone();
    assert_eq!(
        entity["owner_teams"],
        json!([{ "id": "NTAxMDU", "name": "Fulfilment" }, { "id": "NTAxMDM", "name": "Checkout" }]),
        "in order"
    );
    assert_eq!((&entity["owner_users"], &entity["description"]), (&json!([]), &Value::Null));
    for name in ["name", "type", "properties", "aliases"] {
        assert_eq!(entity[name], planned[name], "exactly what was sent: {name}");
    }
    assert_eq!(entity["domain"], json!({ "identifier": "commerce" }));
    assert_eq!(info(&bearer, "tf-service").await, entity, "a refresh changes nothing");

    let mut changed = planned.clone();
    changed["description"] = "".into();
    changed["domain"] = Value::Null;
    changed["properties"] = json!({ "tier": "tier-1", "language": null });
    changed["aliases"] = json!({ "github_repo": [] });
    changed["owner_team_ids"] = json!([]);
    let updated = bearer.post("/entities.update", changed.clone()).await.body["entity"].clone();
    assert_eq!((&updated["description"], &updated["domain"]), (&json!(""), &Value::Null), "an empty text is not null");
    assert_eq!(updated["properties"], json!({ "tier": "tier-1", "count": 3 }), "null removes, what isn't named stays");
    assert_eq!((&updated["aliases"], &updated["owner_teams"]), (&json!({}), &json!([])));
    assert_eq!(updated["created_at"], entity["created_at"]);
    let mut again = bearer.post("/entities.update", changed).await.body["entity"].clone();
    again["updated_at"] = updated["updated_at"].clone();
    assert_eq!(again, updated, "the second apply changes nothing");

    let destroy = bearer.request(Method::POST, "/entities.delete?identifier=tf-service").header("content-type", "application/json");
    assert_eq!(Answer::of(destroy).await.status, 200);
    assert_eq!(bearer.get("/entities.info?identifier=tf-service").await.verdict(), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_upserts_an_entity() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    let first = bearer.post("/catalog.entities.upsert", json!({ "identifier": "cli", "type": "service", "name": "One" })).await;
    assert_eq!(first.body["result"], "created_new_entity", "{first:?}");
    let aliases = json!({ "github_repo": [{ "lookup": "harbourline/cli" }] });
    let second = json!({ "identifier": "cli", "type": "service", "description": "Two", "aliases": aliases, "owner_user_emails": ["Member@Demo.test"] });
    let second = bearer.post("/catalog.entities.upsert", second).await;
    assert_eq!(second.body["result"], "updated_existing_entity");
    let entity = &second.body["entity"];
    assert_eq!((&entity["name"], &entity["description"]), (&json!("One"), &json!("Two")), "what isn't sent stays");
    assert_eq!(entity["owner_users"], json!([{ "id": "MTAwMg", "email": "member@demo.test" }]));
    assert_eq!(entity["aliases"], json!({ "github_repo": [{ "identifier": "harbourline/cli" }] }));
    let missing = bearer.post("/catalog.entities.upsert", json!({ "identifier": "cli" })).await;
    assert_eq!(missing.verdict(), (422, "invalid_arguments"), "an upsert names the type");
    assert_eq!(bearer.post("/catalog.entities.update", json!({ "identifier": "nope" })).await.verdict(), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_nobody_knows_are_kept() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    let file =
        json!({ "identifier": "kept", "type": "service", "x-lifecycle": { "stage": "beta" }, "created_at": "1999-01-01", "id": "mine" });
    let created = bearer.post("/entities.create", file).await.body["entity"].clone();
    assert_eq!(created["x-lifecycle"], json!({ "stage": "beta" }));
    assert_ne!(created["created_at"], "1999-01-01", "what the server says itself can't be sent");
    bearer.post("/entities.update", json!({ "identifier": "kept", "x-owner-note": 1 })).await;
    let entity = info(&bearer, "kept").await;
    assert_eq!((&entity["x-lifecycle"]["stage"], &entity["x-owner-note"]), (&json!("beta"), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_come_in_every_form() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    let form = [
        ("identifier", "by-form"),
        ("type", "service"),
        ("name", "5"),
        ("properties", r#"{"tier": "tier-1"}"#),
        ("owner_team_ids", r#"["NTAxMDU"]"#),
    ];
    let created = Answer::of(bearer.request(Method::POST, "/entities.create").form(&form)).await;
    assert_eq!(created.status, 200, "{created:?}");
    let entity = &created.body["entity"];
    assert_eq!((&entity["name"], &entity["properties"]), (&json!("5"), &json!({ "tier": "tier-1" })), "a text stays one, the rest is JSON");
    let query = bearer.request(Method::POST, "/entities.update?identifier=by-form&name=Query");
    assert_eq!(Answer::of(query).await.body["entity"]["name"], "Query");
    let wrong = json!({ "identifier": "x", "type": "service", "properties": [], "owner_team_ids": "NTAxMDU", "aliases": 7, "name": 1 });
    let refused = bearer.post("/entities.create", wrong).await;
    assert_eq!(refused.verdict(), (422, "invalid_arguments"));
    let mut named: Vec<_> =
        refused.body["error_details"]["arguments"].as_array().unwrap().iter().map(|one| one["argument"].as_str().unwrap()).collect();
    named.sort_unstable();
    assert_eq!(named, ["aliases", "name", "owner_team_ids", "properties"], "each is named");
    let missing = bearer.post("/entities.create", json!({})).await;
    assert_eq!(missing.body["error_details"]["arguments"].as_array().unwrap().len(), 2, "identifier and type");
}

#[tokio::test(flavor = "multi_thread")]
async fn ambiguous_and_bottomless_bodies_are_refused() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    let post = async |body: String| {
        Answer::of(bearer.request(Method::POST, "/entities.create").header("content-type", "application/json").body(body)).await
    };
    for body in [
        r#"{"identifier": "a", "identifier": "b", "type": "service"}"#.to_owned(),
        r#"{"identifier": "a", "type": "service", "properties": {"x": 1, "x": 2}}"#.to_owned(),
        format!(r#"{{"identifier": "a", "type": "service", "properties": {}}}"#, "[".repeat(100_000)),
    ] {
        assert_eq!(post(body).await.verdict(), (400, "invalid_payload"));
    }
    let nul = post(r#"{"identifier": "a", "type": "service", "properties": {"x": ["\u0000"]}}"#.to_owned()).await;
    assert_eq!(nul.verdict(), (422, "invalid_arguments"));
    let differs = bearer.request(Method::POST, "/entities.update?identifier=a&name=x").json(&json!({ "identifier": "b", "name": "y" }));
    let refused = Answer::of(differs).await;
    assert_eq!(refused.verdict(), (422, "invalid_arguments"));
    assert_eq!(refused.body["error_details"]["arguments"].as_array().unwrap().len(), 2, "each is named");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_don_t_grow_with_what_was_sent() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    let long = "x".repeat(100_000);
    for body in [
        json!({ "identifier": "a", "type": "service", "owner_user_emails": [long] }),
        json!({ "identifier": "a", "type": "service", "properties": long }),
        json!({ "identifier": "a", "type": "service", "aliases": { long.as_str(): [{}] } }),
        json!({ "identifier": "a", "type": "service", "relations": { long.as_str(): ["b"] } }),
    ] {
        let refused = bearer.post("/entities.create", body).await;
        assert!(refused.status == 422 && refused.text.len() < 2000, "{} {}", refused.status, refused.text.len());
    }
    let row = server.text("SELECT max(length(context::text))::text AS text FROM audit_events").await;
    assert!(row.parse::<usize>().unwrap() < 1000, "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_use_is_not_deleted() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    let domain = bearer.post("/entities.delete", json!({ "identifier": "commerce" })).await;
    assert_eq!(domain.verdict(), (409, "conflict"), "it is the domain of others");
    assert_eq!(bearer.get("/entities.info?identifier=commerce").await.status, 200);
    assert_eq!(bearer.post("/entityTypes.delete", json!({ "identifier": "service" })).await.verdict(), (409, "conflict"));
    let edges = "resources WHERE kind = 'relation_edge'";
    let before = server.count(edges).await;
    assert_eq!(bearer.post("/entities.delete", json!({ "identifier": "accounts-service" })).await.status, 200);
    assert!(server.count(edges).await < before, "an entity's edges go with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_has_reports_and_tasks() {
    let server = Server::start().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    let path = "/entities.scorecards?identifier=checkout-service";
    let reports = bearer.get(&format!("{path}&limit=10")).await.body;
    let reports = reports["scorecards"].as_array().unwrap();
    assert_eq!(reports.len(), 4, "all scorecards for services");
    let by_name = |name: &str| reports.iter().find(|report| report["name"] == name).unwrap();
    let levels = by_name("Production readiness");
    assert_eq!((&levels["type"], levels["levels"].as_array().unwrap().len()), (&json!("LEVEL"), 3));
    assert!(levels.get("current_level").is_some() && levels["empty_level"]["label"] == "Not yet");
    let points = by_name("Documentation");
    let passed = points["checks"].as_array().unwrap().iter().filter(|check| check["passed"] == true);
    assert_eq!(
        passed.map(|check| check["points"].as_i64().unwrap()).sum::<i64>(),
        points["points_meta"]["points_achieved"].as_i64().unwrap()
    );
    for check in reports.iter().flat_map(|report| report["checks"].as_array().unwrap()) {
        assert!(["PASS", "WARN", "FAIL"].contains(&check["status"].as_str().unwrap()), "{check}");
        assert_eq!(check["passed"], json!(check["status"] != "FAIL"));
    }
    let page = bearer.get(&format!("{path}&limit=3")).await.body;
    let cursor = page["response_metadata"]["next_cursor"].as_str().unwrap();
    let rest = bearer.get(&format!("{path}&limit=3&cursor={cursor}")).await.body;
    assert_eq!((rest["scorecards"].as_array().unwrap().len(), &rest["response_metadata"]["next_cursor"]), (1, &Value::Null));

    let mut tasks = 0;
    for entity in bearer.get("/entities.list?type=service").await.body["entities"].as_array().unwrap() {
        let answer = bearer.get(&format!("/entities.tasks?identifier={}&limit=50", entity["identifier"].as_str().unwrap())).await;
        for task in answer.body["tasks"].as_array().unwrap() {
            assert!(
                task["check"]["id"].is_string() && task["initiative"]["complete_by"].is_string() && task["owner"]["id"].is_i64(),
                "{task}"
            );
            tasks += 1;
        }
    }
    assert!(tasks > 0, "the demo's services have something left to do");
    assert_eq!(bearer.get("/entities.tasks?identifier=nope").await.verdict(), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_whose_type_is_being_deleted_waits_for_that() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    assert_eq!(bearer.post("/entityTypes.create", json!({ "identifier": "short", "name": "Short-lived" })).await.status, 200);
    for round in 0..10 {
        let entity = json!({ "identifier": format!("e{round}"), "type": "short" });
        let (created, deleted) = tokio::join!(
            bearer.post("/entities.create", entity.clone()),
            bearer.post("/entityTypes.delete", json!({ "identifier": "short" }))
        );
        match (created.status, deleted.status) {
            (200, 409) => assert_eq!(bearer.post("/entities.delete", entity).await.status, 200),
            (422, 200) => assert_eq!(bearer.post("/entityTypes.create", json!({ "identifier": "short", "name": "x" })).await.status, 200),
            other => panic!("either the entity or the deletion: {other:?}"),
        }
    }
    assert_eq!(server.count("resources e WHERE kind = 'entity' AND NOT EXISTS (SELECT FROM resources t WHERE t.kind = 'entity_type' AND t.identifier = e.body ->> 'type' AND t.account_id = e.account_id)").await, 0);
}
