//! What happened to a token: a program of its own, as what tells the log is not needed to look after tokens.

use leptos::prelude::*;

use crate::app::{signed_in, start as start_area};
use crate::model::place::{Area, token_with_activity};
use crate::pages::activity::ActivityPage;
use crate::pages::not_found::NotFound;

/// Shows the page.
pub fn start() {
    start_area(Area::Activity, page_at);
}

fn page_at(path: &str) -> AnyView {
    match token_with_activity(path).map(str::to_owned) {
        Some(id) => signed_in(Box::new(move || view! { <ActivityPage id=id.clone() /> }.into_any())),
        None => view! { <NotFound /> }.into_any(),
    }
}
