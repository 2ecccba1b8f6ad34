//! Where a command line on this computer sends its person.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use pat_core::wire::SignInDecided;

use crate::browser;
use crate::components::consent::Consent;
use crate::components::live::live;
use crate::components::notice::{Notice, Tone};
use crate::components::page::{Page, Width};
use crate::model::cli_sign_in::{Asked, Mistake, asked};
use crate::words::cli_sign_in as words;

/// The page at `/cli/auth`.
#[component]
pub fn CliAuthPage() -> impl IntoView {
    let read = use_location().query.with_untracked(|query| asked(|name| query.get(name)));
    let content = match read {
        Ok(asked) => view! { <Decide asked /> }.into_any(),
        Err(mistake) => view! { <Undecidable mistake /> }.into_any(),
    };
    view! { <Page heading=words::TITLE.to_owned() width=Width::Form>{content}</Page> }
}

#[component]
fn Decide(asked: Asked) -> impl IntoView {
    let is_decided = RwSignal::new(false);
    let on_decided = move |_, decided: SignInDecided| {
        is_decided.set(true);
        // The page itself goes there: a form's answer may not lead to another origin.
        if let Some(address) = decided.redirect_to {
            browser::leave_for(&address);
        }
    };
    live(move || {
        if is_decided.get() {
            return view! { <div role="status"><Notice tone=Tone::Info text=words::ON_ITS_WAY /></div> }.into_any();
        }
        let facts = vec![(words::PROGRAM, words::ON_THIS_COMPUTER.to_owned()), (words::GOES_TO, asked.callback.clone())];
        view! {
            <p class="page__intro">{words::INTRO}</p>
            <Consent request=asked.request.clone() facts caution=words::CAUTION on_decided />
        }
        .into_any()
    })
}

/// The browser goes nowhere: who made the address may not choose where.
#[component]
fn Undecidable(mistake: Mistake) -> impl IntoView {
    let text = match mistake {
        Mistake::Elsewhere(callback) => words::elsewhere(&callback),
        Mistake::Garbled => words::GARBLED.to_owned(),
    };
    view! {
        <Notice tone=Tone::Danger title=words::CANT text />
        <p><a class="button" href="/settings/tokens/new">{words::OWN_TOKEN}</a></p>
    }
}

/// The page at `/cli/done`, where programs send the browser once they have their token.
#[component]
pub fn CliDonePage() -> impl IntoView {
    view! {
        <Page heading=words::DONE_TITLE.to_owned() width=Width::Slim>
            <p>{words::DONE}</p>
            <p><a href="/settings">{words::TO_SETTINGS}</a></p>
        </Page>
    }
}
