//! Where command lines sign in: a program of its own, as people come here without their tokens in mind.

use leptos::prelude::*;

use crate::app::{signed_in, start as start_area};
use crate::model::place::{Area, CliPlace};
use crate::pages::cli_auth::{CliAuthPage, CliDonePage};
use crate::pages::cli_device::CliDevicePage;
use crate::pages::not_found::NotFound;

/// Shows the pages.
pub fn start() {
    start_area(Area::Cli, page_at);
}

fn page_at(path: &str) -> AnyView {
    match CliPlace::at(path) {
        Some(CliPlace::Auth) => signed_in(Box::new(|| view! { <CliAuthPage /> }.into_any())),
        Some(CliPlace::Device) => signed_in(Box::new(|| view! { <CliDevicePage /> }.into_any())),
        Some(CliPlace::Done) => view! { <CliDonePage /> }.into_any(),
        None => view! { <NotFound /> }.into_any(),
    }
}
