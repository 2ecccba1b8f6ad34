//! Values as the log's columns take them: one bad or endless value must neither fail its row nor fill the log.

use serde_json::Value;

/// The longest text, in characters: a note's.
const MAX_CHARS: usize = 500;

/// The longest list. A policy has at most 256 scopes.
const MAX_ITEMS: usize = 300;

/// A context without control characters (Postgres stores no NUL), endless texts or endless lists.
pub fn context(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(clip(&text)),
        Value::Array(items) => items.into_iter().take(MAX_ITEMS).map(context).collect(),
        Value::Object(members) => members.into_iter().take(MAX_ITEMS).map(|(name, value)| (clip(&name), context(value))).collect(),
        other => other,
    }
}

fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').take(MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_postgres_refuses_or_nobody_reads_is_left_out() {
        let long = "x".repeat(1_000_000);
        let cleaned = context(json!({ "a\0b": ["c\0d", long, 7, null], "deep": { "e\u{7f}": vec!["f"; 1000] } }));
        assert_eq!(cleaned["ab"][0], "cd");
        assert_eq!(cleaned["ab"][1].as_str().unwrap().len(), MAX_CHARS);
        assert_eq!(cleaned["ab"][2], 7);
        assert_eq!(cleaned["deep"]["e"].as_array().unwrap().len(), MAX_ITEMS);
    }
}
