//! What a client can rely on whatever it calls: the challenge, the request id, the description and its pages.

use std::collections::BTreeSet;

use pat_core::policy::{Method as PolicyMethod, Policy, Verb};
use pat_core::token::TokenKind;
use pat_server::routes;
use pat_server::web_api::describe::described;
use pat_server::web_api::is_web_api;
use reqwest::{Client, Method};
use serde_json::Value;

use crate::support::{Answer, Bearer, Server, json};

/// The methods of the table that this server serves, with each of their paths.
fn web_api_paths(policy: &Policy) -> Vec<(&PolicyMethod, String)> {
    let paths = policy.methods().iter().flat_map(|method| method.paths.iter().map(move |path| (method, path.to_string())));
    paths.filter(|(_, path)| is_web_api(path)).collect()
}

async fn call(bearer: &Bearer, verb: Verb, path: &str) -> Answer {
    Answer::of(bearer.request(verb.as_str().parse().unwrap(), path)).await
}

/// A token with every scope.
pub async fn almighty(server: &Server) -> Bearer {
    let admin = server.sign_in("admin@demo.test").await;
    let (bearer, id) = server.token(&admin, &["catalog:read"]).await;
    let everything: Vec<_> = server.app.policy.scopes().iter().map(|scope| scope.name.clone()).collect();
    assert_eq!(admin.edit(&id, 1, json!({ "scopes": everything })).await.status, 200);
    bearer
}

fn description(server: &Server) -> Value {
    serde_json::to_value(routes::openapi(&server.app.policy)).unwrap()
}

