//! Data that comes from the server.

use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::Answer;
use crate::components::button::ActionButton;
use crate::components::live::live;
use crate::components::notice::{Notice, Tone};
use crate::model::failure::Failure;
use crate::session::Auth;
use crate::words;

/// A read, under way or done.
pub struct Remote<T: Send + Sync + 'static> {
    answer: RwSignal<Option<Answer<T>>>,
    load: StoredValue<Rc<dyn Fn()>, LocalStorage>,
}

impl<T: Send + Sync + 'static> Clone for Remote<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Remote<T> {}

impl<T: Clone + Send + Sync + 'static> Remote<T> {
    /// Starts to read.
    pub fn new<F: Future<Output = Answer<T>> + 'static>(request: impl Fn() -> F + 'static) -> Self {
        let answer = RwSignal::new(None);
        let auth = Auth::current();
        let load = move || {
            let request = request();
            spawn_local(async move {
                let read = auth.watch(request.await);
                // A page that was left has nowhere to put it.
                drop(answer.try_set(Some(read)));
            });
        };
        load();
        Self { answer, load: StoredValue::new_local(Rc::new(load)) }
    }

    /// Reads again, from the start.
    pub fn reload(self) {
        self.answer.set(None);
        self.load.with_value(|load| load());
    }

    /// The answer; follows changes.
    pub fn answer(self) -> Option<Answer<T>> {
        self.answer.get()
    }

    /// Whether there is an answer; follows changes.
    pub fn is_done(self) -> bool {
        self.answer.with(Option::is_some)
    }

    /// Shows the answer: grey bars until it is there, and an offer to try again if it failed.
    pub fn show<V: IntoView + 'static>(self, view: impl Fn(T) -> V + Send + 'static) -> AnyView {
        live(move || match self.answer() {
            None => view! { <Skeleton /> }.into_any(),
            Some(Ok(value)) => view(value).into_any(),
            Some(Err(failure)) => view! { <FailureNotice failure on_retry=Box::new(move || self.reload()) /> }.into_any(),
        })
    }
}

/// Holds the place of what is loading.
#[component]
pub fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">{words::LOADING}</span>
            <div class="skeleton__bar"></div>
            <div class="skeleton__bar"></div>
            <div class="skeleton__bar"></div>
        </div>
    }
}

/// Says that something could not be read, and offers to try again.
#[component]
pub fn FailureNotice(
    /// What went wrong.
    failure: Failure,
    /// Tries again.
    on_retry: Box<dyn Fn() + Send>,
) -> impl IntoView {
    let (title, text) = words::failure(&failure);
    view! {
        <div role="alert">
            <Notice tone=Tone::Danger title text>
                <ActionButton label=words::TRY_AGAIN on_press=on_retry />
            </Notice>
        </div>
    }
}
