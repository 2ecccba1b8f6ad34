//! RFC 7662 and RFC 7009.

use reqwest::{Client, Method, RequestBuilder};

use crate::support::{Answer, Browser, Server, json};

fn form(server: &Server, path: &str, token: &str) -> RequestBuilder {
    Client::new().post(format!("{}{path}", server.base)).form(&[("token", token), ("token_type_hint", "access_token")])
}

async fn introspect(server: &Server, caller: &str, token: &str) -> Answer {
    Answer::of(form(server, "/oauth/introspect", token).bearer_auth(caller)).await
}

async fn revoke(server: &Server, caller: Option<&str>, token: &str) -> Answer {
    let request = form(server, "/oauth/revoke", token);
    Answer::of(if let Some(caller) = caller { request.bearer_auth(caller) } else { request }).await
}

/// An organization token and its id.
async fn service(admin: &Browser, name: &str, scopes: &[&str]) -> (String, String) {
    let request = json!({ "name": name, "expiration": { "type": "never" }, "scopes": scopes });
    let made = admin.post("/api/admin/organization-tokens", request).await;
    assert_eq!(made.status, 201, "{made:?}");
    (made.body["token"].as_str().unwrap().to_owned(), made.body["organization_token"]["id"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_learns_what_a_token_stands_for_at_this_moment() {
    let server = Server::start().await;
    let (admin, owner) = (server.sign_in("admin@demo.test").await, server.sign_in("member@demo.test").await);
    let (caller, _) = service(&admin, "resource server", &["tokens:introspect"]).await;
    let (bearer, id) = server.token(&owner, &["catalog:read", "snapshots:read"]).await;
    let active = introspect(&server, &caller, &bearer.token).await;
    assert_eq!((active.status, active.header("cache-control")), (200, "no-store"), "{active:?}");
    let user = server.user_id("member@demo.test").await;
    let body = &active.body;
    assert_eq!((&body["active"], &body["scope"]), (&json!(true), &json!("snapshots:read catalog:read")));
    assert_eq!((&body["sub"], &body["username"], &body["jti"]), (&json!(user), &json!("member@demo.test"), &json!(id)));
    assert_eq!((&body["token_type"], &body["iss"]), (&json!("Bearer"), &json!(server.base)));
    assert_eq!(body["exp"].as_i64().unwrap() - body["iat"].as_i64().unwrap(), 30 * 24 * 3600);
    let itself = introspect(&server, &caller, &caller).await.body;
    assert_eq!((&itself["active"], itself.get("username"), itself.get("exp")), (&json!(true), None, None));

    assert_eq!(owner.edit(&id, 1, json!({ "scopes": ["catalog:read"] })).await.status, 200);
    assert_eq!(introspect(&server, &caller, &bearer.token).await.body["scope"], "catalog:read");
    assert_eq!(owner.delete_token(&id).await.status, 204);
    let dead = introspect(&server, &caller, &bearer.token).await;
    assert_eq!((dead.status, dead.text.as_str()), (200, r#"{"active":false}"#));
    let rows = server
        .texts(&format!("SELECT concat_ws(' ', outcome, method, context->>'introspected') AS text FROM audit_log WHERE event_type = 'web_api.called' AND token_id = '{id}' ORDER BY time, id"))
        .await;
    assert_eq!(rows[..2], ["succeeded oauth.introspect true"; 2], "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_not_told_from_memory() {
    let server = Server::start().await;
    let (admin, owner) = (server.sign_in("admin@demo.test").await, server.sign_in("member@demo.test").await);
    let (caller, _) = service(&admin, "resource server", &["tokens:introspect"]).await;
    let (bearer, _) = server.token(&owner, &["catalog:read"]).await;
    assert_eq!(bearer.get("/auth.info").await.status, 200);
    let before = server.app.principals.counts();
    assert_eq!(introspect(&server, &caller, &bearer.token).await.body["active"], true);
    let after = server.app.principals.counts();
    assert_eq!((after.hits, after.refills - before.refills), (before.hits, 2), "caller and token were read from the primary");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_stand_for_nothing_are_alike_to_the_byte() {
    let server = Server::start().await;
    let (admin, other) = (server.sign_in("admin@demo.test").await, server.sign_in("admin@other.test").await);
    let (caller, _) = service(&admin, "resource server", &["tokens:introspect"]).await;
    let stranger = pat_core::secret::TokenSecret::draw(pat_core::token::TokenKind::Personal, |bytes| rand::fill(bytes));
    let (foreign, foreign_id) = server.token(&other, &["snapshots:read"]).await;
    let (paused, paused_id) = server.token(&admin, &["catalog:read"]).await;
    server.sql(&format!("UPDATE tokens SET paused_until = pat_now() + interval '1 hour' WHERE id = '{paused_id}'")).await;
    let (expired, expired_id) = server.token(&admin, &["catalog:read"]).await;
    server.sql(&format!("UPDATE tokens SET created_at = pat_now() - interval '2 hours', expires_at = pat_now() - interval '1 hour' WHERE id = '{expired_id}'")).await;
    for token in ["nonsense", stranger.expose(), &foreign.token, &paused.token, &expired.token] {
        let answer = introspect(&server, &caller, token).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"active":false}"#), "{token}");
    }
    assert_eq!(
        server.count(&format!("audit_log WHERE token_id = '{foreign_id}' AND event_type = 'web_api.called'")).await,
        0,
        "nor does its account see who asked"
    );
    assert_eq!(introspect(&server, &caller, &foreign.token).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_ask_learns_nothing() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let (bearer, _) = server.token(&admin, &["catalog:read"]).await;
    let (powerful, _) = server.token(&admin, &["tokens:introspect"]).await;
    let (weak, _) = service(&admin, "weak", &["catalog:read"]).await;
    let (gone, gone_id) = service(&admin, "gone", &["tokens:introspect"]).await;
    server.sql(&format!("UPDATE tokens SET revoked_at = pat_now() WHERE id = '{gone_id}'")).await;
    for path in ["/oauth/introspect", "/oauth/revoke"] {
        for (caller, status, code) in [
            ("nonsense", 401, "invalid_token"),
            (&*gone, 401, "invalid_token"),
            (&*weak, 403, "insufficient_scope"),
            (&*powerful.token, 403, "insufficient_scope"),
        ] {
            let answer = Answer::of(form(&server, path, &bearer.token).bearer_auth(caller)).await;
            assert_eq!((answer.status, &answer.body["error"]), (status, &json!(code)), "{path} {caller}");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.body.as_object().unwrap().len(), 2, "{answer:?}");
        }
    }
    let nobody = Answer::of(form(&server, "/oauth/introspect", &bearer.token)).await;
    assert_eq!((nobody.status, &nobody.body["error"], nobody.header("www-authenticate")), (401, &json!("invalid_token"), "Bearer"));
    let lacking = introspect(&server, &weak, &bearer.token).await;
    assert_eq!(lacking.header("www-authenticate"), r#"Bearer error="insufficient_scope", scope="tokens:introspect""#);
    assert_eq!(bearer.get("/auth.info").await.status, 200, "nobody could end it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_itself_and_everything_else_is_answered_alike() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let stranger = pat_core::secret::TokenSecret::draw(pat_core::token::TokenKind::Personal, |bytes| rand::fill(bytes));
    let ((one, one_id), (two, two_id)) = (server.token(&owner, &["catalog:read"]).await, server.token(&owner, &["catalog:read"]).await);
    assert_eq!(one.get("/auth.info").await.status, 200);
    for (caller, token) in [
        (None, one.token.as_str()),
        (Some(two.token.as_str()), two.token.as_str()),
        (None, stranger.expose()),
        (None, "nonsense"),
        (None, &one.token),
    ] {
        let answer = revoke(&server, caller, token).await;
        assert_eq!((answer.status, answer.text.as_str(), answer.header("cache-control")), (200, "", "no-store"));
    }
    for (bearer, id) in [(&one, &one_id), (&two, &two_id)] {
        assert_eq!(bearer.get("/auth.info").await.verdict(), (401, "invalid_auth"));
        let seen = owner.token(id).await.body;
        assert_eq!((&seen["status"], &seen["revoke_reason"], &seen["revoked_by"]), (&json!("revoked"), &json!("other"), &json!(null)));
    }
    let rows = server
        .texts("SELECT concat_ws(' ', outcome, user_email, context->>'by') AS text FROM audit_log WHERE event_type = 'personal_access_tokens.deleted'")
        .await;
    assert_eq!(rows, ["succeeded member@demo.test token"; 2], "one row each, none for what was dead or never there");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_token_ends_tokens_of_its_account_only() {
    let server = Server::start().await;
    let (admin, other) = (server.sign_in("admin@demo.test").await, server.sign_in("admin@other.test").await);
    let (caller, caller_id) = service(&admin, "scanner", &["tokens:introspect"]).await;
    let (found, id) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    let (foreign, _) = server.token(&other, &["snapshots:read"]).await;
    let (job, _) = service(&admin, "job", &["catalog:read"]).await;
    for token in [&found.token, &foreign.token, &job] {
        assert_eq!(revoke(&server, Some(&caller), token).await.status, 200);
    }
    assert_eq!(found.get("/auth.info").await.status, 401);
    assert_eq!(server.bearer(&job).get("/auth.info").await.status, 401);
    assert_eq!(foreign.get("/auth.info").await.status, 200);
    let rows = server
        .texts("SELECT concat_ws(' ', event_type, coalesce(user_email, 'nobody'), context->>'by_token_id') AS text FROM audit_log WHERE context->>'by' = 'organization_token' ORDER BY time, id")
        .await;
    assert_eq!(
        rows,
        [format!("personal_access_tokens.deleted nobody {caller_id}"), format!("organization_tokens.deleted nobody {caller_id}")]
    );
    let why = server.text(&format!("SELECT revoke_note AS text FROM tokens WHERE id = '{id}'")).await;
    assert_eq!(why, "The organization token ‘scanner’ asked for it.");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_forms_are_invalid_requests() {
    let server = Server::start().await;
    let (caller, _) = service(&server.sign_in("admin@demo.test").await, "service", &["tokens:introspect"]).await;
    for path in ["/oauth/introspect", "/oauth/revoke"] {
        let url = format!("{}{path}", server.base);
        let post = || Client::new().post(&url).bearer_auth(&caller);
        for (what, request) in [
            ("nothing", post()),
            ("no token", post().form(&[("token_type_hint", "access_token")])),
            ("an empty one", post().form(&[("token", "")])),
            ("two tokens", post().form(&[("token", "a"), ("token", "b")])),
            ("only in the address", Client::new().post(format!("{url}?token={caller}")).bearer_auth(&caller)),
            ("a NUL", post().form(&[("token", "a\0")])),
            ("XML", post().header("content-type", "text/xml").body("<token/>")),
            ("two callers", post().header("authorization", "Bearer other").form(&[("token", "a")])),
        ] {
            let answer = Answer::of(request).await;
            assert_eq!((answer.status, &answer.body["error"]), (400, &json!("invalid_request")), "{path}: {what}: {answer:?}");
        }
        let large = Answer::of(post().form(&[("token", "a".repeat(2_000_000))])).await;
        assert_eq!(large.status, 413, "{path}");
        assert_eq!(Answer::of(server.bearer(&caller).request(Method::GET, path)).await.status, 405, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_revoking_are_limited_by_address() {
    let server = Server::start().await;
    let mut limited = None;
    for _ in 0..302 {
        let guess = pat_core::secret::TokenSecret::draw(pat_core::token::TokenKind::Personal, |bytes| rand::fill(bytes));
        let answer = revoke(&server, None, guess.expose()).await;
        if answer.status == 429 {
            limited = Some(answer);
            break;
        }
        assert_eq!(answer.status, 200);
    }
    let limited = limited.unwrap();
    assert_eq!((limited.header("retry-after"), &limited.body["error"]), ("60", &json!("temporarily_unavailable")));
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    assert_eq!(revoke(&server, None, &bearer.token).await.status, 200, "a real one is ended nevertheless");
    assert_eq!(bearer.get("/auth.info").await.status, 401);
}
