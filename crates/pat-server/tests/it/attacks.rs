//! What was done to other token systems, done to this one. Where it matters there are two servers on one database, each with a
//! cache of its own that knows the token well.

use pat_core::secret::TokenSecret;
use pat_server::app::SharedApp;
use pat_server::store::principals;
use reqwest::Method;

use crate::people::Admin;
use crate::support::{Answer, Bearer, Browser, Server, json, serve};

/// A second server on the same database.
struct Second {
    base: String,
    app: SharedApp,
}

impl Second {
    async fn start(server: &Server) -> Self {
        let (base, app) = serve(&server.database.url).await;
        Self { base, app }
    }

    /// The same token there; it has been used, so it is in the cache.
    async fn knows(&self, bearer: &Bearer) -> Bearer {
        let there = Bearer::new(&self.base, &bearer.token);
        assert_eq!(there.get("/auth.info").await.status, 200);
        assert_eq!(self.app.principals.counts().refills, 1);
        there
    }
}

async fn create_entity(bearer: &Bearer, identifier: &str) -> Answer {
    bearer.post("/entities.create", json!({ "identifier": identifier, "type": "service" })).await
}

async fn secret_of(browser: &Browser, name: &str, scopes: &[&str]) -> String {
    browser.mint(name, scopes).await.body["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_token_gives_a_demoted_owner_nothing_that_the_role_gave() {
    let server = Server::start().await;
    let second = Second::start(&server).await;
    let owner = server.sign_in("database@demo.test").await;
    let (bearer, _) = server.token(&owner, &["catalog:write:entities"]).await;
    let there = second.knows(&bearer).await;
    assert_eq!(create_entity(&there, "before").await.status, 200);
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    assert_eq!(admin.set_roles(&server, "database@demo.test", &["contributor"]).await.status, 200);
    assert_eq!(create_entity(&there, "after").await.verdict(), (403, "not_authorized"));
    assert_eq!(server.texts("SELECT identifier AS text FROM resources WHERE identifier IN ('before', 'after')").await, ["before"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_token_mints_and_edits_no_token_at_all() {
    let server = Server::start().await;
    let owner = server.sign_in("admin@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    let wide = json!({ "name": "wide", "expiration": { "type": "never" }, "scopes": ["catalog:write:entities"] });
    assert_eq!(bearer.post("/api/personal-access-tokens", wide).await.status, 403, "no session, no origin");
    let edit = bearer.request(Method::PATCH, &format!("/api/personal-access-tokens/{id}")).header("origin", &server.base);
    let edit = edit.header("if-match", "\"1\"").json(&json!({ "scopes": ["catalog:write:entities"] }));
    assert_eq!(Answer::of(edit).await.status, 401, "a token is no session");
    assert_eq!(server.texts("SELECT scopes::text AS text FROM tokens").await, ["{catalog:read}"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_served_from_no_server_s_cache() {
    let server = Server::start().await;
    let second = Second::start(&server).await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    let there = second.knows(&bearer).await;
    assert_eq!(owner.delete_token(&id).await.status, 204);
    assert_eq!(there.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fill_of_the_cache_that_lands_after_the_revocation_revives_nothing() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    let digest = TokenSecret::parse(&bearer.token).unwrap().digest();
    let read_before = principals::find(&mut server.database.connect().await, &server.app.policy, &digest).await.unwrap().unwrap();
    assert_eq!(owner.delete_token(&id).await.status, 204);
    server.app.principals.fill(digest, &read_before);
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_does_is_not_booked_on_the_human_alone() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let bearer = server.bearer(&secret_of(&owner, "for my agent", &["catalog:read"]).await);
    let call = bearer.request(Method::GET, "/entities.list");
    let call = call.header("x-dx-agent-name", "coder").header("x-dx-agent-session-id", "s-1").header("x-dx-agent-model", "large-2");
    assert_eq!(Answer::of(call).await.status, 200);
    let row = "SELECT concat_ws(' | ', user_email, token_name, agent_name, agent_session_id, agent_model) AS text FROM audit_log WHERE method IS NOT NULL";
    assert_eq!(server.text(row).await, "member@demo.test | for my agent | coder | s-1 | large-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_the_client_forges_is_not_believed() {
    let server = Server::start().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    let call = bearer.request(Method::GET, "/entities.list").header("x-forwarded-for", "203.0.113.9, 198.51.100.7");
    assert_eq!(Answer::of(call.header("forwarded", "for=203.0.113.9").header("x-real-ip", "203.0.113.9")).await.status, 200);
    assert_eq!(server.text("SELECT host(ip) AS text FROM audit_log WHERE method IS NOT NULL").await, "127.0.0.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_no_cache_key_and_stands_in_no_report() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let known = secret_of(&owner, "known", &["catalog:read"]).await;
    let unknown = TokenSecret::draw(pat_core::token::TokenKind::Personal, |bytes| rand::fill(bytes)).expose().to_owned();
    assert_eq!(server.bearer(&known).get("/auth.info").await.status, 200);
    assert_eq!(server.bearer(&unknown).get("/auth.info").await.status, 401);
    // What a crash report or a log would print of everything that the server holds.
    let report = format!("{:?}", server.app);
    for secret in [&known, &unknown] {
        // Without the kind in front, which everybody may know.
        let body = secret.rsplit('_').next().unwrap();
        assert!(body.len() > 20 && !report.contains(body));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_widens_nothing_beyond_the_role_nor_on_a_version_that_is_gone() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (_, id) = server.token(&owner, &["catalog:read", "snapshots:read"]).await;
    let beyond = owner.edit(&id, 1, json!({ "scopes": ["catalog:read", "catalog:write:entities"] })).await;
    assert_eq!((beyond.status, beyond.refused_fields()), (422, vec!["scopes: not_grantable".to_owned()]));
    assert_eq!(owner.edit(&id, 1, json!({ "scopes": ["catalog:read"] })).await.status, 200);
    assert_eq!(
        owner.edit(&id, 1, json!({ "scopes": ["catalog:read", "snapshots:read"] })).await.status,
        412,
        "what was narrowed meanwhile stays so"
    );
    assert_eq!(owner.edit(&id, 2, json!({ "expiration": { "type": "never" } })).await.status, 422);
    assert_eq!(server.text("SELECT scopes::text AS text FROM tokens").await, "{catalog:read}");
}
