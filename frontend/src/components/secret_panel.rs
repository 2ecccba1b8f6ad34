//! A new token's secret, shown once.

use leptos::prelude::*;
use pat_core::token::TokenKind;

use crate::browser;
use crate::components::button::{ActionButton, Look};
use crate::components::copy::CopyText;
use crate::model::commands;
use crate::words::secret as words;

/// The secret and the lines to use it with. It exists in this panel only: what removes the panel forgets it.
#[component]
pub fn SecretPanel(
    /// Whose the token is.
    kind: TokenKind,
    /// The secret.
    secret: String,
    /// Closes the panel.
    on_close: impl Fn() + 'static,
) -> impl IntoView {
    let origin = browser::origin();
    let curl = commands::curl(&origin, &secret);
    // People sign in to the DX CLI, the organization doesn't.
    let dx_cli = (kind == TokenKind::Personal).then(|| commands::dx_cli(&origin, &secret));
    Effect::new(|| browser::focus_soon("#secret-title"));
    view! {
        <section class="panel secret" aria-labelledby="secret-title" aria-describedby="secret-intro">
            <h2 class="panel__title" id="secret-title" tabindex="-1">{words::TITLE}</h2>
            <p id="secret-intro">{words::intro(kind)}</p>
            <CopyText label=words::TOKEN text=secret main=true />
            <CopyText label=words::CURL text=curl />
            {dx_cli.map(|text| view! { <CopyText label=words::DX_CLI text /> })}
            <div class="actions">
                <ActionButton label=words::CLOSE look=Look::Plain on_press=on_close />
            </div>
        </section>
    }
}
