//! Where the code of a device without a browser is typed.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use pat_core::wire::{FindDevice, SignInRequest, WaitingDevice};

use crate::components::button::SubmitButton;
use crate::components::consent::{Consent, Decision};
use crate::components::field::TextField;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::components::notice::{Notice, Tone};
use crate::components::page::{Page, Width};
use crate::model::activity::plain;
use crate::words::cli_sign_in::{self, device as words};
use crate::{api, browser, dates};

/// How far the reader has come.
#[derive(Clone)]
enum Step {
    Code,
    Consent(WaitingDevice),
    Decided(Decision),
}

/// The page at `/cli/device`.
#[component]
pub fn CliDevicePage() -> impl IntoView {
    let step = RwSignal::new(Step::Code);
    let content = live(move || match step.get() {
        Step::Code => view! { <CodeForm step /> }.into_any(),
        Step::Consent(device) => view! { <Decide device step /> }.into_any(),
        Step::Decided(Decision::Allowed) => view! { <Notice tone=Tone::Success text=words::ALLOWED /> }.into_any(),
        Step::Decided(Decision::Refused) => view! { <Notice tone=Tone::Info text=words::REFUSED /> }.into_any(),
    });
    view! { <Page heading=words::TITLE.to_owned() width=Width::Form>{content}</Page> }
}

/// Shows the next step, and begins to read it at the top.
fn go(step: RwSignal<Step>, next: Step) {
    step.set(next);
    browser::focus_soon("h1");
}

#[component]
fn CodeForm(step: RwSignal<Step>) -> impl IntoView {
    let status = FormStatus::new();
    // A link can fill the code in, but not send it: the reader is to compare it with the device.
    let given = use_location().query.with_untracked(|query| query.get("user_code")).unwrap_or_default();
    let code = RwSignal::new(given);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let find = FindDevice { user_code: code.get_untracked() };
        status.submit(async move || api::find_device(&find).await, move |device| go(step, Step::Consent(device)));
    };
    view! {
        <p class="page__intro">{words::INTRO}</p>
        <form class="form" novalidate on:submit=submit>
            <FormNotice status />
            <TextField name="user_code" label=words::CODE hint=words::CODE_HINT value=code errors=status.errors("user_code") />
            <div class="actions"><SubmitButton status label=words::FIND busy=words::FINDING /></div>
        </form>
    }
}

#[component]
fn Decide(device: WaitingDevice, step: RwSignal<Step>) -> impl IntoView {
    let WaitingDevice { user_code, ip, user_agent, created_at, .. } = device;
    let program = user_agent.map_or_else(|| words::UNNAMED.to_owned(), |user_agent| words::program(&plain(&user_agent)));
    let facts = vec![
        (cli_sign_in::PROGRAM, program),
        (words::SHOWS, user_code.clone()),
        (words::ASKED_FROM, ip.unwrap_or_else(|| words::SOMEWHERE.to_owned())),
        (words::ASKED_AT, dates::relative(created_at)),
    ];
    let on_decided = move |decision, _| go(step, Step::Decided(decision));
    view! {
        <p class="page__intro">{cli_sign_in::INTRO}</p>
        <Consent request=SignInRequest::Device { user_code } facts caution=words::CAUTION on_decided />
    }
}
