//! What the headers of an answer tell of the caller's token: how many calls are left, and when it ends.

use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use pat_core::token::TokenKind;

use crate::limits::{Quotas, WINDOW};
use crate::store::principals::Principal;

/// The limits (draft-ietf-httpapi-ratelimit-headers).
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What is left of them.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// When a personal token ends, as RFC 3339 in UTC.
pub const TOKEN_EXPIRES_AT: HeaderName = HeaderName::from_static("x-token-expires-at");

/// What is told.
#[derive(Clone, Copy, Debug)]
pub struct Notice {
    quotas: Quotas,
    /// Of a personal token that ends by itself.
    expires_at: Option<Timestamp>,
}

impl Notice {
    /// About a live token.
    pub fn of(principal: &Principal, quotas: Quotas) -> Self {
        let standing = &principal.standing;
        Self { quotas, expires_at: standing.lifecycle.expires_at.filter(|_| standing.kind == TokenKind::Personal) }
    }

    /// Tells it.
    pub fn add_to(self, headers: &mut HeaderMap) {
        let (mut policies, mut left) = (String::new(), String::new());
        for quota in self.quotas.iter() {
            let comma = if policies.is_empty() { "" } else { ", " };
            // Writing to a text can't fail.
            let _ = write!(policies, r#"{comma}"{}";q={};w={WINDOW}"#, quota.policy, quota.limit);
            let _ = write!(left, r#"{comma}"{}";r={};t={}"#, quota.policy, quota.remaining, quota.reset);
        }
        let expires_at = self.expires_at.map(|at| at.to_string()).unwrap_or_default();
        for (name, value) in [(RATE_LIMIT_POLICY, policies), (RATE_LIMIT, left), (TOKEN_EXPIRES_AT, expires_at)] {
            if let Ok(value) = HeaderValue::try_from(value)
                && !value.is_empty()
            {
                headers.insert(name, value);
            }
        }
    }
}
