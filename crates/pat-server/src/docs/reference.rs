//! `/docs`: the OpenAPI description as a page.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;

use super::layout::{self, Place};
use super::schema::{self, Row, referred, text};
use crate::web_api::is_web_api;

/// One verb of one path.
struct Operation<'a> {
    verb: &'a str,
    path: &'a str,
    body: &'a Value,
    /// Legacy spellings of its path.
    also: Vec<&'a str>,
}

/// Operations by their tag.
type Groups<'a> = BTreeMap<&'a str, Vec<Operation<'a>>>;

/// A part of the page.
struct Part {
    id: &'static str,
    heading: &'static str,
    /// What goes for all of it.
    about: fn() -> Markup,
    /// Which paths are in it.
    is_in: fn(&str) -> bool,
}

const PARTS: [Part; 3] = [
    Part { id: "web-api", heading: "Web API", about: web_api, is_in: is_web_api },
    Part {
        id: "beside",
        heading: "For gateways and services",
        about: beside,
        is_in: |path| !is_web_api(path) && !path.starts_with("/api/"),
    },
    Part { id: "console", heading: "Console API", about: console, is_in: |path| path.starts_with("/api/") },
];

/// The page.
pub fn page(api: &Value) -> String {
    let parts = PARTS.map(|part| (groups(api, part.is_in), part));
    let main = html! {
        nav.docs-contents aria-label="Contents" {
            @for (groups, Part { id, heading, .. }) in &parts {
                p { a href={ "#" (id) } { strong { (heading) } } }
                ul { @for tag in groups.keys() { li { a href={ "#" (section(id, tag)) } { (tag) } } } }
            }
            p { a href="#failures" { strong { "Failures of the Web API" } } }
            p { a href="#schemas" { strong { "Schemas" } } }
        }
        @for (groups, Part { id, heading, about, .. }) in &parts {
            section aria-labelledby=(id) {
                h2 id=(id) { (heading) }
                (about())
                @for (tag, operations) in groups {
                    h3 id=(section(id, tag)) { (tag) }
                    @for operation in operations { (show(operation)) }
                }
            }
        }
        (failures(api))
        (schemas(api))
    };
    layout::page(Place::Reference, "API", &main)
}

/// The id of a tag's section.
fn section(part: &str, tag: &str) -> String {
    format!("{part}-{}", tag.replace(' ', "-"))
}

fn groups(api: &Value, is_in: fn(&str) -> bool) -> Groups<'_> {
    let mut groups = Groups::new();
    for (path, verb, body) in operations(api).filter(|(path, _, body)| is_in(path) && !is_legacy(body)) {
        let tag = body.pointer("/tags/0").and_then(Value::as_str).unwrap_or("other");
        let also = legacy_spellings(api, path, verb);
        groups.entry(tag).or_default().push(Operation { verb, path, body, also });
    }
    groups
}

fn operations(api: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = api.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |(verb, body)| (path.as_str(), verb.as_str(), body)))
}

fn is_legacy(operation: &Value) -> bool {
    operation.get("deprecated").and_then(Value::as_bool).unwrap_or_default()
}

/// The paths whose description ends with the current one.
fn legacy_spellings<'a>(api: &'a Value, path: &str, verb: &str) -> Vec<&'a str> {
    let end = format!(" {path}.");
    let legacy = operations(api).filter(|(_, other, body)| *other == verb && is_legacy(body) && text(body, "description").ends_with(&end));
    legacy.map(|(path, ..)| path).collect()
}

fn show(operation: &Operation<'_>) -> Markup {
    let Operation { verb, path, body, also } = operation;
    let id = format!("{verb}{}", path.replace(['/', '{', '}'], "-"));
    html! {
        article.docs-operation aria-labelledby=(id) {
            h4 id=(id) { a href={ "#" (id) } { code { span.docs-verb { (verb.to_uppercase()) } " " (path) } } }
            @if !also.is_empty() { p.muted { "Also at " @for (i, path) in also.iter().enumerate() { @if i > 0 { ", " } code { (path) } } "." } }
            p { (text(body, "summary")) }
            @for paragraph in text(body, "description").split("\n\n").filter(|paragraph| !paragraph.is_empty()) { p { (paragraph) } }
            (schema::table("Arguments", &parameters(body)))
            (request(body))
            (answers(body))
        }
    }
}

