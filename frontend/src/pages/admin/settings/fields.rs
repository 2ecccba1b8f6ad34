//! The settings to choose.

use leptos::prelude::*;
use pat_core::wire::{FeatureChoice, Rule, SettingsPage, Strength};

use crate::components::check_box::CheckBox;
use crate::components::field::{FieldErrors, Hint, TextArea, TextField, described_by, invalid};
use crate::components::form::FormStatus;
use crate::components::live::live;
use crate::components::scope_picker::ScopePicker;
use crate::components::strength_picker::{Explain, StrengthPicker};
use crate::components::token_facts::Scopes;
use crate::model::scopes::{ScopeMenu, toggle};
use crate::words::settings::{self, strength_of_limit, strength_of_mask};

use super::draft::Draft;

/// All settings, each with how far it reaches where it is in force.
#[component]
pub fn Fields(
    /// What there is to choose from.
    page: SettingsPage,
    /// What is typed.
    draft: Draft,
    /// The form's status.
    status: FormStatus,
) -> impl IntoView {
    let names: Vec<String> = page.features.iter().map(|feature| feature.name.clone()).collect();
    let some_off = Memo::new(move |_| draft.features.with(|on| names.iter().any(|name| !on.contains(name))));
    let some_blocked = Memo::new(move |_| draft.blocked.with(|blocked| !blocked.is_empty()));
    let max_lifetime = Memo::new(move |_| draft.max_lifetime.with(|days| !days.trim().is_empty()));
    let unused = Memo::new(move |_| draft.unused.with(|days| !days.trim().is_empty()));
    let must_end = Memo::new(move |_| !draft.no_expiration.get());
    view! {
        <div class="setting panel">
            <Creation draft errors=status.errors("creation_stopped") />
        </div>
        <div class="setting panel">
            <TextField
                name="max_lifetime"
                label=settings::MAX_LIFETIME
                hint=settings::MAX_LIFETIME_HINT
                value=draft.max_lifetime
                errors=status.errors("max_lifetime")
            />
            {strength(max_lifetime, Rule::MaxLifetime, "max-lifetime-strength", draft.max_lifetime_strength, strength_of_limit)}
        </div>
        <div class="setting panel">
            <fieldset class="field">
                <legend class="label">{settings::NO_EXPIRATION}</legend>
                <CheckBox
                    name="no_expiration"
                    label=settings::NO_EXPIRATION_ALLOWED.into_any()
                    checked=draft.no_expiration
                    on_toggle=move || draft.no_expiration.update(|allowed| *allowed = !*allowed)
                />
            </fieldset>
            {strength(must_end, Rule::NoExpiration, "no-expiration-strength", draft.no_expiration_strength, strength_of_limit)}
        </div>
        <div class="setting panel">
            <TextField name="unused" label=settings::UNUSED hint=settings::UNUSED_HINT value=draft.unused errors=status.errors("unused") />
            {strength(unused, Rule::Unused, "unused-strength", draft.unused_strength, strength_of_limit)}
        </div>
        <div class="setting panel">
            <TextField
                name="token_cap"
                label=settings::TOKEN_CAP
                hint=settings::TOKEN_CAP_HINT
                value=draft.token_cap
                errors=status.errors("token_cap")
            />
        </div>
        <div class="setting panel">
            <Features features=page.features draft errors=status.errors("features") />
            {strength(some_off, Rule::Features, "features-strength", draft.features_strength, strength_of_mask)}
        </div>
        <div class="setting panel">
            <ScopePicker
                menu=ScopeMenu::new(&page.scopes, &[])
                chosen=draft.blocked
                errors=status.errors("blocked_scopes")
                legend=settings::BLOCKED
                hint=settings::BLOCKED_HINT
            />
            {strength(some_blocked, Rule::BlockedScopes, "blocked-strength", draft.blocked_strength, strength_of_mask)}
        </div>
    }
}

/// How far a setting reaches, while it is in force.
fn strength(in_force: Memo<bool>, rule: Rule, name: &'static str, value: RwSignal<Strength>, explain: Explain) -> AnyView {
    live(move || in_force.get().then(|| view! { <StrengthPicker name rule value explain /> }))
}

#[component]
fn Features(features: Vec<FeatureChoice>, draft: Draft, errors: Signal<Vec<String>>) -> impl IntoView {
    const FIELD: &str = "features";
    let rows = features.into_iter().map(|feature| view! { <Feature feature draft /> }).collect_view();
    view! {
        <fieldset class="field" data-invalid=invalid(errors) aria-describedby=described_by(FIELD, true, errors)>
            <legend class="label">{settings::FEATURES}</legend>
            <Hint name=FIELD text=settings::FEATURES_HINT />
            <FieldErrors name=FIELD errors />
            <div class="features">{rows}</div>
        </fieldset>
    }
}

#[component]
fn Feature(feature: FeatureChoice, draft: Draft) -> impl IntoView {
    let FeatureChoice { name, description, scopes } = feature;
    let about = format!("about-{name}");
    let is_on = {
        let name = name.clone();
        Signal::derive(move || draft.features.with(|on| on.contains(&name)))
    };
    let label = view! { <code>{name.clone()}</code> }.into_any();
    view! {
        <div class="feature">
            <CheckBox
                name="features"
                label
                checked=is_on
                on_toggle=move || draft.features.update(|on| toggle(on, &name))
                described_by=about.clone()
            />
            <p class="scope__description" id=about>{description}</p>
            <div class="feature__scopes"><Scopes scopes /></div>
        </div>
    }
}

#[component]
fn Creation(draft: Draft, errors: Signal<Vec<String>>) -> impl IntoView {
    view! {
        <fieldset class="field">
            <legend class="label">{settings::CREATION}</legend>
            <CheckBox
                name="stop_creation"
                label=settings::CREATION_STOPPED.into_any()
                checked=draft.is_stopped
                on_toggle=move || draft.is_stopped.update(|stopped| *stopped = !*stopped)
            />
        </fieldset>
        {live(move || {
            draft.is_stopped.get().then(|| {
                view! {
                    <TextArea
                        name="creation_stopped"
                        label=settings::MESSAGE
                        hint=settings::MESSAGE_HINT
                        value=draft.message
                        errors=errors
                    />
                }
            })
        })}
    }
}
