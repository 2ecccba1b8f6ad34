//! What `cargo xtask bench verify` measures against: an answer that costs nothing to find, without any of our layers.
//!
//! `/` answers with as many bytes as were asked for, `/insert` after one committed one-row INSERT through the server's kind of
//! pool, `/entities/{account}/{after}` after one SELECT of a page of entities. One address is served just as the server serves (axum-server with its time limit on heads), the other by plain axum.
//!
//! Usage: pat-floor LIMITED PLAIN BYTES, with `DATABASE_URL` in the environment.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use hyper_util::rt::TokioTimer;
use pat_server::store::Store;

/// As in the server's `serve`.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// The server's default.
const CONNECTIONS: usize = 20;

#[derive(Clone)]
struct Floor {
    body: Bytes,
    store: Store,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [limited, plain, bytes] = arguments.as_slice() else { anyhow::bail!("usage: pat-floor LIMITED PLAIN BYTES") };
    let store = Store::new(&std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?, CONNECTIONS)?;
    let floor = Floor { body: "x".repeat(bytes.parse()?).into(), store };
    let router = Router::new()
        .route("/", get(answer))
        .route("/insert", get(insert))
        .route("/entities/{account}/{after}", get(select))
        .with_state(floor);

    let listener = TcpListener::bind(limited.parse::<SocketAddr>()?)?;
    listener.set_nonblocking(true)?;
    let mut server = axum_server::from_tcp(listener)?;
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
    let with_limit = server.serve(router.clone().into_make_service_with_connect_info::<SocketAddr>());

    let listener = tokio::net::TcpListener::bind(plain.parse::<SocketAddr>()?).await?;
    let as_plain = axum::serve(listener, router);
    tokio::select! {
        ended = with_limit => ended?,
        ended = as_plain => ended?,
    }
    Ok(())
}

async fn answer(State(floor): State<Floor>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], floor.body).into_response()
}

async fn insert(State(floor): State<Floor>) -> Response {
    let inserted = async {
        let conn = &mut *floor.store.conn().await?;
        let query = diesel::sql_query("INSERT INTO bench_inserts (note) VALUES ('one row')");
        Ok::<_, pat_server::store::StoreError>(query.execute(conn).await?)
    };
    match inserted.await {
        Ok(1) => answer(State(floor)).await,
        Ok(_) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A page as the server reads it, with the next page's first row, and nothing made of it.
async fn select(State(floor): State<Floor>, Path((account, after)): Path<(uuid::Uuid, String)>) -> Response {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        body: String,
    }
    let selected = async {
        let conn = &mut *floor.store.conn().await?;
        let sql =
            "SELECT body::text FROM resources WHERE account_id = $1 AND kind = 'entity' AND identifier > $2 ORDER BY identifier LIMIT 51";
        let query = diesel::sql_query(sql).bind::<SqlUuid, _>(account).bind::<Text, _>(after);
        Ok::<Vec<Row>, pat_server::store::StoreError>(query.load(conn).await?)
    };
    match selected.await {
        Ok(rows) if rows.len() == 51 && rows.iter().all(|row| row.body.len() > 2) => answer(State(floor)).await,
        Ok(_) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
