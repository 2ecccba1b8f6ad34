//! Scopes that no call needed for a long time, and one click that takes them off the token.

use leptos::prelude::*;
use leptos::task::spawn_local;
use pat_core::wire::{EditToken, PersonalAccessToken, UnusedScopes};

use crate::api;
use crate::components::button::{Look, SubmitButton};
use crate::components::edit_form::Draft;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::components::notice::{Notice, Tone};
use crate::model::edit::without;
use crate::words::join;
use crate::words::own::unused;

/// Names the scopes, if there are any. Without an answer there is nothing to say.
#[component]
pub fn UnusedSection(
    /// The token as saved and as typed.
    draft: Draft,
) -> impl IntoView {
    let found = RwSignal::new(None::<UnusedScopes>);
    let said = RwSignal::new(String::new());
    let id = draft.saved.with_untracked(|token| token.id);
    spawn_local(async move {
        if let Ok(answer) = api::unused_scopes(id).await {
            let _ = found.try_set(Some(answer));
        }
    });
    let notice = live(move || {
        let UnusedScopes { scopes, days } = found.get().filter(|found| !found.scopes.is_empty())?;
        let names: Vec<String> = scopes.into_iter().map(|unused| unused.scope).collect();
        let left = draft.saved.with_untracked(|token| without(&token.scopes, &names));
        let text = if left.is_empty() { unused::none_needed(days) } else { unused::not_needed(days, &join(&names)) };
        Some(view! {
            <Notice tone=Tone::Info title=unused::TITLE text>
                {(!left.is_empty()).then(|| view! { <Remove draft names found said /> })}
            </Notice>
        })
    });
    view! {
        {notice}
        <p class="actions__said" role="status">{said}</p>
    }
}

#[component]
fn Remove(draft: Draft, names: Vec<String>, found: RwSignal<Option<UnusedScopes>>, said: RwSignal<String>) -> impl IntoView {
    let status = FormStatus::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let PersonalAccessToken { id, version, scopes, .. } = draft.saved.get_untracked();
        let edit = EditToken { name: None, scopes: Some(without(&scopes, &names)) };
        let names = names.clone();
        status.submit(
            async move || api::edit_token(draft.kind, id, version, &edit).await,
            move |token| {
                draft.saved.set(token);
                draft.scopes.update(|typed| *typed = without(typed, &names));
                said.set(unused::removed(&join(&names)));
                found.set(None);
            },
        );
    };
    view! {
        <form class="form" on:submit=submit>
            <FormNotice status />
            <div class="actions"><SubmitButton status label=unused::REMOVE busy=unused::REMOVING look=Look::Plain /></div>
        </form>
    }
}
