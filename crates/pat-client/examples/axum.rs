//! An API that asks pat-server before it answers: `LISTEN=127.0.0.1:8080 PAT_SERVER=http://127.0.0.1:3000 cargo run --example axum`.

use std::env;
use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::Uri;
use axum::{Extension, Json, Router};
use pat_client::{Identity, PatLayer};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = env::var("PAT_SERVER").unwrap_or_else(|_| "http://127.0.0.1:3000".to_owned());
    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let pat = PatLayer::new(&server)?.client_ip(|request| Some(request.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip()));
    let app = Router::new().fallback(anything).layer(pat);
    let listener = TcpListener::bind(listen).await?;
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

/// Whatever the policy file allows: only those come here.
async fn anything(Extension(identity): Extension<Identity>, uri: Uri) -> Json<Value> {
    let user = identity.user.map(|user| user.email);
    Json(json!({ "path": uri.path(), "user": user, "token_name": identity.token_name, "scopes": identity.scopes }))
}
