//! Somebody else saved first.

use leptos::prelude::*;

use crate::components::button::ActionButton;
use crate::components::notice::{Notice, Tone};

/// Says, aloud too, that nothing was saved, and offers to look at what stands there now.
#[component]
pub fn Overtaken(
    /// What happened.
    title: &'static str,
    /// What that means for what was typed.
    text: &'static str,
    /// What the button says.
    label: &'static str,
    /// Reads what is saved.
    on_reload: impl Fn() + Send + 'static,
) -> impl IntoView {
    view! {
        <div role="alert">
            <Notice tone=Tone::Warning title text>
                <ActionButton label on_press=on_reload />
            </Notice>
        </div>
    }
}
