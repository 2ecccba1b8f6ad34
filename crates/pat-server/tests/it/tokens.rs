//! The Console API's tokens: mint by role, read, edit, delete.

use reqwest::Method;

use crate::support::{Answer, Server, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_form_offers_only_what_the_role_allows() {
    let server = Server::start().await;
    let offered = async |email: &str| -> Vec<String> {
        let choices = server.sign_in(email).await.get("/api/scopes").await;
        choices.body["scopes"].as_array().unwrap().iter().map(|scope| scope["name"].as_str().unwrap().to_owned()).collect()
    };
    let member = offered("member@demo.test").await;
    assert_eq!(
        member,
        [
            "snapshots:read",
            "catalog:read",
            "scorecards:read",
            "workflows:read",
            "workflowRuns:trigger",
            "studio:reports:read",
            "studio:reports:write"
        ]
    );
    let scorecards = offered("scorecards@demo.test").await;
    assert_eq!(scorecards.iter().filter(|scope| !member.contains(scope)).collect::<Vec<_>>(), ["scorecards:write"]);
    assert_eq!(offered("admin@demo.test").await.len(), 19);
    // The other account has neither Data Cloud nor PlatformX.
    let other = offered("admin@other.test").await;
    assert!(!other.iter().any(|scope| scope.starts_with("studio:") || scope == "datacloud:query" || scope == "platformx:manage"));

    let choices = server.sign_in("member@demo.test").await.get("/api/scopes").await;
    assert_eq!(choices.body["expirations"]["days"], json!([7, 30, 60, 90]));
    assert_eq!(choices.body["expirations"]["never"], true);
    let group = &choices.body["scopes"][0];
    assert_eq!((group["group"].as_str(), group["access"].as_str()), (Some("Snapshots"), Some("read")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minted_token_shows_its_secret_once_and_never_again() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let created = browser.mint("dx-cli-laptop", &["scorecards:read", "catalog:read"]).await;
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.header("cache-control"), "no-store");
    let secret = created.body["token"].as_str().unwrap();
    let token = &created.body["personal_access_token"];
    assert_eq!((secret.len(), &secret[..4]), (40, "dxp_"));
    assert_eq!(token["token_hint"], secret[36..]);
    assert_eq!(token["scopes"], json!(["catalog:read", "scorecards:read"]), "in table order");
    assert_eq!(token["effective_scopes"], token["scopes"]);
    assert_eq!((&token["status"], &token["version"]), (&json!("active"), &json!(1)));
    let lifetime = server.text("SELECT (expires_at - created_at)::text AS text FROM tokens").await;
    assert_eq!(lifetime, "30 days", "exactly 30 × 24 hours from creation");

    let id = token["id"].as_str().unwrap();
    for answer in [browser.get("/api/personal-access-tokens").await, browser.token(id).await] {
        assert_eq!(answer.status, 200);
        assert!(!answer.text.contains(secret), "{answer:?}");
    }
    for table in ["tokens", "audit_log", "sessions", "token_usage"] {
        assert_eq!(server.count(&format!("{table} t WHERE t::text LIKE '%{}%'", &secret[4..])).await, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_newest_first_and_filtered_by_status() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    for name in ["first", "second", "third"] {
        browser.mint(name, &["catalog:read"]).await;
    }
    server.sql("UPDATE tokens SET expires_at = now() - interval '1 second' WHERE name = 'first'").await;
    server.sql("UPDATE tokens SET paused_until = now() + interval '1 day' WHERE name = 'second'").await;
    let names = async |query: &str| -> Vec<String> {
        let list = browser.get(&format!("/api/personal-access-tokens{query}")).await;
        let tokens = list.body["personal_access_tokens"].as_array().unwrap_or_else(|| panic!("{list:?}")).clone();
        tokens.iter().map(|token| token["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("").await, ["third", "second", "first"]);
    assert_eq!(names("?status=active").await, ["third"]);
    assert_eq!(names("?status=paused").await, ["second"]);
    assert_eq!(names("?status=expired").await, ["first"]);
    assert_eq!(names("?status=revoked").await, Vec::<String>::new());
    assert_eq!(browser.get("/api/personal-access-tokens?status=dead").await.refused_fields(), ["status: invalid"]);
    assert_eq!(browser.get("/api/personal-access-tokens?colour=red").await.refused_fields(), ["colour: unknown_field"]);
    assert_eq!(browser.get("/api/personal-access-tokens?status=active&status=paused").await.refused_fields(), ["status: duplicate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_changes_name_and_scopes_of_the_version_that_was_seen() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let (_, id) = server.token(&browser, &["catalog:read", "scorecards:read"]).await;
    let edited = browser.edit(&id, 1, json!({ "name": "  ci  ", "scopes": ["snapshots:read", "catalog:read"] })).await;
    assert_eq!(edited.status, 200, "{edited:?}");
    assert_eq!((&edited.body["name"], &edited.body["version"]), (&json!("ci"), &json!(2)));
    assert_eq!(edited.body["scopes"], json!(["snapshots:read", "catalog:read"]));
    assert_eq!(edited.header("etag"), "\"2\"");

    assert_eq!(browser.edit(&id, 1, json!({ "name": "late" })).await.verdict(), (412, "stale"));
    let path = format!("/api/personal-access-tokens/{id}");
    let blind = Answer::of(browser.request(Method::PATCH, &path).json(&json!({ "name": "blind" }))).await;
    assert_eq!(blind.verdict(), (428, "precondition_required"));
    let nonsense = Answer::of(browser.request(Method::PATCH, &path).header("if-match", "*").json(&json!({}))).await;
    assert_eq!(nonsense.verdict(), (412, "stale"));
    assert_eq!(browser.token(&id).await.body["name"], "ci");

    let unchanged = browser.edit(&id, 2, json!({ "name": "ci" })).await;
    assert_eq!((unchanged.status, &unchanged.body["version"]), (200, &json!(2)), "no change, no new version");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_changes_an_expiration() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let (_, id) = server.token(&browser, &["catalog:read"]).await;
    for field in ["expires_at", "expiration"] {
        let answer = browser.edit(&id, 1, json!({ "name": "x", field: null })).await;
        assert_eq!((answer.status, answer.refused_fields()), (422, vec![format!("{field}: unknown_field")]));
    }
    assert_eq!(browser.token(&id).await.body["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_can_be_deleted_again_but_not_edited() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let (_, id) = server.token(&browser, &["catalog:read"]).await;
    assert_eq!(browser.delete_token(&id).await.status, 204);
    let revoked = browser.token(&id).await.body;
    assert_eq!((&revoked["status"], &revoked["revoked_by"]["name"]), (&json!("revoked"), &json!("Max Member")));
    assert_eq!((&revoked["revoke_reason"], &revoked["effective_scopes"]), (&json!(null), &json!([])));
    assert_eq!(browser.delete_token(&id).await.status, 204);
    assert_eq!(browser.edit(&id, 2, json!({ "name": "again" })).await.verdict(), (409, "token_dead"));
    assert_eq!(browser.token(&id).await.body["revoked_at"], revoked["revoked_at"], "the second delete changes nothing");

    let (_, id) = server.token(&browser, &["catalog:read"]).await;
    server.sql(&format!("UPDATE tokens SET expires_at = now() WHERE id = '{id}'")).await;
    assert_eq!(browser.edit(&id, 1, json!({ "name": "again" })).await.verdict(), (409, "token_dead"));
    let garbled = browser.request(Method::PATCH, &format!("/api/personal-access-tokens/{id}")).header("if-match", "\"x\"").json(&json!({}));
    assert_eq!(Answer::of(garbled).await.verdict(), (409, "token_dead"), "dead before stale");
    assert_eq!(browser.delete_token(&id).await.status, 204);
    assert_eq!(browser.token(&id).await.body["status"], "expired", "an expired token's record stays as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_free_again_when_its_token_is_dead() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let (_, id) = server.token(&browser, &["catalog:read"]).await;
    assert_eq!(browser.edit(&id, 1, json!({ "name": "Straße" })).await.status, 200);
    assert_eq!(browser.mint("STRASSE", &["catalog:read"]).await.status, 201, "lower case, not case folding");
    let taken = browser.mint("straße", &["catalog:read"]).await;
    assert_eq!(taken.refused_fields(), ["name: taken"]);
    let by = &taken.body["errors"][0]["taken_by"];
    assert_eq!((&by["id"], &by["last_used_at"]), (&json!(id), &json!(null)), "so that a lost answer can be mended");
    assert!(by["created_at"].is_string());
    assert_eq!(server.sign_in("admin@demo.test").await.mint("straße", &["catalog:read"]).await.status, 201, "names are each user's own");
    browser.delete_token(&id).await;
    assert_eq!(browser.mint("straße", &["catalog:read"]).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fifty_first_live_token_is_refused() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    server.sql("UPDATE account_settings SET token_cap = 2").await;
    let (_, first) = server.token(&browser, &["catalog:read"]).await;
    server.token(&browser, &["catalog:read"]).await;
    let third = browser.mint("third", &["catalog:read"]).await;
    assert_eq!(third.verdict(), (409, "token_limit"));
    assert!(third.body["detail"].as_str().unwrap().contains("2 live tokens"), "{third:?}");
    browser.delete_token(&first).await;
    assert_eq!(browser.mint("third", &["catalog:read"]).await.status, 201, "revoked tokens don't count");
    let default = server.text("SELECT column_default AS text FROM information_schema.columns WHERE column_name = 'token_cap'").await;
    assert_eq!(default, "50");
}

#[tokio::test(flavor = "multi_thread")]
async fn granted_scopes_that_are_masked_may_stay_in_an_edit() {
    let server = Server::start().await;
    let browser = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&browser, &["catalog:read", "snapshots:read"]).await;
    server.sql(&format!("UPDATE tokens SET scopes = scopes || ARRAY['retired:scope'] WHERE id = '{id}'")).await;
    server.sql("UPDATE account_settings SET features = '{}'").await;
    let masked = browser.token(&id).await.body;
    assert_eq!(masked["scopes"], json!(["snapshots:read", "catalog:read", "retired:scope"]));
    assert_eq!(masked["effective_scopes"], json!(["snapshots:read"]));
    assert_eq!(bearer.get("/catalog.entities.list").await.verdict(), (403, "not_authorized"));

    let kept = browser.edit(&id, 1, json!({ "scopes": ["catalog:read", "retired:scope"] })).await;
    assert_eq!(kept.body["scopes"], json!(["catalog:read", "retired:scope"]), "{kept:?}");
    let added = browser.edit(&id, 2, json!({ "scopes": ["catalog:read", "scorecards:read"] })).await;
    assert_eq!(added.refused_fields(), ["scopes: not_grantable"]);
    server.sql("UPDATE account_settings SET features = '{fabric}'").await;
    assert_eq!(bearer.get("/catalog.entities.list").await.status, 200, "what was masked returns");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_may_cap_lifetimes() {
    let server = Server::start().await;
    server.sql("UPDATE account_settings SET max_lifetime_days = 30").await;
    let browser = server.sign_in("member@demo.test").await;
    let offer = browser.get("/api/scopes").await.body["expirations"].clone();
    assert_eq!((&offer["days"], &offer["never"]), (&json!([7, 30]), &json!(false)));
    let mint = async |expiration: serde_json::Value| {
        let body = json!({ "name": "x", "scopes": ["catalog:read"], "expiration": expiration });
        browser.post("/api/personal-access-tokens", body).await
    };
    assert_eq!(mint(json!({ "type": "never" })).await.refused_fields(), ["expiration: expiration_required"]);
    assert_eq!(mint(json!({ "type": "days", "days": 60 })).await.refused_fields(), ["expiration: exceeds_maximum"]);
    assert_eq!(mint(json!({ "type": "days", "days": 30 })).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_tokens_don_t_exist() {
    let server = Server::start().await;
    let (owner, other) = (server.sign_in("member@demo.test").await, server.sign_in("admin@other.test").await);
    let admin = server.sign_in("admin@demo.test").await;
    let (_, id) = server.token(&owner, &["catalog:read"]).await;
    let random = uuid::Uuid::now_v7().to_string();
    let mut answers = Vec::new();
    for (browser, id) in [(&admin, id.as_str()), (&other, &id), (&owner, &random), (&owner, "not-an-id"), (&owner, "%00")] {
        answers.push(browser.token(id).await);
        answers.push(browser.edit(id, 1, json!({ "name": "mine" })).await);
        answers.push(browser.delete_token(id).await);
    }
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (404, &answers[0].text), "all alike");
    }
    assert_eq!(owner.token(&id).await.body["status"], "active");
}
