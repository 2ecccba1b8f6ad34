//! `/api/admin/settings`: each setting with each strength, on tokens that exist.

use reqwest::Method;
use serde_json::Value;

use crate::organization_tokens::organization_token;
use crate::support::{Answer, Browser, Server, json};

pub const PATH: &str = "/api/admin/settings";

/// Saves settings that were seen at a version.
async fn put(admin: &Browser, version: &Value, settings: &Value) -> Answer {
    Answer::of(admin.request(Method::PUT, PATH).header("if-match", format!("\"{version}\"")).json(settings)).await
}

/// Changes one setting of those that are in force.
pub async fn set(admin: &Browser, setting: &str, value: Value) -> Answer {
    let page = admin.get(PATH).await.body;
    let mut settings = page["settings"].clone();
    settings[setting] = value;
    let saved = put(admin, &page["version"], &settings).await;
    assert_eq!(saved.status, 200, "{setting}: {saved:?}");
    saved
}

/// A setting, the value that a token of the test breaks, the value that allows it, and the call by which that is seen.
struct Case {
    setting: &'static str,
    breaking: Value,
    allowing: Value,
    rule: &'static str,
}

/// The token of these cases never ends, was never used, and holds `catalog:read`.
fn cases() -> [Case; 5] {
    let all = ["fabric", "datacloud", "platformx"];
    [
        Case { setting: "max_lifetime", breaking: json!({ "days": 90 }), allowing: json!({ "days": null }), rule: "max_lifetime" },
        Case {
            setting: "no_expiration",
            breaking: json!({ "allowed": false }),
            allowing: json!({ "allowed": true }),
            rule: "no_expiration",
        },
        Case { setting: "unused", breaking: json!({ "days": 30 }), allowing: json!({ "days": null }), rule: "unused" },
        Case { setting: "blocked_scopes", breaking: json!({ "scopes": ["catalog:read"] }), allowing: json!({ "scopes": [] }), rule: "" },
        Case {
            setting: "features",
            breaking: json!({ "enabled": ["datacloud", "platformx"] }),
            allowing: json!({ "enabled": all }),
            rule: "",
        },
    ]
}

fn with_strength(value: &Value, strength: &str) -> Value {
    let mut value = value.clone();
    value["strength"] = json!(strength);
    value
}

