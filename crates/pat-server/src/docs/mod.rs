//! `/docs`: what there is to read about the API, made from its description and from the policy table in force. Plain HTML: nothing
//! runs in the reader's browser, and nothing comes from elsewhere.

mod layout;
mod reference;
mod schema;
mod scopes;

use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse};

use crate::app::{App, SharedApp};
use crate::error::ApiError;
use crate::routes;

/// The settings page's own colours and basics, and what these pages add.
const STYLE: &str = concat!(
    include_str!("../../../../frontend/style/00-tokens.css"),
    include_str!("../../../../frontend/style/10-base.css"),
    include_str!("../../../../frontend/style/header.css"),
    include_str!("docs.css")
);

/// The pages, made when one is first asked for.
#[derive(Debug)]
pub struct Pages {
    reference: String,
    scopes: String,
}

/// `/docs`: every method and call.
///
/// # Errors
/// A defect.
pub async fn reference(State(app): State<SharedApp>) -> Result<Html<String>, ApiError> {
    Ok(Html(pages(&app)?.reference.clone()))
}

/// `/docs/scopes`: which scope opens which method, and who may grant it.
///
/// # Errors
/// A defect.
pub async fn scopes(State(app): State<SharedApp>) -> Result<Html<String>, ApiError> {
    Ok(Html(pages(&app)?.scopes.clone()))
}

/// `/docs/docs.css`.
pub async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], STYLE)
}

fn pages(app: &App) -> Result<&Pages, ApiError> {
    if let Some(pages) = app.docs.get() {
        return Ok(pages);
    }
    let api = serde_json::to_value(routes::openapi(&app.policy)).map_err(anyhow::Error::from)?;
    let pages = Pages { reference: reference::page(&api), scopes: scopes::page(&app.policy) };
    Ok(app.docs.get_or_init(|| pages))
}
