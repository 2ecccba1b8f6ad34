//! For workspace admins: the organization's own tokens.

use leptos::prelude::*;

use crate::api;
use crate::components::icon::{Icon, Shape};
use crate::components::page::Page;
use crate::components::remote::Remote;
use crate::components::token_table::TokenLists;
use crate::model::listing::Listing;
use crate::words::organization;

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
            {tokens.show(|list| {
                    let listing = Listing::of(list.organization_tokens);
                    view! { <TokenLists listing caption=organization::TITLE pages=LIST no_live=organization::NO_LIVE><Empty /></TokenLists> }
                })}
        </Page>
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
