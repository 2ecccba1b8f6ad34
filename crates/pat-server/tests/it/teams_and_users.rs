//! `teams.*`, `users.*` and `attributeGroups.list`.

use serde_json::Value;

use crate::support::{Bearer, Server, json};

async fn with(server: &Server, email: &str, scopes: &[&str]) -> Bearer {
    server.token(&server.sign_in(email).await, scopes).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_is_found_by_either_id_and_by_its_members() {
    let server = Server::start().await;
    let bearer = with(&server, "member@demo.test", &["snapshots:read"]).await;
    let rows = bearer.get("/teams.list").await.body;
    let row = rows["teams"].as_array().unwrap().iter().find(|team| team["name"] == "Checkout").unwrap().clone();
    let team = bearer.get(&format!("/teams.info?team_id={}", row["id"].as_str().unwrap())).await.body["team"].clone();
    let contributors = team["contributors"].as_array().unwrap();
    assert_eq!(contributors.len(), usize::try_from(row["contributors"].as_u64().unwrap()).unwrap(), "a number here, the people there");
    assert_eq!(team["lead"]["email"], "member@demo.test");
    assert!(row.get("lead").is_none() && row.get("members").is_none());
    assert_eq!(bearer.get("/teams.info?reference_id=eng-commerce-checkout").await.body["team"], team);
    for query in ["", "team_id=NTAxMDM&reference_id=eng"] {
        let refused = bearer.get(&format!("/teams.info?{query}")).await;
        assert_eq!(refused.verdict(), (422, "invalid_arguments"));
        assert_eq!(refused.body["error_details"]["arguments"].as_array().unwrap().len(), 2);
    }
    for query in ["team_id=nope", "reference_id=nope"] {
        assert_eq!(bearer.get(&format!("/teams.info?{query}")).await.verdict(), (404, "not_found"));
    }

    let other = contributors.last().unwrap()["email"].as_str().unwrap();
    let found = bearer.get(&format!("/teams.findByMembers?team_emails=Member@demo.test,%20{other}")).await.body["team"].clone();
    assert_eq!((&found["id"], &found["members"], &found["manager"]), (&team["id"], &team["contributors"], &team["lead"]));
    assert_eq!(bearer.get("/teams.findByMembers?team_emails=nobody@nowhere.test").await.verdict(), (400, "no_users_found"));
    assert_eq!(bearer.get("/teams.findByMembers?team_emails=nobody").await.verdict(), (400, "email_parameter_malformed"));
    assert_eq!(bearer.get("/teams.findByMembers").await.verdict(), (422, "invalid_arguments"));

    let groups = bearer.get("/attributeGroups.list").await.body["attribute_groups"].clone();
    let types: Vec<_> = groups.as_array().unwrap().iter().map(|group| group["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["ADMIN_MANAGED", "SELF_REPORTED", "DX_MANAGED"]);
    assert_eq!(groups[0]["attribute_values"][1]["name"], "Senior");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_come_in_numbered_pages() {
    let server = Server::start().await;
    let bearer = with(&server, "admin@demo.test", &["users:read"]).await;
    let all = bearer.get("/users.list").await.body;
    assert_eq!((&all["total"], &all["total_pages"], &all["next_page"]), (&json!(6), &json!(1), &Value::Null));
    assert_eq!((&all["users"][1]["email"], &all["users"][1]["id"]), (&json!("member@demo.test"), &json!("MTAwMg")));
    assert_eq!(all["users"][2]["roles"], json!(["contributor", "scorecard_admin"]));
    let page = bearer.get("/users.list?page=2&page_size=4").await.body;
    assert_eq!((&page["total_pages"], &page["next_page"], page["users"].as_array().unwrap().len()), (&json!(2), &Value::Null, 2));
    assert_eq!(bearer.get("/users.list?page_size=4").await.body["next_page"], 2);
    assert_eq!(bearer.get("/users.list?page=9").await.body["users"], json!([]));
    for query in ["page=0", "page_size=101", "page_size=0", "page=x", "page=99999999999999999999"] {
        assert_eq!(bearer.get(&format!("/users.list?{query}")).await.verdict(), (422, "invalid_arguments"), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_linked_moved_and_let_go() {
    let server = Server::start().await;
    let bearer = with(&server, "admin@demo.test", &["users:read", "users:write"]).await;
    let links = async |user: &str| {
        let body = bearer.get(&format!("/users.links.list?user_id={user}&source=github")).await.body;
        body["links"].as_array().unwrap().iter().map(|link| link["account_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (max, sofia) = ("MTAwMg", "MTAwMw");
    assert_eq!(links(max).await, ["4813"]);
    assert_eq!(bearer.get(&format!("/users.links.list?user_id={max}")).await.body["total"], 2, "github and jira");
    let link = |user: &str, account: &str| json!({ "user_id": user, "source": "github", "account_id": account });
    for _ in 0..2 {
        assert_eq!(bearer.post("/users.links.create", link(max, "4830")).await.text, r#"{"ok":true}"#, "once more changes nothing");
    }
    assert_eq!(links(max).await, ["4813", "4830"]);
    assert_eq!(bearer.post("/users.links.create", link(sofia, "4830")).await.verdict(), (409, "manual_link_conflict"));
    assert_eq!(bearer.post("/users.links.create", link(sofia, "4813")).await.status, 200, "what was found out moves");
    assert_eq!((links(max).await, links(sofia).await), (vec!["4830".to_owned()], vec!["4813".to_owned(), "4814".to_owned()]));
    let set = json!({ "user_id": sofia, "source": "github", "account_ids": ["4831"] });
    assert_eq!(bearer.post("/users.links.set", set).await.status, 200);
    assert_eq!(links(sofia).await, ["4831"]);
    assert_eq!(bearer.post("/users.links.delete", link(sofia, "4831")).await.status, 200);
    assert_eq!(bearer.post("/users.links.delete", link(sofia, "4831")).await.verdict(), (404, "not_found"));
    assert_eq!(links(sofia).await, Vec::<String>::new());
    assert_eq!(bearer.post("/users.links.create", link(max, "1")).await.verdict(), (404, "not_found"));
    assert_eq!(bearer.post("/users.links.create", link("nope", "4813")).await.verdict(), (404, "user_not_in_datacloud"));

    let accounts = bearer.get("/users.linkableAccounts.list?source=github&linked=false&page_size=2").await.body;
    assert_eq!((accounts["accounts"].as_array().unwrap().len(), &accounts["total"], &accounts["next_page"]), (2, &json!(3), &json!(2)));
    assert_eq!(accounts["accounts"][0]["linked_user_id"], Value::Null);
    assert!(accounts["accounts"][0].get("linked_manually").is_none(), "ours");
    server.sql("UPDATE account_settings SET features = '{fabric}'").await;
    assert_eq!(bearer.get(&format!("/users.links.list?user_id={max}")).await.verdict(), (403, "not_authorized"), "links need Data Cloud");
}
