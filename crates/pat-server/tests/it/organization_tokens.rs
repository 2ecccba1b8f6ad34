//! Organization tokens (P12): made, seen, edited and revoked by workspace admins.

use reqwest::Method;

use crate::support::{Answer, Bearer, Browser, Server, json};

const PATH: &str = "/api/admin/organization-tokens";

async fn create(admin: &Browser, name: &str, scopes: &[&str]) -> Answer {
    admin.post(PATH, json!({ "name": name, "expiration": { "type": "never" }, "scopes": scopes })).await
}

/// Makes one and returns a client with it, and its path.
pub async fn organization_token(server: &Server, admin: &Browser, scopes: &[&str]) -> (Bearer, String) {
    let created = create(admin, &format!("ci {}", uuid::Uuid::now_v7()), scopes).await;
    assert_eq!(created.status, 201, "{created:?}");
    let id = created.body["organization_token"]["id"].as_str().unwrap();
    (server.bearer(created.body["token"].as_str().unwrap()), format!("{PATH}/{id}"))
}

async fn edit(admin: &Browser, path: &str, version: i64, body: serde_json::Value) -> Answer {
    Answer::of(admin.request(Method::PATCH, path).header("if-match", format!("\"{version}\"")).json(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn organization_tokens_act_for_the_account() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let created = create(&admin, "ci", &["snapshots:read", "users:read"]).await;
    assert_eq!((created.status, created.header("cache-control"), created.header("etag")), (201, "no-store", "\"1\""));
    let (bearer, token) = (server.bearer(created.body["token"].as_str().unwrap()), &created.body["organization_token"]);
    assert!(bearer.token.starts_with("dxo_"));
    assert_eq!(token["effective_scopes"], json!(["snapshots:read", "users:read"]), "no role is asked");
    let info = bearer.get("/auth.info").await.body;
    assert_eq!(
        (&info["auth"]["token_type"], &info["auth"]["effective_scopes"]),
        (&json!("account_web_api_token"), &json!(["snapshots:read", "users:read"]))
    );
    let who = bearer.get("/auth.whoami").await.body;
    assert_eq!((&who["user"], &who["team"], &who["account"]["name"]), (&json!(null), &json!(null), &json!("Demo")));
    assert_eq!(admin.token(token["id"].as_str().unwrap()).await.status, 404, "it is nobody's personal token");
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_list_edit_and_revoke_them() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let (bearer, path) = organization_token(&server, &admin, &["snapshots:read", "users:read"]).await;
    create(&admin, "second", &["catalog:read"]).await;
    let list = admin.get(PATH).await.body;
    let names: Vec<_> = list["organization_tokens"].as_array().unwrap().iter().map(|token| token["name"].as_str().unwrap()).collect();
    assert_eq!((names.len(), names[0]), (2, "second"), "newest first");
    assert!(!list.to_string().contains(&bearer.token));

    let blind = Answer::of(admin.request(Method::PATCH, &path).json(&json!({ "name": "blind" }))).await;
    assert_eq!(blind.verdict(), (428, "precondition_required"));
    let edited = edit(&admin, &path, 1, json!({ "name": "deploy", "scopes": ["users:read", "catalog:read"] })).await;
    assert_eq!((edited.status, edited.header("etag")), (200, "\"2\""), "{edited:?}");
    assert_eq!((&edited.body["name"], &edited.body["effective_scopes"]), (&json!("deploy"), &json!(["catalog:read", "users:read"])));
    assert_eq!(admin.get(&path).await.body, edited.body);
    assert_eq!(edit(&admin, &path, 1, json!({ "name": "late" })).await.verdict(), (412, "stale"));
    assert_eq!(edit(&admin, &path, 2, json!({ "name": "Second" })).await.refused_fields(), ["name: taken"]);
    assert_eq!(edit(&admin, &path, 2, json!({ "scopes": [] })).await.refused_fields(), ["scopes: required"]);
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(bearer.get("/teams.list").await.status, 403);

    assert_eq!(admin.delete_with(&path, json!({})).await.refused_fields(), ["reason: required"]);
    assert_eq!(admin.delete_with(&path, json!({ "reason": "unused", "note": "Nobody knows it" })).await.status, 204);
    assert_eq!(bearer.get("/auth.info").await.verdict(), (401, "invalid_auth"));
    let dead = admin.get(&path).await.body;
    assert_eq!(
        (&dead["status"], &dead["revoke_reason"], &dead["revoke_note"]),
        (&json!("revoked"), &json!("unused"), &json!("Nobody knows it"))
    );
    assert_eq!(admin.delete_with(&path, json!({ "reason": "left" })).await.status, 204);
    assert_eq!(admin.get(&path).await.body["revoke_reason"], "unused", "the second changes nothing");
    assert_eq!(edit(&admin, &path, 3, json!({ "name": "late" })).await.verdict(), (409, "token_dead"));

    let rows = server.texts("SELECT concat_ws(' ', event_type, token_name, context->'name', context->'added_scopes', context->'removed_scopes', context->>'reason') AS text FROM audit_log WHERE event_type LIKE 'organization%' AND outcome = 'succeeded' AND token_name <> 'second' AND context->>'was_dead_already' IS DISTINCT FROM 'true' ORDER BY time").await;
    let name = rows[0].strip_prefix("organization_tokens.created ").unwrap();
    assert_eq!(
        rows[1..],
        [
            format!(r#"organization_tokens.updated {name} {{"to": "deploy", "from": "{name}"}} ["catalog:read"] ["snapshots:read"]"#),
            "organization_tokens.deleted deploy unused".to_owned(),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_paged() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    server
        .sql(
            "INSERT INTO tokens (id, account_id, kind, digest, hint, name, name_key, scopes, created_via, created_at)
             SELECT gen_random_uuid(), account_id, 'organization', sha256(n::text::bytea), 'abcd', 'org ' || n, 'org ' || n, '{catalog:read}', 'page',
                    now() - n * interval '1 minute'
               FROM users, generate_series(1, 120) n WHERE email = 'admin@demo.test'",
        )
        .await;
    server.token(&admin, &["catalog:read"]).await;
    let (mut names, mut path) = (Vec::new(), "/api/admin/organization-tokens".to_owned());
    loop {
        let page = admin.get(&path).await.body;
        names.extend(page["organization_tokens"].as_array().unwrap().iter().map(|token| token["name"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/admin/organization-tokens?cursor={cursor}");
    }
    assert_eq!(names, (1..=120).map(|n| format!("org {n}")).collect::<Vec<_>>(), "newest first, no personal one among them");
    let tampered = admin.get("/api/admin/organization-tokens?cursor=nonsense").await;
    assert_eq!((tampered.status, tampered.refused_fields()), (422, vec!["cursor: invalid".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_sees_or_touches_them() {
    let server = Server::start().await;
    let (member, other) = (server.sign_in("member@demo.test").await, server.sign_in("admin@other.test").await);
    let (bearer, path) = organization_token(&server, &server.sign_in("admin@demo.test").await, &["catalog:read"]).await;
    assert_eq!(member.get(PATH).await.verdict(), (403, "forbidden"));
    assert_eq!(create(&member, "ci", &["catalog:read"]).await.verdict(), (403, "forbidden"));
    assert_eq!(other.get(PATH).await.body["organization_tokens"], json!([]));
    assert_eq!(other.get(&path).await.verdict(), (404, "not_found"));
    assert_eq!(edit(&other, &path, 1, json!({ "name": "mine" })).await.verdict(), (404, "not_found"));
    assert_eq!(other.delete_with(&path, json!({ "reason": "policy" })).await.verdict(), (404, "not_found"));
    assert_eq!(bearer.get("/entities.list").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_deleted_by_personal_tokens_only() {
    let server = Server::start().await;
    let (bearer, _) = organization_token(&server, &server.sign_in("admin@demo.test").await, &["studio:reports:write"]).await;
    assert_eq!(bearer.post("/studio.reports.delete", json!({ "id": "x" })).await.verdict(), (403, "not_authorized"));
    let (personal, _) = server.token(&server.sign_in("member@demo.test").await, &["studio:reports:write"]).await;
    assert_eq!(personal.post("/studio.reports.delete", json!({ "id": "x" })).await.verdict(), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn making_or_widening_one_asks_for_the_password_again() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let (_, path) = organization_token(&server, &admin, &["catalog:read", "users:read"]).await;
    server.advance_clock("2 hours 1 second").await;
    assert_eq!(create(&admin, "late", &["catalog:read"]).await.verdict(), (403, "fresh_sign_in_required"));
    let wider = json!({ "scopes": ["catalog:read", "users:read", "snapshots:read"] });
    assert_eq!(edit(&admin, &path, 1, wider.clone()).await.verdict(), (403, "fresh_sign_in_required"));
    assert_eq!(edit(&admin, &path, 1, json!({ "name": "renamed", "scopes": ["catalog:read"] })).await.status, 200, "narrowing doesn't");
    assert_eq!(admin.delete_with(&path, json!({ "reason": "policy" })).await.status, 204);
}