/// A member's token without an end, made forty days ago, and its id.
async fn old_token(server: &Server, owner: &Browser) -> (crate::support::Bearer, String) {
    let (bearer, id) = server.token(owner, &["catalog:read", "snapshots:read"]).await;
    server.sql(&format!("UPDATE tokens SET expires_at = NULL, created_at = now() - interval '40 days' WHERE id = '{id}'")).await;
    (bearer, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn for_new_tokens_only_leaves_those_that_exist_as_they_are() {
    for case in cases() {
        let server = Server::start().await;
        let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
        let (bearer, id) = old_token(&server, &owner).await;
        set(&admin, case.setting, with_strength(&case.breaking, "new_tokens")).await;
        assert_eq!(bearer.get("/entities.list").await.status, 200, "{}", case.setting);
        let token = owner.token(&id).await.body;
        assert_eq!((&token["refused_by"], &token["effective_scopes"]), (&json!(null), &json!(["snapshots:read", "catalog:read"])));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusal_of_use_takes_hold_at_the_next_call_and_ends_when_switched_back() {
    for case in cases() {
        let server = Server::start().await;
        let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
        let (bearer, id) = old_token(&server, &owner).await;
        set(&admin, case.setting, with_strength(&case.breaking, "refuse_use")).await;
        let refused = bearer.get("/entities.list").await;
        assert_eq!(refused.verdict(), (403, "not_authorized"), "{}", case.setting);
        let token = owner.token(&id).await.body;
        assert_eq!(token["status"], "active");
        if case.rule.is_empty() {
            assert_eq!(refused.body["error_details"]["missing_scopes"], json!(["catalog:read"]), "{}", case.setting);
            assert_eq!(token["effective_scopes"], json!(["snapshots:read"]));
            assert_eq!(bearer.get("/teams.list").await.status, 200, "the other scope stays");
        } else {
            assert_eq!(refused.header("www-authenticate"), "", "no scope would help");
            assert_eq!(refused.body["error_details"]["refused_by"], case.rule);
            assert!(refused.body["error_details"]["message"].as_str().unwrap().contains("settings refuse this token"));
            assert_eq!((&token["refused_by"], &token["effective_scopes"]), (&json!(case.rule), &json!([])));
            assert_eq!(bearer.get("/auth.info").await.verdict(), (403, "not_authorized"), "whatever the method");
            assert_eq!(server.count("token_usage WHERE last_used_at IS NOT NULL").await, 0, "a refusal is no use");
            let row = server.text("SELECT concat_ws(' ', outcome, reason, context->>'refused_by') AS text FROM audit_log WHERE method = 'catalog.entities.list'").await;
            assert_eq!(row, format!("refused not_authorized {}", case.rule));
        }
        set(&admin, case.setting, with_strength(&case.allowing, "refuse_use")).await;
        assert_eq!(bearer.get("/entities.list").await.status, 200, "{} switched back", case.setting);
        assert_eq!(owner.token(&id).await.body["scopes"], json!(["snapshots:read", "catalog:read"]), "nothing was lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_that_is_off_masks_both_kinds_of_token_and_a_blocked_scope_personal_ones() {
    let server = Server::start().await;
    let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    let (personal, _) = server.token(&owner, &["catalog:read"]).await;
    let (organization, path) = organization_token(&server, &admin, &["catalog:read"]).await;
    let offered = async || -> bool {
        let choices = owner.get("/api/scopes").await.body;
        choices["scopes"].as_array().unwrap().iter().any(|scope| scope["name"] == "catalog:read")
    };
    set(&admin, "blocked_scopes", json!({ "scopes": ["catalog:read"], "strength": "refuse_use" })).await;
    assert_eq!((personal.get("/entities.list").await.status, organization.get("/entities.list").await.status), (403, 200));
    assert!(!offered().await, "it leaves the form");
    let refused = owner.mint("late", &["catalog:read"]).await;
    assert_eq!(refused.refused_fields(), ["scopes: not_grantable"]);
    assert_eq!(refused.body["errors"][0]["roles"], json!([]), "no role would help");
    let (_, id) = server.token(&owner, &["snapshots:read"]).await;
    assert_eq!(owner.edit(&id, 1, json!({ "scopes": ["snapshots:read", "catalog:read"] })).await.status, 422, "nor by an edit");

    set(&admin, "blocked_scopes", json!({ "scopes": [], "strength": "refuse_use" })).await;
    set(&admin, "features", json!({ "enabled": [], "strength": "refuse_use" })).await;
    assert_eq!((personal.get("/entities.list").await.status, organization.get("/entities.list").await.status), (403, 403));
    assert_eq!(admin.get(&path).await.body["effective_scopes"], json!([]));
    assert!(!offered().await);
    set(&admin, "features", json!({ "enabled": ["fabric"], "strength": "refuse_use" })).await;
    assert_eq!((personal.get("/entities.list").await.status, organization.get("/entities.list").await.status), (200, 200));
    assert!(offered().await, "it returns with the feature");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_may_keep_what_is_masked() {
    let server = Server::start().await;
    let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    set(&admin, "features", json!({ "enabled": [], "strength": "refuse_use" })).await;
    let edited = owner.edit(&id, 1, json!({ "scopes": ["catalog:read", "snapshots:read"] })).await;
    assert_eq!((edited.status, &edited.body["effective_scopes"]), (200, &json!(["snapshots:read"])), "{edited:?}");
    set(&admin, "features", json!({ "enabled": ["fabric"], "strength": "refuse_use" })).await;
    assert_eq!(bearer.get("/entities.list").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_goes_stale_at_the_second_and_comes_back_with_a_longer_limit() {
    let server = Server::start().await;
    let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    set(&admin, "unused", json!({ "days": 7, "strength": "refuse_use" })).await;
    server.sql(&format!("UPDATE tokens SET created_at = '2030-01-01T00:00:00Z', expires_at = NULL WHERE id = '{id}'")).await;
    server.sql("UPDATE token_usage SET last_used_at = '2030-01-02T12:00:00Z'").await;
    // Held in mind by the server: otherwise the first call would be a use and move the limit.
    server.app.uses.noted.insert(id.parse().unwrap(), std::time::Instant::now());
    for (now, status) in [("2030-01-09T11:59:59Z", 200), ("2030-01-09T12:00:00Z", 403), ("2030-01-09T12:00:01Z", 403)] {
        server.stop_clock(now).await;
        assert_eq!(bearer.get("/entities.list").await.status, status, "{now}");
    }
    server.advance_clock("0").await;
    set(&admin, "unused", json!({ "days": 36500, "strength": "refuse_use" })).await;
    server.stop_clock("2030-01-09T12:00:01Z").await;
    assert_eq!(bearer.get("/entities.list").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn for_new_tokens_only_the_limit_on_unused_ones_binds_tokens_made_from_then_on() {
    let server = Server::start().await;
    let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    let (old, _) = server.token(&owner, &["catalog:read"]).await;
    set(&admin, "unused", json!({ "days": 7, "strength": "new_tokens" })).await;
    let (new, _) = server.token(&owner, &["catalog:read"]).await;
    // Another setting, or another number of days, begins no new time.
    set(&admin, "token_cap", json!(49)).await;
    set(&admin, "unused", json!({ "days": 8, "strength": "new_tokens" })).await;
    server.advance_clock("9 days").await;
    assert_eq!((old.get("/entities.list").await.status, new.get("/entities.list").await.status), (200, 403));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_a_token_while_creation_is_stopped() {
    let server = Server::start().await;
    let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    set(&admin, "creation_stopped", json!("  Audit week.\nAsk Ada.  ")).await;
    let refused = owner.mint("late", &["catalog:read"]).await;
    assert_eq!((refused.verdict(), &refused.body["detail"]), ((403, "creation_stopped"), &json!("Audit week.\nAsk Ada.")));
    assert_eq!(owner.get("/api/scopes").await.body["creation_stopped"], "Audit week.\nAsk Ada.");
    let body = json!({ "name": "ci", "expiration": { "type": "never" }, "scopes": ["catalog:read"] });
    assert_eq!(admin.post("/api/admin/organization-tokens", body).await.verdict(), (403, "creation_stopped"));
    let rows = server
        .texts("SELECT concat_ws(' ', event_type, user_email) AS text FROM audit_log WHERE reason = 'creation_stopped' ORDER BY time")
        .await;
    assert_eq!(rows, ["personal_access_tokens.created member@demo.test", "organization_tokens.created admin@demo.test"]);
    assert_eq!(bearer.get("/entities.list").await.status, 200, "what exists works on");
    assert_eq!(owner.edit(&id, 1, json!({ "name": "renamed" })).await.status, 200);
    set(&admin, "creation_stopped", json!(null)).await;
    assert_eq!(owner.mint("late", &["catalog:read"]).await.status, 201);
    assert_eq!(owner.get("/api/scopes").await.body["creation_stopped"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cap_and_the_limits_on_lifetime_bind_new_tokens() {
    let server = Server::start().await;
    let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    set(&admin, "token_cap", json!(1)).await;
    assert_eq!(owner.mint("first", &["catalog:read"]).await.status, 201);
    assert_eq!(owner.mint("second", &["catalog:read"]).await.verdict(), (409, "token_limit"));
    set(&admin, "token_cap", json!(2)).await;
    set(&admin, "max_lifetime", json!({ "days": 29, "strength": "new_tokens" })).await;
    assert_eq!(owner.mint("second", &["catalog:read"]).await.refused_fields(), ["expiration: exceeds_maximum"]);
    assert_eq!(owner.get("/api/scopes").await.body["expirations"]["days"], json!([7]));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_read_with_what_the_policy_offers_and_saved_at_the_version_that_was_seen() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let page = admin.get(PATH).await;
    assert_eq!((page.status, page.header("etag"), &page.body["version"]), (200, "\"1\"", &json!(1)));
    assert_eq!(
        page.body["settings"],
        json!({
            "features": { "enabled": ["fabric", "datacloud", "platformx"], "strength": "refuse_use" },
            "blocked_scopes": { "scopes": [], "strength": "refuse_use" },
            "max_lifetime": { "days": null, "strength": "new_tokens" },
            "no_expiration": { "allowed": true, "strength": "new_tokens" },
            "unused": { "days": null, "strength": "refuse_use" },
            "token_cap": 50,
            "creation_stopped": null,
        })
    );
    let feature = &page.body["features"][1];
    assert_eq!((&feature["name"], &feature["scopes"][0]), (&json!("datacloud"), &json!("datacloud:query")));
    assert!(!feature["description"].as_str().unwrap().is_empty());
    assert_eq!(page.body["scopes"].as_array().unwrap().len(), 19);

    let mut settings = page.body["settings"].clone();
    assert_eq!(Answer::of(admin.request(Method::PUT, PATH).json(&settings)).await.verdict(), (428, "precondition_required"));
    let same = put(&admin, &json!(1), &settings).await;
    assert_eq!(
        (same.status, &same.body["page"]["version"], &same.body["change"]),
        (200, &json!(1), &json!(null)),
        "no change, no new version"
    );
    // In any order, and named by the table's.
    settings["blocked_scopes"]["scopes"] = json!(["users:read", "catalog:read"]);
    settings["token_cap"] = json!(7);
    let saved = put(&admin, &json!(1), &settings).await;
    assert_eq!((saved.status, saved.header("etag"), &saved.body["page"]["version"]), (200, "\"2\"", &json!(2)));
    assert_eq!(saved.body["page"]["settings"]["blocked_scopes"]["scopes"], json!(["catalog:read", "users:read"]));
    assert_eq!(admin.get(PATH).await.body, saved.body["page"]);
    assert_eq!(put(&admin, &json!(1), &settings).await.verdict(), (412, "stale"));
    let row = "SELECT concat_ws(' ', outcome, reason, context#>>'{from,token_cap}', context#>>'{to,token_cap}') AS text FROM audit_log WHERE event_type = 'account_settings.updated' ORDER BY time";
    assert_eq!(server.texts(row).await, ["succeeded 50 50", "succeeded 50 7", "refused stale 7 7"]);
    assert_eq!(server.sign_in("admin@other.test").await.get(PATH).await.body["settings"]["token_cap"], 50, "another account's own");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_by_field_and_changes_nothing() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let good = admin.get(PATH).await.body["settings"].clone();
    for (pointer, value, expected) in [
        ("/features/enabled", json!(["fabric", "magic"]), "features.enabled[1]: invalid"),
        ("/features/enabled", json!(["fabric", "fabric"]), "features.enabled[1]: duplicate"),
        ("/features/strength", json!("mild"), "features.strength: invalid"),
        ("/blocked_scopes/scopes", json!(["catalog:eat"]), "blocked_scopes.scopes[0]: unknown_scope"),
        ("/max_lifetime/days", json!(0), "max_lifetime.days: invalid"),
        ("/max_lifetime/days", json!(-1), "max_lifetime.days: invalid"),
        ("/unused/days", json!(36501), "unused.days: invalid"),
        ("/unused/days", json!("7"), "unused.days: invalid"),
        ("/no_expiration/allowed", json!(null), "no_expiration.allowed: invalid"),
        ("/token_cap", json!(10001), "token_cap: invalid"),
        ("/creation_stopped", json!("  "), "creation_stopped: required"),
        ("/creation_stopped", json!("x".repeat(501)), "creation_stopped: too_long"),
        ("/creation_stopped", json!("a\u{7}b"), "creation_stopped: control_characters"),
    ] {
        let mut settings = good.clone();
        *settings.pointer_mut(pointer).unwrap() = value;
        assert_eq!(put(&admin, &json!(1), &settings).await.refused_fields(), [expected]);
    }
    let mut settings = good.clone();
    settings["colour"] = json!("red");
    assert_eq!(put(&admin, &json!(1), &settings).await.refused_fields(), ["colour: unknown_field"]);
    assert_eq!(put(&admin, &json!(1), &json!({})).await.status, 422);
    let page = admin.get(PATH).await.body;
    assert_eq!((&page["version"], &page["settings"]), (&json!(1), &good));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_workspace_admin_may() {
    let server = Server::start().await;
    let (member, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    let settings = admin.get(PATH).await.body["settings"].clone();
    assert_eq!(member.get(PATH).await.verdict(), (403, "forbidden"));
    assert_eq!(put(&member, &json!(1), &settings).await.verdict(), (403, "forbidden"));
}

#[tokio::test(flavor = "multi_thread")]
async fn loosening_asks_for_the_password_again_and_tightening_does_not() {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    server.advance_clock("2 hours 1 second").await;
    set(&admin, "token_cap", json!(10)).await;
    let page = admin.get(PATH).await.body;
    let mut settings = page["settings"].clone();
    settings["token_cap"] = json!(11);
    assert_eq!(put(&admin, &page["version"], &settings).await.verdict(), (403, "fresh_sign_in_required"));
    assert_eq!(admin.post("/api/session/confirm", json!({ "password": crate::support::PASSWORD })).await.status, 204);
    assert_eq!(put(&admin, &page["version"], &settings).await.status, 200);
}

/// A change of many tokens as it is when it has ended.
pub async fn until_over(admin: &Browser, change: &Value) -> Value {
    let path = format!("/api/admin/tokens/changes/{}", change["id"].as_str().unwrap_or_else(|| panic!("no change was begun: {change}")));
    loop {
        let change = admin.get(&path).await.body;
        if change["state"] != "running" {
            return change;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_is_for_good_and_later_tokens_are_only_refused() {
    for case in cases() {
        let server = Server::start().await;
        let (owner, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
        let (bearer, id) = old_token(&server, &owner).await;
        let (spared, spared_id) = server.token(&owner, &["snapshots:read"]).await;
        let saved = set(&admin, case.setting, with_strength(&case.breaking, "revoke")).await;
        // Refused from the moment on that this was saved, revoked soon after.
        assert_ne!(bearer.get("/entities.list").await.status, 200, "{}", case.setting);
        let change = until_over(&admin, &saved.body["change"]).await;
        assert_eq!((&change["state"], &change["matched"], &change["done"]), (&json!("finished"), &json!(1), &json!(1)), "{}", case.setting);
        assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
        let token = owner.token(&id).await.body;
        assert_eq!(
            (&token["status"], &token["revoke_reason"], &token["revoked_by"]["name"]),
            (&json!("revoked"), &json!("policy"), &json!("Ada Admin"))
        );
        assert_eq!(spared.get("/teams.list").await.status, 200);

        server.sql(&format!("UPDATE tokens SET expires_at = NULL, created_at = now() - interval '40 days', scopes = '{{catalog:read}}' WHERE id = '{spared_id}'")).await;
        server.sql("UPDATE token_usage SET last_used_at = NULL").await;
        assert_eq!(spared.get("/entities.list").await.verdict(), (403, "not_authorized"), "{}: later ones are refused", case.setting);
        assert_eq!(owner.token(&spared_id).await.body["status"], "active");

        let saved = set(&admin, case.setting, with_strength(&case.allowing, "revoke")).await;
        assert_eq!(saved.body["change"], json!(null), "nothing breaks it");
        assert_eq!((bearer.get("/entities.list").await.status, spared.get("/entities.list").await.status), (401, 200), "{}", case.setting);
    }
}
