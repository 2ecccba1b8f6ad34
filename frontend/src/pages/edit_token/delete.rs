//! Deleting a token.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use pat_core::wire::PersonalAccessToken;

use crate::components::act_form::ConfirmDialog;
use crate::components::button::{ActionButton, Look};
use crate::components::flash::Flash;
use crate::components::form::FormStatus;
use crate::words::edit;
use crate::{api, dates};

/// What deleting means, and the button that asks once more.
#[component]
pub fn DeleteSection(
    /// The token as saved.
    saved: RwSignal<PersonalAccessToken>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <section class="section danger" aria-labelledby="delete-title">
            <div>
                <h2 class="section__title" id="delete-title">{edit::DELETE_TITLE}</h2>
                <p class="section__intro">{edit::DELETE_INTRO}</p>
            </div>
            <ActionButton label=edit::DELETE look=Look::Danger on_press=move || open.set(true) />
        </section>
        <DeleteDialog saved open />
    }
}

#[component]
fn DeleteDialog(saved: RwSignal<PersonalAccessToken>, open: RwSignal<bool>) -> impl IntoView {
    let status = FormStatus::new();
    let flash = Flash::current();
    let navigate = use_navigate();
    let submit = move || {
        let PersonalAccessToken { id, name, .. } = saved.get_untracked();
        let navigate = navigate.clone();
        status.submit(
            async move || api::delete_token(id).await,
            move |()| {
                flash.leave("/settings", edit::deleted(&name));
                navigate("/settings", NavigateOptions { replace: true, ..NavigateOptions::default() });
            },
        );
    };
    let title = Signal::derive(move || saved.with(|token| edit::confirm_title(&token.name)));
    let text = Signal::derive(move || saved.with(|token| edit::confirm(token.last_used_at.map(dates::relative).as_deref())));
    view! { <ConfirmDialog open status title text saying=edit::DELETE_FOR_GOOD on_submit=Box::new(submit) /> }
}
