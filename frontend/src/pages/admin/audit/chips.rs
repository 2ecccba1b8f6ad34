//! Whose rows, and of which token: chosen by link, so they can only be dropped here.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{self, Answer};
use crate::components::live::live;
use crate::components::query::Query;
use crate::words::audit;

/// The conditions that came by link.
#[component]
pub fn Chips(
    /// The page's query.
    query: Query,
) -> impl IntoView {
    let of = move |parameter: &'static str, say: fn(&str) -> String, find: fn(String) -> Find| {
        live(move || Some(query.get(parameter)).filter(|id| !id.is_empty()).map(|id| view! { <Chip query parameter id say find /> }))
    };
    view! {
        <ul class="filter-chips">
            {of("user", audit::user_chip, |id| Box::pin(async move { api::people::user(&id).await.map(|user| user.name) }))}
            {of("token", audit::token_chip, |id| Box::pin(async move { api::inventory::token(&id).await.map(|row| row.token.name) }))}
        </ul>
    }
}

/// Looks a name up.
type Find = std::pin::Pin<Box<dyn Future<Output = Answer<String>>>>;

/// A condition by its name, or by its id until that is known, with a button that drops it.
#[component]
fn Chip(query: Query, parameter: &'static str, id: String, say: fn(&str) -> String, find: fn(String) -> Find) -> impl IntoView {
    let name = RwSignal::new(id.clone());
    spawn_local(async move {
        if let Ok(found) = find(id).await {
            let _ = name.try_set(found);
        }
    });
    let label = Signal::derive(move || name.with(|name| say(name)));
    view! {
        <li class="filter-chip">
            <span>{label}</span>
            <button
                type="button"
                class="filter-chip__drop"
                aria-label=move || audit::drop_chip(&label.get())
                on:click=move |_| query.set(parameter, "")
            >
                <span aria-hidden="true">"×"</span>
            </button>
        </li>
    }
}
