//! What happened to one of the reader's tokens, and what it never needed.

use leptos::prelude::*;
use pat_core::token::TokenKind;
use pat_core::wire::PersonalAccessToken;

use crate::api;
use crate::components::event_list::{Events, Told};
use crate::components::icon::{Icon, Shape};
use crate::components::page::{Page, Width};
use crate::components::paged::{Paged, Rows};
use crate::components::query::Query;
use crate::components::remote::Remote;
use crate::model::activity::token_sentence;
use crate::words::own::activity;

pub mod unused;

/// The page at `/settings/tokens/{id}/activity`.
#[component]
pub fn ActivityPage(
    /// The token's id, as the address has it.
    id: String,
) -> impl IntoView {
    let back = format!("/settings/tokens/{id}");
    let token = Remote::new(move || {
        let id = id.clone();
        async move { api::token(TokenKind::Personal, &id).await }
    });
    let heading = Signal::derive(move || match token.answer() {
        Some(Ok(token)) => activity::title(&token.name),
        None | Some(Err(_)) => activity::TITLE.to_owned(),
    });
    view! {
        <nav class="crumbs">
            <a href=back rel="external"><Icon shape=Shape::Back />{activity::BACK}</a>
        </nav>
        <Page heading ready=Signal::derive(move || token.is_done()) width=Width::Form>
            {token.show(|token| view! { <Activity token /> })}
        </Page>
    }
}

#[component]
fn Activity(token: PersonalAccessToken) -> impl IntoView {
    let id = token.id;
    let list = Paged::new(Query::of_page(&[]), move |query| async move {
        let page = api::activity(id, &query).await?;
        Ok(Rows { rows: page.events, next_cursor: page.next_cursor })
    });
    let told = Told { sentence: |event| token_sentence(event).unwrap_or_default(), details: |_| ().into_any() };
    let unused = (!token.status.is_dead()).then(|| view! { <unused::UnusedScopesNotice token on_change=move || list.reload() /> });
    view! {
        {unused}
        {list.show(
            move || view! { <Events events=Signal::derive(move || list.rows()) told /> },
            || view! { <p class="empty">{activity::EMPTY}</p> }.into_any(),
        )}
    }
}
