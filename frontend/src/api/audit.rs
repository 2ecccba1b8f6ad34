//! The audit log.

use pat_core::wire::EventList;

use crate::api::Answer;
use crate::api::call::Call;

const EVENTS: &str = "/api/admin/audit-events";

/// A page of rows. The query is that of the address bar, with a cursor for all but the first page.
pub async fn events(query: &str) -> Answer<EventList> {
    Call::new("GET", &format!("{EVENTS}{query}")).read().await
}

/// Where the rows that a query asks for can be downloaded.
pub fn export_address(query: &str) -> String {
    format!("{EVENTS}/export{query}")
}
