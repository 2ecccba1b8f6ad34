//! `/api/admin/users`: who can do what, and what follows for tokens (P3, P4).

use pat_server::change::Asker;
use pat_server::client::Client;
use pat_server::store::sessions::{self, SignedIn};
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Browser, PASSWORD, Server, json};

/// A workspace admin at the page of people.
pub struct Admin {
    pub browser: Browser,
    session: SignedIn,
    client: Client,
}

impl Admin {
    pub async fn sign_in(server: &Server, email: &str) -> Self {
        let browser = server.sign_in(email).await;
        let newest =
            format!("SELECT s.id::text AS text FROM sessions s JOIN users u ON u.id = user_id WHERE email = '{email}' ORDER BY s.id DESC");
        let id = server.text(&newest).await.parse().unwrap();
        let session = sessions::find(&mut server.app.store.conn().await.unwrap(), id).await.unwrap().unwrap();
        Self { browser, session, client: Client::operator() }
    }

    /// To ask for a change past its route.
    pub fn asker(&self) -> Asker<'_> {
        Asker::new(&self.session, &self.client)
    }

    pub async fn read(&self, server: &Server, email: &str) -> Value {
        self.browser.get(&path(server, email, "").await).await.body
    }

    pub async fn roles(&self, server: &Server, email: &str) -> Vec<String> {
        names(&self.read(server, email).await["roles"])
    }

    /// Sets roles as they were read a moment ago.
    pub async fn set_roles(&self, server: &Server, email: &str, roles: &[&str]) -> Answer {
        let from = server.texts(&format!("SELECT role AS text FROM user_roles JOIN users ON id = user_id WHERE email = '{email}'")).await;
        self.put_roles(server, email, json!({ "from": from, "to": roles })).await
    }

    pub async fn put_roles(&self, server: &Server, email: &str, body: Value) -> Answer {
        let path = path(server, email, "/roles").await;
        Answer::of(self.browser.request(Method::PUT, &path).json(&body)).await
    }

    /// One of the acts without a body: `deactivate`, `reactivate`, `password-link`.
    pub async fn post(&self, server: &Server, email: &str, act: &str) -> Answer {
        Answer::of(self.browser.request(Method::POST, &path(server, email, &format!("/{act}")).await)).await
    }

    pub async fn deactivate(&self, server: &Server, email: &str) -> Answer {
        self.post(server, email, "deactivate").await
    }

    pub async fn invite(&self, name: &str, email: &str, roles: &[&str]) -> Answer {
        self.browser.post("/api/admin/users", json!({ "name": name, "email": email, "roles": roles })).await
    }

    /// The e-mail addresses of a page of the list.
    pub async fn list(&self, query: &str) -> Vec<String> {
        let answer = self.browser.get(&format!("/api/admin/users{query}")).await;
        let users = answer.body["users"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
        users.iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect()
    }
}

async fn path(server: &Server, email: &str, rest: &str) -> String {
    format!("/api/admin/users/{}{rest}", server.user_id(email).await)
}

fn names(things: &Value) -> Vec<String> {
    things.as_array().unwrap().iter().map(|thing| thing["name"].as_str().unwrap().to_owned()).collect()
}

