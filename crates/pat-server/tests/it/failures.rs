//! What the database can do to us, and what is answered: 503 with `Retry-After`, never a success and never nothing; and again
//! success once it is over, without a restart.

use std::collections::HashSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};
use pat_server::app::App;
use pat_server::routes;
use pat_server::store::Store;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::support::{Answer, Bearer, Browser, Database, Door, Server, json, serve, serve_app};

fn assert_unavailable(answer: &Answer) {
    assert_eq!((answer.verdict(), answer.header("retry-after")), ((503, "unavailable"), "1"), "{answer:?}");
}

/// A server with somebody who calls it: a token that reads, one that writes, and a page.
struct Caller {
    server: Server,
    reader: Bearer,
    writer: Bearer,
    page: Browser,
}

impl Caller {
    async fn start() -> Self {
        Self::of(Server::start().await).await
    }

    async fn of(server: Server) -> Self {
        let page = server.sign_in("admin@demo.test").await;
        let (reader, _) = server.token(&page, &["catalog:read"]).await;
        let (writer, _) = server.token(&page, &["catalog:write:entities"]).await;
        // The first calls fill the cache, so that afterwards only the proof needs the database.
        assert_eq!(reader.get("/auth.info").await.status, 200);
        assert_eq!(writer.get("/auth.info").await.status, 200);
        Self { server, reader, writer, page }
    }

    async fn write(&self) -> Answer {
        self.writer
            .post("/entities.create", json!({ "type": "service", "identifier": format!("e{}", uuid::Uuid::now_v7().simple()) }))
            .await
    }

    /// One call of each kind.
    async fn calls(&self) -> [Answer; 3] {
        [
            self.reader.get("/auth.info").await,
            self.write().await,
            self.page.mint(&uuid::Uuid::now_v7().to_string(), &["catalog:read"]).await,
        ]
    }

    async fn assert_nothing_works(&self) {
        let (rows, entities, tokens) = self.counts().await;
        for answer in self.calls().await {
            assert_unavailable(&answer);
        }
        assert_eq!(self.counts().await, (rows, entities, tokens), "a 503 did nothing");
    }

    async fn counts(&self) -> (i64, i64, i64) {
        let server = &self.server;
        (server.count("audit_events").await, server.count("resources").await, server.count("tokens").await)
    }

    async fn assert_all_works(&self) {
        assert_eq!(self.calls().await.map(|answer| answer.status), [200, 200, 201]);
    }

    async fn until_all_works(&self) {
        // The audit writer's own connection may have to be found dead first.
        while self.reader.get("/auth.info").await.status == 503 {}
        self.assert_all_works().await;
    }

    async fn throw_out_connections(&self) {
        let others =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.server.sql(others).await;
        // A connection that was thrown out may be found dead only by the one who uses it.
        while self.server.count("pg_stat_activity WHERE datname = current_database() AND application_name = 'pat-server'").await > 0 {
            tokio::task::yield_now().await;
        }
    }

