//! Rows as they wait to be written, whatever happens to the request meanwhile.

use serde_json::Value;
use uuid::Uuid;

use super::intern::{Known, Origin, Principal, Reference};
use super::{NewEvent, Proof, clean};

/// A row, cleaned to the columns' types.
#[derive(Clone, Debug)]
pub struct Row {
    pub(super) account_id: Uuid,
    pub(super) id: Uuid,
    pub(super) principal: Option<Reference>,
    pub(super) client: Reference,
    pub(super) event_type: &'static str,
    pub(super) outcome: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) method: Option<String>,
    pub(super) context: Value,
    pub(super) request_id: Uuid,
    pub(super) session_id: Option<Uuid>,
}

impl Row {
    /// The row of an event.
    pub fn new(event: NewEvent<'_>, known: &Known) -> Self {
        Self {
            account_id: event.account_id.0,
            id: Uuid::now_v7(),
            principal: Principal::of(&event).map(|principal| known.principals.refer(&principal)),
            client: known.clients.refer(&Origin::of(&event)),
            event_type: event.event_type.as_str(),
            outcome: event.outcome.as_str(),
            reason: event.reason,
            method: event.method.map(str::to_owned),
            context: clean::context(event.context),
            request_id: event.client.request_id,
            session_id: event.session_id.map(|id| id.0),
        }
    }

    /// Names the row among those that went in.
    pub fn id(&self) -> Uuid {
        self.id
    }
}

/// A row with what must still stand for it to go in.
#[derive(Clone, Debug)]
pub struct ProvedRow {
    /// The row.
    pub row: Row,
    /// What it was decided on.
    pub proof: Proof,
}
