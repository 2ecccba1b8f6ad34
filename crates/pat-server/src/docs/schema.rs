//! JSON schemas in words and tables.

use maud::{Markup, html};
use serde_json::{Map, Value};

/// A text of an object; empty where it has none.
pub fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The name of a schema, response or header that is referred to.
pub fn referred(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.rsplit('/').next()
}

/// The id of a schema's section.
pub fn anchor(name: &str) -> String {
    format!("schema-{name}")
}

/// What a value may be, in words.
pub fn shape(schema: &Value) -> Markup {
    if let Some(name) = referred(schema) {
        return html! { a href={ "#" (anchor(name)) } { (name) } };
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(shapes) = schema.get(several).and_then(Value::as_array) {
            return html! { @for (i, one) in shapes.iter().enumerate() { @if i > 0 { " or " } (shape(one)) } };
        }
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return html! { @for (i, value) in values.iter().enumerate() { @if i > 0 { ", " } code { (plain(value)) } } };
    }
    let types = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => vec!["anything"],
    };
    html! { @for (i, one) in types.iter().enumerate() { @if i > 0 { " or " } (typed(one, schema)) } }
}

fn typed(name: &str, schema: &Value) -> Markup {
    let word = match name {
        "string" => "text",
        "integer" => "whole number",
        "boolean" => "true or false",
        other => other,
    };
    let range = |key: &str| schema.get(key).filter(|_| name == "integer").and_then(Value::as_i64);
    html! {
        @match (name, schema.get("items")) {
            ("array", Some(items)) => { "list of " (shape(items)) }
            _ => (word)
        }
        @match (range("minimum"), range("maximum")) {
            (Some(min), Some(max)) => { " from " (min) " to " (max) }
            (Some(min), _) => { " of at least " (min) }
            _ => {}
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// One row of a table of members.
pub struct Row<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it may be.
    pub schema: &'a Value,
    /// Whether it must be there.
    pub is_required: bool,
    /// What more there is to say.
    pub about: &'a str,
}

/// The members of an object's schema.
pub fn members(schema: &Value) -> Vec<Row<'_>> {
    let required: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let properties: Option<&Map<String, Value>> = schema.get("properties").and_then(Value::as_object);
    let rows = properties.into_iter().flatten().map(|(name, schema)| Row {
        name,
        schema,
        is_required: required.contains(&name.as_str()),
        about: text(schema, "description"),
    });
    rows.collect()
}

/// A table of arguments or members; nothing if there are none.
pub fn table(caption: &str, rows: &[Row<'_>]) -> Markup {
    html! {
        @if !rows.is_empty() {
            // It may scroll sideways, which keys must be able to do as well.
            div.docs-table role="group" aria-label=(caption) tabindex="0" {
                table {
                    caption { (caption) }
                    thead { tr { th scope="col" { "Name" } th scope="col" { "What it is" } th scope="col" { "Notes" } } }
                    tbody {
                        @for row in rows {
                            tr {
                                th scope="row" { code { (row.name) } @if row.is_required { " " span.docs-required { "required" } } }
                                td { (shape(row.schema)) }
                                td { (row.about) }
                            }
                        }
                    }
                }
            }
        }
    }
}