    async fn alter_database(&self, what: &str) {
        let name = self.server.text("SELECT current_database()::text AS text").await;
        // Also where the database is read-only by default.
        let mut conn = self.server.database.connect().await;
        conn.batch_execute("SET default_transaction_read_only = off").await.unwrap();
        conn.batch_execute(&format!("ALTER DATABASE {name} {what}")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_database_answers_nothing() {
    let caller = Caller::start().await;
    caller.alter_database("SET default_transaction_read_only = on").await;
    caller.throw_out_connections().await;
    // One for each connection that is found dead.
    while !caller.page.get("/readyz").await.text.contains("read-only") {}
    caller.assert_nothing_works().await;
    caller.alter_database("RESET default_transaction_read_only").await;
    caller.throw_out_connections().await;
    while caller.page.get("/readyz").await.status != 200 {}
    caller.until_all_works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_answers_nothing() {
    let caller = Caller::start().await;
    // What Postgres says when it can't extend a file, from the table that every answer needs.
    caller
        .server
        .database
        .connect()
        .await
        .batch_execute(
            "CREATE FUNCTION fail_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
             CREATE TRIGGER a_fail_full BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION fail_full();",
        )
        .await
        .unwrap();
    caller.assert_nothing_works().await;
    caller.server.sql("DROP TRIGGER a_fail_full ON audit_events").await;
    caller.assert_all_works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_database_answers_nothing() {
    let mut server = Server::start().await;
    // The limits as in service, only shorter.
    let url = format!("{}?options=-c%20statement_timeout%3D300ms%20-c%20lock_timeout%3D200ms", server.database.url);
    (server.base, server.app) = serve(&url).await;
    let caller = Caller::of(server).await;
    let mut holder = caller.server.database.connect().await;
    holder.batch_execute("BEGIN; LOCK TABLE audit_events IN SHARE ROW EXCLUSIVE MODE").await.unwrap();
    caller.assert_nothing_works().await;
    holder.batch_execute("ROLLBACK").await.unwrap();
    caller.assert_all_works().await;

    caller
        .server
        .database
        .connect()
        .await
        .batch_execute(
            "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
             CREATE TRIGGER a_dawdle BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION dawdle();",
        )
        .await
        .unwrap();
    caller.assert_nothing_works().await;
    caller.server.sql("DROP TRIGGER a_dawdle ON audit_events").await;
    caller.assert_all_works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_all_connections_taken_callers_are_told_and_known_tokens_still_work() {
    let mut server = Server::start().await;
    (server.base, server.app) = serve_app(|base| App::new(Store::new(&server.database.url, 1).unwrap(), base, Vec::new()).unwrap()).await;
    let caller = Caller::of(server).await;
    let taken = caller.server.app.store.conn().await.unwrap();
    assert_unavailable(&caller.page.mint("x", &["catalog:read"]).await);
    assert_unavailable(&caller.write().await);
    assert_eq!(caller.reader.get("/auth.info").await.status, 200, "the audit writer has a connection of its own");
    assert!(caller.server.app.store.usage().refused >= 2);

    // So many wait that nobody more is let in: answered at once, while those are still waiting.
    let mut line = JoinSet::new();
    for _ in 0..33 {
        let store = caller.server.app.store.clone();
        line.spawn(async move { store.conn().await.is_ok() });
    }
    while caller.server.app.store.usage().waiting < 33 {
        tokio::task::yield_now().await;
    }
    assert_unavailable(&caller.page.get("/api/personal-access-tokens").await);
    assert_eq!(caller.server.app.store.usage().waiting, 33, "it was answered before any of those who waited");
    drop(taken);
    while line.join_next().await.is_some() {}
    caller.assert_all_works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stops_talking_is_given_up_and_found_again() {
    let mut server = Server::start().await;
    let door = Door::to(&server.database).await;
    (server.base, server.app) = serve(&door.url).await;
    let caller = Caller::of(server).await;
    door.hold();
    let (call, page) = tokio::join!(caller.reader.get("/auth.info"), caller.page.get("/api/personal-access-tokens"));
    assert_unavailable(&call);
    assert_unavailable(&page);
    door.open();
    caller.until_all_works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_from_before_somebody_waited_in_vain_are_not_used_again() {
    #[derive(diesel::QueryableByName)]
    struct Backend {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        pid: i32,
    }
    let database = Database::create().await;
    let store = Store::new(&database.url, 1).unwrap();
    let backend = async || {
        let mut conn = store.conn().await.unwrap();
        let query = diesel::sql_query("SELECT pg_backend_pid() AS pid");
        diesel_async::RunQueryDsl::get_result::<Backend>(query, &mut *conn).await.unwrap().pid
    };
    let first = backend().await;
    assert_eq!(backend().await, first);
    store.doubt();
    let second = backend().await;
    assert_ne!(second, first);
    assert_eq!(backend().await, second, "a new one is trusted");
}

#[tokio::test(flavor = "multi_thread")]
async fn look_ups_that_hang_give_up_their_turn() {
    let mut server = Server::start().await;
    let door = Door::to(&server.database).await;
    (server.base, server.app) = serve(&door.url).await;
    let page = server.sign_in("admin@demo.test").await;
    let mut unseen = Vec::new();
    for _ in 0..6 {
        unseen.push(server.token(&page, &["catalog:read"]).await.0);
    }
    let last = unseen.pop().unwrap();
    // So many connections that each look-up gets one that is about to fall silent.
    let mut taken = Vec::new();
    for _ in 0..10 {
        taken.push(server.app.store.conn().await.unwrap());
    }
    drop(taken);
    door.hold();
    let mut calls = JoinSet::new();
    for bearer in unseen {
        calls.spawn(async move { bearer.get("/auth.info").await });
    }
    while let Some(call) = calls.join_next().await {
        assert_unavailable(&call.unwrap());
    }
    door.open();
    assert_eq!(last.get("/auth.info").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_audit_log_is_behind_calls_are_turned_away_before_any_work() {
    let caller = Caller::start().await;
    let app = caller.server.app.clone();
    let router = routes::router(app.clone());
    let request = || {
        let bearer = format!("Bearer {}", caller.reader.token);
        Request::get("/auth.info").header(header::AUTHORIZATION, bearer).body(Body::empty()).unwrap()
    };
    let mut holder = diesel_async::AsyncPgConnection::establish(&caller.server.database.url).await.unwrap();
    holder.batch_execute("BEGIN; LOCK TABLE audit_events IN SHARE ROW EXCLUSIVE MODE").await.unwrap();
    let mut calls = JoinSet::new();
    // As many as the queue takes, and the batches under way.
    for _ in 0..5_000 {
        calls.spawn(router.clone().oneshot(request()));
    }
    while !app.writer.is_behind() {
        assert!(calls.try_join_next().is_none(), "nobody is answered before it is behind");
        tokio::task::yield_now().await;
    }
    let turned_away = router.clone().oneshot(request()).await.unwrap();
    assert_eq!(
        (turned_away.status(), &turned_away.headers()[header::RETRY_AFTER]),
        (StatusCode::SERVICE_UNAVAILABLE, &"1".parse().unwrap())
    );
    assert!(app.metrics.verifications.shed.get() > 0);
    holder.batch_execute("ROLLBACK").await.unwrap();
    let mut answered = Vec::new();
    while let Some(answer) = calls.join_next().await {
        let answer = answer.unwrap().unwrap();
        match answer.status() {
            StatusCode::OK => answered.push(answer.headers()["x-request-id"].to_str().unwrap().to_owned()),
            status => assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE),
        }
    }
    let on_record: HashSet<_> = caller.server.texts("SELECT request_id::text AS text FROM audit_events").await.into_iter().collect();
    assert!(!answered.is_empty() && answered.iter().all(|id| on_record.contains(id)), "a row for each of {} answers", answered.len());
    caller.assert_all_works().await;
}
