//! Everyone's tokens.

use pat_core::id::TokenId;
use pat_core::wire::{
    AdminRevoke, AdminToken, AdminTokenList, ChangeTokens, OrganizationTokenList, Pause, Preview, TokenAct, TokenChange, TokenChangeList,
    TokenTarget, UnusedScopes,
};
use serde::Serialize;

use crate::api::Answer;
use crate::api::call::{Call, encode};

const TOKENS: &str = "/api/admin/tokens";

/// A page of everyone's tokens. The query is that of the address bar, with a cursor for all but the first page.
pub async fn tokens(query: &str) -> Answer<AdminTokenList> {
    Call::new("GET", &format!("{TOKENS}{query}")).read().await
}

/// Where the tokens that a query of the list finds can be downloaded.
pub fn export_url(format: &str, query: &str) -> String {
    format!("{TOKENS}/export?format={format}{}", query.replacen('?', "&", 1))
}

/// One of them. The id comes from the address bar, so it is encoded: it may be anything.
pub async fn token(id: &str) -> Answer<AdminToken> {
    Call::new("GET", &format!("{TOKENS}/{}", encode(id))).read().await
}

/// Scopes that it holds and never needed. The same of the id.
pub async fn unused_scopes(id: &str) -> Answer<UnusedScopes> {
    Call::new("GET", &format!("{TOKENS}/{}/unused-scopes", encode(id))).read().await
}

/// Does something to one of them; the answer is the token from then on.
pub async fn act(id: TokenId, act: &TokenAct) -> Answer<AdminToken> {
    let path = format!("{TOKENS}/{id}");
    match act {
        TokenAct::Revoke { reason, note } => {
            Call::new("DELETE", &path).json(&AdminRevoke { reason: *reason, note: note.clone() }).done().await?;
            Call::new("GET", &path).read().await
        }
        TokenAct::Pause { until } => Call::new("POST", &format!("{path}/pause")).json(&Pause { until: *until }).read().await,
        TokenAct::Resume {} => Call::new("DELETE", &format!("{path}/pause")).read().await,
    }
}

/// Which tokens a change would touch.
pub async fn preview(target: &TokenTarget) -> Answer<Preview> {
    post("preview", target).await
}

/// Begins to change many.
pub async fn change(change: &ChangeTokens) -> Answer<TokenChange> {
    post("changes", change).await
}

/// The last changes of many, newest first.
pub async fn changes() -> Answer<TokenChangeList> {
    Call::new("GET", &format!("{TOKENS}/changes")).read().await
}

/// A page of the organization's own tokens, newest first.
pub async fn organization_tokens(query: &str) -> Answer<OrganizationTokenList> {
    Call::new("GET", &format!("{}{query}", super::ORGANIZATION_TOKENS)).read().await
}

async fn post<T: serde::de::DeserializeOwned>(what: &str, body: &impl Serialize) -> Answer<T> {
    Call::new("POST", &format!("{TOKENS}/{what}")).json(body).read().await
}
