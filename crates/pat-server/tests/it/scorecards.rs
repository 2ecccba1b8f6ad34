//! `scorecards.*` and `initiatives.*`.

use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Bearer, Server, json};

async fn writer(server: &Server) -> Bearer {
    server.token(&server.sign_in("scorecards@demo.test").await, &["scorecards:read", "scorecards:write"]).await.0
}

fn planned() -> Value {
    json!({
        "name": "From Terraform", "description": "", "type": "LEVEL", "entity_filter_type": "entity_types",
        "entity_filter_type_identifiers": ["web_app", "service"], "evaluation_frequency_hours": 2, "published": true,
        "empty_level_label": "None", "empty_level_color": "#cccccc", "tags": [{ "value": "reliability" }], "editors": [1002],
        "levels": [
            { "key": "bronze", "name": "Bronze", "color": "#b45309", "rank": 1 },
            { "key": "silver", "name": "Silver", "color": "#6b7280", "rank": 2 },
        ],
        "checks": [
            { "name": "Owned", "ordering": 0, "sql": "select 'PASS' as status", "scorecard_level_key": "bronze", "output_enabled": false, "published": true },
            { "name": "Fast", "ordering": 1, "sql": "select 'PASS' as status", "scorecard_level_key": "silver", "output_enabled": true, "output_type": "custom",
              "output_custom_options": { "unit": "ms", "decimals": "auto" }, "estimated_dev_days": 1.5, "published": false },
        ],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_creates_updates_and_destroys_a_scorecard() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    let created = bearer.post("/scorecards.create", planned()).await;
    assert_eq!(created.status, 200, "{created:?}");
    let created = created.body["scorecard"].clone();
    let id = created["id"].as_str().unwrap().to_owned();
    assert!(id.len() == 12 && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{id}");
    assert_eq!((&created["description"], &created["evaluation_frequency_hours"]), (&json!(""), &json!(2)));
    assert_eq!(created["entity_filter_type_identifiers"], json!(["web_app", "service"]), "in order");
    assert_eq!(created["entity_filter_type_ids"], json!(["0e4tm2hm0u6r", "wkqx5bitqwrd"]));
    assert_eq!(created["levels"][1]["name"], "Silver");
    assert!(
        created["levels"][1].get("key").is_none() && created["checks"][1].get("scorecard_level_key").is_none(),
        "keys are the request's"
    );
    assert_eq!(created["checks"][1]["level"], json!({ "id": created["levels"][1]["id"], "name": "Silver" }));
    assert_eq!(created["editors"][0]["id"], 1002);
    assert_eq!(created["admins"][0]["email"], "scorecards@demo.test");
    let read = async || bearer.get(&format!("/scorecards.info?id={id}")).await.body["scorecard"].clone();
    assert_eq!(read().await, created);

    // An update sends everything, with the ids of what is there and "" for what is new.
    let mut change = planned();
    change["id"] = id.clone().into();
    for (list, i) in [("levels", 0), ("levels", 1), ("checks", 0), ("checks", 1)] {
        change[list][i]["id"] = created[list][i]["id"].clone();
    }
    assert_eq!(bearer.post("/scorecards.update", change.clone()).await.body["scorecard"], created, "the second apply changes nothing");
    change["levels"][1] = json!({ "id": "", "key": "gold", "name": "Gold", "color": "#ca8a04", "rank": 3 });
    change["checks"][1]["scorecard_level_key"] = "gold".into();
    let updated = bearer.post("/scorecards.update", change).await.body["scorecard"].clone();
    assert_eq!(updated["levels"][0]["id"], created["levels"][0]["id"]);
    assert_ne!(updated["levels"][1]["id"], created["levels"][1]["id"]);
    assert_eq!(updated["checks"][1]["level"]["name"], "Gold");
    assert_eq!(read().await, updated);

    assert_eq!(bearer.post("/scorecards.delete", json!({ "id": id })).await.text, r#"{"ok":true}"#);
    assert_eq!(bearer.get(&format!("/scorecards.info?id={id}")).await.verdict(), (404, "not_found"));
    let by_query = Answer::of(bearer.request(Method::POST, &format!("/scorecards.delete?id={id}"))).await;
    assert_eq!(by_query.verdict(), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn points_are_counted_and_grouped() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    let body = json!({
        "name": "Points", "type": "POINTS", "entity_filter_type": "sql", "entity_filter_sql": "select 1",
        "check_groups": [{ "key": "g", "name": "Group", "ordering": 0 }],
        "checks": [{ "name": "a", "points": 5, "scorecard_check_group_key": "g" }, { "name": "b", "points": 7 }],
    });
    let created = bearer.post("/scorecards.create", body).await.body["scorecard"].clone();
    assert_eq!((&created["max_entity_points"], &created["published"]), (&json!(12), &json!(false)));
    assert_eq!(created["checks"][0]["check_group"]["id"], created["check_groups"][0]["id"]);
    assert!(created.get("levels").is_none());
    let listed = async |query: &str| bearer.get(&format!("/scorecards.list{query}")).await.body["scorecards"].as_array().unwrap().len();
    assert_eq!((listed("").await, listed("?include_unpublished=true").await), (5, 6), "a draft isn't listed");
}

#[tokio::test(flavor = "multi_thread")]
async fn scorecards_are_checked() {
    let server = Server::start().await;
    let bearer = writer(&server).await;
    for (name, value, argument) in [
        ("name", json!(""), "name"),
        ("type", json!("STARS"), "type"),
        ("levels", json!([]), "levels"),
        ("evaluation_frequency_hours", json!(3), "evaluation_frequency_hours"),
        ("entity_filter_type_identifiers", json!([]), "entity_filter_type_identifiers"),
        ("entity_filter_type_identifiers", json!(["nope"]), "entity_filter_type_identifiers"),
        ("editors", json!([999]), "editors"),
        ("checks", json!([{ "name": "x", "scorecard_level_key": "platinum" }]), "checks[0].scorecard_level_key"),
        ("checks", json!([{ "name": "x" }]), "checks[0].scorecard_level_key"),
        ("checks", json!([{ "id": "38fhl0z4wmse", "name": "x", "scorecard_level_key": "bronze" }]), "checks.id"),
    ] {
        let mut body = planned();
        body[name] = value;
        let refused = bearer.post("/scorecards.create", body).await;
        assert_eq!(refused.verdict(), (422, "invalid_arguments"), "{name}");
        assert_eq!(refused.body["error_details"]["arguments"][0]["argument"], argument);
    }
    let needed = server.text("SELECT body ->> 'scorecard_id' AS text FROM resources WHERE kind = 'initiative' LIMIT 1").await;
    assert_eq!(bearer.post("/scorecards.delete", json!({ "id": needed })).await.verdict(), (409, "conflict"), "an initiative is about it");
}

#[tokio::test(flavor = "multi_thread")]
async fn initiatives_are_listed_filtered_and_measured() {
    let server = Server::start().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["scorecards:read"]).await;
    let count = async |query: &str| bearer.get(&format!("/initiatives.list?{query}")).await.body["initiatives"].as_array().unwrap().len();
    assert_eq!(count("limit=20").await, 4);
    assert_eq!((count("published=true").await, count("published=false").await), (3, 1));
    assert_eq!((count("priority=2").await, count("priority=2&published=true").await), (2, 1));
    assert_eq!((count("tags=reliability").await, count("tags=reliability,security").await, count("tags=nope").await), (2, 1, 0));
    for query in ["limit=101", "priority=3", "published=maybe", "cursor=x"] {
        assert_eq!(bearer.get(&format!("/initiatives.list?{query}")).await.verdict(), (422, "invalid_arguments"), "{query}");
    }
    server.stop_clock("2026-12-10 00:00:00Z").await;
    let initiatives = bearer.get("/initiatives.list").await.body["initiatives"].clone();
    let mut seen = Vec::new();
    for initiative in initiatives.as_array().unwrap() {
        let id = initiative["id"].as_str().unwrap();
        assert_eq!(bearer.get(&format!("/initiatives.info?id={id}")).await.body["initiative"], *initiative);
        let report = bearer.get(&format!("/initiatives.progressReport?id={id}&entity_type_identifiers=service,api")).await.body;
        for entity in report["entities"].as_array().unwrap() {
            assert!(["service", "api"].contains(&entity["entity_type_identifier"].as_str().unwrap()));
            let number = |name: &str| entity[name].as_i64().unwrap();
            let open = number("total_tasks") - number("completed_tasks");
            assert!(open >= 0 && entity["remaining_dev_days"].is_number());
            seen.push((
                initiative["name"].as_str().unwrap().to_owned(),
                open > 0,
                number("overdue_tasks") == open,
                number("due_soon_tasks") == open,
            ));
        }
    }
    assert!(seen.contains(&("No secrets in repositories".into(), true, true, false)), "it should have been done in October");
    assert!(seen.contains(&("Be ready for the winter sale".into(), true, false, true)), "its end is near");
    assert!(seen.contains(&("A README that works".into(), true, false, false)), "there is time");
    assert_eq!(bearer.get("/initiatives.info?id=nope").await.verdict(), (404, "not_found"));
}
