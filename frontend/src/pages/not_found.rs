//! An address without a page.

use leptos::prelude::*;

use crate::components::page::{Page, Width};
use crate::words::not_found;

/// Says so, and leads back.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Page heading=not_found::TITLE.to_owned() width=Width::Form>
            <p>{not_found::TEXT}</p>
            <p><a class="button" href="/settings">{not_found::HOME}</a></p>
        </Page>
    }
}
