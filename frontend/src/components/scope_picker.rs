//! The scopes on the form.

use leptos::prelude::*;
use pat_core::policy::Access;

use crate::components::field::{FieldErrors, Hint, described_by, invalid};
use crate::components::notice::{Notice, Tone};
use crate::model::scopes::{ScopeGroup, ScopeMenu, ScopeRow, toggle};
use crate::words::{self, form};

const FIELD: &str = "scopes";

/// The scopes to choose from, under their resources.
#[component]
pub fn ScopePicker(
    /// What there is to choose from.
    menu: ScopeMenu,
    /// What is chosen.
    chosen: RwSignal<Vec<String>>,
    /// What is wrong with the choice.
    errors: Signal<Vec<String>>,
    /// How to choose.
    hint: &'static str,
    /// What is chosen here.
    #[prop(default = form::SCOPES)]
    legend: &'static str,
) -> impl IntoView {
    let count = menu.len();
    let empty = menu.is_empty().then(|| view! { <Notice tone=Tone::Info text=form::NOTHING_GRANTABLE /> });
    let groups = menu.groups.into_iter().map(|group| view! { <Group group chosen /> }).collect_view();
    let masked = (!menu.masked.is_empty()).then(|| view! { <Masked scopes=menu.masked chosen /> });
    view! {
        <fieldset class="field" data-invalid=invalid(errors) aria-describedby=described_by(FIELD, true, errors)>
            <legend class="label">{legend}</legend>
            <Hint name=FIELD text=hint />
            <FieldErrors name=FIELD errors />
            {empty}
            <div class="scopes">{groups}{masked}</div>
            <p class="result" role="status">{move || form::chosen(chosen.with(Vec::len), count)}</p>
        </fieldset>
    }
}

#[component]
fn Group(group: ScopeGroup, chosen: RwSignal<Vec<String>>) -> impl IntoView {
    let rows = group.rows.into_iter().map(|row| view! { <Row row chosen /> }).collect_view();
    view! {
        <fieldset class="scope-group">
            <legend class="scope-group__name">{group.name}</legend>
            {rows}
        </fieldset>
    }
}

#[component]
fn Row(row: ScopeRow, chosen: RwSignal<Vec<String>>) -> impl IntoView {
    let description_id = format!("about-{}", row.name);
    view! {
        <div class="scope">
            <ScopeBox scope=row.name described_by=description_id.clone() chosen />
            <span class=mark_class(row.access)>{words::access(row.access)}</span>
            <p class="scope__description" id=description_id>{row.description}</p>
        </div>
    }
}

#[component]
fn Masked(scopes: Vec<String>, chosen: RwSignal<Vec<String>>) -> impl IntoView {
    let rows = scopes
        .into_iter()
        .map(|scope| view! { <div class="scope"><ScopeBox scope described_by="about-masked".to_owned() chosen /></div> })
        .collect_view();
    view! {
        <fieldset class="scope-group scope-group--masked">
            <legend class="scope-group__name">{form::MASKED}</legend>
            <p class="hint" id="about-masked">{form::MASKED_HINT}</p>
            {rows}
        </fieldset>
    }
}

#[component]
fn ScopeBox(scope: String, described_by: String, chosen: RwSignal<Vec<String>>) -> impl IntoView {
    let checked = {
        let scope = scope.clone();
        move || chosen.with(|chosen| chosen.contains(&scope))
    };
    let label = scope.clone();
    view! {
        <label class="scope__label">
            <input
                type="checkbox"
                name=FIELD
                aria-describedby=described_by
                prop:checked=checked
                on:change=move |_| chosen.update(|chosen| toggle(chosen, &scope))
            />
            <code>{label}</code>
        </label>
    }
}

fn mark_class(access: Access) -> &'static str {
    match access {
        Access::Read => "mark mark--read",
        Access::Write => "mark mark--write",
        Access::Admin => "mark mark--admin",
    }
}
