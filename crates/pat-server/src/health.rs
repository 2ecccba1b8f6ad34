//! `/healthz`, `/readyz` and the description of the API.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::{OpenApi, Ref, ResponseBuilder, content::ContentBuilder};

use crate::app::{App, SharedApp};
use crate::error::ApiError;
use crate::routes;
use crate::store::{StoreError, condition, migrations};

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = String, content_type = "text/plain", description = "It is")))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The server's state.
#[derive(Serialize, utoipa::ToSchema)]
struct Readiness {
    /// `ready`, or what is missing.
    status: String,
    /// The digest of the policy table in force.
    policy: String,
}

/// The server can answer: the database is reachable, writable, commits durably and has at least this binary's migrations.
#[utoipa::path(
    get, path = "/readyz", tag = "health",
    responses(
        (status = 200, body = Readiness, description = "It can"),
        (status = 503, body = Readiness, description = "It can't; says what is missing"),
    )
)]
pub async fn readyz(State(app): State<SharedApp>) -> Response {
    let (status, state) = match what_is_missing(&app).await {
        Ok(None) => (StatusCode::OK, "ready".to_owned()),
        Ok(Some(problem)) => (StatusCode::SERVICE_UNAVAILABLE, problem.to_owned()),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database can't be reached".to_owned())
        }
    };
    (status, axum::Json(Readiness { status: state, policy: app.policy.digest().to_owned() })).into_response()
}

async fn what_is_missing(app: &App) -> Result<Option<&'static str>, StoreError> {
    if app.stopping.is_cancelled() {
        return Ok(Some("the server stops"));
    }
    if app.is_preparing() {
        return Ok(Some("the database is being prepared"));
    }
    let database = condition::find(&mut *app.store.conn().await?).await?;
    if !database.is_writable {
        return Ok(Some("the database is read-only"));
    }
    if !database.is_durable {
        return Ok(Some("synchronous_commit is off"));
    }
    if !app.store.is_migrated().await? {
        return Ok(Some("migrations are missing: run pat-server migrate"));
    }
    if !migrations::default_partition_is_empty(&mut *app.store.conn().await?).await? {
        tracing::error!("audit_events_default holds rows: a month of the audit log was not made in time");
    }
    Ok(None)
}

/// This description, as OpenAPI 3.1.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "description",
    responses((status = 200, body = serde_json::Value, description = "The description"))
)]
pub async fn openapi(State(app): State<SharedApp>) -> Result<Response, ApiError> {
    if app.openapi.get().is_none() {
        let text = routes::openapi(&app.policy).to_json().map_err(anyhow::Error::from)?;
        app.openapi.get_or_init(|| text);
    }
    let text = app.openapi.get().cloned().unwrap_or_default();
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// Gives every operation of the Console API its answer for failures.
pub fn describe_problems(api: &mut OpenApi) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let problem = ResponseBuilder::new().description("A problem; `code` says which").content("application/problem+json", content).build();
    for item in api.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".into(), problem.clone().into());
        }
    }
}

/// Asks the server at `listen` for `/readyz`.
///
/// # Errors
/// If it isn't ready.
pub async fn check(listen: std::net::SocketAddr) -> anyhow::Result<()> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let port = listen.port();
    let host = if listen.ip().is_unspecified() { std::net::IpAddr::from([127, 0, 0, 1]) } else { listen.ip() };
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect((host, port)).await?;
        stream.write_all(format!("GET /readyz HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        anyhow::Ok(answer)
    };
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), ask).await??;
    let status = answer.lines().next().unwrap_or_default();
    anyhow::ensure!(status.split(' ').nth(1) == Some("200"), "the server is not ready: {status}");
    Ok(())
}
