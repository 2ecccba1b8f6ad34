//! For workspace admins: the organization's own tokens.

use leptos::prelude::*;
use pat_core::wire::PersonalAccessToken;

use crate::api;
use crate::components::icon::{Icon, Shape};
use crate::components::page::Page;
use crate::components::remote::Remote;
use crate::components::token_table::TokenTable;
use crate::model::listing::Listing;
use crate::words::{list, organization};

pub mod edit;
pub mod new;

/// The list's path; the tokens' pages are below it.
const LIST: &str = "/admin/organization-tokens";

/// The page at `/admin/organization-tokens`.
#[component]
pub fn OrganizationTokensPage() -> impl IntoView {
    let tokens = Remote::new(api::inventory::organization_tokens);
    view! {
        <Page heading=organization::TITLE.to_owned()>
            <div class="section__head">
                <p class="section__intro">{organization::INTRO}</p>
                <a class="button button--primary" href="/admin/organization-tokens/new"><Icon shape=Shape::Plus />{organization::ADD}</a>
            </div>
            {tokens.show(|list| view! { <List listing=Listing::of(list.organization_tokens) /> })}
        </Page>
    }
}

#[component]
fn List(listing: Listing) -> impl IntoView {
    let Listing { live, ended } = listing;
    let live = match (live.is_empty(), ended.is_empty()) {
        (false, _) => view! { <TokenTable tokens=live caption=organization::TITLE pages=LIST /> }.into_any(),
        (true, true) => view! { <Empty /> }.into_any(),
        (true, false) => view! { <p class="empty">{organization::NO_LIVE}</p> }.into_any(),
    };
    view! {
        {live}
        {(!ended.is_empty()).then(|| view! { <Ended tokens=ended /> })}
    }
}

#[component]
fn Empty() -> impl IntoView {
    view! {
        <div class="empty">
            <Icon shape=Shape::Key />
            <h2 class="empty__title">{organization::EMPTY_TITLE}</h2>
            <p>{organization::EMPTY}</p>
        </div>
    }
}

#[component]
fn Ended(tokens: Vec<PersonalAccessToken>) -> impl IntoView {
    let caption = list::ended(tokens.len());
    view! {
        <details class="ended">
            <summary>{caption.clone()}</summary>
            <TokenTable tokens caption pages=LIST />
        </details>
    }
}
