//! What everyone's tokens are filtered by.

use leptos::prelude::*;
use leptos::task::spawn_local;
use pat_core::token::TokenKind;

use crate::api;
use crate::components::filter_bar::{CheckFilter, DateFilter, FilterBar, SelectFilter};
use crate::components::live::live;
use crate::components::query::Query;
use crate::components::remote::Remote;
use crate::model::inventory::{SORTS, STATUSES};
use crate::session::Auth;
use crate::words::{self, inventory};

/// All filters, and whose tokens are shown if only one person's are.
#[component]
pub fn Filters(
    /// The list's query.
    query: Query,
) -> impl IntoView {
    let kinds = [TokenKind::Personal, TokenKind::Organization].map(|kind| (kind.as_str().to_owned(), inventory::kind(kind).to_owned()));
    let statuses = STATUSES.map(|(status, name)| (name.to_owned(), words::status(status).to_owned()));
    let sorts = SORTS.into_iter().skip(1).map(|sort| (sort.to_owned(), inventory::sort(sort).to_owned()));
    let unsorted = SORTS.first().copied().unwrap_or_default();
    view! {
        <FilterBar>
            <SelectFilter query name="kind" label=inventory::KIND any=inventory::ANY_KIND options=Signal::stored(kinds.into()) />
            <SelectFilter query name="status" label=inventory::STATUS any=inventory::ANY_STATUS options=Signal::stored(statuses.into()) />
            <SelectFilter query name="scope" label=inventory::SCOPE any=inventory::ANY_SCOPE options=scopes(query) />
            <DateFilter query name="expires_before" label=inventory::EXPIRES_BEFORE instead_of="no_expiration" />
            <DateFilter query name="not_used_since" label=inventory::NOT_USED_SINCE instead_of="never_used" />
            <SelectFilter query name="sort" label=inventory::SORT any=inventory::sort(unsorted) options=Signal::stored(sorts.collect()) />
            <CheckFilter query name="never_used" label=inventory::NEVER_USED instead_of="not_used_since" />
            <CheckFilter query name="no_expiration" label=inventory::NO_EXPIRATION instead_of="expires_before" />
        </FilterBar>
        <OwnerChip query />
    }
}

/// Every scope there is, also those that nobody can grant now: tokens may hold them.
fn scopes(query: Query) -> Signal<Vec<(String, String)>> {
    let names = RwSignal::new(Vec::<String>::new());
    let auth = Auth::current();
    spawn_local(async move {
        // Without them the filter only lacks its choices; the list says what is wrong.
        if let Ok(page) = auth.watch(api::settings::read().await) {
            let _ = names.try_set(page.scopes.into_iter().map(|scope| scope.name).collect());
        }
    });
    Signal::derive(move || {
        let mut names = names.get();
        let asked = query.get("scope");
        if !asked.is_empty() && !names.contains(&asked) {
            names.push(asked);
        }
        names.into_iter().map(|name| (name.clone(), name)).collect()
    })
}

#[component]
fn OwnerChip(query: Query) -> impl IntoView {
    let owner = Memo::new(move |_| query.get("owner"));
    live(move || {
        let id = owner.get();
        (!id.is_empty()).then(|| view! { <Chip query id /> })
    })
}

/// The person's name, as soon as it is known, and a button that shows everybody's tokens again.
#[component]
fn Chip(query: Query, id: String) -> impl IntoView {
    let page = format!("/admin/users/{id}");
    let person = Remote::new(move || {
        let id = id.clone();
        async move { api::people::user(&id).await }
    });
    let name = Signal::derive(move || match person.answer() {
        Some(Ok(person)) => person.name,
        Some(Err(_)) => inventory::UNKNOWN_OWNER.to_owned(),
        None => words::LOADING.to_owned(),
    });
    view! {
        <p class="filter-chip">
            <span>{inventory::OWNER}" "<a href=page>{name}</a></span>
            <button
                type="button"
                class="filter-chip__remove"
                aria-label=move || inventory::remove_chip(&name.get())
                on:click=move |_| query.set("owner", "")
            >
                <span aria-hidden="true">"×"</span>
            </button>
        </p>
    }
}
