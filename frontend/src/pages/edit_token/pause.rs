//! Pausing a token, and ending its pause.

use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;
use pat_core::token::TokenStatus;
use pat_core::wire::PersonalAccessToken;

use crate::components::button::{Look, SubmitButton};
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::model::person::is_of;
use crate::session::Auth;
use crate::words::own::pause;
use crate::{api, dates};

/// What a pause does, or whose pause is in force, and a button where the owner may change that.
#[component]
pub fn PauseSection(
    /// The token as saved.
    saved: RwSignal<PersonalAccessToken>,
) -> impl IntoView {
    let auth = Auth::current();
    let said = RwSignal::new("");
    let is_paused = Memo::new(move |_| saved.with(|token| token.status == TokenStatus::Paused));
    let is_own = move || saved.with(|token| is_of(token.paused_by.as_ref(), auth.session_now().as_ref()));
    let title = move || if is_paused.get() { pause::PAUSED_TITLE } else { pause::TITLE };
    let content = live(move || match (is_paused.get(), is_own()) {
        (false, _) => view! { <Pause saved said /> }.into_any(),
        (true, true) => view! { <Resume saved said /> }.into_any(),
        (true, false) => view! { <p class="section__intro">{pause::ADMINS}</p> }.into_any(),
    });
    view! {
        <section class="section panel" aria-labelledby="pause-title">
            <h2 class="section__title" id="pause-title">{title}</h2>
            {content}
            <p class="actions__said" role="status">{said}</p>
        </section>
    }
}

#[component]
fn Pause(saved: RwSignal<PersonalAccessToken>, said: RwSignal<&'static str>) -> impl IntoView {
    let status = FormStatus::new();
    let hours = RwSignal::new(1_i64);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let id = saved.with_untracked(|token| token.id);
        let until = hours_from_now(hours.get_untracked());
        said.set("");
        status.submit(async move || api::pause_token(id, until).await, move |token| saved.set(token));
    };
    let lengths = pause::LENGTHS
        .into_iter()
        .map(|(length, label)| {
            view! {
                <label class="choice">
                    <input type="radio" name="pause" prop:checked=move || hours.get() == length on:change=move |_| hours.set(length) />
                    <span>{label}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <p class="section__intro">{pause::INTRO}</p>
        <form class="form" on:submit=submit>
            <FormNotice status />
            <fieldset class="field" role="radiogroup">
                <legend class="label">{pause::FOR}</legend>
                <div class="choices">{lengths}</div>
            </fieldset>
            <div class="actions"><SubmitButton status label=pause::PAUSE busy=pause::PAUSING look=Look::Plain /></div>
        </form>
    }
}

#[component]
fn Resume(saved: RwSignal<PersonalAccessToken>, said: RwSignal<&'static str>) -> impl IntoView {
    let status = FormStatus::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let id = saved.with_untracked(|token| token.id);
        status.submit(
            async move || api::resume_token(id).await,
            move |token| {
                saved.set(token);
                said.set(pause::RESUMED);
            },
        );
    };
    view! {
        <p class="section__intro">{pause::RESUME_INTRO}</p>
        <form class="form" on:submit=submit>
            <FormNotice status />
            <div class="actions"><SubmitButton status label=pause::RESUME busy=pause::RESUMING look=Look::Plain /></div>
        </form>
    }
}

/// A little less than that, as a clock that is ahead of the server's would ask for more than is allowed.
fn hours_from_now(hours: i64) -> Timestamp {
    let length = SignedDuration::from_hours(hours) - SignedDuration::from_mins(if hours > 24 { 5 } else { 0 });
    dates::now().checked_add(length).unwrap_or(Timestamp::MAX)
}
