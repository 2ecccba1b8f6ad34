//! A new token's secret, shown once.

use leptos::prelude::*;
use pat_core::wire::CreatedToken;

use crate::browser;
use crate::components::button::{ActionButton, Look};
use crate::components::copy::CopyText;
use crate::model::commands;
use crate::words::secret;

/// The secret and the lines to use it with. It exists in this panel only: what removes the panel forgets it.
#[component]
pub fn SecretPanel(
    /// The answer to the create.
    created: CreatedToken,
    /// Closes the panel.
    on_close: impl Fn() + 'static,
) -> impl IntoView {
    let origin = browser::origin();
    let curl = commands::curl(&origin, &created.token);
    let dx_cli = commands::dx_cli(&origin, &created.token);
    Effect::new(|| browser::focus_soon("#secret-title"));
    view! {
        <section class="panel secret" aria-labelledby="secret-title" aria-describedby="secret-intro">
            <h2 class="panel__title" id="secret-title" tabindex="-1">{secret::TITLE}</h2>
            <p id="secret-intro">{secret::INTRO}</p>
            <CopyText label=secret::TOKEN text=created.token main=true />
            <CopyText label=secret::CURL text=curl />
            <CopyText label=secret::DX_CLI text=dx_cli />
            <div class="actions">
                <ActionButton label=secret::CLOSE look=Look::Plain on_press=on_close />
            </div>
        </section>
    }
}
