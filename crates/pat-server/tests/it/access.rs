//! Every route × every wrong caller. The routes come from the server's own tables, so a new one can't be missed.

use pat_core::policy::{Method as PolicyMethod, Verb};
use pat_server::routes;
use pat_server::web_api::is_web_api;
use reqwest::{Client, Method};

use crate::support::{Answer, Bearer, Browser, Server, json};

/// Console routes that need no session. The list may only shrink.
const OPEN: [(&str, &str); 3] = [("post", "/api/session"), ("post", "/api/password"), ("get", "/api/openapi.json")];

/// Verb and path of each operation of the Console API, as the description has them.
fn operations(server: &Server) -> Vec<(String, String)> {
    let api = serde_json::to_value(routes::openapi(&server.app.policy)).unwrap();
    let mut routes = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for verb in item.as_object().unwrap().keys().filter(|_| path.starts_with("/api/")) {
            routes.push((verb.clone(), path.clone()));
        }
    }
    assert!(routes.len() >= 10, "{routes:?}");
    routes
}

/// The same, with ids that name nothing.
fn console_routes(server: &Server) -> Vec<(String, String)> {
    let id = uuid::Uuid::now_v7().to_string();
    operations(server).into_iter().map(|(verb, path)| (verb, path.replace("{id}", &id))).collect()
}

fn verb(verb: &str) -> Method {
    verb.to_uppercase().parse().unwrap()
}

