//! Forward authorization: who may ask, what is refused, what an upstream is told.

use reqwest::{Client, Method, RequestBuilder};

use crate::support::{Answer, Browser, Server, json};

/// A company's own API behind the gateway, with the demo's people.
const SHOP: &str = r#"
everyone = ["items:read"]
features = []
scopes = [
  { name = "items:read", group = "Items", access = "read", description = "Read items" },
  { name = "items:write", group = "Items", access = "write", description = "Change items" },
]
roles = [{ name = "workspace_admin", label = "Admin", description = "Everything", scopes = "all" }]
methods = [
  { name = "items.list", verb = "GET", paths = ["/v1/items"], scopes = ["items:read"] },
  { name = "items.read", verb = "GET", paths = ["/v1/items/{id}"], scopes = ["items:read"] },
  { name = "items.change", verb = "PUT", paths = ["/v1/items/{id}"], scopes = ["items:read", "items:write"] },
  { name = "items.batch", verb = "POST", paths = ["/batch"], scopes = ["items:write"] },
]
"#;

/// A server that knows the shop's policy and takes this machine for a gateway.
async fn shop() -> Server {
    Server::start_with(|app| {
        app.policy = SHOP.parse_policy();
        app.gateways = vec!["127.0.0.0/8".parse().unwrap()];
        app.trusted_proxies = app.gateways.clone();
    })
    .await
}

trait ParsePolicy {
    fn parse_policy(&self) -> pat_core::policy::Policy;
}

impl ParsePolicy for str {
    fn parse_policy(&self) -> pat_core::policy::Policy {
        pat_core::policy::Policy::parse(self).unwrap()
    }
}

/// How each of the gateways tells of the original request.
#[derive(Clone, Copy, Debug)]
enum Gateway {
    Nginx,
    Traefik,
    Caddy,
    Envoy,
}

const GATEWAYS: [Gateway; 4] = [Gateway::Nginx, Gateway::Traefik, Gateway::Caddy, Gateway::Envoy];

impl Gateway {
    /// The request that the gateway's documentation shows.
    fn ask(self, server: &Server, verb: &str, uri: &str) -> RequestBuilder {
        let url = format!("{}/gateway/authorize", server.base);
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        match self {
            // https://nginx.org/en/docs/http/ngx_http_auth_request_module.html: a subrequest is a GET without a body.
            Self::Nginx => client.get(url).header("x-original-method", verb).header("x-original-uri", uri),
            // https://doc.traefik.io/traefik/middlewares/http/forwardauth/#forward-request-headers
            Self::Traefik => client
                .get(url)
                .header("x-forwarded-method", verb)
                .header("x-forwarded-proto", "https")
                .header("x-forwarded-host", "api.acme.example")
                .header("x-forwarded-uri", uri)
                .header("x-forwarded-for", "198.51.100.7"),
            // https://caddyserver.com/docs/caddyfile/directives/forward_auth#expanded-form
            Self::Caddy => client.get(url).header("x-forwarded-method", verb).header("x-forwarded-uri", uri),
            // The extension's HttpService: the original verb, `path_prefix` before the original path, content-length 0.
            Self::Envoy => {
                client.request(verb.parse().unwrap(), format!("{}/gateway/envoy{uri}", server.base)).header("content-length", "0")
            }
        }
    }
}

