//! A change of many tokens, while it runs and when it is through.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use pat_core::wire::{ChangeState, TokenChange};

use crate::components::button::{Look, SubmitButton};
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::words::changes;
use crate::{api, browser};

/// Finds the heading of the first one on the page.
pub const TITLE: &str = ".change > .panel__title";

/// How far a change is, up to date to a second, with a button that stops it.
#[component]
pub fn ChangeProgress(
    /// The change as it was last heard of.
    change: TokenChange,
    /// What is being done.
    #[prop(into)]
    title: String,
    /// Called when it ends.
    #[prop(optional, into)]
    on_end: Option<Callback<()>>,
) -> impl IntoView {
    let change = RwSignal::new(change);
    follow(change);
    let label = title.clone();
    let said = move || change.with(|change| changes::progress(&change.act, change.state, change.done, change.matched));
    let is_running = Memo::new(move |_| is_running(&change.read()));
    Effect::new(move |was_running: Option<bool>| {
        let is_running = is_running.get();
        if was_running == Some(true)
            && !is_running
            && let Some(on_end) = on_end
        {
            on_end.run(());
        }
        is_running
    });
    view! {
        <section class="panel change" aria-label=label>
            <h2 class="panel__title" tabindex="-1">{title}</h2>
            <progress
                class="change__bar"
                aria-hidden="true"
                max=move || change.with(|change| change.matched.max(1).to_string())
                value=move || change.with(|change| bar(change).to_string())
            ></progress>
            <p>{move || is_running.get().then(said)}</p>
            <p role="status">{move || (!is_running.get()).then(said)}</p>
            {live(move || is_running.get().then(|| view! { <Stop change /> }))}
        </section>
    }
}

#[component]
fn Stop(change: RwSignal<TokenChange>) -> impl IntoView {
    let status = FormStatus::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let id = change.with_untracked(|change| change.id);
        let stopped = move |now| {
            change.set(now);
            // The button is gone then.
            browser::focus_soon(TITLE);
        };
        status.submit(async move || api::changes::stop(id).await, stopped);
    };
    view! {
        <form class="form" on:submit=submit>
            <FormNotice status />
            <div class="actions"><SubmitButton status label=changes::STOP busy=changes::STOPPING look=Look::Plain /></div>
        </form>
    }
}

fn is_running(change: &TokenChange) -> bool {
    change.state == ChangeState::Running
}

/// What the bar shows: a change that is through fills it, however many tokens were dead by then.
fn bar(change: &TokenChange) -> u64 {
    if change.state == ChangeState::Finished { change.matched.max(1) } else { change.done }
}

/// Asks again each second for as long as the change runs and somebody looks.
fn follow(change: RwSignal<TokenChange>) {
    let ask = move || {
        let Some(id) = change.try_with_untracked(|change| is_running(change).then_some(change.id)).flatten() else { return };
        spawn_local(async move {
            if let Ok(now) = api::changes::read(id).await {
                drop(change.try_set(now));
            }
            follow(change);
        });
    };
    set_timeout(ask, Duration::from_secs(1));
}
