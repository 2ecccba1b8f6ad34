//! Cursors: where the next page of a list begins, as a text that clients hand back unread.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A position as a cursor.
pub fn encode(position: &Value) -> String {
    URL_SAFE_NO_PAD.encode(position.to_string())
}

/// The position in a cursor; `None` for a text that [`encode`] didn't make.
pub fn decode<T: DeserializeOwned>(cursor: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}
