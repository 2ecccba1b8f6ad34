//! What all forms do alike: one submit at a time, errors at their fields, focus on the first of them.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::Answer;
use crate::browser;
use crate::components::fresh_sign_in::FreshSignIn;
use crate::components::live::live;
use crate::components::notice::{Notice, Tone};
use crate::model::failure::Failure;
use crate::session::Auth;
use crate::words;

/// A form's way to the server and back.
#[derive(Clone, Copy)]
pub struct FormStatus {
    busy: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    auth: Auth,
    fresh: FreshSignIn,
}

impl FormStatus {
    /// A form that has not been sent.
    pub fn new() -> Self {
        Self { busy: RwSignal::new(false), failure: RwSignal::new(None), auth: Auth::current(), fresh: FreshSignIn::current() }
    }

    /// Whether an answer is awaited.
    pub fn is_busy(self) -> bool {
        self.busy.get()
    }

    /// How the last submit failed, if it did.
    pub fn failure(self) -> Option<Failure> {
        self.failure.get()
    }

    /// Forgets the last failure.
    pub fn reset(self) {
        self.failure.set(None);
    }

    /// The sentences to show at a field.
    pub fn errors(self, field: &'static str) -> Signal<Vec<String>> {
        Signal::derive(move || {
            self.failure.with(|failure| failure.iter().flat_map(|failure| failure.errors_of(field)).map(words::field_error).collect())
        })
    }

    /// Sends a request, unless one is under way, and hands on its answer. What was typed stays where it is.
    ///
    /// Where the server wants the password first, the page asks for it, and `request` is called once more.
    pub fn submit<T: 'static>(self, request: impl AsyncFn() -> Answer<T> + 'static, then: impl FnOnce(T) + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let mut answer = self.auth.watch(request().await);
            while answer.as_ref().is_err_and(Failure::wants_password) && self.ask_for_password().await {
                answer = self.auth.watch(request().await);
            }
            let page_was_left = self.busy.try_set(false).is_some();
            if page_was_left {
                return;
            }
            match answer {
                Ok(value) => {
                    self.failure.set(None);
                    then(value);
                }
                Err(failure) => {
                    self.failure.set(Some(failure));
                    browser::focus_invalid_soon();
                }
            }
        });
    }

    /// Whether the request may be repeated. The dialog stands over the form, which loses nothing; an old failure of its would only be in the way.
    async fn ask_for_password(self) -> bool {
        let is_here = self.failure.try_set(None).is_none();
        is_here && self.fresh.ask().await && !self.busy.is_disposed()
    }
}

impl Default for FormStatus {
    fn default() -> Self {
        Self::new()
    }
}

/// Says why a form could not be sent, aloud too, and offers to try again where that may help. Stands inside its form.
#[component]
pub fn FormNotice(
    /// The form's status.
    status: FormStatus,
) -> impl IntoView {
    let notice = live(move || {
        status.failure().map(|failure| {
            let (title, text) = words::failure(&failure);
            let retry = failure.is_passing().then(|| view! { <button type="submit" class="button">{words::TRY_AGAIN}</button> });
            view! { <Notice tone=Tone::Danger title text>{retry}</Notice> }
        })
    });
    view! { <div role="alert">{notice}</div> }
}