fn collect_references(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            names.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| collect_references(value, names));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, names)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_challenge_names_all_that_a_method_needs() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let (bearer, id) = server.token(&admin, &["catalog:read"]).await;
    let mut granted = BTreeSet::new();
    for (method, path) in web_api_paths(&server.app.policy) {
        assert!(method.kinds.contains(&TokenKind::Personal), "{path}: another kind needs a token of its own here");
        server.sql(&format!("UPDATE tokens SET scopes = '{{}}' WHERE id = '{id}'")).await;
        let refused = call(&bearer, method.verb, &path).await;
        if refused.status == 403 {
            let challenge = refused.header("www-authenticate").to_owned();
            let scopes = challenge.strip_prefix(r#"Bearer error="insufficient_scope", scope=""#).and_then(|rest| rest.strip_suffix('"'));
            let scopes: Vec<&str> = scopes.unwrap_or_else(|| panic!("{path}: {challenge}")).split(' ').collect();
            granted.extend(scopes.iter().map(ToString::to_string));
            let version = admin.token(&id).await.body["version"].as_i64().unwrap();
            assert_eq!(admin.edit(&id, version, json!({ "scopes": scopes })).await.status, 200, "{path}: {scopes:?}");
        }
        let answer = call(&bearer, method.verb, &path).await;
        assert!(![401, 403].contains(&answer.status), "{path}: {answer:?}");
    }
    assert!(granted.len() >= 15, "{granted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_id_of_an_answer_finds_its_row() {
    let server = Server::start().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, _) = server.token(&owner, &["catalog:read"]).await;
    let rows = "SELECT request_id::text AS text FROM audit_log ORDER BY time DESC, id DESC LIMIT 1";
    for (path, status) in [("/auth.info", 200), ("/snapshots.list", 403), ("/entities.info", 422), ("/entities.info?identifier=x", 404)] {
        let answer = bearer.get(path).await;
        assert_eq!((answer.status, answer.header("x-request-id")), (status, server.text(rows).await.as_str()), "{path}");
    }
    let refused = owner.mint("x", &["no:such"]).await;
    assert_eq!((refused.status, refused.header("x-request-id")), (422, server.text(rows).await.as_str()));
    // What leaves no row has one for the log.
    let large = || "x".repeat(1024 * 1024 + 1);
    for request in [
        Client::new().get(format!("{}/auth.info", server.base)),
        Client::new().get(format!("{}/no.such", server.base)),
        Client::new().put(format!("{}/auth.info", server.base)),
        Client::new().get(format!("{}/nope", server.base)),
        Client::new().get(format!("{}/docs", server.base)),
        Client::new().put(format!("{}/api/session", server.base)).body(large()),
        bearer.request(Method::POST, "/entities.create").body(large()),
    ] {
        let answer = Answer::of(request).await;
        assert_eq!(answer.header("x-request-id").len(), 36, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_is_missing_from_the_description_and_none_is_invented() {
    let server = Server::start().await;
    let api = description(&server);
    assert_eq!(api, server.visitor().get("/api/openapi.json").await.body);
    let operations = |is_in: fn(&str) -> bool| -> BTreeSet<(String, String)> {
        let paths = api["paths"].as_object().unwrap().iter().filter(|(path, _)| is_in(path));
        paths.flat_map(|(path, item)| item.as_object().unwrap().keys().map(|verb| (verb.clone(), path.clone()))).collect()
    };
    let table = web_api_paths(&server.app.policy);
    let table: BTreeSet<_> = table.into_iter().map(|(method, path)| (method.verb.as_str().to_lowercase(), path)).collect();
    assert_eq!(operations(is_web_api), table);
    for (verb, path) in operations(|path| !is_web_api(path)) {
        let url = format!("{}{}", server.base, path.replace("{original}", "x").replace("{id}", &uuid::Uuid::nil().to_string()));
        let other = Client::new().request(Method::from_bytes(b"NONSENSE").unwrap(), url).header("origin", &server.base);
        let allowed = Answer::of(other).await;
        assert_eq!(allowed.status, 405, "{path}: is it routed?");
        assert!(allowed.header("allow").split(',').any(|one| one.eq_ignore_ascii_case(&verb)), "{verb} {path}: {allowed:?}");
        for allowed in allowed.header("allow").split(',').filter(|verb| *verb != "HEAD") {
            assert!(api["paths"][&path][allowed.to_lowercase()].is_object(), "{allowed} {path} is missing");
        }
    }
    for (path, item) in api["paths"].as_object().unwrap() {
        for parameter in item.as_object().unwrap().values().flat_map(|operation| operation["parameters"].as_array().into_iter().flatten()) {
            let name = parameter["name"].as_str().unwrap();
            assert_eq!(parameter["in"] == "path", path.contains(&format!("{{{name}}}")), "{path} {parameter}");
        }
    }
    let mut names = BTreeSet::new();
    collect_references(&api, &mut names);
    for name in names {
        assert!(api.pointer(name.strip_prefix('#').unwrap()).is_some(), "{name} is referred to, but isn't there");
    }
    // Whatever is routed by its description is in it; only pages may be routed otherwise.
    let by_hand = include_str!("../../src/routes.rs").split(".route(\"").skip(1).filter_map(|route| route.split('"').next());
    assert_eq!(by_hand.collect::<Vec<_>>(), ["/docs", "/docs/scopes", "/docs/docs.css"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_with_a_handler_is_described_as_it_is() {
    let server = Server::start().await;
    let (api, bearer) = (description(&server), almighty(&server).await);
    for (method, path) in web_api_paths(&server.app.policy) {
        let operation = &api["paths"][&path][method.verb.as_str().to_lowercase()];
        let answer = call(&bearer, method.verb, &path).await;
        let Some(described) = described(&method.name) else {
            assert_eq!(answer.status, 501, "{path} has a handler, but web_api::describe says nothing of it");
            assert!(operation["responses"]["501"].is_object() && operation["responses"]["200"].is_null(), "{path}: {operation}");
            continue;
        };
        assert!(operation["responses"]["501"].is_null(), "{path}: {operation}");
        let required: Vec<_> = described.arguments.iter().filter(|argument| argument.is_required).map(|argument| argument.name).collect();
        let missing: Vec<_> =
            answer.body["error_details"]["arguments"].as_array().into_iter().flatten().map(|one| &one["argument"]).collect();
        if method.name == "teams.info" {
            assert_eq!(missing, ["team_id", "reference_id"]);
        } else if required.is_empty() {
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
        } else {
            assert_eq!(answer.status, 422, "{path} says that it needs {required:?}: {answer:?}");
            assert!(missing.iter().all(|name| required.contains(&name.as_str().unwrap())), "{path}: {missing:?} of {required:?}");
        }
        if answer.status == 200 {
            let described: BTreeSet<_> = described.reply.iter().map(|member| member.name).chain(["ok"]).collect();
            let found: BTreeSet<_> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(found, described, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_api_has_every_operation_and_nothing_from_elsewhere() {
    let server = Server::start().await;
    let visitor = server.visitor();
    let page = visitor.get("/docs").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let api = description(&server);
    for (path, item) in api["paths"].as_object().unwrap() {
        for verb in item.as_object().unwrap().keys() {
            let is_current = item[verb]["deprecated"] != true;
            let shown = if is_current { format!("{}</span> {path}</code>", verb.to_uppercase()) } else { format!("<code>{path}</code>") };
            assert!(page.text.contains(&shown), "{shown}");
        }
    }
    for schema in api["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.text.contains(&format!("id=\"schema-{schema}\"")), "{schema}");
    }
    let scopes = visitor.get("/docs/scopes").await;
    for text in [&page.text, &scopes.text] {
        for no in ["<script", "style=", "src=", "http://", "https://"] {
            assert!(!text.contains(no), "{no}");
        }
        let ids: Vec<&str> = text.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "no id stands twice");
        assert!(ids.iter().all(|id| !id.contains(' ')), "{ids:?}");
        for link in text.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(unique.contains(&link), "nothing is at #{link}");
        }
    }
    let style = visitor.get("/docs/docs.css").await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(style.text.contains("prefers-color-scheme: dark") && style.text.contains(".docs-operation"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_scopes_is_made_from_the_policy_in_force() {
    let server = Server::start().await;
    let text = server.visitor().get("/docs/scopes").await.text;
    let of = |text: &str, scope: &str| -> String {
        let start = text.find(&format!("<h3 id=\"{scope}\"")).unwrap_or_else(|| panic!("{scope} is missing"));
        text[start..].split("</article>").next().unwrap().to_owned()
    };
    for scope in server.app.policy.scopes() {
        assert!(of(&text, &scope.name).contains(&scope.description), "{}", scope.name);
    }
    let admin = of(&text, "snapshots:admin");
    assert!(admin.contains("<dd>Workspace admin, Snapshot admin</dd>"), "{admin}");
    assert!(admin.contains("<code>snapshots.getFile</code> (with snapshots:read)"), "{admin}");
    let catalog = of(&text, "catalog:read");
    assert!(catalog.contains("<dd>everybody</dd>") && catalog.contains("<code>catalog.entities.list</code>"), "{catalog}");
    assert!(of(&text, "tokens:introspect").contains("<code>oauth.introspect</code> (organization tokens only)"));

    let table = r#"
        everyone = []
        features = []
        scopes = [{ name = "beer:pour", group = "Bar", access = "write", description = "Pour <beer>" }]
        roles = [
          { name = "workspace_admin", label = "Owner", description = "Owns", scopes = "all" },
          { name = "barkeeper", label = "Barkeeper", description = "Pours", scopes = ["beer:pour"] },
          { name = "guest", label = "Guest", description = "Drinks", scopes = [] },
        ]
        methods = [{ name = "beer.pour", verb = "POST", paths = ["/v1/pour"], scopes = ["beer:pour"] }]
    "#;
    let other = Server::start_with(|app| app.policy = Policy::parse(table).unwrap()).await;
    let text = other.visitor().get("/docs/scopes").await.text;
    let beer = of(&text, "beer:pour");
    assert!(beer.contains("<dd>Owner, Barkeeper</dd>") && beer.contains("<code>beer.pour</code>"), "{beer}");
    assert!(beer.contains("Pour &lt;beer&gt;"), "what an operator writes is text, not markup: {beer}");
    assert!(!text.contains("catalog:read") && text.contains("These roles add nothing to what everybody may: Guest."));
}
