//! New accounts, which only operators make.

use pat_core::audit::{EventType, Outcome};
use serde_json::json;

use crate::client::Client;
use crate::store::audit::{self, EventUser, NewEvent};
use crate::store::people::User;
use crate::store::{StoreError, Transaction};

/// Records that an account was made, with its first admin.
pub async fn record_creation(tx: &mut Transaction, admin: &User, name: &str, client: &Client) -> Result<(), StoreError> {
    let event = NewEvent {
        account_id: admin.account_id(),
        event_type: EventType::AccountCreated,
        outcome: Outcome::Succeeded,
        reason: None,
        user: Some(EventUser { id: admin.id(), name: &admin.name, email: &admin.email }),
        token: None,
        method: None,
        context: json!({ "account": name, "by": "operator" }),
        session_id: None,
        client,
    };
    audit::insert(tx, event).await
}
