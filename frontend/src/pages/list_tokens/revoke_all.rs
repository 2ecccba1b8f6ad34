//! All of one's own tokens at once.

use leptos::prelude::*;

use crate::api;
use crate::browser;
use crate::components::act_form::ConfirmDialog;
use crate::components::button::{ActionButton, Look};
use crate::components::field::TextField;
use crate::components::flash::Flash;
use crate::components::form::FormStatus;
use crate::words::own::all;

const FIELD: &str = "phrase";

/// What it means, and the button that asks for the words to type.
#[component]
pub fn RevokeAllSection(
    /// Reads the list again.
    on_revoked: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <section class="section danger" aria-labelledby="revoke-all-title">
            <div>
                <h2 class="section__title" id="revoke-all-title">{all::TITLE}</h2>
                <p class="section__intro">{all::INTRO}</p>
            </div>
            <ActionButton label=all::REVOKE look=Look::Danger on_press=move || open.set(true) />
        </section>
        <RevokeAllDialog open on_revoked />
    }
}

#[component]
fn RevokeAllDialog(open: RwSignal<bool>, on_revoked: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let status = FormStatus::new();
    let typed = RwSignal::new(String::new());
    let is_mistyped = RwSignal::new(false);
    let flash = Flash::current();
    // Whoever closes the dialog starts anew.
    Effect::new(move || {
        open.track();
        typed.set(String::new());
        is_mistyped.set(false);
    });
    let submit = move || {
        let is_right = typed.with_untracked(|typed| typed.trim().eq_ignore_ascii_case(all::PHRASE));
        is_mistyped.set(!is_right);
        if !is_right {
            browser::focus_invalid_soon();
            return;
        }
        status.submit(api::delete_all_tokens, move |outcome| {
            open.set(false);
            flash.leave("/settings", all::revoked(outcome.revoked));
            on_revoked();
            browser::focus_soon("h1");
        });
    };
    let errors = Signal::derive(move || if is_mistyped.get() { vec![all::MISTYPED.to_owned()] } else { Vec::new() });
    let (title, text) = (Signal::stored(all::CONFIRM_TITLE.to_owned()), Signal::stored(all::CONFIRM.to_owned()));
    view! {
        <ConfirmDialog open status title text saying=all::SUBMIT on_submit=Box::new(submit)>
            <TextField name=FIELD label=all::FIELD value=typed errors />
        </ConfirmDialog>
    }
}
