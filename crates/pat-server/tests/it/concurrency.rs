//! The lock order under real concurrency: the result equals running one after the other, nothing deadlocks, nobody starves.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::people::Admin;
use crate::support::{Answer, Browser, Server, json};

/// Starts everything at once and waits for all.
pub async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(tasks: impl IntoIterator<Item = F>) -> Vec<T> {
    let mut set = JoinSet::new();
    for task in tasks {
        set.spawn(task);
    }
    set.join_all().await
}

pub fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn of_creates_with_one_name_one_wins() {
    let server = Server::start().await;
    let browser = Arc::new(server.sign_in("member@demo.test").await);
    let answers = at_once((0..8).map(|n| {
        let browser = browser.clone();
        async move { browser.mint(if n % 2 == 0 { "CI" } else { "ci" }, &["catalog:read"]).await }
    }))
    .await;
    assert_eq!(statuses(&answers), [201, 422, 422, 422, 422, 422, 422, 422]);
    assert_eq!(server.count("tokens").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_free_place_is_given_once() {
    let server = Server::start().await;
    server.sql("UPDATE account_settings SET token_cap = 3").await;
    let browser = Arc::new(server.sign_in("member@demo.test").await);
    let answers = at_once((0..8).map(|n| {
        let browser = browser.clone();
        async move { browser.mint(&format!("token {n}"), &["catalog:read"]).await }
    }))
    .await;
    assert_eq!(statuses(&answers), [201, 201, 201, 409, 409, 409, 409, 409]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_edits_at_one_instant_one_wins_and_a_delete_beats_the_rest() {
    let server = Server::start().await;
    let browser = Arc::new(server.sign_in("member@demo.test").await);
    for _ in 0..5 {
        let (bearer, id) = server.token(&browser, &["catalog:read"]).await;
        let edits = at_once((0..6).map(|n| {
            let (browser, id) = (browser.clone(), id.clone());
            async move {
                if n == 5 {
                    browser.delete_token(&id).await
                } else {
                    browser.edit(&id, 1, json!({ "name": format!("edit {n} of {id}") })).await
                }
            }
        }))
        .await;
        let edited = edits.iter().filter(|answer| answer.status == 200).count();
        assert!(edited <= 1 && edits.iter().all(|answer| [200, 204, 409, 412].contains(&answer.status)), "{edits:?}");
        assert_eq!(browser.token(&id).await.body["status"], "revoked");
        assert_eq!(bearer.get("/auth.info").await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mint_against_a_demotion_leaves_no_scope_behind() {
    let server = Arc::new(Server::start().await);
    let admin = Arc::new(Admin::sign_in(&server, "admin@demo.test").await);
    let owner = Arc::new(server.sign_in("scorecards@demo.test").await);
    for round in 0..5 {
        admin.set_roles(&server, "scorecards@demo.test", &["contributor", "scorecard_admin"]).await;
        let demotion = {
            let (server, admin) = (server.clone(), admin.clone());
            tokio::spawn(async move { admin.set_roles(&server, "scorecards@demo.test", &["contributor"]).await })
        };
        let answers = at_once((0..6).map(|n| {
            let owner = owner.clone();
            async move { owner.mint(&format!("{round} {n}"), &["scorecards:write"]).await }
        }))
        .await;
        assert_eq!(demotion.await.unwrap().status, 200);
        assert!(answers.iter().all(|answer| [201, 422].contains(&answer.status)), "{answers:?}");
        assert_eq!(server.count("tokens WHERE 'scorecards:write' = ANY (scopes)").await, 0, "minted before: struck; after: refused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mint_against_a_deactivation_leaves_no_live_token() {
    let server = Arc::new(Server::start().await);
    let admin = Arc::new(Admin::sign_in(&server, "admin@demo.test").await);
    let owner = Arc::new(server.sign_in("member@demo.test").await);
    let deactivation = {
        let (server, admin) = (server.clone(), admin.clone());
        tokio::spawn(async move { admin.deactivate(&server, "member@demo.test").await })
    };
    let answers = at_once((0..10).map(|n| {
        let owner = owner.clone();
        async move { owner.mint(&format!("token {n}"), &["catalog:read"]).await }
    }))
    .await;
    assert_eq!(deactivation.await.unwrap().status, 200);
    assert!(answers.iter().all(|answer| [201, 401].contains(&answer.status)), "{answers:?}");
    assert_eq!(server.count("tokens WHERE revoked_at IS NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_can_t_demote_each_other() {
    let server = Arc::new(Server::start().await);
    let first = Arc::new(Admin::sign_in(&server, "admin@demo.test").await);
    assert_eq!(first.set_roles(&server, "member@demo.test", &["workspace_admin"]).await.status, 200);
    let second = Arc::new(Admin::sign_in(&server, "member@demo.test").await);
    let answers = at_once([(first, "member@demo.test"), (second, "admin@demo.test")].map(|(admin, other)| {
        let server = server.clone();
        async move { admin.set_roles(&server, other, &["contributor"]).await }
    }))
    .await;
    assert_eq!(statuses(&answers), [200, 403], "the loser is no longer an admin: {answers:?}");
    assert_eq!(
        server.count("user_roles WHERE role = 'workspace_admin' AND account_id = (SELECT id FROM accounts WHERE name = 'Demo')").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn account_wide_changes_run_one_after_the_other_and_are_never_starved_by_others() {
    let server = Arc::new(Server::start().await);
    let admin = Arc::new(Admin::sign_in(&server, "admin@demo.test").await);
    let stop = Arc::new(AtomicBool::new(false));
    let warm = Arc::new(Barrier::new(5));
    // Mints, edits and deletes of several users hold the shared lock without a gap.
    let mut others = JoinSet::new();
    for email in ["member@demo.test", "scorecards@demo.test", "selfservice@demo.test", "snapshots@demo.test"] {
        let (server, stop, warm) = (server.clone(), stop.clone(), warm.clone());
        others.spawn(async move {
            let browser = server.sign_in(email).await;
            let mut done = busy(&server, &browser).await;
            warm.wait().await;
            while !stop.load(Ordering::Relaxed) {
                done += busy(&server, &browser).await;
            }
            done
        });
    }
    warm.wait().await;
    let changes = at_once((0..12).map(|n| {
        let (server, admin) = (server.clone(), admin.clone());
        async move {
            let token = json!({ "name": format!("ci {n}"), "expiration": { "type": "never" }, "scopes": ["catalog:read"] });
            match n % 3 {
                0 => admin.browser.post("/api/admin/organization-tokens", token).await,
                1 => admin.set_roles(&server, "database@demo.test", &["contributor"]).await,
                _ => admin.set_roles(&server, "database@demo.test", &["contributor", "database_admin"]).await,
            }
        }
    }))
    .await;
    stop.store(true, Ordering::Relaxed);
    let done: usize = others.join_all().await.into_iter().sum();
    // Of two who saw the same roles one comes too late.
    assert!(changes.iter().all(|answer| [200, 201, 412].contains(&answer.status)), "no deadlock, no lock timeout: {changes:?}");
    assert!(done > 4, "the others went on");
    assert_eq!(server.count("tokens WHERE revoked_at IS NULL AND owner_id IS NOT NULL").await, 0);
}

/// One mint, one edit, one delete.
async fn busy(server: &Server, browser: &Browser) -> usize {
    let (bearer, id) = server.token(browser, &["catalog:read"]).await;
    assert_eq!(browser.edit(&id, 1, json!({ "scopes": ["snapshots:read"] })).await.status, 200);
    assert_eq!(bearer.get("/teams.list").await.status, 200);
    assert_eq!(browser.delete_token(&id).await.status, 204);
    1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_revoke_by_hand_goes_on_beside_mints() {
    let server = Arc::new(Server::start().await);
    let browsers = [server.sign_in("member@demo.test").await, server.sign_in("scorecards@demo.test").await].map(Arc::new);
    let revoke = {
        let server = server.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                server.sql("UPDATE tokens SET revoked_at = now() WHERE revoked_at IS NULL").await;
            }
        })
    };
    let answers = at_once((0..40).map(|n| {
        let browser = browsers[n % 2].clone();
        async move { browser.mint(&format!("token {n}"), &["catalog:read"]).await }
    }))
    .await;
    revoke.await.unwrap();
    assert_eq!(statuses(&answers), [201; 40]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_against_a_deactivation_is_done_before_it_or_not_at_all() {
    let server = Arc::new(Server::start().await);
    let admin = Arc::new(Admin::sign_in(&server, "admin@demo.test").await);
    let owner = server.sign_in("database@demo.test").await;
    let (bearer, _) = server.token(&owner, &["catalog:write:entities"]).await;
    let deactivation = {
        let (server, admin) = (server.clone(), admin.clone());
        tokio::spawn(async move { admin.deactivate(&server, "database@demo.test").await })
    };
    let answers = at_once((0..12).map(|n| {
        let bearer = bearer.clone();
        async move { bearer.post("/entities.create", json!({ "identifier": format!("race-{n}"), "type": "service" })).await }
    }))
    .await;
    assert_eq!(deactivation.await.unwrap().status, 200);
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(answers.iter().all(|answer| [200, 401].contains(&answer.status)), "{answers:?}");
    assert_eq!(server.count("resources WHERE identifier LIKE 'race-%'").await, i64::try_from(done).unwrap());
    let after = bearer.post("/entities.create", json!({ "identifier": "late", "type": "service" })).await;
    assert_eq!(after.verdict(), (401, "invalid_auth"));
}
