//! What happened to a token and with it, on demand.

use leptos::prelude::*;
use pat_core::id::TokenId;

use crate::api;
use crate::components::button::ActionButton;
use crate::components::event_list::{Events, Told};
use crate::components::live::live;
use crate::components::paged::{Paged, Rows};
use crate::components::query::Query;
use crate::model::activity::token_sentence;
use crate::words::own::activity;

/// The section, whose rows are read when they are asked for.
#[component]
pub fn ActivitySection(
    /// The token.
    id: TokenId,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let content = live(move || {
        if is_open.get() {
            view! { <Activity id /> }.into_any()
        } else {
            view! { <div><ActionButton label=activity::SHOW on_press=move || is_open.set(true) /></div> }.into_any()
        }
    });
    view! {
        <section class="section" aria-labelledby="activity-title">
            <div>
                <h2 class="section__title" id="activity-title">{activity::TITLE}</h2>
                <p class="section__intro">{activity::INTRO}</p>
            </div>
            {content}
        </section>
    }
}

#[component]
fn Activity(id: TokenId) -> impl IntoView {
    let list = Paged::new(Query::of_page(&[]), move |query| async move {
        let page = api::activity(id, &query).await?;
        Ok(Rows { rows: page.events, next_cursor: page.next_cursor })
    });
    let told = Told { sentence: |event| token_sentence(event).unwrap_or_default(), details: |_| ().into_any() };
    list.show(
        move || view! { <Events events=Signal::derive(move || list.rows()) told /> },
        || view! { <p class="empty">{activity::EMPTY}</p> }.into_any(),
    )
}
