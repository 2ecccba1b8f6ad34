//! The Web API: who may call what, and what a token's end looks like.

use reqwest::{Client, Method};
use serde_json::Value;

use crate::support::{Answer, Server, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_main_story_mint_call_edit_delete() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&browser, &["catalog:read"]).await;
    assert_eq!(bearer.get("/catalog.entities.list").await.status, 200);
    assert_eq!(bearer.get("/snapshots.list").await.verdict(), (403, "not_authorized"));
    browser.edit(&id, 1, json!({ "scopes": ["snapshots:read"] })).await;
    assert_eq!(bearer.get("/snapshots.list").await.status, 200, "a scope just granted works on the next call");
    assert_eq!(bearer.get("/catalog.entities.list").await.verdict(), (403, "not_authorized"), "one just taken doesn't");
    assert_eq!(browser.delete_token(&id).await.status, 204);
    assert_eq!(bearer.get("/snapshots.list").await.verdict(), (401, "invalid_auth"), "the very next call is refused");
    // The last use is noted beside the answer, not before it.
    let mut token = browser.token(&id).await.body;
    while token["last_used_at"].is_null() {
        token = browser.token(&id).await.body;
    }
    assert_eq!(
        (&token["last_used_ip"], &token["last_used_user_agent"]),
        (&json!("127.0.0.1"), &Value::Null),
        "the test's client sends none"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_expired_revoked_and_paused_tokens_look_alike_to_the_byte() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    // All within one minute, as a dead token has one row a minute.
    server.stop_clock(&server.text("SELECT now()::text AS text").await).await;
    let (revoked, id) = server.token(&browser, &["catalog:read"]).await;
    browser.delete_token(&id).await;
    let (expired, id) = server.token(&browser, &["catalog:read"]).await;
    server.sql(&format!("UPDATE tokens SET expires_at = pat_now() WHERE id = '{id}'")).await;
    let (paused, id) = server.token(&browser, &["catalog:read"]).await;
    server.sql(&format!("UPDATE tokens SET paused_until = pat_now() + interval '1 hour' WHERE id = '{id}'")).await;
    let never_made = pat_core::secret::TokenSecret::draw(pat_core::token::TokenKind::Personal, |bytes| bytes.fill(7));
    let unknown = server.bearer(never_made.expose());

    let mut seen = Vec::new();
    for bearer in [&unknown, &revoked, &expired, &paused, &server.bearer("dxp_mistyped")] {
        // Twice: the second refusal of a dead token takes another road.
        for path in ["/catalog.entities.list", "/teams.list"] {
            let mut answer = bearer.get(path).await;
            assert_eq!(answer.verdict(), (401, "invalid_auth"));
            for name in ["x-request-id", "date"] {
                answer.headers.remove(name);
            }
            seen.push(format!("{:?}{}", answer.headers, answer.text));
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
    let rows = server
        .texts("SELECT coalesce(context->>'token_status', reason) AS text FROM audit_log WHERE event_type = 'web_api.called' ORDER BY id")
        .await;
    assert_eq!(rows, ["revoked", "expired", "invalid_auth", "invalid_auth"], "the log tells them apart; a paused token is alive");
    server.sql("UPDATE tokens SET paused_until = pat_now()").await;
    assert_eq!(paused.get("/catalog.entities.list").await.status, 200, "a pause ends by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_until_the_second_it_expires() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let body = json!({ "name": "x", "scopes": ["catalog:read"], "expiration": { "type": "date", "date": "2090-06-30", "time_zone": "America/New_York" } });
    let created = browser.post("/api/personal-access-tokens", body).await;
    let bearer = server.bearer(created.body["token"].as_str().unwrap());
    for (clock, status) in
        [("2090-07-01 03:59:59Z", 200), ("2090-07-01 03:59:59.999999Z", 200), ("2090-07-01 04:00:00Z", 401), ("2090-07-01 04:00:01Z", 401)]
    {
        server.stop_clock(clock).await;
        assert_eq!(bearer.get("/auth.info").await.status, status, "{clock}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_what_is_missing() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let (bearer, _) = server.token(&admin, &["catalog:read"]).await;
    let refused = bearer.get("/snapshots.getFile").await;
    assert_eq!(refused.verdict(), (403, "not_authorized"));
    assert_eq!(refused.body["error_details"]["missing_scopes"], json!(["snapshots:read", "snapshots:admin"]));
    assert_eq!(refused.header("www-authenticate"), r#"Bearer error="insufficient_scope", scope="snapshots:read snapshots:admin""#);
    assert_eq!(refused.body["ok"], false);

    let (bearer, _) = server.token(&admin, &["snapshots:read", "snapshots:admin"]).await;
    let reached = bearer.get("/snapshots.getFile").await;
    assert_eq!(reached.verdict(), (501, "not_implemented"), "only after the scope check");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demotion_and_a_feature_switch_hold_on_live_tokens() {
    let server = Server::start().await;
    let browser = server.sign_in("database@demo.test").await;
    let (bearer, id) = server.token(&browser, &["catalog:read", "datacloud:query"]).await;
    server.sql("DELETE FROM user_roles WHERE role = 'database_admin'").await;
    let (missing, kept) = (bearer.get("/studio.queryRuns.info").await, bearer.get("/catalog.entities.list").await);
    assert_eq!((missing.status, kept.status), (403, 200));
    assert_eq!(browser.token(&id).await.body["effective_scopes"], json!(["catalog:read"]));
    server.sql("UPDATE account_settings SET features = '{datacloud}'").await;
    assert_eq!(bearer.get("/catalog.entities.list").await.verdict(), (403, "not_authorized"));
}

#[tokio::test(flavor = "multi_thread")]
async fn auth_info_and_whoami_describe_the_token() {
    let server = Server::start().await;
    let browser = server.sign_in("scorecards@demo.test").await;
    let created = browser.mint("dx-cli-laptop", &["scorecards:write", "catalog:read"]).await;
    let bearer = server.bearer(created.body["token"].as_str().unwrap());
    server.sql("UPDATE account_settings SET blocked_scopes = '{scorecards:write}'").await;
    let info = bearer.get("/auth.info").await.body;
    let token = &created.body["personal_access_token"];
    assert_eq!(
        info,
        json!({
            "ok": true,
            "auth": {
                "token_type": "personal_access_token",
                "token_name": "dx-cli-laptop",
                "scopes": ["catalog:read", "scorecards:write"],
                "effective_scopes": ["catalog:read"],
                "expires_at": token["expires_at"],
                "created_at": token["created_at"],
            },
            "account": { "name": "Demo" },
        })
    );
    let who = bearer.get("/auth.whoami").await.body;
    assert_eq!(who["user"], json!({ "id": "MTAwMw", "name": "Sofia Scorecards", "email": "scorecards@demo.test" }));
    let team = &who["team"];
    assert_eq!(
        (&who["auth_token_type"], &team["name"], &team["lead"]),
        (&json!("personal_access_token"), &json!("Platform"), &who["user"])
    );
    assert_eq!(team["contributors"], json!([who["user"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn entities_are_paged_filtered_and_searched() {
    let server = Server::start().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    let mut seen: Vec<String> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = bearer.get(&format!("/entities.list?limit=7&cursor={cursor}")).await;
        assert_eq!((page.status, &page.body["ok"]), (200, &json!(true)));
        let entities = page.body["entities"].as_array().unwrap();
        seen.extend(entities.iter().map(|entity| entity["identifier"].as_str().unwrap().to_owned()));
        match page.body["response_metadata"]["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let all = server.texts("SELECT identifier AS text FROM resources WHERE kind = 'entity' ORDER BY identifier").await;
    assert!(all.len() >= 40);
    assert_eq!(seen, all, "each once, whatever the page size");

    let services = bearer.get("/catalog.entities.list?type=service").await.body;
    assert!(services["entities"].as_array().unwrap().iter().all(|entity| entity["type"] == "service"));
    let found = bearer.get("/catalog.entities.list?search_term=ACCOUNTS-serv").await.body;
    assert_eq!(found["entities"][0]["identifier"], "accounts-service");
    let one = bearer.get("/entities.info?identifier=accounts-service").await.body;
    assert_eq!(one["entity"], found["entities"][0]);
    assert_eq!(bearer.get("/entities.info?identifier=nope").await.verdict(), (404, "not_found"));
    for query in ["limit=0", "limit=51", "limit=x", "cursor=nope", "cursor=e30"] {
        assert_eq!(bearer.get(&format!("/entities.list?{query}")).await.verdict(), (422, "invalid_arguments"), "{query}");
    }
    let missing = bearer.get("/entities.info").await;
    assert_eq!(missing.body["error_details"]["arguments"][0]["argument"], "identifier");

    let (other, _) = server.token(&server.sign_in("admin@other.test").await, &["catalog:read"]).await;
    assert_eq!(other.get("/entities.list").await.body["entities"], json!([]), "another account sees nothing of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn entities_are_created_and_deleted_by_json_form_and_query() {
    let server = Server::start().await;
    let scopes = ["catalog:read", "catalog:write:entities"];
    let (bearer, _) = server.token(&server.sign_in("database@demo.test").await, &scopes).await;
    let body = json!({
        "identifier": "payments-new", "type": "service", "name": "Payments", "description": null, "owner_user_emails": ["Member@demo.test"],
        "domain": null, "properties": { "tier": "tier-1", "gone": null }, "aliases": { "github_repo": [{ "identifier": "1" }], "none": [] },
    });
    let created = bearer.post("/catalog.entities.create", body.clone()).await;
    assert_eq!(created.status, 200, "{created:?}");
    let entity = &created.body["entity"];
    assert_eq!(entity["owner_users"], json!([{ "id": "MTAwMg", "email": "member@demo.test" }]));
    assert_eq!((&entity["properties"], &entity["description"]), (&json!({ "tier": "tier-1" }), &Value::Null));
    assert_eq!(entity["aliases"], json!({ "github_repo": [{ "identifier": "1" }] }));
    assert_eq!(bearer.post("/entities.create", body).await.verdict(), (409, "conflict"));

    let form = bearer.request(Method::POST, "/entities.create").form(&[("identifier", "by-form"), ("type", "service")]);
    assert_eq!(Answer::of(form).await.body["entity"]["identifier"], "by-form");
    let query = bearer.request(Method::POST, "/entities.delete?identifier=by-form").header("content-type", "application/json");
    assert_eq!(Answer::of(query).await.body["entity"]["identifier"], "by-form", "Terraform declares JSON and sends nothing");
    assert_eq!(bearer.post("/entities.delete", json!({ "identifier": "payments-new" })).await.status, 200);
    assert_eq!(bearer.post("/entities.delete", json!({ "identifier": "payments-new" })).await.verdict(), (404, "not_found"));

    for (body, argument) in [
        (json!({ "type": "service" }), "identifier"),
        (json!({ "identifier": "x", "type": "no-such-type" }), "type"),
        (json!({ "identifier": "x", "type": "service", "owner_team_ids": ["nope"] }), "owner_team_ids"),
        (json!({ "identifier": "x", "type": "service", "properties": [] }), "properties"),
        (json!({ "identifier": "x", "type": "service", "name": "a\u{0}" }), "name"),
    ] {
        let answer = bearer.post("/entities.create", body).await;
        assert_eq!(answer.verdict(), (422, "invalid_arguments"));
        assert_eq!(answer.body["error_details"]["arguments"][0]["argument"], argument);
    }
    let both = bearer.post("/entities.delete?identifier=a", json!({ "identifier": "b" })).await;
    assert_eq!(both.verdict(), (422, "invalid_arguments"));
    let (other, _) = server.token(&server.sign_in("admin@other.test").await, &["catalog:write:entities"]).await;
    let theirs = other.post("/entities.delete", json!({ "identifier": "accounts-service" })).await;
    assert_eq!(theirs.verdict(), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_lists_have_their_shapes() {
    let server = Server::start().await;
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["scorecards:read", "snapshots:read"]).await;
    let scorecards = bearer.get("/scorecards.list").await.body;
    assert_eq!(scorecards["scorecards"].as_array().unwrap().len(), 5);
    assert_eq!(scorecards["response_metadata"], json!({ "next_cursor": null }));
    server.sql("UPDATE resources SET body = body || '{\"published\": false}' WHERE kind = 'scorecard' AND identifier = (SELECT min(identifier) FROM resources WHERE kind = 'scorecard')").await;
    assert_eq!(bearer.get("/scorecards.list").await.body["scorecards"].as_array().unwrap().len(), 4);
    assert_eq!(bearer.get("/scorecards.list?include_unpublished=true").await.body["scorecards"].as_array().unwrap().len(), 5);
    let teams = bearer.get("/teams.list").await.body;
    assert_eq!(teams["teams"].as_array().unwrap().len(), 8);
    assert!(teams["teams"][0]["contributors"].is_i64());
    let snapshots = bearer.get("/snapshots.list?ordering=completed_at").await.body;
    let completed: Vec<_> =
        snapshots["snapshots"].as_array().unwrap().iter().map(|one| one["completed_at"].as_str().unwrap_or("").to_owned()).collect();
    assert_eq!(completed.len(), 6);
    assert!(completed.windows(2).all(|pair| pair[0] >= pair[1]), "{completed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_verbs_are_checked_before_tokens() {
    let server = Server::start().await;
    let get = async |path: &str| Answer::of(Client::new().get(format!("{}{path}", server.base))).await;
    assert_eq!(get("/no.such").await.verdict(), (404, "unknown_method"));
    assert_eq!(get("/catalog.entities.list/").await.verdict(), (404, "unknown_method"));
    assert_eq!(get("/catalog.Entities.list").await.verdict(), (404, "unknown_method"));
    let wrong = get("/catalog.entities.create").await;
    assert_eq!((wrong.verdict(), wrong.header("allow")), ((405, "method_not_allowed"), "POST"));
    let put = Answer::of(Client::new().put(format!("{}/auth.info", server.base))).await;
    assert_eq!((put.status, put.header("allow")), (405, "GET, HEAD"));
    let (bearer, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    let head = Answer::of(bearer.request(Method::HEAD, "/auth.info")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_look_ups_are_limited_by_address() {
    let server = Server::start().await;
    let secret = |n: u16| {
        pat_core::secret::TokenSecret::draw(pat_core::token::TokenKind::Personal, |bytes| {
            for (i, byte) in bytes.iter_mut().enumerate() {
                *byte = n.to_le_bytes()[i % 2];
            }
        })
    };
    let mut statuses = Vec::new();
    for n in 0..=300 {
        statuses.push(server.bearer(secret(n).expose()).get("/auth.info").await.status);
    }
    assert_eq!((statuses[299], statuses[300]), (401, 429));
    assert_eq!(server.count("audit_log").await, 0, "they leave no rows");
    let refused = server.bearer(secret(7).expose()).get("/auth.info").await;
    assert_eq!((refused.verdict(), refused.header("retry-after")), ((429, "rate_limited"), "60"));
    let (valid, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    assert_eq!(valid.get("/auth.info").await.status, 200, "a valid token works from an address that floods, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_arguments_are_the_caller_s_mistake_not_the_database_s() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let (bearer, _) = server.token(&admin, &["catalog:read", "catalog:write:entities", "auditLogs:read"]).await;
    let encode = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text);
    for path in [
        "/auth.info?a%00b=1".to_owned(),
        "/entities.list?limit=99999999999999999999".to_owned(),
        "/entities.list?limit=5&limit=6".to_owned(),
        format!("/entities.list?cursor={}", encode("\"\\u0000\"")),
        format!("/entities.list?cursor={}", encode("{}")),
        format!("/auditLogs.list?cursor={}", encode(r#"{"ts":"-009000-01-01T00:00:00Z","id":"01a21046-4725-7509-911e-3cc8bfef94db"}"#)),
    ] {
        assert_eq!(bearer.get(&path).await.verdict(), (422, "invalid_arguments"), "{path}");
    }
    let list = |argument: &str, count: usize| {
        let mut body = json!({ "identifier": "x", "type": "service" });
        body[argument] = vec!["member@demo.test"; count].into();
        body
    };
    for body in [
        json!({ "a\u{0}": 1 }),
        json!({ "identifier": "x".repeat(256), "type": "service" }),
        json!({ "identifier": "a\nb", "type": "service" }),
        list("owner_team_ids", 101),
        list("owner_user_ids", 1),
        list("owner_user_emails", 101),
    ] {
        assert_eq!(bearer.post("/entities.create", body.clone()).await.verdict(), (422, "invalid_arguments"), "{body}");
    }
    let same = bearer.request(Method::GET, "/entities.list?limit=5").json(&json!({ "limit": 5 }));
    assert_eq!(Answer::of(same).await.status, 200, "5 in JSON is 5 in the query");
    assert_eq!(bearer.post("/entities.create", list("owner_user_emails", 100)).await.status, 200);
}
