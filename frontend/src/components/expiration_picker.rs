//! The expiration on the form.

use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;
use pat_core::wire::{Expirations, RequestedExpiration};

use crate::components::field::{FieldErrors, Hint, described_by, invalid};
use crate::components::live::live;
use crate::dates;
use crate::model::expiration::ExpirationChoice;
use crate::words::form;

const FIELD: &str = "expiration";

/// What is chosen: the option, and the date for a custom one.
#[derive(Clone, Copy)]
pub struct ExpirationDraft {
    choice: RwSignal<ExpirationChoice>,
    date: RwSignal<String>,
}

impl ExpirationDraft {
    /// The form's first offer.
    pub fn new(expirations: &Expirations) -> Self {
        Self { choice: RwSignal::new(ExpirationChoice::preset(expirations)), date: RwSignal::new(String::new()) }
    }

    /// What to send.
    pub fn request(self) -> RequestedExpiration {
        self.choice.get_untracked().request(self.date.get_untracked(), dates::time_zone())
    }

    /// The end that results, in words.
    fn result(self) -> String {
        match self.choice.get() {
            ExpirationChoice::Never => form::ENDS_NEVER.to_owned(),
            ExpirationChoice::Days(days) => form::ends(&dates::date_time(days_from_now(days))),
            ExpirationChoice::Date => {
                let day = self.date.with(|date| dates::calendar_date(date));
                day.map_or_else(|| form::PICK_DATE.to_owned(), |day| form::ends_with_day(&day, &dates::time_zone()))
            }
        }
    }
}

fn days_from_now(days: u32) -> Timestamp {
    dates::now().checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

/// The options that the account allows, and the end that results.
#[component]
pub fn ExpirationPicker(
    /// What is chosen.
    draft: ExpirationDraft,
    /// What the account allows.
    expirations: Expirations,
    /// What is wrong with the choice.
    errors: Signal<Vec<String>>,
) -> impl IntoView {
    let options = ExpirationChoice::offered(&expirations).into_iter().map(|choice| view! { <Choice choice draft /> }).collect_view();
    let is_date = move || draft.choice.get() == ExpirationChoice::Date;
    view! {
        <fieldset class="field" role="radiogroup" data-invalid=invalid(errors) aria-describedby=described_by(FIELD, true, errors)>
            <legend class="label">{form::EXPIRATION}</legend>
            <Hint name=FIELD text=form::EXPIRATION_HINT />
            <div class="choices">{options}</div>
            {live(move || is_date().then(|| view! { <LastDay draft latest=expirations.latest errors /> }))}
            <p class="result" role="status">{move || draft.result()}</p>
            <FieldErrors name=FIELD errors />
        </fieldset>
    }
}

#[component]
fn Choice(choice: ExpirationChoice, draft: ExpirationDraft) -> impl IntoView {
    let label = match choice {
        ExpirationChoice::Days(days) => form::days(days),
        ExpirationChoice::Date => form::CUSTOM.to_owned(),
        ExpirationChoice::Never => form::NO_EXPIRATION.to_owned(),
    };
    view! {
        <label class="choice">
            <input
                type="radio"
                name=FIELD
                prop:checked=move || draft.choice.get() == choice
                on:change=move |_| draft.choice.set(choice)
            />
            <span>{label}</span>
        </label>
    }
}

#[component]
fn LastDay(draft: ExpirationDraft, latest: Timestamp, errors: Signal<Vec<String>>) -> impl IntoView {
    view! {
        <div class="field">
            <label class="label" for="last-day">{form::LAST_DAY}</label>
            <input
                class="input input--date"
                id="last-day"
                type="date"
                min=dates::input_date(dates::now())
                max=dates::input_date(latest)
                prop:value=draft.date
                on:input=move |event| draft.date.set(event_target_value(&event))
                aria-describedby=described_by(FIELD, false, errors)
                aria-invalid=invalid(errors)
            />
        </div>
    }
}
