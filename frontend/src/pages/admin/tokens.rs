//! For workspace admins: everyone's tokens.

use leptos::prelude::*;
use pat_core::wire::{AdminToken, AdminTokenList};

use crate::api;
use crate::components::button::{Look, SubmitButton};
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::components::page::Page;
use crate::components::remote::Remote;
use crate::components::token_table::EveryonesTokens;
use crate::words::{self, admin, inventory};

pub mod revoke;

/// The page at `/admin/tokens`.
#[component]
pub fn AdminTokensPage() -> impl IntoView {
    let first_page = Remote::new(|| api::inventory::tokens(None));
    view! {
        <Page heading=inventory::TITLE.to_owned()>
            <p class="page__intro">{inventory::INTRO}</p>
            {first_page.show(|page| view! { <Tokens page /> })}
        </Page>
    }
}

#[component]
fn Tokens(page: AdminTokenList) -> impl IntoView {
    if page.tokens.is_empty() {
        return view! { <p class="empty">{inventory::EMPTY}</p> }.into_any();
    }
    let tokens = RwSignal::new(page.tokens);
    let cursor = RwSignal::new(page.next_cursor);
    let target = RwSignal::new(None::<AdminToken>);
    view! {
        <EveryonesTokens tokens on_revoke=move |row| target.set(Some(row)) />
        <LoadMore tokens cursor />
        <revoke::RevokeDialog target tokens />
    }
    .into_any()
}

/// Fetches the next page for as long as there is one.
#[component]
fn LoadMore(tokens: RwSignal<Vec<AdminToken>>, cursor: RwSignal<Option<String>>) -> impl IntoView {
    let status = FormStatus::new();
    let said = RwSignal::new(String::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        status.submit(
            async move || api::inventory::tokens(cursor.get_untracked()).await,
            move |page| {
                tokens.update(|tokens| tokens.extend(page.tokens));
                cursor.set(page.next_cursor);
                said.set(inventory::more_loaded(tokens.with_untracked(Vec::len)));
            },
        );
    };
    let has_more = move || cursor.with(Option::is_some);
    let more = live(move || has_more().then(|| view! { <SubmitButton status label=admin::MORE busy=words::LOADING look=Look::Plain /> }));
    view! {
        <form class="load-more" on:submit=submit>
            <FormNotice status />
            {more}
            <span class="visually-hidden" role="status">{said}</span>
        </form>
    }
}
