//! Changes of many tokens, which run for a while.

use pat_core::wire::TokenChange;
use uuid::Uuid;

use crate::api::Answer;
use crate::api::call::Call;

const CHANGES: &str = "/api/admin/tokens/changes";

/// How far a change is.
pub async fn read(id: Uuid) -> Answer<TokenChange> {
    Call::new("GET", &format!("{CHANGES}/{id}")).read().await
}

/// Stops a change; what is done stays done.
pub async fn stop(id: Uuid) -> Answer<TokenChange> {
    Call::new("POST", &format!("{CHANGES}/{id}/stop")).read().await
}
