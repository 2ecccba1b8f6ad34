//! Keeping somebody out, and letting them in again.

use leptos::prelude::*;
use pat_core::wire::{AdminUser, UserState};

use crate::components::button::{ActionButton, Look, SubmitButton};
use crate::components::dialog::Dialog;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::words as general;
use crate::words::people::person as words;
use crate::{api, browser};

/// What deactivating means and the button that asks once more; for whom it happened already, the way back.
#[component]
pub fn Activation(
    /// The person as saved.
    saved: RwSignal<AdminUser>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let said = RwSignal::new(String::new());
    let is_deactivated = Memo::new(move |_| saved.with(|person| person.state == UserState::Deactivated));
    let act =
        live(
            move || {
                if is_deactivated.get() { view! { <Reactivate saved said /> }.into_any() } else { view! { <Deactivate open /> }.into_any() }
            },
        );
    view! {
        <div id="activation" class="acts">{act}</div>
        <p class="actions__said" role="status">{said}</p>
        <DeactivateDialog saved open said />
    }
}

#[component]
fn Deactivate(open: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="act">
            <div class="act__about">
                <h3 class="act__title">{words::DEACTIVATE_TITLE}</h3>
                <p>{words::DEACTIVATE_INTRO}</p>
            </div>
            <ActionButton label=words::DEACTIVATE look=Look::Danger on_press=move || open.set(true) />
        </div>
    }
}

#[component]
fn Reactivate(saved: RwSignal<AdminUser>, said: RwSignal<String>) -> impl IntoView {
    let status = FormStatus::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let id = saved.with_untracked(|person| person.id);
        status.submit(
            async move || api::people::reactivate(id).await,
            move |person| {
                said.set(words::reactivated(&person.name));
                saved.set(person);
                browser::focus_soon("#activation button");
            },
        );
    };
    view! {
        <form class="act" on:submit=submit>
            <div class="act__about">
                <h3 class="act__title">{words::REACTIVATE_TITLE}</h3>
                <p>{words::REACTIVATE_INTRO}</p>
            </div>
            <SubmitButton status label=words::REACTIVATE busy=words::REACTIVATING look=Look::Plain />
            <FormNotice status />
        </form>
    }
}

#[component]
fn DeactivateDialog(saved: RwSignal<AdminUser>, open: RwSignal<bool>, said: RwSignal<String>) -> impl IntoView {
    let status = FormStatus::new();
    let close = move || {
        status.reset();
        open.set(false);
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let id = saved.with_untracked(|person| person.id);
        status.submit(
            async move || api::people::deactivate(id).await,
            move |person| {
                close();
                said.set(words::deactivated(&person.name));
                saved.set(person);
                browser::focus_soon("#activation button");
            },
        );
    };
    let title = Signal::derive(move || saved.with(|person| words::confirm_deactivation(&person.name)));
    view! {
        <Dialog open title on_close=close>
            <form class="form" novalidate on:submit=submit>
                <p>{move || saved.with(|person| words::what_deactivation_does(person.live_tokens))}</p>
                <FormNotice status />
                <div class="actions actions--end">
                    <ActionButton label=general::CANCEL on_press=close />
                    <SubmitButton status label=words::DEACTIVATE busy=words::DEACTIVATING look=Look::Danger />
                </div>
            </form>
        </Dialog>
    }
}
