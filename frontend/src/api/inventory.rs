//! Everyone's tokens.

use pat_core::id::TokenId;
use pat_core::wire::{AdminRevoke, AdminToken, AdminTokenList};

use crate::api::Answer;
use crate::api::call::{Call, encode};

const TOKENS: &str = "/api/admin/tokens";

/// A page of everyone's tokens; without a cursor the first.
pub async fn tokens(cursor: Option<String>) -> Answer<AdminTokenList> {
    let query = cursor.map(|cursor| format!("?cursor={}", encode(&cursor))).unwrap_or_default();
    Call::new("GET", &format!("{TOKENS}{query}")).read().await
}

/// One token. The id comes from the address bar, so it is encoded: it may be anything.
pub async fn token(id: &str) -> Answer<AdminToken> {
    Call::new("GET", &format!("{TOKENS}/{}", encode(id))).read().await
}

/// Revokes anyone's token.
pub async fn revoke(id: TokenId, reason: &AdminRevoke) -> Answer<()> {
    Call::new("DELETE", &format!("{TOKENS}/{id}")).json(reason).done().await
}
