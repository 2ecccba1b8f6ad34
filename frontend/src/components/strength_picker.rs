//! How far a setting reaches.

use leptos::prelude::*;
use pat_core::wire::{Rule, Strength};

use crate::words::settings;

/// A strength in words: its name, and what it does.
pub type Explain = fn(Strength) -> (&'static str, &'static str);

/// The three strengths, each with what it does.
#[component]
pub fn StrengthPicker(
    /// The field's name.
    name: &'static str,
    /// The setting.
    rule: Rule,
    /// Which one is chosen.
    value: RwSignal<Strength>,
    /// What each does.
    explain: Explain,
) -> impl IntoView {
    let options = Strength::ALL
        .into_iter()
        .map(|strength| {
            let (label, explained) = explain(strength);
            view! {
                <label class="choice strength">
                    <input type="radio" name=name prop:checked=move || value.get() == strength on:change=move |_| value.set(strength) />
                    <span>
                        <span class="strength__name">{label}</span>
                        <span class="hint">{explained}</span>
                    </span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field" role="radiogroup" aria-label=settings::strength_of(rule)>
            <legend class="label label--minor">{settings::STRENGTH}</legend>
            <div class="choices choices--rows">{options}</div>
        </fieldset>
    }
}
