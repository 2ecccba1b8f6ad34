//! `catalog.entityTypes.*`, `catalog.relations.*` and `catalog.relationEdges.*`.

use serde_json::Value;

use crate::support::{Bearer, Server, json};

async fn writer(server: &Server) -> Bearer {
    server.token(&server.sign_in("database@demo.test").await, &["catalog:read", "catalog:write:entities"]).await.0
}

fn without_times(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            members.retain(|name, _| name != "updated_at");
            members.values_mut().for_each(|member| *member = without_times(member.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_times(item.take())),
        _ => {}
    }
    value
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_creates_updates_and_destroys_an_entity_type() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    let planned = json!({
        "identifier": "tf_type", "name": "Terraform type", "ordering": 7,
        "properties": [
            { "identifier": "tier", "name": "Tier", "type": "select", "visibility": "hidden", "ordering": 1,
              "definition": { "options": [{ "value": "one", "color": "#ff0000" }] } },
            { "identifier": "docs", "name": "Docs", "type": "url", "description": "Where", "visibility": "visible", "ordering": 0,
              "definition": { "call_to_action": "Open", "call_to_action_type": "text" } },
        ],
    });
    let created = bearer.post("/entityTypes.create", planned.clone()).await;
    assert_eq!(created.status, 200, "{created:?}");
    let created = created.body["entity_type"].clone();
    assert_eq!((&created["description"], &created["aliases"], &created["ordering"]), (&Value::Null, &json!({}), &json!(7)));
    assert_eq!(created["properties"][0]["description"], Value::Null, "null, not an empty text");
    assert_eq!((&created["properties"][0]["visibility"], &created["properties"][1]["ordering"]), (&json!("hidden"), &json!(0)));
    assert_eq!(created["properties"][0]["definition"], planned["properties"][0]["definition"]);
    assert_eq!(bearer.get("/entityTypes.info?identifier=tf_type").await.body["entity_type"], created);
    assert_eq!(bearer.post("/entityTypes.create", planned.clone()).await.verdict(), (409, "conflict"));

    let same = bearer.post("/entityTypes.update", planned.clone()).await.body["entity_type"].clone();
    assert_eq!(without_times(same), without_times(created.clone()), "the second apply changes nothing");
    let fewer = bearer.post(
        "/entityTypes.update",
        json!({ "identifier": "tf_type", "name": "New", "properties": [], "aliases": { "github_repo": true } }),
    );
    let fewer = fewer.await.body["entity_type"].clone();
    assert_eq!((&fewer["properties"], &fewer["aliases"], &fewer["ordering"]), (&json!([]), &json!({ "github_repo": true }), &json!(7)));
    assert_eq!(fewer["created_at"], created["created_at"]);

    let deleted = bearer.post("/entityTypes.delete", json!({ "identifier": "tf_type" })).await;
    assert_eq!((deleted.status, &deleted.body["entity_type"]["identifier"]), (200, &json!("tf_type")));
    assert_eq!(bearer.get("/entityTypes.info?identifier=tf_type").await.verdict(), (404, "not_found"));
    assert_eq!(bearer.get("/catalog.entityTypes.list?limit=2").await.body["entity_types"].as_array().unwrap().len(), 2);

    for (body, argument) in [
        (json!({ "identifier": "x", "name": "" }), "name"),
        (json!({ "identifier": "x", "name": "x", "properties": [{ "identifier": "a", "type": "colour" }] }), "properties[0].type"),
        (
            json!({ "identifier": "x", "name": "x", "properties": [{ "identifier": "a", "type": "text" }, { "identifier": "a", "type": "text" }] }),
            "properties[1].identifier",
        ),
        (json!({ "identifier": "x", "name": "x", "aliases": { "github_repo": [] } }), "aliases.github_repo"),
    ] {
        let refused = bearer.post("/entityTypes.create", body).await;
        assert_eq!(refused.verdict(), (422, "invalid_arguments"));
        assert_eq!(refused.body["error_details"]["arguments"][0]["argument"], argument);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_depends_on_404_for_relations() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    let planned = json!({
        "identifier": "tf-relation", "type": "depends on", "cardinality": "many_to_many",
        "source_entity_type_identifier": "service", "target_entity_type_identifier": "service", "description": "Needs",
    });
    assert_eq!(bearer.get("/catalog.relations.info?identifier=tf-relation").await.status, 404);
    let created = bearer.post("/catalog.relations.create", planned).await;
    assert_eq!(created.status, 200, "{created:?}");
    let created = created.body["relation"].clone();
    assert_eq!((&created["inverse_type"], &created["description"]), (&json!("dependency of"), &json!("Needs")));
    assert_eq!(bearer.get("/catalog.relations.info?identifier=tf-relation").await.body["relation"], created);
    let updated =
        bearer.post("/catalog.relations.update", json!({ "identifier": "tf-relation", "type": "consumes", "description": "" })).await;
    let updated = &updated.body["relation"];
    assert_eq!(
        (&updated["type"], &updated["description"], &updated["cardinality"]),
        (&json!("consumes"), &Value::Null, &json!("many_to_many"))
    );
    assert_eq!(updated["created_at"], created["created_at"]);
    assert_eq!(bearer.post("/catalog.relations.delete", json!({ "identifier": "tf-relation" })).await.status, 200);
    assert_eq!(
        bearer.post("/catalog.relations.delete", json!({ "identifier": "tf-relation" })).await.status,
        404,
        "gone counts as deleted"
    );
    assert_eq!(bearer.get("/catalog.relations.list").await.body["relations"].as_array().unwrap().len(), 2);
    for (name, value) in [("identifier", "a b"), ("type", "likes"), ("cardinality", "few"), ("source_entity_type_identifier", "nope")] {
        let mut body = json!({
            "identifier": "x", "type": "consumes", "cardinality": "one_to_one", "source_entity_type_identifier": "service", "target_entity_type_identifier": "api",
        });
        body[name] = value.into();
        let refused = bearer.post("/catalog.relations.create", body).await;
        assert_eq!((refused.status, &refused.body["error_details"]["arguments"][0]["argument"]), (422, &json!(name)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entities_are_related_within_the_relation_s_rules() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    let edge = |relation: &str, source: &str, target: &str| json!({ "relation_identifier": relation, "source_entity_identifier": source, "target_entity_identifier": target });
    let list = "/catalog.relationEdges.list?relation_identifier=service-depends-on-service";
    let outgoing = async |of: &str| {
        let body = bearer.get(&format!("{list}&entity_identifier={of}")).await.body;
        body["entity_relations"].as_array().unwrap().iter().map(|one| one["identifier"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let add = edge("service-depends-on-service", "accounts-service", "checkout-service");
    assert_eq!(bearer.post("/catalog.relationEdges.add", add.clone()).await.status, 200);
    assert_eq!(bearer.post("/catalog.relationEdges.add", add).await.status, 200, "once more is the same");
    assert_eq!(outgoing("accounts-service").await, ["checkout-service"]);
    let incoming = bearer.get(&format!("{list}&entity_identifier=checkout-service&direction=incoming")).await.body;
    assert_eq!(incoming["entity_relations"], json!([{ "identifier": "accounts-service", "name": "Customer accounts" }]));

    for (body, code) in [
        (edge("nope", "accounts-service", "checkout-service"), "relation_not_found"),
        (edge("service-depends-on-service", "nope", "checkout-service"), "entity_not_found"),
        (edge("service-depends-on-service", "money", "checkout-service"), "invalid_entity_type"),
        (edge("service-provides-api", "payments-service", "checkout-api"), "invalid_cardinality"),
    ] {
        assert_eq!(bearer.post("/catalog.relationEdges.add", body).await.verdict(), (422, code));
    }
    let bulk = |count: usize| json!({ "relation_identifier": "service-depends-on-service", "edges": { "payments-service": (0..count).map(|n| format!("t{n}")).collect::<Vec<_>>() } });
    assert_eq!(bearer.post("/catalog.relationEdges.bulkUpsert", bulk(101)).await.verdict(), (422, "too_many_edges"));
    let before = server.count("resources WHERE kind = 'relation_edge'").await;
    let mut some = bulk(0);
    some["edges"]["payments-service"] = json!(["checkout-service", "nope"]);
    assert_eq!(bearer.post("/catalog.relationEdges.bulkUpsert", some).await.verdict(), (422, "entity_not_found"));
    assert_eq!(server.count("resources WHERE kind = 'relation_edge'").await, before, "all or none");

    // Through the entity: a list replaces, null clears, what isn't named stays.
    let relate = async |targets: Value| {
        bearer.post("/entities.update", json!({ "identifier": "accounts-service", "relations": targets })).await.status
    };
    assert_eq!(relate(json!({ "service-depends-on-service": ["payments-service"] })).await, 200);
    assert_eq!(outgoing("accounts-service").await, ["payments-service"]);
    assert_eq!((relate(json!({})).await, outgoing("accounts-service").await.len()), (200, 1));
    assert_eq!((relate(json!({ "service-depends-on-service": null })).await, outgoing("accounts-service").await.len()), (200, 0));
    assert_eq!(
        bearer.post("/catalog.relations.delete", json!({ "identifier": "service-provides-api" })).await.verdict(),
        (409, "conflict")
    );

    let page = bearer.get(&format!("{list}&entity_identifier=checkout-service&limit=2")).await.body;
    let cursor = page["response_metadata"]["next_cursor"].as_str().unwrap();
    let rest = bearer.get(&format!("{list}&entity_identifier=checkout-service&limit=2&cursor={cursor}")).await.body;
    assert_eq!((rest["entity_relations"].as_array().unwrap().len(), &rest["response_metadata"]["next_cursor"]), (1, &Value::Null));
    for query in ["limit=51", "cursor=e30", "direction=sideways"] {
        assert_eq!(
            bearer.get(&format!("{list}&entity_identifier=checkout-service&{query}")).await.verdict(),
            (422, "invalid_arguments"),
            "{query}"
        );
    }
}
