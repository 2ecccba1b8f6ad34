//! Everyone's tokens.

use pat_core::id::TokenId;
use pat_core::wire::{AdminRevoke, AdminTokenList};

use crate::api::Answer;
use crate::api::call::{Call, encode};

const TOKENS: &str = "/api/admin/tokens";

/// A page of everyone's tokens; without a cursor the first.
pub async fn tokens(cursor: Option<String>) -> Answer<AdminTokenList> {
    let query = cursor.map(|cursor| format!("?cursor={}", encode(&cursor))).unwrap_or_default();
    Call::new("GET", &format!("{TOKENS}{query}")).read().await
}

/// Revokes anyone's token.
pub async fn revoke(id: TokenId, reason: &AdminRevoke) -> Answer<()> {
    Call::new("DELETE", &format!("{TOKENS}/{id}")).json(reason).done().await
}
