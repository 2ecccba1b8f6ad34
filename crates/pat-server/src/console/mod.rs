//! The Console API's handlers: unpack, call the change or the store, wrap.

pub mod admin_tokens;
pub mod audit_events;
pub mod cli_sign_ins;
pub mod export;
pub mod inventory_export;
pub mod inventory_query;
pub mod organization_tokens;
pub mod people;
pub mod session;
pub mod settings;
pub mod token_changes;
pub mod tokens;
pub mod unused_scopes;

use serde::Deserialize;

/// Where a page begins.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}
