//! `studio.reports.*`: who sees, edits and deletes which.

use serde_json::Value;

use crate::organization_tokens::organization_token;
use crate::support::{Bearer, Server, json};

const SCOPES: [&str; 2] = ["studio:reports:read", "studio:reports:write"];

async fn of(server: &Server, email: &str) -> Bearer {
    server.token(&server.sign_in(email).await, &SCOPES).await.0
}

async fn organization(server: &Server) -> Bearer {
    let admin = server.sign_in("admin@demo.test").await;
    organization_token(server, &admin, &["snapshots:read", SCOPES[0], SCOPES[1]]).await.0
}

async fn names(bearer: &Bearer) -> Vec<String> {
    let body = bearer.get("/studio.reports.list?limit=100").await.body;
    let mut names: Vec<_> = body["reports"].as_array().unwrap().iter().map(|report| report["name"].as_str().unwrap().to_owned()).collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_token_sees_its_owner_s_reports_and_those_shared_with_them() {
    let server = Server::start().await;
    let (dana, max, sam) =
        (of(&server, "database@demo.test").await, of(&server, "member@demo.test").await, of(&server, "selfservice@demo.test").await);
    assert_eq!(names(&dana).await, ["Languages", "Schemas to drop"]);
    assert_eq!(names(&max).await, ["Checkout's week", "Languages"]);
    assert_eq!(names(&sam).await, ["Languages"]);
    assert_eq!(names(&organization(&server).await).await.len(), 3, "an organization token sees all");
    let hidden =
        server.text("SELECT identifier AS text FROM resources WHERE kind = 'report' AND body ->> 'name' = 'Schemas to drop'").await;
    assert_eq!(
        max.get(&format!("/studio.reports.info?id={hidden}")).await.verdict(),
        (404, "not_found"),
        "what one may not see isn't there"
    );
    assert_eq!(dana.get(&format!("/studio.reports.info?id={hidden}")).await.status, 200);
    assert_eq!(max.post("/studio.reports.update", json!({ "id": hidden, "name": "Mine" })).await.verdict(), (404, "not_found"));
    for query in ["limit=0", "limit=101", "cursor=x"] {
        assert_eq!(max.get(&format!("/studio.reports.list?{query}")).await.verdict(), (422, "invalid_arguments"), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_made_shared_edited_and_deleted_by_its_owner_only() {
    let server = Server::start().await;
    let (dana, max, sofia) =
        (of(&server, "database@demo.test").await, of(&server, "member@demo.test").await, of(&server, "scorecards@demo.test").await);
    let tile = json!({ "title": "Sizes", "sql": "SELECT 1", "chart_type": "table" });
    let created = dana.post("/studio.reports.create", json!({ "name": "New", "tiles": [tile] })).await;
    assert_eq!(created.status, 200, "{created:?}");
    let report = created.body["report"].clone();
    assert_eq!((&report["view_access_type"], &report["edit_access_type"]), (&json!("owner_and_direct_url_only"), &json!("read_only")));
    assert_eq!((&report["owner"]["email"], report["tiles"][0]["id"].is_string()), (&json!("database@demo.test"), true));
    let id = report["id"].as_str().unwrap().to_owned();
    let share = json!({
        "id": id, "view_access_type": "specific_users", "viewer_emails": ["member@demo.test"],
        "edit_access_type": "specific_users", "editor_emails": ["Scorecards@demo.test"], "name": " ",
    });
    let shared = dana.post("/studio.reports.update", share).await.body["report"].clone();
    assert_eq!((&shared["name"], &shared["editor_emails"]), (&json!("New"), &json!(["scorecards@demo.test"])), "blank names are ignored");
    let rename = json!({ "id": id, "name": "Renamed" });
    assert_eq!(max.post("/studio.reports.update", rename.clone()).await.verdict(), (403, "not_authorized"), "he may look");
    assert_eq!(sofia.post("/studio.reports.update", rename).await.body["report"]["name"], "Renamed");
    assert_eq!(
        sofia.post("/studio.reports.delete", json!({ "id": id })).await.verdict(),
        (403, "not_authorized"),
        "who edits doesn't delete"
    );
    let organization = organization(&server).await;
    assert_eq!(
        organization.post("/studio.reports.delete", json!({ "id": id })).await.verdict(),
        (403, "not_authorized"),
        "nor does an organization token"
    );
    assert_eq!(dana.post("/studio.reports.delete", json!({ "id": id })).await.text, r#"{"ok":true}"#);
    assert_eq!(dana.get(&format!("/studio.reports.info?id={id}")).await.verdict(), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_checked() {
    let server = Server::start().await;
    let (max, organization) = (of(&server, "member@demo.test").await, organization(&server).await);
    let refused = async |bearer: &Bearer, body: Value| {
        let answer = bearer.post("/studio.reports.create", body).await;
        assert_eq!(answer.verdict(), (422, "invalid_arguments"), "{answer:?}");
        answer.body["error_details"]["arguments"][0]["argument"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(&max, json!({})).await, "name");
    assert_eq!(refused(&max, json!({ "name": "x", "owner_email": "admin@demo.test" })).await, "owner_email");
    assert_eq!(refused(&max, json!({ "name": "x", "view_access_type": "nobody" })).await, "view_access_type");
    assert_eq!(refused(&max, json!({ "name": "x", "view_access_type": "specific_users" })).await, "viewer_emails");
    assert_eq!(
        refused(&max, json!({ "name": "x", "tiles": [{ "title": "t", "sql": "DELETE FROM entities", "chart_type": "table" }] })).await,
        "tiles[0].sql"
    );
    assert_eq!(
        refused(&max, json!({ "name": "x", "tiles": [{ "title": "t", "sql": "SELECT 1", "chart_type": "number" }] })).await,
        "tiles[0].chart_type"
    );
    assert_eq!(refused(&organization, json!({ "name": "x" })).await, "owner_email");
    assert_eq!(refused(&organization, json!({ "name": "x", "owner_email": "nobody@demo.test" })).await, "owner_email");
    let made = organization.post("/studio.reports.create", json!({ "name": "x", "owner_email": "member@demo.test" })).await;
    assert_eq!(made.body["report"]["owner"]["id"], "MTAwMg");
    assert!(names(&max).await.contains(&"x".to_owned()));
}
