//! Until when a token is paused.

use jiff::Timestamp;
use leptos::prelude::*;

use crate::components::field::{FieldErrors, described_by, invalid};
use crate::components::form::FormStatus;
use crate::components::live::live;
use crate::dates;
use crate::model::pause::{PauseChoice, latest};
use crate::words::inventory;

const FIELD: &str = "until";

/// What is chosen: the option, and the date and time of one's own.
#[derive(Clone, Copy)]
pub struct PauseDraft {
    choice: RwSignal<PauseChoice>,
    own: RwSignal<String>,
}

impl PauseDraft {
    /// The form's first offer.
    pub fn new() -> Self {
        Self { choice: RwSignal::new(PauseChoice::default()), own: RwSignal::new(String::new()) }
    }

    /// What to send.
    pub fn until(self) -> Option<Timestamp> {
        untrack(|| self.end())
    }

    fn end(self) -> Option<Timestamp> {
        self.choice.get().until(dates::now(), self.own.with(|own| dates::from_input(own)))
    }

    /// The end that results, in words.
    fn result(self) -> String {
        let end = self.end();
        end.map_or_else(|| inventory::PAUSE_PICK.to_owned(), |end| inventory::pauses_until(&dates::date_time(end)))
    }
}

impl Default for PauseDraft {
    fn default() -> Self {
        Self::new()
    }
}

/// Some lengths, and an end of one's own.
#[component]
pub fn PausePicker(
    /// What is chosen.
    draft: PauseDraft,
    /// The form that it is part of.
    status: FormStatus,
) -> impl IntoView {
    let errors = status.errors(FIELD);
    let options = PauseChoice::ALL
        .into_iter()
        .map(|choice| {
            view! {
                <label class="choice">
                    <input
                        type="radio"
                        name=FIELD
                        prop:checked=move || draft.choice.get() == choice
                        on:change=move |_| draft.choice.set(choice)
                    />
                    <span>{inventory::pause_choice(choice)}</span>
                </label>
            }
        })
        .collect_view();
    let is_own = Memo::new(move |_| draft.choice.get() == PauseChoice::Until);
    view! {
        <fieldset class="field" role="radiogroup" data-invalid=invalid(errors) aria-describedby=described_by(FIELD, false, errors)>
            <legend class="label">{inventory::PAUSE_UNTIL}</legend>
            <div class="choices">{options}</div>
            {live(move || is_own.get().then(|| view! { <OwnEnd draft errors /> }))}
            <p class="result" role="status">{move || draft.result()}</p>
            <FieldErrors name=FIELD errors />
        </fieldset>
    }
}

#[component]
fn OwnEnd(draft: PauseDraft, errors: Signal<Vec<String>>) -> impl IntoView {
    let now = dates::now();
    view! {
        <div class="field">
            <label class="label" for="own-end">{inventory::PAUSE_OWN}</label>
            <input
                class="input input--date"
                id="own-end"
                type="datetime-local"
                min=dates::input_date_time(now)
                max=dates::input_date_time(latest(now))
                prop:value=draft.own
                on:input=move |event| draft.own.set(event_target_value(&event))
                aria-describedby=described_by(FIELD, false, errors)
                aria-invalid=invalid(errors)
            />
        </div>
    }
}
