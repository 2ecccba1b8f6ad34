//! Why an admin revokes.

use leptos::prelude::*;
use pat_core::people::ReasonCode;
use pat_core::wire::AdminRevoke;

use crate::components::field::{FieldErrors, TextArea, described_by, invalid};
use crate::components::form::FormStatus;
use crate::words::reason;

const FIELD: &str = "reason";

/// What is chosen and written.
#[derive(Clone, Copy)]
pub struct ReasonDraft {
    code: RwSignal<Option<ReasonCode>>,
    note: RwSignal<String>,
}

impl ReasonDraft {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { code: RwSignal::new(None), note: RwSignal::new(String::new()) }
    }

    /// What to send.
    pub fn request(self) -> AdminRevoke {
        let note = self.note.get_untracked().trim().to_owned();
        AdminRevoke { reason: self.code.get_untracked(), note: (!note.is_empty()).then_some(note) }
    }

    /// Forgets both.
    pub fn reset(self) {
        self.code.set(None);
        self.note.set(String::new());
    }
}

impl Default for ReasonDraft {
    fn default() -> Self {
        Self::new()
    }
}

/// The five reasons, and a note to the owner.
#[component]
pub fn ReasonPicker(
    /// What is chosen and written.
    draft: ReasonDraft,
    /// The form that it is part of.
    status: FormStatus,
) -> impl IntoView {
    let errors = status.errors(FIELD);
    let options = ReasonCode::ALL
        .into_iter()
        .map(|code| {
            view! {
                <label class="choice">
                    <input type="radio" name=FIELD prop:checked=move || draft.code.get() == Some(code) on:change=move |_| draft.code.set(Some(code)) />
                    <span>{reason::label(code)}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field" role="radiogroup" data-invalid=invalid(errors) aria-describedby=described_by(FIELD, false, errors)>
            <legend class="label">{reason::REASON}</legend>
            <div class="choices choices--rows">{options}</div>
            <FieldErrors name=FIELD errors />
        </fieldset>
        <TextArea name="note" label=reason::NOTE hint=reason::NOTE_HINT value=draft.note errors=status.errors("note") />
    }
}
