//! A one-time link, shown once.

use leptos::prelude::*;
use pat_core::wire::PasswordLink;

use crate::components::copy::CopyText;
use crate::words::people::link as words;
use crate::{browser, dates};

/// The link and whom it is for. It exists in this panel only: what removes the panel forgets it.
#[component]
pub fn LinkPanel(
    /// The link.
    link: PasswordLink,
    /// The name of the person whose password it sets.
    name: String,
    /// What closes the panel.
    children: Children,
) -> impl IntoView {
    Effect::new(|| browser::focus_soon("#link-title"));
    view! {
        <section class="panel secret" aria-labelledby="link-title" aria-describedby="link-intro">
            <h2 class="panel__title" id="link-title" tabindex="-1">{words::title(&name)}</h2>
            <p id="link-intro">{words::intro(&dates::date_time(link.expires_at))}</p>
            <CopyText label=words::LABEL text=link.url main=true />
            <div class="actions">{children()}</div>
        </section>
    }
}
