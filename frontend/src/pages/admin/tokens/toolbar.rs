//! What is selected and what can be done with it; and the list as a file.

use leptos::prelude::*;
use pat_core::id::TokenId;
use pat_core::wire::AdminToken;

use crate::api;
use crate::components::button::{ActionButton, Look};
use crate::components::live::live;
use crate::components::paged::Paged;
use crate::components::query::Query;
use crate::model::act::{Act, Ask, Target};
use crate::model::inventory::filter;
use crate::model::selection::Selection;
use crate::words::inventory;

/// Stands over the table.
#[component]
pub fn Toolbar(
    /// The list's query.
    query: Query,
    /// The list.
    list: Paged<AdminToken>,
    /// What is selected.
    selection: RwSignal<Selection>,
    /// Set to ask for an act.
    asked: RwSignal<Option<Ask>>,
) -> impl IntoView {
    let is_selected = Memo::new(move |_| selection.with(|selection| !selection.is_empty()));
    let acts = live(move || is_selected.get().then(|| view! { <Acts query selection asked /> }));
    view! {
        <div class="toolbar">
            <SelectAll list selection />
            <p class="toolbar__said" role="status">{move || selection.with(inventory::selection)}</p>
            {acts}
            <Export query />
        </div>
    }
}

#[component]
fn SelectAll(list: Paged<AdminToken>, selection: RwSignal<Selection>) -> impl IntoView {
    let shown = move || list.rows().iter().map(|row| row.token.id).collect::<Vec<TokenId>>();
    let is_all = Memo::new(move |_| selection.with(|selection| selection.contains_all(&shown())));
    view! {
        <label class="toolbar__all">
            <input
                type="checkbox"
                prop:checked=is_all
                on:change=move |_| selection.update(|selection| selection.toggle_all(&untrack(shown)))
            />
            <span>{inventory::SELECT_SHOWN}</span>
        </label>
        <button type="button" class="text-button" on:click=move |_| selection.set(Selection::AllThatMatch)>
            {inventory::SELECT_MATCHING}
        </button>
    }
}

#[component]
fn Acts(query: Query, selection: RwSignal<Selection>, asked: RwSignal<Option<Ask>>) -> impl IntoView {
    let ask = move |act| {
        // What the page can't understand the server has refused, and no row is shown.
        if let Some(filter) = untrack(|| filter(|name| query.get(name))) {
            let target = selection.with_untracked(|selection| selection.target(&filter));
            asked.set(Some(Ask { act, target: Target::Many(target) }));
        }
    };
    let buttons = Act::ALL
        .into_iter()
        .map(|act| {
            let look = if act == Act::Revoke { Look::Danger } else { Look::Plain };
            view! { <ActionButton label=inventory::act(act) name=inventory::act_on_selected(act) look on_press=move || ask(act) /> }
        })
        .collect_view();
    view! {
        <div class="toolbar__acts">
            {buttons}
            <button type="button" class="text-button" on:click=move |_| selection.set(Selection::default())>
                {inventory::SELECT_NONE}
            </button>
        </div>
    }
}

#[component]
fn Export(query: Query) -> impl IntoView {
    let link = move |format, label, name| {
        view! { <a class="text-button" href=move || api::inventory::export_url(format, &query.address()) download="" aria-label=name>{label}</a> }
    };
    view! {
        <p class="toolbar__export">
            <span>{inventory::EXPORT}</span>
            {link("csv", inventory::CSV, inventory::EXPORT_CSV)}
            {link("jsonl", inventory::JSON_LINES, inventory::EXPORT_JSON_LINES)}
        </p>
    }
}