fn parameters(operation: &Value) -> Vec<Row<'_>> {
    let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let rows = parameters.map(|parameter| Row {
        name: text(parameter, "name"),
        schema: parameter.get("schema").unwrap_or(&Value::Null),
        is_required: parameter.get("required").and_then(Value::as_bool).unwrap_or_default(),
        about: text(parameter, "description"),
    });
    rows.collect()
}

fn request(operation: &Value) -> Markup {
    let body = operation.get("requestBody").unwrap_or(&Value::Null);
    let schema = of_content(body);
    html! {
        @if let Some(schema) = schema {
            @if referred(schema).is_some() {
                p { "Body: " (schema::shape(schema)) "." }
            } @else {
                (schema::table("Arguments", &schema::members(schema)))
                p.muted { (text(body, "description")) }
            }
        }
    }
}

/// The schema of a body, whatever its type.
fn of_content(body: &Value) -> Option<&Value> {
    body.get("content")?.as_object()?.values().next()?.get("schema")
}

/// What it answers, except for what any method of the Web API can answer.
fn answers(operation: &Value) -> Markup {
    let all = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    let own = all.filter(|(_, answer)| referred(answer).is_none());
    html! {
        dl.docs-answers {
            @for (status, answer) in own {
                dt { code { (status) } }
                dd {
                    (text(answer, "description"))
                    @if let Some(schema) = of_content(answer) {
                        @let members = schema::members(schema);
                        @if members.is_empty() { ": " (schema::shape(schema)) } @else { ": " @for (i, row) in members.iter().enumerate() {
                            @if i > 0 { ", " }
                            code { (row.name) }
                            @if row.name != "ok" { " (" (schema::shape(row.schema)) ")" }
                        } }
                    }
                }
            }
        }
    }
}

fn failures(api: &Value) -> Markup {
    let answers = api.pointer("/components/responses").and_then(Value::as_object);
    // The statuses stand where the answers are referred to.
    let mut statuses: BTreeMap<&str, &str> = BTreeMap::new();
    for (_, _, operation) in operations(api) {
        let responses = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
        statuses.extend(responses.filter_map(|(status, answer)| Some((status.as_str(), referred(answer)?))));
    }
    html! {
        section aria-labelledby="failures" {
            h2 id="failures" { "Failures of the Web API" }
            p { "Any method can answer these. The body is a " a href={ "#" (schema::anchor("WebApiFailure")) } { "WebApiFailure" } "." }
            dl.docs-answers {
                @for (status, name) in &statuses {
                    dt { code { (status) } }
                    dd { (answers.and_then(|answers| answers.get(*name)).map_or("", |answer| text(answer, "description"))) }
                }
            }
        }
    }
}

fn schemas(api: &Value) -> Markup {
    let schemas = api.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten();
    html! {
        section aria-labelledby="schemas" {
            h2 id="schemas" { "Schemas" }
            @for (name, one) in schemas {
                h3 id=(schema::anchor(name)) { (name) }
                @let about = text(one, "description");
                @if !about.is_empty() { p { (about) } }
                @let members = schema::members(one);
                @if members.is_empty() { p { (schema::shape(one)) } } @else { (schema::table("Members", &members)) }
            }
        }
    }
}

fn web_api() -> Markup {
    html! {
        p { "Methods at " code { "/<family>.<method>" } ", called with " code { "Authorization: Bearer <token>" } ". What a token may call is on the page "
            a href="/docs/scopes" { "Scopes" } ". A success has " code { "ok: true" } "; a failure never has a status of success." }
        p { "Every answer has an " code { "X-Request-Id" } ", by which the audit log finds it. Answers about a token that works also tell how many calls are left ("
            code { "RateLimit" } ", " code { "RateLimit-Policy" } ") and, for a personal token that ends by itself, when ("
            code { "X-Token-Expires-At" } "). After a 429 or 503 wait as many seconds as " code { "Retry-After" } " says." }
        p { "A " code { "403" } " for want of a scope names in " code { "WWW-Authenticate" } " all scopes that the method needs." }
    }
}

fn beside() -> Markup {
    html! { p { "Gateways in front of an API of your own ask whether a request may go on; services ask what a token stands for, or end one." } }
}

fn console() -> Markup {
    html! {
        p { "What the settings page talks to, with its session's cookie. No token opens it: a token can't mint or edit tokens." }
        p { "Failures are " a href={ "#" (schema::anchor("Problem")) } { "Problem" } "s (RFC 9457); programs read " code { "code" } "." }
    }
}
