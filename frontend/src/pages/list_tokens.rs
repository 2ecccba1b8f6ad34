//! Settings: the reader's own tokens.

use leptos::prelude::*;

use crate::api;
use crate::components::icon::{Icon, Shape};
use crate::components::live::live;
use crate::components::page::Page;
use crate::components::remote::Remote;
use crate::components::token_table::TokenLists;
use crate::model::listing::Listing;
use crate::words::list;

pub mod revoke_all;

/// Below it are the tokens' pages.
const PAGES: &str = "/settings/tokens";

/// The settings page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let tokens = Remote::new(api::tokens);
    let has_live = Memo::new(move |_| {
        tokens.answer().and_then(Result::ok).is_some_and(|list| list.personal_access_tokens.iter().any(|token| !token.status.is_dead()))
    });
    view! {
        <Page heading=list::TITLE.to_owned()>
            <section class="section" aria-labelledby="tokens-title">
                <div class="section__head">
                    <div>
                        <h2 class="section__title" id="tokens-title">{list::SECTION}</h2>
                        <p class="section__intro">{list::INTRO}</p>
                    </div>
                    <a class="button button--primary" href="/settings/tokens/new"><Icon shape=Shape::Plus />{list::ADD}</a>
                </div>
                {tokens.show(|list| {
                    let listing = Listing::of(list.personal_access_tokens);
                    view! { <TokenLists listing caption=list::SECTION pages=PAGES no_live=list::NO_LIVE><Empty /></TokenLists> }
                })}
            </section>
            {live(move || has_live.get().then(|| view! { <revoke_all::RevokeAllSection on_revoked=move || tokens.reload() /> }))}
        </Page>
    }
}

#[component]
fn Empty() -> impl IntoView {
    view! {
        <div class="empty">
            <Icon shape=Shape::Key />
            <h3 class="empty__title">{list::EMPTY_TITLE}</h3>
            <p>{list::EMPTY}</p>
        </div>
    }
}
