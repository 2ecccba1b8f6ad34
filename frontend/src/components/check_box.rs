//! A box to tick.

use leptos::prelude::*;

/// A box with its label.
#[component]
pub fn CheckBox(
    /// The field's name.
    name: &'static str,
    /// What ticking it means.
    #[prop(into)]
    label: AnyView,
    /// Whether it is ticked.
    #[prop(into)]
    checked: Signal<bool>,
    /// Ticks or unticks it.
    on_toggle: impl Fn() + 'static,
    /// The id of what explains it.
    #[prop(optional, into)]
    described_by: Option<String>,
) -> impl IntoView {
    view! {
        <label class="scope__label">
            <input type="checkbox" name=name aria-describedby=described_by prop:checked=checked on:change=move |_| on_toggle() />
            <span>{label}</span>
        </label>
    }
}
