//! What everybody else sees in the place of an admin page.

use leptos::prelude::*;

use crate::components::page::{Page, Width};
use crate::words::{admin, not_found};

/// Says whom the administration is for, and leads back.
#[component]
pub fn Forbidden() -> impl IntoView {
    view! {
        <Page heading=admin::FORBIDDEN_TITLE.to_owned() width=Width::Form>
            <p>{admin::FORBIDDEN}</p>
            <p><a class="button" href="/settings" rel="external">{not_found::HOME}</a></p>
        </Page>
    }
}
