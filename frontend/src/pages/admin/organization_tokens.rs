//! For workspace admins: the organization's own tokens.

use leptos::prelude::*;

use crate::api;
use crate::components::icon::{Icon, Shape};
use crate::components::live::live;
use crate::components::page::Page;
use crate::components::paged::{Paged, Rows};
use crate::components::query::Query;
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
    let list = Paged::new(Query::of_page(&[]), |query| async move {
        let page = api::inventory::organization_tokens(&query).await?;
        Ok(Rows { rows: page.organization_tokens, next_cursor: page.next_cursor })
    });
    let table = move || {
        live(move || {
            let listing = Listing::of(list.rows());
            view! { <TokenLists listing caption=organization::TITLE pages=LIST no_live=organization::NO_LIVE><Empty /></TokenLists> }
                .into_any()
        })
    };
    view! {
        <Page heading=organization::TITLE.to_owned()>
            <div class="section__head">
                <p class="section__intro">{organization::INTRO}</p>
                <a class="button button--primary" href="/admin/organization-tokens/new"><Icon shape=Shape::Plus />{organization::ADD}</a>
            </div>
            {list.show(table, || view! { <Empty /> }.into_any())}
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
