//! The audit log.

use pat_core::wire::EventList;

use crate::api::Answer;
use crate::api::call::{Call, encode};
use crate::model::event_filter::EventFilter;

const EVENTS: &str = "/api/admin/audit-events";

/// A page of the rows that match; without a cursor the first.
pub async fn events(filter: &EventFilter, cursor: Option<&str>) -> Answer<EventList> {
    Call::new("GET", &with_query(EVENTS, filter, cursor)).read().await
}

/// Where the rows that match can be downloaded.
pub fn export_url(filter: &EventFilter) -> String {
    with_query(&format!("{EVENTS}/export"), filter, None)
}

/// The page that shows the rows that match.
pub fn page_url(filter: &EventFilter) -> String {
    with_query("/admin/audit", filter, None)
}

fn with_query(path: &str, filter: &EventFilter, cursor: Option<&str>) -> String {
    let pairs = filter.pairs().into_iter().chain(cursor.map(|cursor| ("cursor", cursor)));
    let query: Vec<String> = pairs.map(|(key, value)| format!("{key}={}", encode(value))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}
