//! Pausing a token, and ending its pause.

use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;
use pat_core::token::TokenStatus;
use pat_core::wire::PersonalAccessToken;

use crate::components::act_form::ActForm;
use crate::components::form::FormStatus;
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
    let (status, said) = (FormStatus::new(), RwSignal::new(""));
    let is_paused = Memo::new(move |_| saved.with(|token| token.status == TokenStatus::Paused));
    let is_own = move || saved.with(|token| is_of(token.paused_by.as_ref(), auth.session_now().as_ref()));
    let title = move || if is_paused.get() { pause::PAUSED_TITLE } else { pause::TITLE };
    let hours = RwSignal::new(1_i64);
    // Both at once, as they differ in the request only.
    let change = move |until: Option<Timestamp>| {
        let id = saved.with_untracked(|token| token.id);
        said.set("");
        status.submit(
            async move || api::pause_token(id, until).await,
            move |token| {
                saved.set(token);
                said.set(if until.is_some() { "" } else { pause::RESUMED });
            },
        );
    };
    let content = live(move || match (is_paused.get(), is_own()) {
        (false, _) => {
            let pause = Box::new(move || change(Some(hours_from_now(hours.get_untracked()))));
            view! {
                <p class="section__intro">{pause::INTRO}</p>
                <ActForm status saying=pause::PAUSE on_submit=pause><Lengths hours /></ActForm>
            }
            .into_any()
        }
        (true, true) => view! {
            <p class="section__intro">{pause::RESUME_INTRO}</p>
            <ActForm status saying=pause::RESUME on_submit=Box::new(move || change(None)) />
        }
        .into_any(),
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
fn Lengths(hours: RwSignal<i64>) -> impl IntoView {
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
        <fieldset class="field" role="radiogroup">
            <legend class="label">{pause::FOR}</legend>
            <div class="choices">{lengths}</div>
        </fieldset>
    }
}

/// A little less than that, as a clock that is ahead of the server's would ask for more than is allowed.
fn hours_from_now(hours: i64) -> Timestamp {
    let length = SignedDuration::from_hours(hours) - SignedDuration::from_mins(if hours > 24 { 5 } else { 0 });
    dates::now().checked_add(length).unwrap_or(Timestamp::MAX)
}
