//! The page: embedded in release builds, read from `frontend/dist` in debug builds.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use rust_embed::RustEmbed;

use crate::app::App;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../frontend/dist"]
#[allow_missing = true]
struct Page;

/// Paths that the settings have a view for. They show their own "not found" for others, with status 404.
const VIEWS: [&str; 4] = ["/", "/settings", "/sign-in", "/set-password"];

/// Paths of the program for command lines that sign in.
const CLI_VIEWS: [&str; 3] = ["/cli/auth", "/cli/device", "/cli/done"];

/// Answers with a file of the page, or with one of its programs: the administration, a token's activity, the sign-in of command lines or the settings.
pub fn serve(app: &App, request: &Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = request.uri().path();
    if let Some(name) = path.strip_prefix('/').filter(|name| name.starts_with("assets/")) {
        return file(name, request.headers()).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response());
    }
    if let Some(elsewhere) = canonical(app, request) {
        return elsewhere;
    }
    let is_admin = is_at_or_below(path, "/admin");
    let is_cli = CLI_VIEWS.contains(&path);
    let is_view = is_admin || is_cli || VIEWS.iter().any(|view| path == *view || (*view != "/" && is_at_or_below(path, view)));
    let is_activity = path.starts_with("/settings/tokens/") && path.ends_with("/activity");
    let program = if is_admin {
        "admin.html"
    } else if is_activity {
        "activity.html"
    } else if is_cli {
        "cli.html"
    } else {
        "index.html"
    };
    match file(program, request.headers()) {
        Some(mut response) => {
            if !is_view {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            response
        }
        None => (StatusCode::SERVICE_UNAVAILABLE, "The page is not built. Run: cargo xtask dev\n").into_response(),
    }
}

fn is_at_or_below(path: &str, view: &str) -> bool {
    path.strip_prefix(view).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A page asked for under another host name is sent to `PUBLIC_URL`, where its cookie and origin are right.
fn canonical(app: &App, request: &Request) -> Option<Response> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    if host.eq_ignore_ascii_case(app.public_url.authority()) {
        return None;
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    // One slash at the beginning: two would name another host.
    let path = path.trim_start_matches('/');
    Some(Redirect::temporary(&format!("{}/{path}", app.public_url.origin())).into_response())
}

/// Whether a name changes with its content: `pat-0123456789abcdef.js`.
fn has_content_hash(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let hash = stem.rsplit_once('-').map_or("", |(_, hash)| hash);
    hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A file, compressed if the client takes it and the build made it.
fn file(name: &str, headers: &HeaderMap) -> Option<Response> {
    let accepts = |coding: &str| {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|item| {
            let mut parts = item.split(';').map(str::trim);
            parts.next() == Some(coding) && !parts.any(|parameter| parameter == "q=0")
        })
    };
    let compressed = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(coding, _)| accepts(coding))
        .find_map(|(coding, extension)| Some((Some(coding), Page::get(&format!("{name}.{extension}"))?)));
    let (coding, found) = match compressed {
        Some(found) => found,
        None => (None, Page::get(name)?),
    };
    let mut response = Body::from(found.data.into_owned()).into_response();
    let headers = response.headers_mut();
    let content_type = mime_guess::from_path(name).first_or_octet_stream();
    let content_type = if content_type.type_() == "text" { format!("{content_type}; charset=utf-8") } else { content_type.to_string() };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&content_type).ok()?);
    let caching = if has_content_hash(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Some(response)
}
