//! A token's page.

use crate::components::act_form::Saying;

pub const TITLE: &str = "Personal access token";
pub const BACK: &str = "Personal access tokens";
pub const MISSING_TITLE: &str = "No such token";
pub const MISSING: &str = "There is no token of yours at this address.";
pub const TO_LIST: &str = "To your tokens";
pub const SECRET: &str = "Secret";
pub const CREATED: &str = "Created";
pub const EXPIRES: &str = "Expires";
pub const LAST_USED: &str = "Last used";
pub const CLIENT: &str = "Client";
pub const STATUS: &str = "Status";
pub const ACTIVITY: &str = "What it did, and what it never needed";
pub const SETTINGS: &str = "Edit";
pub const DELETE_TITLE: &str = "Delete this token";
pub const DELETE_INTRO: &str = "Every client that uses it is refused from the next request on.";
pub const DELETE: &str = "Delete";
pub const DELETE_FOR_GOOD: Saying = Saying { label: DELETE, busy: "Deleting…" };
pub const SAVED: &str = "Changes saved.";
pub const STALE_TITLE: &str = "This token was changed meanwhile";
pub const STALE: &str =
    "Somebody saved another change while you were editing: you in another tab, perhaps. Nothing of yours was saved yet.";
pub const RELOAD: &str = "Show what is saved now";
pub const DROP_MINE: &str = "Use the saved version";
pub const DEAD_SCOPES: &str = "What it could do";

pub fn confirm_title(name: &str) -> String {
    format!("Delete {name}?")
}

pub fn confirm(last_used: Option<&str>) -> String {
    let used = last_used.map_or_else(|| "It was never used.".to_owned(), |when| format!("It was last used {when}."));
    format!("{used} Every client that uses it is refused from the next request on. This can’t be undone.")
}

pub fn deleted(name: &str) -> String {
    format!("{name} was deleted. It is refused everywhere from now on.")
}

pub fn saved_now(name: &str, scopes: &[String]) -> String {
    format!("Saved now: the name {name} and the scopes {}. The form still holds what you typed; saving replaces this.", scopes.join(", "))
}