async fn verdict(request: RequestBuilder) -> (u16, String) {
    let answer = Answer::of(request).await;
    (answer.status, answer.body["error"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_gateway_s_question_is_answered_with_who_calls() {
    let server = shop().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["items:read"]).await;
    let name = server.text(&format!("SELECT name AS text FROM tokens WHERE id = '{id}'")).await;
    for gateway in GATEWAYS {
        let answer = Answer::of(gateway.ask(&server, "GET", "/v1/items/7?full=1").bearer_auth(&bearer.token)).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{gateway:?}: {answer:?}");
        assert_eq!(answer.header("x-auth-user"), "member@demo.test");
        assert_eq!(answer.header("x-auth-user-id"), server.user_id("member@demo.test").await);
        assert_eq!((answer.header("x-auth-token-id"), answer.header("x-auth-token-name")), (id.as_str(), name.as_str()));
        assert_eq!((answer.header("x-auth-scopes"), answer.header("cache-control")), ("items:read", "no-store"));
        assert_eq!(verdict(gateway.ask(&server, "HEAD", "/v1/items").bearer_auth(&bearer.token)).await.0, 200, "{gateway:?}");
    }
    let rows = server
        .texts("SELECT concat_ws(' ', outcome, method, context->>'forwarded_path', user_email) AS text FROM audit_events WHERE event_type = 'web_api.called' AND method = 'items.read'")
        .await;
    assert_eq!(rows, ["succeeded items.read /v1/items/7 member@demo.test"; 4], "the path is on record, the query isn't");
    assert_eq!(server.count("token_usage WHERE last_used_at IS NOT NULL").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_come_in_statuses_that_gateways_pass_on() {
    let server = shop().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
    let (dead, dead_id) = server.token(&server.sign_in("admin@demo.test").await, &["items:read"]).await;
    server.sql(&format!("UPDATE tokens SET revoked_at = pat_now() WHERE id = '{dead_id}'")).await;
    for gateway in GATEWAYS {
        let ask = |verb: &str, uri: &str| gateway.ask(&server, verb, uri);
        let nobody = Answer::of(ask("GET", "/v1/items")).await;
        assert_eq!((nobody.verdict(), nobody.header("www-authenticate")), ((401, "not_authed"), "Bearer"), "{gateway:?}");
        for token in [dead.token.as_str(), "nonsense"] {
            let refused = Answer::of(ask("GET", "/v1/items").bearer_auth(token)).await;
            assert_eq!((refused.verdict(), refused.header("www-authenticate")), ((401, "invalid_auth"), r#"Bearer error="invalid_token""#));
        }
        let lacking = Answer::of(ask("PUT", "/v1/items/7").bearer_auth(&bearer.token)).await;
        assert_eq!(lacking.verdict(), (403, "not_authorized"), "{gateway:?}");
        assert_eq!(lacking.header("www-authenticate"), r#"Bearer error="insufficient_scope", scope="items:read items:write""#);
        for (verb, uri, code) in [
            ("GET", "/v1/secrets", "unknown_method"),
            ("GET", "/V1/items", "unknown_method"),
            ("DELETE", "/v1/items/7", "method_not_allowed"),
            ("OPTIONS", "/v1/items", "method_not_allowed"),
            ("GET", "/v1/items/", "invalid_path"),
            ("GET", "//v1/items", "invalid_path"),
            ("GET", "/v1/items/a%2Fb", "invalid_path"),
        ] {
            let refused = Answer::of(ask(verb, uri).bearer_auth(&bearer.token)).await;
            assert_eq!(refused.verdict(), (403, code), "{gateway:?} {verb} {uri}");
            assert_eq!((refused.header("cache-control"), refused.header("allow"), refused.header("x-auth-user")), ("no-store", "", ""));
        }
        let two = ask("GET", "/v1/items").bearer_auth(&bearer.token).header("authorization", "Bearer other");
        assert_eq!(verdict(two).await, (403, "invalid_request".into()), "{gateway:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_contradicts_itself_is_refused() {
    let server = shop().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
    let url = format!("{}/gateway/authorize", server.base);
    let ask = || Client::new().get(&url).bearer_auth(&bearer.token);
    let original = || ask().header("x-original-method", "GET").header("x-original-uri", "/v1/items");
    let envoy = || Gateway::Envoy.ask(&server, "GET", "/v1/items").bearer_auth(&bearer.token);
    assert_eq!(verdict(original()).await.0, 200);
    assert_eq!(verdict(envoy()).await.0, 200);
    for (what, request) in [
        ("nothing", ask()),
        ("only a verb", ask().header("x-original-method", "GET")),
        ("only a path", ask().header("x-forwarded-uri", "/v1/items")),
        ("half of each", ask().header("x-original-method", "GET").header("x-forwarded-uri", "/v1/items")),
        ("two kinds", original().header("x-forwarded-method", "GET").header("x-forwarded-uri", "/v1/items")),
        ("half a second kind", original().header("x-forwarded-uri", "/v1/secrets")),
        ("two paths", original().header("x-original-uri", "/v1/items")),
        ("two verbs", original().header("x-original-method", "PUT")),
        ("a path that is no text", ask().header("x-original-method", "GET").header("x-original-uri", b"/v1/items/\xff".as_slice())),
        ("Envoy's path and a header", envoy().header("x-forwarded-uri", "/v1/items")),
        ("another path for the upstream", original().header("x-original-url", "/v1/secrets")),
        ("another path for the upstream", original().header("x-rewrite-url", "/v1/secrets")),
        ("another verb for the upstream", original().header("x-http-method-override", "DELETE")),
        ("another verb for the upstream", envoy().header("x-http-method-override", "DELETE")),
    ] {
        assert_eq!(verdict(request).await, (403, "invalid_request".into()), "{what}");
    }
    for verb in ["get", "", "GET,PUT", "TRACE", "CONNECT"] {
        let request = ask().header("x-original-method", verb).header("x-original-uri", "/v1/items");
        assert_eq!(verdict(request).await.0, 403, "{verb:?}");
    }
    assert_eq!(server.count("audit_events WHERE event_type = 'web_api.called' AND outcome = 'succeeded'").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_below_the_gateway_s_paths_is_ever_a_page() {
    let server = shop().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
    for path in [
        "/gateway",
        "/gateway/",
        "/gateway/authorize/",
        "/gateway/authorize/v1/items",
        "/gateway/envoy",
        "/gateway/envoy/",
        "/gateway/envoyv1",
        "/gatewayx",
    ] {
        for verb in ["GET", "HEAD", "POST", "PUT"] {
            let answer = Answer::of(bearer.request(verb.parse().unwrap(), path)).await;
            assert_eq!(answer.status, 404, "{verb} {path}");
        }
    }
    // An upstream's own path that is spelt like one of ours is still the upstream's.
    assert_eq!(verdict(Gateway::Envoy.ask(&server, "POST", "/batch").bearer_auth(&bearer.token)).await, (403, "not_authorized".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_configured_gateways_may_ask() {
    for gateways in [vec![], vec!["10.0.0.0/8".parse().unwrap()]] {
        let server = Server::start_with(|app| {
            app.policy = SHOP.parse_policy();
            app.gateways = gateways;
        })
        .await;
        let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
        for gateway in GATEWAYS {
            let request = gateway.ask(&server, "GET", "/v1/items").bearer_auth(&bearer.token).header("x-forwarded-for", "10.0.0.1");
            let answer = Answer::of(request).await;
            assert_eq!((answer.verdict(), answer.header("x-auth-user")), ((404, "not_found"), ""), "{gateway:?}");
        }
        let batch = json!({ "requests": [{ "token": bearer.token, "method": "GET", "uri": "/v1/items" }] });
        assert_eq!(bearer.post("/gateway/authorize/batch", batch).await.verdict(), (404, "not_found"));
        assert_eq!(server.count("audit_events WHERE event_type = 'web_api.called'").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_delete_is_known_to_the_next_question() {
    let server = shop().await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["items:read"]).await;
    let ask = || verdict(Gateway::Caddy.ask(&server, "GET", "/v1/items").bearer_auth(&bearer.token));
    assert_eq!(ask().await.0, 200);
    assert_eq!(ask().await.0, 200, "from the cache");
    assert_eq!(owner.delete_token(&id).await.status, 204);
    assert_eq!(ask().await, (401, "invalid_auth".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_log_nothing_is_allowed() {
    let server = shop().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
    let ask = || verdict(Gateway::Nginx.ask(&server, "GET", "/v1/items").bearer_auth(&bearer.token));
    assert_eq!(ask().await.0, 200);
    server.sql("ALTER TABLE audit_events ADD CONSTRAINT none CHECK (event_type <> 'web_api.called') NOT VALID").await;
    assert!(ask().await.0 >= 500, "not recorded, so not allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_s_address_is_the_one_that_the_gateway_saw() {
    let server = shop().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["items:read"]).await;
    assert_eq!(verdict(Gateway::Traefik.ask(&server, "GET", "/v1/items").bearer_auth(&bearer.token)).await.0, 200);
    let ip = server.text("SELECT host(ip) AS text FROM audit_events WHERE event_type = 'web_api.called'").await;
    assert_eq!(ip, "198.51.100.7");
}

async fn organization_token(server: &Server, admin: &Browser, name: &str, scopes: &[&str]) -> String {
    let request = json!({ "name": name, "expiration": { "type": "never" }, "scopes": scopes });
    let made = admin.post("/api/admin/organization-tokens", request).await;
    assert_eq!(made.status, 201, "{made:?} of {}", server.base);
    made.body["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_token_has_no_user_and_says_so() {
    let server = shop().await;
    let token = organization_token(&server, &server.sign_in("admin@demo.test").await, "Zoë's job", &["items:read"]).await;
    let answer = Answer::of(Gateway::Nginx.ask(&server, "GET", "/v1/items").bearer_auth(token)).await;
    assert_eq!(answer.status, 200);
    // Empty, not absent: a gateway that copies them overwrites what a client sent.
    assert!(answer.headers.contains_key("x-auth-user") && answer.headers.contains_key("x-auth-user-id"));
    assert_eq!((answer.header("x-auth-user"), answer.header("x-auth-user-id")), ("", ""));
    assert_eq!(answer.header("x-auth-token-name"), "Zo%C3%AB's job");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_a_verdict_for_each_of_its_requests() {
    let server = shop().await;
    let (member, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    let ((one, _), (two, two_id)) =
        (server.token(&member, &["items:read"]).await, server.token(&admin, &["items:read", "items:write"]).await);
    let asked = |token: &str, method: &str, uri: &str| json!({ "token": token, "method": method, "uri": uri });
    let requests = [
        asked(&one.token, "GET", "/v1/items?x=1"),
        asked(&two.token, "PUT", "/v1/items/7"),
        asked(&one.token, "PUT", "/v1/items/7"),
        asked("nonsense", "GET", "/v1/items"),
        asked("", "GET", "/v1/items"),
        asked(&one.token, "GET", "/v1/../v1/items"),
        asked(&one.token, "GET", "/v1/secrets"),
    ];
    let batch = |requests: &[serde_json::Value]| {
        let request = Client::new().post(format!("{}/gateway/authorize/batch", server.base));
        Answer::of(request.json(&json!({ "requests": requests })))
    };
    let answer = batch(&requests).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{answer:?}");
    let verdicts = answer.body["verdicts"].as_array().unwrap();
    let statuses: Vec<_> =
        verdicts.iter().map(|verdict| (verdict["status"].as_u64().unwrap(), verdict["error"].as_str().unwrap_or(""))).collect();
    assert_eq!(
        statuses,
        [
            (200, ""),
            (200, ""),
            (403, "not_authorized"),
            (401, "invalid_auth"),
            (401, "not_authed"),
            (403, "invalid_path"),
            (403, "unknown_method")
        ]
    );
    let identity = &verdicts[1]["identity"];
    assert_eq!((&identity["user"], &identity["token_id"]), (&json!("admin@demo.test"), &json!(two_id)));
    assert_eq!(identity["scopes"], json!(["items:read", "items:write"]));
    assert_eq!(verdicts[2]["challenge"], r#"Bearer error="insufficient_scope", scope="items:read items:write""#);
    assert_eq!(verdicts[2].get("identity"), None);
    let rows = server.count("audit_events WHERE event_type = 'web_api.called'").await;
    assert_eq!(rows, 3, "a row for each live token");

    let many = vec![asked(&one.token, "GET", "/v1/items"); 256];
    assert_eq!(batch(&many).await.body["verdicts"].as_array().unwrap().iter().filter(|verdict| verdict["status"] == 200).count(), 256);
    assert_eq!(server.count("audit_events WHERE event_type = 'web_api.called'").await, rows + 256);
    assert_eq!(batch(&vec![asked(&one.token, "GET", "/v1/items"); 257]).await.refused_fields(), ["requests: too_long"]);
    assert_eq!(batch(&[]).await.refused_fields(), ["requests: required"]);
    assert_eq!(batch(&[json!({ "token": one.token, "method": "GET", "uri": "/v1/items", "as": "root" })]).await.status, 422);
    let get = Answer::of(one.request(Method::GET, "/gateway/authorize/batch")).await;
    assert_eq!(get.status, 405);
}
