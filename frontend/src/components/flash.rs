//! A message that waits for the next page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::components::live::live;
use crate::components::notice::{Notice, Tone};

/// The message, if there is one; shown until the reader leaves the page that it was meant for.
#[derive(Clone, Copy)]
pub struct Flash(RwSignal<Option<Message>>);

#[derive(Clone)]
struct Message {
    text: String,
    path: String,
}

impl Flash {
    /// Makes itself available to the pages.
    pub fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    /// The handle, inside the app.
    pub fn current() -> Self {
        expect_context()
    }

    /// Leaves a message for the page at `path`.
    pub fn leave(self, path: impl Into<String>, text: String) {
        self.0.set(Some(Message { text, path: path.into() }));
    }
}

/// Shows the message, aloud too. It stands outside the pages, as a screen reader only hears changes in what is there already.
#[component]
pub fn FlashMessage() -> impl IntoView {
    let Flash(message) = Flash::current();
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        let moved = before.is_some_and(|before| before != path);
        if moved && message.with_untracked(|message| message.as_ref().is_some_and(|message| message.path != path)) {
            message.set(None);
        }
        path
    });
    let shown = move || message.get().filter(|message| path.with(|path| *path == message.path));
    view! {
        <div class="flash" role="status">
            {live(move || shown().map(|message| view! { <Notice tone=Tone::Success text=message.text /> }))}
        </div>
    }
}