async fn ask(browser: &Browser, method: &str, path: &str) -> Answer {
    Answer::of(browser.request(verb(method), path).header("if-match", "\"1\"").json(&json!({}))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_console_route_answers_without_a_session() {
    let server = Server::start().await;
    let (expired, ended) = (server.sign_in("admin@demo.test").await, server.sign_in("member@demo.test").await);
    server.sql("UPDATE sessions SET expires_at = now() WHERE user_id = (SELECT id FROM users WHERE email = 'admin@demo.test')").await;
    server.sql("UPDATE sessions SET ended_at = now() WHERE user_id = (SELECT id FROM users WHERE email = 'member@demo.test')").await;
    for (method, path) in console_routes(&server) {
        if OPEN.contains(&(&method, &path)) {
            continue;
        }
        for browser in [&server.visitor(), &expired, &ended] {
            assert_eq!(ask(browser, &method, &path).await.verdict(), (401, "not_signed_in"), "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_console_route_takes_a_token_or_another_site_s_request() {
    let server = Server::start().await;
    let browser = server.sign_in("admin@demo.test").await;
    let (bearer, _) = server.token(&browser, &["auditLogs:read", "catalog:read"]).await;
    for (method, path) in console_routes(&server) {
        if !OPEN.contains(&(&method, &path)) {
            let request = bearer.request(verb(&method), &path).header("origin", &server.base).json(&json!({}));
            assert_eq!(Answer::of(request).await.verdict(), (401, "not_signed_in"), "{method} {path}");
        }
        if method != "get" {
            let request = browser.request(verb(&method), &path).header("origin", "https://evil.example").json(&json!({})).build().unwrap();
            // `Origin` stands there twice now: the first is the page's own, added by the test's browser.
            let cross =
                Client::new().request(verb(&method), request.url().clone()).header("origin", "https://evil.example").json(&json!({}));
            assert_eq!(Answer::of(cross).await.verdict(), (403, "cross_site"), "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_routes_are_for_workspace_admins() {
    let server = Server::start().await;
    let routes: Vec<_> = console_routes(&server).into_iter().filter(|(_, path)| path.starts_with("/api/admin/")).collect();
    assert!(routes.len() >= 2);
    for email in ["member@demo.test", "scorecards@demo.test", "selfservice@demo.test", "snapshots@demo.test", "database@demo.test"] {
        let browser = server.sign_in(email).await;
        for (method, path) in &routes {
            assert_eq!(ask(&browser, method, path).await.verdict(), (403, "forbidden"), "{email}: {method} {path}");
        }
    }
}

/// Every row of what an admin could change, as text.
async fn state(server: &Server) -> Vec<String> {
    let mut rows = Vec::new();
    for table in ["users", "user_roles", "tokens", "token_usage", "account_settings", "password_links", "token_changes"] {
        rows.extend(server.texts(&format!("SELECT '{table} ' || t::text AS text FROM {table} t ORDER BY 1")).await);
    }
    rows.extend(server.texts("SELECT id || ' ' || coalesce(ended_at::text, '') AS text FROM sessions ORDER BY 1").await);
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_account_is_not_there_for_its_admins() {
    let server = Server::start().await;
    let (admin, other) = (server.sign_in("admin@demo.test").await, server.sign_in("admin@other.test").await);
    let (_, token) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    let request = json!({ "name": "ci", "expiration": { "type": "never" }, "scopes": ["catalog:read"] });
    let organization_token = admin.post("/api/admin/organization-tokens", request).await.body["organization_token"]["id"].clone();
    let organization_token = organization_token.as_str().unwrap();
    let user = server.user_id("member@demo.test").await;
    let nothing = json!({ "act": { "type": "resume" }, "target": { "type": "selected", "ids": [token] } });
    let change = admin.post("/api/admin/tokens/changes", nothing).await.body["id"].as_str().unwrap().to_owned();
    while server.count("token_changes WHERE state <> 'finished'").await > 0 {
        tokio::task::yield_now().await;
    }
    let before = state(&server).await;
    let mut seen = 0;
    for (method, template) in operations(&server) {
        if !template.starts_with("/api/admin/") || !template.contains("{id}") {
            continue;
        }
        let ids = match template.split_once("/{id}").unwrap().0 {
            "/api/admin/users" => vec![user.as_str()],
            "/api/admin/tokens" => vec![token.as_str(), organization_token],
            "/api/admin/tokens/changes" => vec![change.as_str()],
            "/api/admin/organization-tokens" => vec![organization_token],
            _ => panic!("{template}: which id of the demo account stands here?"),
        };
        for id in ids {
            let path = template.replace("{id}", id);
            assert_eq!(ask(&other, &method, &path).await.verdict(), (404, "not_found"), "{method} {path}");
            seen += 1;
        }
    }
    assert!(seen >= 10, "{seen}");
    assert_eq!(state(&server).await, before, "nothing changed");
}

async fn call(bearer: &Bearer, method: Verb, path: &str) -> Answer {
    Answer::of(bearer.request(method.as_str().parse().unwrap(), path)).await
}

/// The methods of the table that this server serves, with each of their paths.
fn web_api_paths(server: &Server) -> Vec<(&PolicyMethod, String)> {
    let methods = server.app.policy.methods().iter();
    let paths = methods.flat_map(|method| method.paths.iter().map(move |path| (method, path.to_string())));
    paths.filter(|(_, path)| is_web_api(path)).collect()
}

/// What is neither the Console API nor the Web API: gateways by their address, services by their token, command lines by a code.
#[tokio::test(flavor = "multi_thread")]
async fn no_route_beside_them_answers_without_its_caller_s_credential() {
    let server = Server::start().await;
    let api = serde_json::to_value(routes::openapi(&server.app.policy)).unwrap();
    let mut seen = 0;
    for (path, item) in
        api["paths"].as_object().unwrap().iter().filter(|(path, _)| ["/gateway/", "/oauth/", "/cli/"].iter().any(|by| path.starts_with(by)))
    {
        // A page is there for everybody.
        for method in item.as_object().unwrap().keys().filter(|method| path != "/cli/device" || *method != "get") {
            let url = format!("{}{}", server.base, path.replace("{original}", "auth.info"));
            let request = || Client::new().request(verb(method), &url).header("origin", &server.base);
            let answers = [request(), request().json(&json!({})), request().bearer_auth("nonsense").form(&[("token", "nonsense")])];
            for answer in answers {
                let status = Answer::of(answer).await.status;
                // A form alone may ask for the end of the token in it, and here it holds none that works.
                let expected: &[u16] = match path.as_str() {
                    path if path.starts_with("/gateway/") => &[404],
                    // Anybody may begin on a device; what comes of it is up to who is signed in.
                    "/cli/device" => &[200],
                    _ => &[400, 401],
                };
                assert!(expected.contains(&status), "{method} {path}: {status}");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 7 + 7 + 1 + 2 + 2, "authorize, the same for Envoy, the batch, introspection and revocation, command lines");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_web_api_method_wants_a_token_and_all_its_scopes() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let (all, id) = server.token(&admin, &["catalog:read"]).await;
    let everything: Vec<_> = server.app.policy.scopes().iter().map(|scope| scope.name.clone()).collect();
    assert_eq!(admin.edit(&id, 1, json!({ "scopes": everything })).await.status, 200);
    let (none, id) = server.token(&admin, &["catalog:read"]).await;
    server.sql(&format!("UPDATE tokens SET scopes = '{{}}' WHERE id = '{id}'")).await;
    let (dead, id) = server.token(&admin, &["catalog:read"]).await;
    admin.delete_token(&id).await;
    for (method, path) in web_api_paths(&server) {
        let needed = server.app.policy.scope_names(method.scopes);
        let nobody = Answer::of(Client::new().request(method.verb.as_str().parse().unwrap(), format!("{}{path}", server.base))).await;
        assert_eq!(nobody.verdict(), (401, "not_authed"), "{path}");
        assert_eq!(call(&dead, method.verb, &path).await.verdict(), (401, "invalid_auth"), "{path}");
        let refused = call(&none, method.verb, &path).await;
        if needed.is_empty() {
            assert_eq!(refused.status, 200, "{path}");
        } else {
            assert_eq!(refused.verdict(), (403, "not_authorized"), "{path}");
            assert_eq!(refused.body["error_details"]["missing_scopes"], json!(needed), "{path}");
        }
        let allowed = call(&all, method.verb, &path).await;
        assert!([200, 422, 501].contains(&allowed.status), "{path}: {allowed:?}");
    }
    let calls = server.count("audit_log WHERE event_type = 'web_api.called' AND token_name IS NOT NULL").await;
    let paths = web_api_paths(&server).len();
    // Two live tokens a path, and at least one row for the dead one.
    assert!(calls > i64::try_from(2 * paths).unwrap(), "{calls} rows for {paths} paths");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_holds_both_surfaces() {
    let server = Server::start().await;
    let api = server.visitor().get("/api/openapi.json").await;
    assert_eq!((api.status, &api.body["openapi"]), (200, &json!("3.1.0")));
    let create = &api.body["paths"]["/api/personal-access-tokens"]["post"];
    assert_eq!(create["requestBody"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/CreateToken");
    assert_eq!(create["responses"]["default"]["content"].as_object().unwrap().keys().collect::<Vec<_>>(), ["application/problem+json"]);
    for (method, path) in web_api_paths(&server) {
        let operation = &api.body["paths"][&path][method.verb.as_str().to_lowercase()];
        assert_eq!(operation["security"][0]["token"], json!(server.app.policy.scope_names(method.scopes)), "{path}");
    }
}
