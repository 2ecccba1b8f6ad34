//! Two who change one thing at once: the result equals one after the other. The order is forced by a lock that both run into.

use std::sync::Arc;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use tokio::task::JoinHandle;

use crate::concurrency::{at_once, statuses};
use crate::people::Admin;
use crate::support::{Answer, Browser, Server, json};

/// Waits until so many sessions of the database wait for a lock.
async fn until_waiting(server: &Server, wanted: i64) {
    while server.count("pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").await < wanted {
        tokio::task::yield_now().await;
    }
}

/// Holds a lock until the connection commits.
async fn hold(server: &Server, lock: &str) -> AsyncPgConnection {
    let mut blocker = server.database.connect().await;
    blocker.batch_execute(&format!("BEGIN; {lock}")).await.unwrap();
    blocker
}

async fn release(mut blocker: AsyncPgConnection) {
    blocker.batch_execute("COMMIT").await.unwrap();
}

/// The lock of the demo account, which every change of it takes first.
const ACCOUNT: &str =
    "SELECT pg_advisory_xact_lock(('x' || right(replace(id::text, '-', ''), 16))::bit(64)::bigint) FROM accounts WHERE name = 'Demo'";

fn mint(owner: &Arc<Browser>, scope: &'static str) -> JoinHandle<Answer> {
    let owner = owner.clone();
    tokio::spawn(async move { owner.mint("race", &[scope]).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_admins_who_change_one_user_the_second_learns_that_it_was_changed() {
    let server = Arc::new(Server::start().await);
    let admin = Admin::sign_in(&server, "admin@demo.test").await;
    assert_eq!(admin.set_roles(&server, "database@demo.test", &["workspace_admin"]).await.status, 200);
    let admins = [Arc::new(admin), Arc::new(Admin::sign_in(&server, "database@demo.test").await)];
    let blocker = hold(&server, ACCOUNT).await;
    let both = [(0, "team_lead"), (1, "interviewer")].map(|(n, role)| {
        let (server, admin) = (server.clone(), admins[n].clone());
        async move { admin.put_roles(&server, "member@demo.test", json!({ "from": ["contributor"], "to": [role] })).await }
    });
    let race = tokio::spawn(at_once(both));
    until_waiting(&server, 2).await;
    release(blocker).await;
    let answers = race.await.unwrap();
    assert_eq!(statuses(&answers), [200, 412], "{answers:?}");
    let winner = answers.iter().find(|answer| answer.status == 200).unwrap();
    assert_eq!(admins[0].read(&server, "member@demo.test").await["roles"], winner.body["roles"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_who_demote_each_other_at_one_instant_leave_one() {
    let server = Arc::new(Server::start().await);
    let first = Arc::new(Admin::sign_in(&server, "admin@demo.test").await);
    assert_eq!(first.set_roles(&server, "member@demo.test", &["workspace_admin"]).await.status, 200);
    let second = Arc::new(Admin::sign_in(&server, "member@demo.test").await);
    let blocker = hold(&server, ACCOUNT).await;
    let both = [(first, "member@demo.test"), (second, "admin@demo.test")].map(|(admin, other)| {
        let server = server.clone();
        async move { admin.set_roles(&server, other, &["contributor"]).await }
    });
    let race = tokio::spawn(at_once(both));
    // Both have passed the extractor as admins, and wait for the lock of the change.
    until_waiting(&server, 2).await;
    release(blocker).await;
    assert_eq!(statuses(&race.await.unwrap()), [200, 403]);
    let admins = "user_roles r JOIN accounts a ON a.id = account_id WHERE role = 'workspace_admin' AND a.name = 'Demo'";
    assert_eq!(server.count(admins).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demotion_strikes_from_a_token_that_was_minted_while_it_waited() {
    let server = Arc::new(Server::start().await);
    let admin = Arc::new(Admin::sign_in(&server, "admin@demo.test").await);
    let owner = Arc::new(server.sign_in("scorecards@demo.test").await);
    let blocker = hold(&server, "LOCK TABLE tokens IN SHARE ROW EXCLUSIVE MODE").await;
    let mint = mint(&owner, "scorecards:write");
    until_waiting(&server, 1).await;
    let demotion = {
        let (server, admin) = (server.clone(), admin.clone());
        tokio::spawn(async move { admin.set_roles(&server, "scorecards@demo.test", &["contributor"]).await })
    };
    until_waiting(&server, 2).await;
    release(blocker).await;
    assert_eq!(mint.await.unwrap().status, 201);
    assert_eq!(demotion.await.unwrap().status, 200);
    assert_eq!(server.text("SELECT scopes::text AS text FROM tokens").await, "{}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mint_that_waited_for_a_demotion_is_refused() {
    let server = Arc::new(Server::start().await);
    let admin = Arc::new(Admin::sign_in(&server, "admin@demo.test").await);
    let owner = Arc::new(server.sign_in("scorecards@demo.test").await);
    let blocker = hold(&server, "LOCK TABLE user_roles IN SHARE ROW EXCLUSIVE MODE").await;
    let demotion = {
        let (server, admin) = (server.clone(), admin.clone());
        tokio::spawn(async move { admin.set_roles(&server, "scorecards@demo.test", &["contributor"]).await })
    };
    until_waiting(&server, 1).await;
    let mint = mint(&owner, "scorecards:write");
    until_waiting(&server, 2).await;
    release(blocker).await;
    assert_eq!(demotion.await.unwrap().status, 200);
    assert_eq!(mint.await.unwrap().refused_fields(), ["scopes: not_grantable"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deactivation_revokes_a_token_that_was_minted_while_it_waited() {
    let server = Arc::new(Server::start().await);
    let admin = Arc::new(Admin::sign_in(&server, "admin@demo.test").await);
    let owner = Arc::new(server.sign_in("member@demo.test").await);
    let blocker = hold(&server, "LOCK TABLE tokens IN SHARE ROW EXCLUSIVE MODE").await;
    let mint = mint(&owner, "catalog:read");
    until_waiting(&server, 1).await;
    let deactivation = {
        let (server, admin) = (server.clone(), admin.clone());
        tokio::spawn(async move { admin.deactivate(&server, "member@demo.test").await })
    };
    until_waiting(&server, 2).await;
    release(blocker).await;
    let minted = mint.await.unwrap();
    assert_eq!(minted.status, 201);
    assert_eq!(deactivation.await.unwrap().status, 200);
    assert_eq!(server.bearer(minted.body["token"].as_str().unwrap()).get("/auth.info").await.verdict(), (401, "invalid_auth"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mint_that_waited_for_a_deactivation_is_nobody_s() {
    let server = Arc::new(Server::start().await);
    let admin = Arc::new(Admin::sign_in(&server, "admin@demo.test").await);
    let owner = Arc::new(server.sign_in("member@demo.test").await);
    let blocker = hold(&server, "LOCK TABLE users IN SHARE MODE").await;
    let deactivation = {
        let (server, admin) = (server.clone(), admin.clone());
        tokio::spawn(async move { admin.deactivate(&server, "member@demo.test").await })
    };
    until_waiting(&server, 1).await;
    let mint = mint(&owner, "catalog:read");
    until_waiting(&server, 2).await;
    release(blocker).await;
    assert_eq!(deactivation.await.unwrap().status, 200);
    assert_eq!(mint.await.unwrap().verdict(), (401, "not_signed_in"));
    assert_eq!(server.count("tokens").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_invitations_with_one_address_one_is_made() {
    let server = Arc::new(Server::start().await);
    let admins = [Admin::sign_in(&server, "admin@demo.test").await, Admin::sign_in(&server, "admin@other.test").await].map(Arc::new);
    let blocker = hold(&server, "LOCK TABLE users IN SHARE MODE").await;
    let race = tokio::spawn(at_once([0, 1, 0, 1].map(|n| {
        let admin = admins[n].clone();
        async move { admin.invite("Noor", "noor@demo.test", &["contributor"]).await }
    })));
    until_waiting(&server, 4).await;
    release(blocker).await;
    let answers = race.await.unwrap();
    assert_eq!(statuses(&answers), [201, 422, 422, 422], "{answers:?}");
    for refused in answers.iter().filter(|answer| answer.status == 422) {
        assert_eq!(refused.refused_fields(), ["email: taken"]);
    }
    assert_eq!(server.count("users WHERE email = 'noor@demo.test'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_redeemed_while_a_new_one_is_made_sets_a_password_or_is_over() {
    let server = Arc::new(Server::start().await);
    let admin = Arc::new(Admin::sign_in(&server, "admin@demo.test").await);
    for _ in 0..5 {
        let url = admin.post(&server, "member@demo.test", "password-link").await.body["url"].as_str().unwrap().to_owned();
        let redeem = {
            let (server, secret) = (server.clone(), url.split_once('#').unwrap().1.to_owned());
            tokio::spawn(
                async move { server.visitor().post("/api/password", json!({ "link": secret, "password": "another password" })).await },
            )
        };
        let answer = admin.post(&server, "member@demo.test", "password-link").await;
        assert_eq!(answer.status, 200, "neither deadlocks: {answer:?}");
        let redeemed = redeem.await.unwrap();
        assert!([204, 410].contains(&redeemed.status), "{redeemed:?}");
    }
}
