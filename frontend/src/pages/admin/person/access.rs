//! Ending somebody's sessions, and giving them a new link for their password.

use leptos::prelude::*;
use pat_core::wire::{AdminUser, PasswordLink};

use crate::api;
use crate::browser;
use crate::components::button::{ActionButton, Look, SubmitButton};
use crate::components::form::{FormNotice, FormStatus};
use crate::components::link_panel::LinkPanel;
use crate::components::live::live;
use crate::words::people::{link, person as words};

/// Signs the person out everywhere.
#[component]
pub fn EndSessions(
    /// The person as saved.
    saved: RwSignal<AdminUser>,
) -> impl IntoView {
    let status = FormStatus::new();
    let said = RwSignal::new("");
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let id = saved.with_untracked(|person| person.id);
        said.set("");
        status.submit(
            async move || api::people::end_sessions(id).await,
            move |()| {
                saved.update(|person| person.sessions = 0);
                said.set(words::SESSIONS_ENDED);
            },
        );
    };
    view! {
        <form class="act" on:submit=submit>
            <div class="act__about">
                <h3 class="act__title">{words::END_SESSIONS_TITLE}</h3>
                <p>{words::END_SESSIONS_INTRO}</p>
                <p class="actions__said" role="status">{said}</p>
            </div>
            <SubmitButton status label=words::END_SESSIONS busy=words::ENDING_SESSIONS look=Look::Plain />
            <FormNotice status />
        </form>
    }
}

/// Makes a one-time link and shows it, in this one place and once.
#[component]
pub fn NewLink(
    /// The person as saved.
    saved: RwSignal<AdminUser>,
) -> impl IntoView {
    let status = FormStatus::new();
    let made = RwSignal::new(None::<PasswordLink>);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let id = saved.with_untracked(|person| person.id);
        status.submit(
            async move || api::people::password_link(id).await,
            move |link| {
                saved.update(|person| person.sessions = 0);
                made.set(Some(link));
            },
        );
    };
    let close = move || {
        made.set(None);
        browser::focus_soon("#new-link button");
    };
    let panel = live(move || {
        made.get().map(|made| {
            let name = saved.with_untracked(|person| person.name.clone());
            view! { <LinkPanel link=made name><ActionButton label=link::CLOSE on_press=close /></LinkPanel> }
        })
    });
    view! {
        <form class="act" id="new-link" on:submit=submit>
            <div class="act__about">
                <h3 class="act__title">{words::LINK_TITLE}</h3>
                <p>{words::LINK_INTRO}</p>
            </div>
            <SubmitButton status label=words::LINK busy=words::MAKING_LINK look=Look::Plain />
            <FormNotice status />
        </form>
        {panel}
    }
}
