//! A modal dialog.

use leptos::html;
use leptos::prelude::*;

use crate::browser;

/// A native dialog: the browser keeps the focus in it, closes it with Escape and gives the focus back.
#[component]
pub fn Dialog(
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Called when it was closed, by Escape too.
    on_close: impl Fn() + 'static,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// Its content.
    children: Children,
) -> impl IntoView {
    dialog(open, Box::new(on_close), title, children)
}

/// Compiled once, whatever the dialogs do.
fn dialog(open: Signal<bool>, on_close: Box<dyn Fn()>, title: Signal<String>, children: Children) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let open = open.get();
        if let Some(dialog) = node.get() {
            if open { browser::open_dialog(&dialog) } else { dialog.close() }
        }
    });
    // The browser tells of a close a moment later: by then the dialog may have been asked for again.
    let closed = move || {
        if !node.get_untracked().is_some_and(|dialog| dialog.open()) {
            on_close();
        }
    };
    // What is closed has no name: nobody can look for it.
    let name = move || open.get().then(|| title.get());
    view! {
        <dialog class="dialog" node_ref=node aria-label=name on:close=move |_| closed()>
            <h2 class="dialog__title">{title}</h2>
            {children()}
        </dialog>
    }
    .into_any()
}
