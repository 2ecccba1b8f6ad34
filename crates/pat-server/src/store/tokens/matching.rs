//! Which tokens, as SQL: conditions on `t`, a token, and `u`, its use.

use diesel::sql_types::{Array, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use pat_core::id::{AccountId, TokenId};
use pat_core::inventory::{Conditions, Unused};
use pat_core::settings::BrokenRule;
use pat_core::token::{TokenKind, TokenStatus};
use serde::{Deserialize, Serialize};

use super::breaking;
use crate::store::statement::Statement;

/// The tokens that a change is for; stored with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// These.
    Selected(Vec<TokenId>),
    /// All of which this holds.
    Matching(Conditions),
    /// All that break one of these rules.
    Breaking(Vec<BrokenRule>),
}

/// A target within an account, at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The account.
    pub account: AccountId,
    /// Which of its tokens.
    pub target: &'a Target,
    /// Only tokens that are neither revoked nor expired.
    pub is_live: bool,
    /// Only tokens made before this instant.
    pub issued_before: Option<Timestamp>,
    /// What "now" is to it.
    pub now: Timestamp,
}

impl Search<'_> {
    /// What every token of it fulfils, as far as it is given as conditions.
    pub(super) fn conditions(&self) -> Option<&Conditions> {
        match self.target {
            Target::Matching(conditions) => Some(conditions),
            Target::Selected(_) | Target::Breaking(_) => None,
        }
    }

    /// Whether it asks for `u`.
    pub(super) fn asks_for_use(&self) -> bool {
        match self.target {
            Target::Selected(_) => false,
            Target::Matching(conditions) => conditions.unused.is_some(),
            Target::Breaking(rules) => rules.iter().any(breaking::asks_for_use),
        }
    }

    /// Adds ` FROM` what it needs and the account. `tokens` is that table, or what was taken from it.
    pub(super) fn from(&self, tokens: &str, statement: Statement, with_use: bool) -> Statement {
        let statement = statement.sql(" FROM ").sql(tokens).sql(" t");
        let statement = if with_use { statement.sql(" JOIN token_usage u ON u.token_id = t.id") } else { statement };
        let statement = statement.sql(" WHERE t.account_id = ").bind::<SqlUuid, _>(self.account.0);
        if with_use { statement.sql(" AND u.account_id = ").bind::<SqlUuid, _>(self.account.0) } else { statement }
    }

    /// Adds what must hold, each with ` AND ` before it.
    pub(super) fn push(&self, statement: Statement) -> Statement {
        let mut statement = match self.target {
            Target::Selected(ids) => {
                let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
                statement.sql(" AND t.id = ANY (").bind::<Array<SqlUuid>, _>(ids).sql(")")
            }
            Target::Matching(conditions) => push_conditions(statement, conditions, self.now),
            Target::Breaking(rules) => {
                let start = statement.sql(" AND (false");
                rules.iter().fold(start, |statement, rule| breaking::push(statement.sql(" OR "), rule)).sql(")")
            }
        };
        if self.is_live {
            statement = push_not_expired(statement.sql(" AND t.revoked_at IS NULL"), self.conditions(), self.now);
        }
        if let Some(before) = self.issued_before {
            statement = statement.sql(" AND t.created_at < ").bind::<Timestamptz, _>(at(before));
        }
        statement
    }
}

fn push_conditions(mut statement: Statement, conditions: &Conditions, now: Timestamp) -> Statement {
    let Conditions { kind, owner, scope, status, expires_before, unused, no_expiration } = conditions;
    statement = match kind {
        // Written out, as in the index of organization tokens.
        Some(TokenKind::Organization) => statement.sql(" AND t.kind = 'organization'"),
        Some(TokenKind::Personal) => statement.sql(" AND t.kind = 'personal'"),
        None => statement,
    };
    if let Some(owner) = owner {
        statement = statement.sql(" AND t.owner_id = ").bind::<SqlUuid, _>(owner.0);
    }
    if let Some(scope) = scope {
        statement = statement.sql(" AND t.scopes @> ").bind::<Array<Text>, _>(vec![scope.clone()]);
    }
    if let Some(status) = status {
        statement = push_status(statement, *status, conditions, now);
    }
    if let Some(before) = expires_before {
        statement = statement.sql(" AND t.expires_at < ").bind::<Timestamptz, _>(at(*before));
    }
    statement = match unused {
        Some(Unused::Ever) => statement.sql(" AND u.last_used_at IS NULL"),
        Some(Unused::Since(since)) => statement
            .sql(" AND (u.last_used_at IS NULL OR u.last_used_at < ")
            .bind::<Timestamptz, _>(at(*since))
            .sql(") AND t.created_at <= ")
            .bind::<Timestamptz, _>(at(*since)),
        None => statement,
    };
    if *no_expiration { statement.sql(" AND t.expires_at IS NULL") } else { statement }
}

/// Revoked wins, then expired, then paused, as in [`pat_core::token::Lifecycle::status`].
fn push_status(statement: Statement, status: TokenStatus, conditions: &Conditions, now: Timestamp) -> Statement {
    if status == TokenStatus::Revoked {
        return statement.sql(" AND t.revoked_at IS NOT NULL");
    }
    let statement = statement.sql(" AND t.revoked_at IS NULL");
    if status == TokenStatus::Expired {
        return statement.sql(" AND t.expires_at <= ").bind::<Timestamptz, _>(at(now));
    }
    let statement = push_not_expired(statement, Some(conditions), now);
    if status == TokenStatus::Paused {
        statement.sql(" AND t.paused_until > ").bind::<Timestamptz, _>(at(now))
    } else {
        statement.sql(" AND (t.paused_until IS NULL OR t.paused_until <= ").bind::<Timestamptz, _>(at(now)).sql(")")
    }
}

/// Between two conditions on the same instant Postgres sees the range, and how few tokens it holds, only without an alternative.
fn push_not_expired(statement: Statement, conditions: Option<&Conditions>, now: Timestamp) -> Statement {
    if conditions.is_some_and(|given| given.expires_before.is_some()) {
        statement.sql(" AND t.expires_at > ").bind::<Timestamptz, _>(at(now))
    } else {
        statement.sql(" AND (t.expires_at IS NULL OR t.expires_at > ").bind::<Timestamptz, _>(at(now)).sql(")")
    }
}

/// An instant as a bind.
pub(super) fn at(instant: Timestamp) -> jiff_diesel::Timestamp {
    instant.into()
}
