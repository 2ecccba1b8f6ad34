//! Scopes that no call needed for a long time, and one click that takes them off the token.

use leptos::prelude::*;
use leptos::task::spawn_local;
use pat_core::token::TokenKind;
use pat_core::wire::{EditToken, PersonalAccessToken, UnusedScopes};

use crate::api;
use crate::components::act_form::ActForm;
use crate::components::form::FormStatus;
use crate::components::live::live;
use crate::components::notice::{Notice, Tone};
use crate::model::edit::without;
use crate::words::join;
use crate::words::own::unused;

/// Names the scopes, if there are any. Without an answer there is nothing to say.
#[component]
pub fn UnusedScopesNotice(
    /// The token.
    token: PersonalAccessToken,
    /// Called when they were taken off.
    on_change: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let saved = StoredValue::new(token);
    let found = RwSignal::new(None::<UnusedScopes>);
    let said = RwSignal::new(String::new());
    let id = saved.with_value(|token| token.id);
    spawn_local(async move {
        if let Ok(answer) = api::unused_scopes(id).await {
            let _ = found.try_set(Some(answer));
        }
    });
    let notice = live(move || {
        let UnusedScopes { scopes, days } = found.get().filter(|found| !found.scopes.is_empty())?;
        let names: Vec<String> = scopes.into_iter().map(|unused| unused.scope).collect();
        let left = saved.with_value(|token| without(&token.scopes, &names));
        let text = if left.is_empty() { unused::none_needed(days) } else { unused::not_needed(days, &join(&names)) };
        Some(view! {
            <Notice tone=Tone::Info title=unused::TITLE text>
                {(!left.is_empty()).then(|| view! { <Remove saved left names found said on_change /> })}
            </Notice>
        })
    });
    view! {
        {notice}
        <p class="actions__said" role="status">{said}</p>
    }
}

#[component]
fn Remove(
    saved: StoredValue<PersonalAccessToken>,
    left: Vec<String>,
    names: Vec<String>,
    found: RwSignal<Option<UnusedScopes>>,
    said: RwSignal<String>,
    on_change: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let status = FormStatus::new();
    let submit = move || {
        let PersonalAccessToken { id, version, .. } = saved.get_value();
        let edit = EditToken { name: None, scopes: Some(left.clone()) };
        let names = names.clone();
        status.submit(
            async move || api::edit_token(TokenKind::Personal, id, version, &edit).await,
            move |_| {
                said.set(unused::removed(&join(&names)));
                found.set(None);
                on_change();
            },
        );
    };
    view! { <ActForm status saying=unused::REMOVE on_submit=Box::new(submit) /> }
}
