//! The query of the list of everyone's tokens, and of its export.

use jiff::Timestamp;
use pat_core::id::UserId;
use pat_core::inventory::{Conditions, Sort};
use pat_core::policy::Policy;
use pat_core::token::{TokenKind, TokenStatus};
use pat_core::wire::{FieldCode, TokenFilter};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::error::ApiError;

/// Which tokens, in which order: all conditions that are given hold.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InventoryQuery {
    /// Personal or organization tokens.
    kind: Option<TokenKind>,
    /// This user's.
    owner: Option<UserId>,
    /// Holding this scope.
    scope: Option<String>,
    /// With this status.
    status: Option<TokenStatus>,
    /// Ending before this instant, RFC 3339 in UTC.
    #[serde(default, with = "pat_core::instant::optional")]
    expires_before: Option<Timestamp>,
    /// Made before this instant and not used since.
    #[serde(default, with = "pat_core::instant::optional")]
    not_used_since: Option<Timestamp>,
    /// Never used.
    #[serde(default, deserialize_with = "flag")]
    never_used: bool,
    /// Without an end.
    #[serde(default, deserialize_with = "flag")]
    no_expiration: bool,
    /// The order: newest first, if nothing is said.
    #[serde(default)]
    sort: Sort,
    /// `next_cursor` of the page before, in the same order; an export takes none.
    cursor: Option<String>,
    /// `csv` or `jsonl`, of an export only.
    format: Option<Format>,
}

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// For spreadsheets.
    Csv,
    /// JSON Lines.
    Jsonl,
}

impl InventoryQuery {
    /// Of the list: which tokens, in which order, and the cursor.
    ///
    /// # Errors
    /// The field to mend.
    pub fn list(self, policy: &Policy) -> Result<(Conditions, Sort, Option<String>), ApiError> {
        match self.format {
            Some(_) => Err(ApiError::field("format", FieldCode::UnknownField)),
            None => Ok((self.conditions(policy)?, self.sort, self.cursor)),
        }
    }

    /// Of the export: which tokens, in which order, and as what.
    ///
    /// # Errors
    /// The field to mend.
    pub fn export(self, policy: &Policy) -> Result<(Conditions, Sort, Format), ApiError> {
        match (self.format, &self.cursor) {
            (_, Some(_)) => Err(ApiError::field("cursor", FieldCode::UnknownField)),
            (None, None) => Err(ApiError::field("format", FieldCode::Required)),
            (Some(format), None) => Ok((self.conditions(policy)?, self.sort, format)),
        }
    }

    fn conditions(&self, policy: &Policy) -> Result<Conditions, ApiError> {
        let filter = TokenFilter {
            kind: self.kind,
            owner: self.owner,
            scope: self.scope.clone(),
            status: self.status,
            expires_before: self.expires_before,
            not_used_since: self.not_used_since,
            never_used: self.never_used,
            no_expiration: self.no_expiration,
        };
        Ok(Conditions::parse(&filter, policy)?)
    }
}

/// Values of a query are texts.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
