//! Roles, through the functions that the admin pages will use (P3, P4).

use pat_core::id::UserId;
use pat_server::change::{self, Asker};
use pat_server::client::Client;
use pat_server::error::ApiError;
use pat_server::store::sessions;

use crate::support::{Server, json};

/// An admin of the demo account, as the admin pages will ask.
pub struct Admin {
    session: sessions::SignedIn,
    client: Client,
}

impl Admin {
    pub async fn sign_in(server: &Server, email: &str) -> Self {
        server.sign_in(email).await;
        let id = server
            .text(&format!(
                "SELECT s.id::text AS text FROM sessions s JOIN users u ON u.id = s.user_id WHERE email = '{email}' ORDER BY s.id DESC"
            ))
            .await;
        let mut conn = server.app.store.conn().await.unwrap();
        let session = sessions::find(&mut conn, id.parse().unwrap()).await.unwrap().unwrap();
        Self { session, client: Client::operator() }
    }

    pub fn asker(&self) -> Asker<'_> {
        Asker::new(&self.session, &self.client)
    }

    pub async fn set_roles(&self, server: &Server, email: &str, roles: &[&str]) -> Result<(), ApiError> {
        let user: UserId = server.user_id(email).await.parse().unwrap();
        let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        change::people::set_roles(&server.app, self.asker(), user, &roles).await
    }

    pub async fn deactivate(&self, server: &Server, email: &str) -> Result<(), ApiError> {
        let user: UserId = server.user_id(email).await.parse().unwrap();
        change::people::deactivate(&server.app, self.asker(), user).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demotion_strikes_scopes_for_good_and_says_which() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let owner = server.sign_in("scorecards@demo.test").await;
    let (bearer, id) = server.token(&owner, &["scorecards:read", "scorecards:write"]).await;
    let (_, untouched) = server.token(&owner, &["catalog:read"]).await;
    let (only, _) = server.token(&owner, &["scorecards:write"]).await;
    assert_eq!(bearer.get("/scorecards.create").await.status, 405);
    assert_eq!(bearer.post("/scorecards.create", json!({})).await.status, 501);

    admin.set_roles(&server, "scorecards@demo.test", &["contributor"]).await.unwrap();
    assert_eq!(bearer.post("/scorecards.create", json!({})).await.verdict(), (403, "not_authorized"));
    assert_eq!(bearer.get("/scorecards.list").await.status, 200);
    assert_eq!(only.get("/auth.info").await.body["auth"]["scopes"], json!([]), "a token may be left with none");
    let struck = owner.token(&id).await.body;
    assert_eq!((&struck["scopes"], &struck["version"]), (&json!(["scorecards:read"]), &json!(2)));
    assert_eq!(owner.token(&untouched).await.body["version"], 1);

    admin.set_roles(&server, "scorecards@demo.test", &["contributor", "scorecard_admin"]).await.unwrap();
    assert_eq!(owner.token(&id).await.body["scopes"], json!(["scorecards:read"]), "a later promotion brings nothing back");
    let rows = server.texts("SELECT event_type || ' ' || coalesce(context->>'removed_scopes', context->>'to') AS text FROM audit_events WHERE context ? 'because' OR event_type = 'user_roles.updated' ORDER BY time").await;
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
async fn deactivation_revokes_tokens_and_ends_sessions_for_good() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    let owner = server.sign_in("member@demo.test").await;
    let (bearer, id) = server.token(&owner, &["catalog:read"]).await;
    admin.deactivate(&server, "member@demo.test").await.unwrap();
    assert_eq!(bearer.get("/entities.list").await.verdict(), (401, "invalid_auth"));
    assert_eq!(owner.get("/api/session").await.verdict(), (401, "not_signed_in"));
    let user = server.user_id("member@demo.test").await.parse().unwrap();
    change::people::reactivate(&server.app, admin.asker(), user).await.unwrap();
    assert_eq!(bearer.get("/entities.list").await.status, 401, "reactivation does not revive them");
    let again = server.sign_in("member@demo.test").await;
    assert_eq!(again.token(&id).await.body["status"], "revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_active_workspace_admin_stays_one() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    for result in [admin.set_roles(&server, "admin@demo.test", &["contributor"]).await, admin.deactivate(&server, "admin@demo.test").await]
    {
        assert!(matches!(result, Err(ApiError::LastAdmin)), "{result:?}");
    }
    admin.set_roles(&server, "member@demo.test", &["workspace_admin"]).await.unwrap();
    admin.deactivate(&server, "member@demo.test").await.unwrap();
    assert!(
        matches!(admin.set_roles(&server, "admin@demo.test", &["contributor"]).await, Err(ApiError::LastAdmin)),
        "a deactivated admin doesn't count"
    );
    admin.set_roles(&server, "database@demo.test", &["workspace_admin"]).await.unwrap();
    admin.set_roles(&server, "admin@demo.test", &["contributor"]).await.unwrap();
    assert!(
        matches!(admin.set_roles(&server, "admin@demo.test", &["workspace_admin"]).await, Err(ApiError::Forbidden)),
        "no longer an admin"
    );
    assert!(matches!(admin.set_roles(&server, "admin@demo.test", &["emperor"]).await, Err(ApiError::Forbidden)));
    let admin = Admin::sign_in(&server, "database@demo.test").await;
    assert!(matches!(admin.set_roles(&server, "admin@demo.test", &["emperor"]).await, Err(ApiError::Invalid(_))));
    assert!(
        matches!(admin.set_roles(&server, "admin@other.test", &["contributor"]).await, Err(ApiError::NotFound)),
        "another account's user"
    );
}
