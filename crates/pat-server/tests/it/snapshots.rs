//! `snapshots.*`.

use serde_json::Value;

use crate::support::{Server, json};

#[tokio::test(flavor = "multi_thread")]
async fn small_teams_have_no_scores_and_lists_have_none_at_all() {
    let server = Server::start().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["snapshots:read"]).await;
    let snapshots = bearer.get("/snapshots.list?ordering=completed_at").await.body["snapshots"].clone();
    assert!(
        snapshots.as_array().unwrap().iter().all(|snapshot| snapshot.get("team_scores").is_none() && snapshot["account_id"].is_string())
    );
    let id = snapshots[0]["id"].as_str().unwrap();
    let scores = bearer.get(&format!("/snapshots.info?snapshot_id={id}")).await.body["snapshot"]["team_scores"].clone();
    let scores = scores.as_array().unwrap();
    assert!(scores.iter().all(|score| score["contributor_count"].as_i64().unwrap() >= 3 && score["snapshot_team"]["team_id"].is_string()));
    assert_eq!(scores.len(), 5 * 7, "five teams of three or more, seven questions");
    assert_eq!(bearer.get("/snapshots.info").await.verdict(), (422, "invalid_arguments"));
    assert_eq!(bearer.get("/snapshots.info?snapshot_id=nope").await.verdict(), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_come_latest_first_page_by_page() {
    let server = Server::start().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["snapshots:read"]).await;
    let snapshots = bearer.get("/snapshots.list").await.body["snapshots"].clone();
    let id = snapshots[0]["id"].as_str().unwrap().to_owned();
    for (method, name, count) in [("driverComments", "driver_name", 10), ("csatComments", "csat_item_name", 4)] {
        let (mut comments, mut cursor): (Vec<Value>, _) = (Vec::new(), String::new());
        loop {
            let page = bearer.get(&format!("/snapshots.{method}.list?id={id}&limit=3&cursor={cursor}")).await.body;
            comments.extend(page["comments"].as_array().unwrap().iter().cloned());
            match page["response_metadata"]["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(comments.len(), count);
        assert!(
            comments
                .iter()
                .all(|comment| comment[name].is_string() && comment["snapshot_id"] == json!(id) && comment.get("about").is_none())
        );
        let times: Vec<_> = comments.iter().map(|comment| comment["created_at"].as_str().unwrap().to_owned()).collect();
        assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    }
    let encode = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text);
    for cursor in [encode("\"x\""), encode(r#"{"created_at":"-009000-01-01T00:00:00Z","identifier":"x"}"#)] {
        let refused = bearer.get(&format!("/snapshots.driverComments.list?id={id}&cursor={cursor}")).await;
        assert_eq!(refused.verdict(), (422, "invalid_arguments"));
    }
}
