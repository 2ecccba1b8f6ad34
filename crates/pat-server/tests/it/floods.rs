//! Floods of unknown tokens: bounded in rows, look-ups and memory, and no harm to those whose tokens live.

use std::time::Instant;

use axum::body::Body;
use axum::http::{Request, header};
use ipnet::IpNet;
use pat_core::secret::TokenSecret;
use pat_core::token::TokenKind;
use pat_server::app::App;
use pat_server::metrics::Verdict;
use pat_server::routes;
use pat_server::store::Store;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::support::{Server, serve_app};

/// How many unknown tokens an address may show in a minute before it is slowed.
const FREE: u64 = 300;

fn stranger() -> TokenSecret {
    TokenSecret::draw(TokenKind::Personal, |bytes| rand::fill(bytes))
}

/// A server that believes what callers say of their address.
async fn believing(connections: usize) -> Server {
    let server = Server::start().await;
    let store = Store::new(&server.database.url, connections).unwrap();
    let anybody: Vec<IpNet> = vec!["0.0.0.0/0".parse().unwrap()];
    let (base, app) = serve_app(|base| App::new(store, base, anybody).unwrap()).await;
    Server { base, app, ..server }
}

/// Shows unknown tokens, each from the address that `of` gives it, in process, and counts the answers by status.
async fn flood(server: &Server, tokens: u32, of: impl Fn(u32) -> String) -> [usize; 3] {
    let router = routes::router(server.app.clone());
    let mut calls = JoinSet::new();
    for n in 0..tokens {
        let mut request = Request::get("/auth.info")
            .header(header::AUTHORIZATION, format!("Bearer {}", stranger().expose()))
            .header("x-forwarded-for", of(n))
            .body(Body::empty())
            .unwrap();
        let peer: std::net::SocketAddr = "127.0.0.1:1".parse().unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        calls.spawn(router.clone().oneshot(request));
    }
    let statuses: Vec<u16> = calls.join_all().await.into_iter().map(|answer| answer.unwrap().status().as_u16()).collect();
    let count = |status| statuses.iter().filter(|found| **found == status).count();
    let counts = [count(401), count(429), count(503)];
    assert_eq!(counts.iter().sum::<usize>(), statuses.len(), "nothing else is answered");
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_that_floods_soon_asks_the_database_for_next_to_nothing() {
    let server = believing(20).await;
    let (valid, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    assert_eq!(valid.get("/auth.info").await.status, 200);
    let (rows, before) = (server.count("audit_events").await, server.app.principals.counts());
    let (look_ups, since) = (server.app.metrics.verifications.look_ups.get(), Instant::now());
    let [unknown, limited, _] = flood(&server, 2_000, |_| "203.0.113.7".to_owned()).await;
    assert!(unknown <= usize::try_from(FREE).unwrap() && limited > 1_000, "{unknown} {limited}");
    let asked = server.app.metrics.verifications.look_ups.get() - look_ups;
    // Twenty more in each second that has begun.
    let allowed = FREE + 20 * (since.elapsed().as_secs() + 2);
    assert!(asked <= allowed, "{asked} look-ups, {allowed} allowed");

    assert_eq!(server.count("audit_events").await, rows, "no row");
    let after = server.app.principals.counts();
    assert_eq!((after.principals, after.evictions), (before.principals, 0));
    let call = valid.request(reqwest::Method::GET, "/auth.info").header("x-forwarded-for", "203.0.113.7");
    assert_eq!(crate::support::Answer::of(call).await.status, 200, "a known token works from the very address");
    assert_eq!(server.app.principals.counts().hits, before.hits + 1, "from the cache");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_addresses_that_flood_leave_connections_to_others() {
    let server = believing(4).await;
    let owner = server.sign_in("member@demo.test").await;
    let (valid, _) = server.token(&owner, &["catalog:read"]).await;
    assert_eq!(valid.get("/entities.list").await.status, 200);
    while server.count("token_usage").await == 0 {
        tokio::task::yield_now().await;
    }
    let rows = server.count("audit_events").await;
    // The one connection that look-ups of unknown tokens may have hangs, and the flood behind it: nobody else does.
    let mut holder = server.database.connect().await;
    diesel_async::SimpleAsyncConnection::batch_execute(&mut holder, "BEGIN; LOCK TABLE token_usage IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let flooding = flood(&server, 2_000, |n| format!("198.51.{}.{}", n / 250, n % 250 + 1));
    let calling = async {
        while server.app.metrics.verifications.look_ups.get() < 2 {
            tokio::task::yield_now().await;
        }
        let load = server.app.store.usage();
        assert!(load.size - load.idle <= 1, "the flood has one connection: {load:?}");
        assert_eq!(valid.get("/entities.list").await.status, 200, "known tokens are served");
        assert_eq!(owner.get("/api/session").await.status, 200, "and people");
        while server.app.metrics.verifications.counter(Verdict::Unavailable).get() == 0 {
            tokio::task::yield_now().await;
        }
        diesel_async::SimpleAsyncConnection::batch_execute(&mut holder, "ROLLBACK").await.unwrap();
    };
    let ([unknown, limited, shed], ()) = tokio::join!(flooding, calling);
    assert!(shed > 0 && unknown > 0, "some were looked up, and those that waited in vain were told: {unknown} {shed}");
    assert_eq!(limited, 0, "each address showed a few only");
    assert_eq!(server.count("audit_events").await, rows + 1, "the known token's call");
    assert_eq!(server.app.principals.counts().evictions, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_shown_by_many_at_once_is_looked_up_once() {
    let server = believing(20).await;
    let (valid, _) = server.token(&server.sign_in("member@demo.test").await, &["catalog:read"]).await;
    let unknown = server.bearer(stranger().expose());
    for (bearer, status) in [(valid, 200), (unknown, 401)] {
        let before = server.app.metrics.verifications.look_ups.get();
        let mut calls = JoinSet::new();
        for _ in 0..64 {
            let bearer = bearer.clone();
            calls.spawn(async move { bearer.get("/auth.info").await.status });
        }
        assert!(calls.join_all().await.into_iter().all(|found| found == status));
        assert_eq!(server.app.metrics.verifications.look_ups.get() - before, 1);
    }
}
