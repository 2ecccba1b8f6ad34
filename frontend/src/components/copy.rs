//! A text to copy.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser;
use crate::components::button::{ActionButton, Look};
use crate::words::secret;

/// A text with a button that copies it, or selects it where the browser won't copy. The text lives in the page and nowhere else.
#[component]
pub fn CopyText(
    /// What it is.
    label: &'static str,
    /// The text.
    text: String,
    /// Whether copying it is the main thing to do.
    #[prop(optional)]
    main: bool,
) -> impl IntoView {
    let node = NodeRef::<html::Code>::new();
    let outcome = RwSignal::new("");
    let copy = move || {
        let Some(element) = node.get_untracked() else { return };
        spawn_local(async move {
            let said = if browser::copy_text(&element).await { secret::COPIED } else { secret::SELECTED };
            // If the panel was closed meanwhile there is nobody to tell.
            let _ = outcome.try_set(said);
        });
    };
    let look = if main { Look::Primary } else { Look::Plain };
    view! {
        <div class="copy" role="group" aria-label=label>
            <p class="copy__label">{label}</p>
            <div class="copy__row">
                <code class="copy__text" node_ref=node>{text}</code>
                <ActionButton label=secret::COPY name=secret::copy(label) look on_press=copy />
            </div>
            <p class="copy__outcome" role="status">{outcome}</p>
        </div>
    }
}
