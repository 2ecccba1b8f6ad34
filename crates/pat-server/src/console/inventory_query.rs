//! The query of the list of everyone's tokens, and of its export.

use pat_core::instant;
use pat_core::inventory::{Conditions, Sort};
use pat_core::policy::Policy;
use pat_core::token::{TokenKind, TokenStatus};
use pat_core::wire::{FieldCode, TokenFilter};
use serde::Deserialize;

use crate::error::ApiError;

/// A query with the filter and the order, and more. Two structs with the same fields, as serde can't name unknown fields of a struct
/// within a struct.
macro_rules! query {
    ($(#[$doc:meta])* pub struct $name:ident { $($more:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize, utoipa::IntoParams)]
        pub struct $name {
            /// Only personal, or only organization tokens.
            #[param(value_type = Option<TokenKind>)]
            kind: Option<String>,
            /// Only this user's.
            #[param(value_type = Option<uuid::Uuid>)]
            owner: Option<String>,
            /// Only those holding this scope.
            scope: Option<String>,
            /// Only those with this status.
            #[param(value_type = Option<TokenStatus>)]
            status: Option<String>,
            /// Only those that end before this instant.
            #[param(value_type = Option<jiff::Timestamp>)]
            expires_before: Option<String>,
            /// Only those made before this instant and not used since.
            #[param(value_type = Option<jiff::Timestamp>)]
            not_used_since: Option<String>,
            /// Only those that were never used.
            #[param(value_type = Option<bool>)]
            never_used: Option<String>,
            /// Only those without an end.
            #[param(value_type = Option<bool>)]
            no_expiration: Option<String>,
            /// `created` (newest first), `oldest`, `expires` (soonest first) or `last_used` (never used first, then longest ago).
            sort: Option<String>,
            $($more)*
        }

        impl $name {
            /// The conditions and the order.
            ///
            /// # Errors
            /// The field to mend.
            pub fn parse(&self, policy: &Policy) -> Result<(Conditions, Sort), ApiError> {
                let filter = TokenFilter {
                    kind: field("kind", self.kind.as_deref(), TokenKind::parse)?,
                    owner: field("owner", self.owner.as_deref(), |text| text.parse().ok())?,
                    scope: self.scope.clone(),
                    status: field("status", self.status.as_deref(), TokenStatus::parse)?,
                    expires_before: field("expires_before", self.expires_before.as_deref(), instant::parse)?,
                    not_used_since: field("not_used_since", self.not_used_since.as_deref(), instant::parse)?,
                    never_used: field("never_used", self.never_used.as_deref(), |text| text.parse().ok())?.unwrap_or_default(),
                    no_expiration: field("no_expiration", self.no_expiration.as_deref(), |text| text.parse().ok())?.unwrap_or_default(),
                };
                let sort = field("sort", self.sort.as_deref(), Sort::parse)?.unwrap_or_default();
                Ok((Conditions::parse(&filter, policy)?, sort))
            }
        }
    };
}

query! {
    /// Which tokens, in which order, from where on.
    pub struct ListQuery {
        /// `next_cursor` of the page before, which was asked for with the same order.
        pub cursor: Option<String>,
    }
}

/// Reads a value that is given.
pub fn field<T>(name: &str, text: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
    text.map(|text| parse(text).ok_or_else(|| ApiError::field(name, FieldCode::Invalid))).transpose()
}
