//! The audit log as people read it, and what it says of scopes that were never needed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{NamedToken, Owner};

wire! {
    /// `GET /api/admin/audit-events`, and `GET /api/personal-access-tokens/{id}/activity`: newest first.
    pub struct EventList {
        /// One page of them.
        pub events: Vec<AuditEvent>,
        /// Pass it as `cursor` for the next page; null at the end.
        pub next_cursor: Option<String>,
    }

    /// A row of the audit log. Names are as they were at the time.
    pub struct AuditEvent {
        /// Its id.
        pub id: Uuid,
        /// When.
        #[serde(with = "crate::instant")]
        pub time: Timestamp,
        /// What happened, for example `personal_access_tokens.updated`.
        pub event_type: String,
        /// `succeeded` or `refused`.
        pub outcome: String,
        /// Why it was refused, as a code.
        pub reason: Option<String>,
        /// Who did it; null for an organization token or the operator.
        pub user: Option<Owner>,
        /// With which token, or to which.
        pub token: Option<NamedToken>,
        /// The Web API method.
        pub method: Option<String>,
        /// What else is known, by event type.
        pub context: Value,
        /// The answer's `X-Request-Id`.
        pub request_id: Option<Uuid>,
        /// From where.
        pub ip: Option<String>,
        /// With what.
        pub user_agent: Option<String>,
        /// The client as it named itself.
        pub client_type: Option<String>,
        /// Its version.
        pub client_version: Option<String>,
        /// The AI agent that acted for the person.
        pub agent_name: Option<String>,
        /// Its session.
        pub agent_session_id: Option<String>,
        /// Its model.
        pub agent_model: Option<String>,
    }

    /// `GET …/{id}/unused-scopes`: scopes that were granted over 30 days ago and that no recorded call needed.
    pub struct UnusedScopes {
        /// In table order; empty also where the record doesn't tell.
        pub scopes: Vec<UnusedScope>,
        /// After how many days without need a scope is named.
        pub days: u32,
    }

    /// A scope that no recorded call of the token needed.
    pub struct UnusedScope {
        /// Its name.
        pub scope: String,
        /// Since when the token holds it.
        #[serde(with = "crate::instant")]
        pub granted_at: Timestamp,
    }
}