/// Redeems a one-time link with the demo password.
async fn redeem(server: &Server, url: &str) -> Answer {
    let secret = url.split_once('#').unwrap().1;
    server.visitor().post("/api/password", json!({ "link": secret, "password": PASSWORD })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demotion_strikes_scopes_for_good_and_says_which() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let owner = server.sign_in("scorecards@demo.test").await;
    let (bearer, id) = server.token(&owner, &["scorecards:read", "scorecards:write"]).await;
    let (_, untouched) = server.token(&owner, &["catalog:read"]).await;
    let (only, only_id) = server.token(&owner, &["scorecards:write"]).await;
    assert_eq!(bearer.get("/scorecards.create").await.status, 405);
    assert_eq!(bearer.post("/scorecards.create", json!({})).await.status, 422);

    let change = json!({ "from": ["scorecard_admin", "contributor"], "to": ["contributor"] });
    let preview = admin.browser.post(&path(&server, "scorecards@demo.test", "/roles/preview").await, change.clone()).await;
    assert_eq!((&preview.body["lost_scopes"], &preview.body["added_scopes"]), (&json!(["scorecards:write"]), &json!([])), "{preview:?}");
    let struck = preview.body["tokens"].as_array().unwrap();
    assert_eq!(struck.iter().map(|token| token["token"]["id"].as_str().unwrap()).collect::<Vec<_>>(), [only_id.as_str(), id.as_str()]);
    assert!(struck.iter().all(|token| token["scopes"] == json!(["scorecards:write"])), "{struck:?}");
    assert_eq!(bearer.post("/scorecards.create", json!({})).await.status, 422, "a preview changes nothing");

    let changed = admin.put_roles(&server, "scorecards@demo.test", change).await;
    assert_eq!((changed.status, names(&changed.body["roles"])), (200, vec!["contributor".to_owned()]));
    assert_eq!(bearer.post("/scorecards.create", json!({})).await.verdict(), (403, "not_authorized"));
    assert_eq!(bearer.get("/scorecards.list").await.status, 200);
    assert_eq!(only.get("/auth.info").await.body["auth"]["scopes"], json!([]), "a token may be left with none");
    let struck = owner.token(&id).await.body;
    assert_eq!((&struck["scopes"], &struck["version"]), (&json!(["scorecards:read"]), &json!(2)));
    assert_eq!(owner.token(&untouched).await.body["version"], 1);

    admin.set_roles(&server, "scorecards@demo.test", &["contributor", "scorecard_admin"]).await;
    assert_eq!(owner.token(&id).await.body["scopes"], json!(["scorecards:read"]), "a later promotion brings nothing back");
    let rows = server.texts("SELECT event_type || ' ' || coalesce(context->>'removed_scopes', context->>'to') AS text FROM audit_log WHERE context ? 'because' OR event_type = 'user_roles.updated' ORDER BY time").await;
    assert_eq!(
        rows,
        [
            r#"personal_access_tokens.updated ["scorecards:write"]"#,
            r#"personal_access_tokens.updated ["scorecards:write"]"#,
            r#"user_roles.updated ["contributor"]"#,
            r#"user_roles.updated ["contributor", "scorecard_admin"]"#,
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn deactivation_revokes_tokens_and_ends_sessions_and_links_for_good() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let link = admin.post(&server, "member@demo.test", "password-link").await.body["url"].as_str().unwrap().to_owned();
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    let answer = admin.deactivate(&server, "member@demo.test").await;
    assert_eq!((answer.status, &answer.body["state"], &answer.body["sessions"]), (200, &json!("deactivated"), &json!(0)), "{answer:?}");
    assert_eq!(answer.body["live_tokens"], 0);
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    assert_eq!(owner.get("/api/session").await.verdict(), (401, "not_signed_in"));
    assert_eq!(admin.post(&server, "member@demo.test", "password-link").await.verdict(), (409, "deactivated"));

    let back = admin.post(&server, "member@demo.test", "reactivate").await;
    assert_eq!((back.status, &back.body["state"]), (200, &json!("active")));
    assert_eq!(bearer.get("/entities.list").await.status, 401, "reactivation does not revive them");
    assert_eq!(redeem(&server, &link).await.verdict(), (410, "link_invalid"));
    let again = server.sign_in("member@demo.test").await;
    let revoked = again.token(&id).await.body;
    assert_eq!(
        (&revoked["status"], &revoked["revoke_reason"], &revoked["revoked_by"]["name"]),
        (&json!("revoked"), &json!("left"), &json!("Ada Admin"))
    );
    let rows = server
        .texts(
            "SELECT concat_ws(' ', event_type, outcome, reason, token_name IS NOT NULL) AS text FROM audit_log
              WHERE context->'target'->>'name' = 'Max Member' AND context->'target'->>'email' = 'member@demo.test' ORDER BY time",
        )
        .await;
    assert_eq!(
        rows,
        [
            "password_links.created succeeded f",
            "personal_access_tokens.deleted succeeded t",
            "users.deactivated succeeded f",
            "password_links.created refused deactivated f",
            "users.reactivated succeeded f",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_active_workspace_admin_stays_one() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let demotion = json!({ "from": ["workspace_admin"], "to": ["contributor"] });
    for answer in [
        admin.set_roles(&server, "admin@demo.test", &["contributor"]).await,
        admin.deactivate(&server, "admin@demo.test").await,
        admin.browser.post(&path(&server, "admin@demo.test", "/roles/preview").await, demotion).await,
    ] {
        assert_eq!(answer.verdict(), (409, "last_admin"));
    }
    assert_eq!(admin.set_roles(&server, "member@demo.test", &["workspace_admin"]).await.status, 200);
    assert_eq!(admin.deactivate(&server, "member@demo.test").await.status, 200);
    assert_eq!(admin.invite("Ivy", "ivy@demo.test", &["workspace_admin"]).await.status, 201);
    let answer = admin.set_roles(&server, "admin@demo.test", &["contributor"]).await;
    assert_eq!(answer.verdict(), (409, "last_admin"), "neither a deactivated admin counts nor one who can't sign in yet");

    assert_eq!(admin.set_roles(&server, "database@demo.test", &["workspace_admin"]).await.status, 200);
    assert_eq!(admin.set_roles(&server, "admin@demo.test", &["contributor"]).await.status, 200, "of themselves, as there is another");
    assert_eq!(admin.set_roles(&server, "admin@demo.test", &["workspace_admin"]).await.verdict(), (403, "forbidden"), "no longer an admin");
    assert_eq!(
        names(&admin.browser.get("/api/session").await.body["user"]["roles"]),
        ["contributor"],
        "the session goes on with new roles"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_set_as_they_were_seen() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let member = "member@demo.test";
    for (body, fields) in [
        (json!({ "from": ["contributor"], "to": ["emperor", "team_lead", "team_lead"] }), vec!["to[0]: invalid", "to[2]: duplicate"]),
        (json!({ "from": ["contributor"], "to": [] }), vec!["to: required"]),
        (json!({}), vec!["to: required"]),
        (json!({ "from": [], "to": ["team_lead"], "roles": [] }), vec!["roles: unknown_field"]),
    ] {
        assert_eq!(admin.put_roles(&server, member, body.clone()).await.refused_fields(), fields, "{body}");
    }
    for from in [json!([]), json!(["team_lead"]), json!(["contributor", "team_lead"])] {
        let body = json!({ "from": from, "to": ["team_lead"] });
        assert_eq!(admin.put_roles(&server, member, body.clone()).await.verdict(), (412, "stale"));
        assert_eq!(admin.browser.post(&path(&server, member, "/roles/preview").await, body).await.verdict(), (412, "stale"));
    }
    assert_eq!(admin.roles(&server, member).await, ["contributor"]);
    // A role that the policy no longer knows may stay, as a scope may.
    server.sql("INSERT INTO user_roles SELECT account_id, id, 'role_of_old' FROM users WHERE email = 'member@demo.test'").await;
    let body = json!({ "from": ["role_of_old", "contributor"], "to": ["role_of_old", "team_lead"] });
    let answer = admin.put_roles(&server, member, body).await;
    assert_eq!(
        answer.body["roles"],
        json!([{ "name": "role_of_old", "label": "role_of_old" }, { "name": "team_lead", "label": "Team lead" }])
    );
    let roles = admin.browser.get("/api/admin/roles").await.body;
    let scorecards = roles["roles"].as_array().unwrap().iter().find(|role| role["name"] == "scorecard_admin").unwrap();
    assert_eq!(
        scorecards,
        &json!({ "name": "scorecard_admin", "label": "Scorecard admin", "description": "Manages all scorecards", "scopes": ["scorecards:write"] })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_person_sets_a_password_with_a_link_that_works_once() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let answer = admin.invite(" Noor New ", " Noor@Demo.Test ", &["contributor", "scorecard_admin"]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (201, "no-store"), "{answer:?}");
    let user = &answer.body["user"];
    assert_eq!((&user["name"], &user["email"], &user["state"]), (&json!("Noor New"), &json!("noor@demo.test"), &json!("invited")));
    assert_eq!(
        (names(&user["roles"]), &user["last_seen_at"]),
        (vec!["contributor".to_owned(), "scorecard_admin".to_owned()], &json!(null))
    );
    let url = answer.body["link"]["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}/set-password#", server.base)), "{url}");
    let hours = server
        .text(&format!(
            "SELECT round(extract(epoch FROM timestamptz '{}' - now()) / 3600)::text AS text",
            answer.body["link"]["expires_at"].as_str().unwrap()
        ))
        .await;
    assert_eq!(hours, "72");

    assert_eq!(redeem(&server, url).await.status, 204);
    assert_eq!(redeem(&server, url).await.verdict(), (410, "link_invalid"));
    let noor = server.sign_in("noor@demo.test").await;
    server.token(&noor, &["scorecards:write"]).await;
    let seen = admin.read(&server, "noor@demo.test").await;
    assert_eq!((&seen["state"], &seen["sessions"], &seen["live_tokens"]), (&json!("active"), &json!(1), &json!(1)));
    assert!(seen["last_seen_at"].is_string());
    let row = server.text("SELECT concat_ws(' ', user_email, context) AS text FROM audit_log WHERE event_type = 'users.created'").await;
    for part in ["admin@demo.test {", "Noor New", "noor@demo.test", "scorecard_admin", user["id"].as_str().unwrap()] {
        assert!(row.contains(part), "{row}");
    }
    let secret = url.split_once('#').unwrap().1;
    assert_eq!(server.count(&format!("audit_log e WHERE e::text LIKE '%{secret}%'")).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_invitations_name_every_field() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let empty = admin.browser.post("/api/admin/users", json!({})).await;
    assert_eq!(empty.refused_fields(), ["name: required", "email: required", "roles: required"]);
    let bad = admin.invite("a\u{0}b", "no address", &["emperor"]).await;
    assert_eq!(bad.refused_fields(), ["name: control_characters", "email: invalid", "roles[0]: invalid"]);
    assert_eq!(admin.invite(&"x".repeat(101), "x@demo.test", &["contributor"]).await.refused_fields(), ["name: too_long"]);
    for taken in ["Member@demo.test", "admin@other.test"] {
        let answer = admin.invite("X", taken, &["contributor"]).await;
        assert_eq!(answer.refused_fields(), ["email: taken"], "in the whole installation");
        assert_eq!(answer.body["errors"][0]["message"], "Somebody has this e-mail address already.");
    }
    assert_eq!(server.count("users").await, 7);
    assert_eq!(server.count("audit_log WHERE event_type = 'users.created' AND outcome = 'refused' AND reason = 'invalid'").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_link_ends_the_earlier_ones_and_the_sessions() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let member = server.sign_in("member@demo.test").await;
    let (bearer, _) = server.token(&member, &["catalog:read"]).await;
    let first = admin.post(&server, "member@demo.test", "password-link").await;
    assert_eq!((first.status, first.header("cache-control")), (200, "no-store"));
    assert_eq!(member.get("/api/session").await.verdict(), (401, "not_signed_in"));
    assert_eq!(bearer.get("/entities.list").await.status, 200, "tokens have nothing to do with passwords");
    let second = admin.post(&server, "member@demo.test", "password-link").await;
    assert_eq!(redeem(&server, first.body["url"].as_str().unwrap()).await.verdict(), (410, "link_invalid"));
    assert_eq!(redeem(&server, second.body["url"].as_str().unwrap()).await.status, 204);
    let third = admin.post(&server, "member@demo.test", "password-link").await;
    server.advance_clock("72 hours 1 minute").await;
    assert_eq!(redeem(&server, third.body["url"].as_str().unwrap()).await.verdict(), (410, "link_invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_ends_all_of_a_person_s_sessions() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let member = [server.sign_in("member@demo.test").await, server.sign_in("member@demo.test").await];
    assert_eq!(admin.read(&server, "member@demo.test").await["sessions"], 2);
    assert_eq!(admin.browser.delete(&path(&server, "member@demo.test", "/sessions").await).await.status, 204);
    for browser in &member {
        assert_eq!(browser.get("/api/session").await.verdict(), (401, "not_signed_in"));
    }
    assert_eq!(admin.read(&server, "member@demo.test").await["sessions"], 0);
    assert_eq!(admin.browser.get("/api/session").await.status, 200);
    server.sign_in("member@demo.test").await;
    let row = server.text("SELECT concat_ws(' ', user_email, outcome, context->'target'->>'name') AS text FROM audit_log WHERE event_type = 'user_sessions.deleted'").await;
    assert_eq!(row, "admin@demo.test succeeded Max Member");
}
