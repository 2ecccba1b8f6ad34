//! Ways elsewhere that nobody has to click.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::browser;

/// Takes whoever is not signed in to sign-in, and remembers where they were.
#[component]
pub fn ToSignIn() -> impl IntoView {
    let here = String::from(js_sys::encode_uri_component(&browser::current_path()));
    view! { <GoInstead to=format!("/sign-in?next={here}") /> }
}

/// Takes the reader somewhere else, and leaves this address out of the history.
#[component]
pub fn GoInstead(
    /// Where to.
    #[prop(into)]
    to: String,
) -> impl IntoView {
    let navigate = use_navigate();
    Effect::new(move || navigate(&to, NavigateOptions { replace: true, ..NavigateOptions::default() }));
}
