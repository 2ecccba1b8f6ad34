//! Text fields, and what every field has: a label, a hint, errors.

use leptos::prelude::*;

use crate::components::live::live;

/// The ids of the texts that describe a field, for `aria-describedby`.
pub fn described_by(
    name: &'static str,
    has_hint: bool,
    errors: Signal<Vec<String>>,
) -> impl Fn() -> Option<String> + Clone + Send + 'static {
    move || {
        let hint = has_hint.then(|| format!("{name}-hint"));
        let error = errors.with(|errors| !errors.is_empty()).then(|| format!("{name}-error"));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// `true` for `aria-invalid` and `data-invalid`, or no attribute.
pub fn invalid(errors: Signal<Vec<String>>) -> impl Fn() -> Option<&'static str> + Copy + Send + 'static {
    move || errors.with(|errors| (!errors.is_empty()).then_some("true"))
}

/// What is wrong with a field.
#[component]
pub fn FieldErrors(
    /// The field's name.
    name: &'static str,
    /// A sentence an error.
    errors: Signal<Vec<String>>,
) -> impl IntoView {
    live(move || {
        let errors = errors.get();
        (!errors.is_empty()).then(|| {
            let lines = errors.into_iter().map(|error| view! { <span class="field-error__line">{error}</span> }).collect_view();
            view! { <p class="field-error" id=format!("{name}-error")>{lines}</p> }
        })
    })
}

/// A field's explanation.
#[component]
pub fn Hint(
    /// The field's name.
    name: &'static str,
    /// What it says.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <p class="hint" id=format!("{name}-hint")>{text}</p> }
}

/// A line of text.
#[component]
pub fn TextField(
    /// The field's name, which is its id too.
    name: &'static str,
    /// What to enter.
    label: &'static str,
    /// What is entered.
    value: RwSignal<String>,
    /// What is wrong with it.
    errors: Signal<Vec<String>>,
    /// An explanation.
    #[prop(optional, into)]
    hint: Option<String>,
    /// `type` of the input.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
) -> impl IntoView {
    let describes = described_by(name, hint.is_some(), errors);
    let invalid = invalid(errors);
    view! {
        <div class="field" data-invalid=invalid>
            <label class="label" for=name>{label}</label>
            {hint.map(|text| view! { <Hint name text /> })}
            <input class="input" id=name name=name type=kind autocomplete=autocomplete prop:value=value
                on:input=move |event| value.set(event_target_value(&event)) aria-describedby=describes aria-invalid=invalid />
            <FieldErrors name errors />
        </div>
    }
}

/// Some lines of text.
#[component]
pub fn TextArea(
    /// The field's name, which is its id too.
    name: &'static str,
    /// What to enter.
    label: &'static str,
    /// What is entered.
    value: RwSignal<String>,
    /// What is wrong with it.
    errors: Signal<Vec<String>>,
    /// An explanation.
    #[prop(into)]
    hint: String,
) -> impl IntoView {
    let describes = described_by(name, true, errors);
    let invalid = invalid(errors);
    view! {
        <div class="field" data-invalid=invalid>
            <label class="label" for=name>{label}</label>
            <Hint name text=hint />
            <textarea class="input" id=name name=name rows="4" prop:value=value
                on:input=move |event| value.set(event_target_value(&event)) aria-describedby=describes aria-invalid=invalid></textarea>
            <FieldErrors name errors />
        </div>
    }
}
