//! `workflows.list` and `workflowRuns.*`.

use serde_json::{Value, json};

use crate::organization_tokens::organization_token;
use crate::support::{Bearer, Server};

const READ_AND_START: [&str; 3] = ["workflows:read", "workflowRuns:trigger", "catalog:read"];

async fn with(server: &Server, email: &str, scopes: &[&str]) -> Bearer {
    server.token(&server.sign_in(email).await, scopes).await.0
}

async fn listed(bearer: &Bearer, query: &str) -> Vec<String> {
    let body = bearer.get(&format!("/workflows.list{query}")).await.body;
    let workflows = body["workflows"].as_array().unwrap_or_else(|| panic!("{body}"));
    assert!(workflows.iter().all(|workflow| workflow.get("runner_ids").is_none()), "who may run it is ours");
    workflows.iter().map(|workflow| workflow["identifier"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_token_lists_what_its_owner_may_start() {
    let server = Server::start().await;
    let member = with(&server, "member@demo.test", &READ_AND_START).await;
    let dana = with(&server, "database@demo.test", &READ_AND_START).await;
    assert_eq!(listed(&member, "").await, ["new-service", "production-access", "restart"]);
    assert_eq!(listed(&dana, "?scope=GLOBAL").await, ["drop-schema", "new-service", "production-access"]);
    assert_eq!(listed(&dana, "?scope=ENTITY&entity_identifier=accounts-service").await, ["restart"], "she owns it");
    assert_eq!(listed(&member, "?scope=ENTITY&entity_identifier=accounts-service").await, Vec::<String>::new());
    assert_eq!(listed(&member, "?scope=ENTITY&entity_identifier=checkout-service").await, ["restart"], "his team owns it");
    for query in ["?scope=ALL", "?entity_identifier=accounts-service", "?scope=GLOBAL&entity_identifier=accounts-service"] {
        assert_eq!(member.get(&format!("/workflows.list{query}")).await.verdict(), (422, "invalid_arguments"), "{query}");
    }
    let admin = server.sign_in("admin@demo.test").await;
    let (organization, _) = organization_token(&server, &admin, &["snapshots:read", "workflows:read"]).await;
    assert_eq!(listed(&organization, "").await.len(), 4, "an organization token lists all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_started_followed_and_ended() {
    let server = Server::start().await;
    let scopes = ["workflows:read", "workflowRuns:trigger", "workflowRuns:writeEvents"];
    let bearer = with(&server, "selfservice@demo.test", &scopes).await;
    let started = bearer
        .post("/workflowRuns.trigger", json!({ "workflow_identifier": "new-service", "data": { "name": "till", "language": "Go" } }))
        .await;
    assert_eq!(started.status, 200, "{started:?}");
    let id = started.body["workflow_run"]["id"].as_str().unwrap().to_owned();
    let info = async || bearer.get(&format!("/workflowRuns.info?id={id}")).await.body["workflow_run"].clone();
    let run = info().await;
    assert_eq!((&run["status"], &run["workflow"]["name"], &run["entity"]), (&json!("RUNNING"), &json!("New service"), &Value::Null));
    assert_eq!(run["data"], json!({ "name": "till", "language": "Go", "replicas": 2, "public": false }), "with defaults");
    let message = bearer.post("/workflowRuns.postMessage", json!({ "workflow_run_id": id, "message": "Repository made" })).await;
    assert_eq!((&message.body["event"]["type"], &message.body["event"]["message"]), (&json!("POST_MESSAGE"), &json!("Repository made")));
    let link = json!({ "url": "https://github.example.test/harbourline/till", "label": "Repository" });
    assert_eq!(
        bearer.post("/workflowRuns.addLink", json!({ "workflow_run_id": id, "link": link })).await.body["event"]["type"],
        "ADD_LINK"
    );
    let script = json!({ "workflow_run_id": id, "link": { "url": "javascript:alert(1)", "label": "x" } });
    assert_eq!(bearer.post("/workflowRuns.addLink", script).await.verdict(), (422, "invalid_arguments"));
    let status = async |status: &str| bearer.post("/workflowRuns.changeStatus", json!({ "workflow_run_id": id, "status": status })).await;
    assert_eq!(status("DONE").await.verdict(), (422, "invalid_arguments"));
    assert_eq!(status("SUCCEEDED").await.body["event"]["data"]["status"], "SUCCEEDED");
    assert_eq!(status("FAILED").await.verdict(), (409, "conflict"), "a run ends once");
    let run = info().await;
    assert_eq!(
        (&run["status"], run["completed_at"].is_string(), &run["links"][0]["label"]),
        (&json!("SUCCEEDED"), true, &json!("Repository"))
    );
    let events: Vec<_> = run["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(events, ["WORKFLOW_TRIGGERED", "POST_MESSAGE", "ADD_LINK", "CHANGE_STATUS"]);
    assert_eq!(bearer.get("/workflowRuns.info?id=nope").await.verdict(), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_s_data_entity_and_starter_are_checked() {
    let server = Server::start().await;
    let member = with(&server, "member@demo.test", &READ_AND_START).await;
    let start = async |body: Value| member.post("/workflowRuns.trigger", body).await;
    let wrong =
        start(json!({ "workflow_run_identifier": "new-service", "data": { "language": "COBOL", "replicas": "2", "colour": 1 } })).await;
    assert_eq!(wrong.verdict(), (422, "workflow_run_data_validation_failed"), "the documented name works as well");
    let message = wrong.body["error_details"]["message"].as_str().unwrap();
    for part in ["name is required", "language must be one", "replicas must be a whole", "colour is no parameter"] {
        assert!(message.contains(part), "{message}");
    }
    let restart = |entity: Value| json!({ "workflow_identifier": "restart", "entity-identifier": entity, "data": { "reason": "stuck" } });
    assert_eq!(start(restart(Value::Null)).await.verdict(), (422, "workflow_run_attribute_validation_failed"));
    assert_eq!(start(restart("money".into())).await.verdict(), (422, "workflow_run_attribute_validation_failed"));
    assert_eq!(start(restart("nope".into())).await.verdict(), (404, "not_found"));
    assert_eq!(start(restart("accounts-service".into())).await.verdict(), (403, "not_authorized"), "it is another team's");
    assert_eq!(start(restart("checkout-service".into())).await.status, 200);
    let drop = json!({ "workflow_identifier": "drop-schema", "data": { "schema": "old" } });
    assert_eq!(start(drop).await.verdict(), (403, "not_authorized"));
    let access = start(json!({ "workflow_identifier": "production-access", "data": { "email": "member@demo.test" } })).await;
    let run = member.get(&format!("/workflowRuns.info?id={}", access.body["workflow_run"]["id"].as_str().unwrap())).await;
    assert_eq!(run.body["workflow_run"]["status"], "REQUESTED", "somebody else must agree");
}
