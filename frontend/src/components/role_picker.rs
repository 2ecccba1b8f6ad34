//! Roles to choose.

use leptos::prelude::*;
use pat_core::wire::RoleChoice;

use crate::components::field::{FieldErrors, Hint, described_by, invalid};
use crate::components::token_facts::ScopeList;
use crate::model::scopes::toggle;
use crate::words::people::{self, roles as words};

const FIELD: &str = "roles";

/// Every role, with what it is for and the scopes that it adds.
#[component]
pub fn RolePicker(
    /// What there is to choose from.
    roles: Vec<RoleChoice>,
    /// The names of those that are chosen.
    chosen: RwSignal<Vec<String>>,
    /// What is wrong with the choice.
    errors: Signal<Vec<String>>,
    /// Whether a heading says already that these are the roles.
    #[prop(optional)]
    below_heading: bool,
) -> impl IntoView {
    let legend = if below_heading { "visually-hidden" } else { "label" };
    let rows = roles.into_iter().map(|role| view! { <Role role chosen /> }).collect_view();
    view! {
        <fieldset class="field" data-invalid=invalid(errors) aria-describedby=described_by(FIELD, true, errors)>
            <legend class=legend>{people::ROLES}</legend>
            <Hint name=FIELD text=words::HINT />
            <FieldErrors name=FIELD errors />
            <div class="roles">{rows}</div>
        </fieldset>
    }
}

#[component]
fn Role(role: RoleChoice, chosen: RwSignal<Vec<String>>) -> impl IntoView {
    let RoleChoice { name, label, description, scopes } = role;
    let description_id = format!("about-{name}");
    let checked = {
        let name = name.clone();
        move || chosen.with(|chosen| chosen.contains(&name))
    };
    let adds = if scopes.is_empty() {
        view! { <p class="role__adds">{words::NO_SCOPES}</p> }.into_any()
    } else {
        view! {
            <details class="role__adds">
                <summary>{words::adds(scopes.len())}</summary>
                <ScopeList scopes />
            </details>
        }
        .into_any()
    };
    view! {
        <div class="role">
            <label class="role__label">
                <input
                    type="checkbox"
                    name=FIELD
                    aria-describedby=description_id.clone()
                    prop:checked=checked
                    on:change=move |_| chosen.update(|chosen| toggle(chosen, &name))
                />
                <span>{label}</span>
            </label>
            <p class="role__description" id=description_id>{description}</p>
            {adds}
        </div>
    }
}
