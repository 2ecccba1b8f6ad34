//! `/api/admin/tokens`: everyone's tokens, for workspace admins.

use crate::support::{Server, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_sees_everyone_s_tokens_and_revokes_one_with_a_reason_the_owner_reads() {
    let server = Server::start().await;
    let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    server.token(&server.sign_in("admin@other.test").await, &["catalog:read"]).await;
    server.token(&admin, &["auditLogs:read"]).await;
    let list = admin.get("/api/admin/tokens").await.body;
    let owners: Vec<_> = list["tokens"].as_array().unwrap().iter().map(|token| token["owner"]["email"].as_str().unwrap()).collect();
    assert_eq!(owners, ["admin@demo.test", "member@demo.test"], "newest first, this account's only");
    assert_eq!(list["tokens"][1]["token"]["effective_scopes"], json!(["catalog:read"]), "by the owner's roles");
    assert_eq!(list["next_cursor"], json!(null));

    let path = format!("/api/admin/tokens/{id}");
    let without = admin.delete_with(&path, json!({ "reason": "other", "note": "  " })).await;
    assert_eq!((without.status, without.refused_fields()), (422, vec!["note: required".to_owned()]));
    assert_eq!(bearer.get("/entities.list").await.status, 200);
    assert_eq!(admin.delete_with(&path, json!({ "reason": "compromised", "note": "Seen in a public repository" })).await.status, 204);
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    let seen = owner.token(&id).await.body;
    assert_eq!(
        (&seen["revoked_by"]["name"], &seen["revoke_reason"], &seen["revoke_note"]),
        (&json!("Ada Admin"), &json!("compromised"), &json!("Seen in a public repository"))
    );
    assert_eq!(admin.delete_with(&path, json!({ "reason": "left", "note": "again" })).await.status, 204);
    assert_eq!(owner.token(&id).await.body["revoke_note"], "Seen in a public repository", "the second changes nothing");
    let rows = server.texts("SELECT concat_ws(' ', user_email, outcome, reason) AS text FROM audit_log WHERE event_type = 'personal_access_tokens.deleted' ORDER BY time").await;
    assert_eq!(rows, ["admin@demo.test refused invalid", "admin@demo.test succeeded", "admin@demo.test succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_may_and_the_attempt_is_recorded() {
    let server = Server::start().await;
    let (owner, other) = (server.sign_in("member@demo.test").await, server.sign_in("admin@other.test").await);
    let (_, id) = server.token(&owner, &["catalog:read"]).await;
    let path = format!("/api/admin/tokens/{id}");
    let reason = json!({ "reason": "policy" });
    assert_eq!(owner.get("/api/admin/tokens").await.verdict(), (403, "forbidden"));
    assert_eq!(owner.delete_with(&path, reason.clone()).await.verdict(), (403, "forbidden"));
    assert_eq!(server.visitor().get("/api/admin/tokens").await.verdict(), (401, "not_signed_in"));
    assert_eq!(other.delete_with(&path, reason.clone()).await.verdict(), (404, "not_found"), "another account's admin");
    assert_eq!(owner.delete_with("/api/admin/tokens/not-an-id", reason).await.status, 403);
    assert_eq!(owner.token(&id).await.body["status"], "active");
    assert_eq!(server.count("audit_log WHERE event_type = 'personal_access_tokens.deleted' AND outcome = 'refused'").await, 1);
    let refused = server
        .texts("SELECT concat_ws(' ', user_email, reason, context->>'request') AS text FROM audit_log WHERE event_type = 'admin.refused' ORDER BY time")
        .await;
    assert_eq!(
        refused,
        [format!("member@demo.test forbidden DELETE {path}"), "member@demo.test forbidden DELETE /api/admin/tokens/not-an-id".to_owned()]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_paged() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    server
        .sql(
            "INSERT INTO tokens (id, account_id, kind, owner_id, digest, hint, name, name_key, scopes, created_via)
             SELECT gen_random_uuid(), account_id, 'personal', id, sha256(n::text::bytea), 'abcd', 'bulk ' || n, 'bulk ' || n, '{catalog:read}', 'page'
               FROM users, generate_series(1, 250) n WHERE email = 'member@demo.test'",
        )
        .await;
    let (mut seen, mut path) = (Vec::new(), "/api/admin/tokens".to_owned());
    let mut pages = 0;
    loop {
        let page = admin.get(&path).await.body;
        pages += 1;
        seen.extend(page["tokens"].as_array().unwrap().iter().map(|token| token["token"]["name"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/admin/tokens?cursor={cursor}"),
            None => break,
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!((pages, seen.len()), (5, 250));
    assert_eq!(admin.get("/api/admin/tokens?cursor=nope").await.refused_fields(), ["cursor: invalid"]);
}
