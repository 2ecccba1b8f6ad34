//! Where a one-time link leads: choosing a password.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use pat_core::wire;

use crate::components::button::SubmitButton;
use crate::components::field::TextField;
use crate::components::flash::Flash;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::notice::{Notice, Tone};
use crate::components::page::{Page, Width};
use crate::words::password;
use crate::{api, browser};

/// Sets a password. The link's secret is taken out of the address bar at once.
#[component]
pub fn SetPasswordPage() -> impl IntoView {
    let link = browser::take_fragment();
    let content = if link.is_empty() {
        view! { <Notice tone=Tone::Warning text=password::NO_LINK /> }.into_any()
    } else {
        view! { <PasswordForm link /> }.into_any()
    };
    view! { <Page heading=password::TITLE.to_owned() width=Width::Slim>{content}</Page> }
}

#[component]
fn PasswordForm(link: String) -> impl IntoView {
    let status = FormStatus::new();
    let value = RwSignal::new(String::new());
    let flash = Flash::current();
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let request = wire::SetPassword { link: link.clone(), password: value.get_untracked() };
        let navigate = navigate.clone();
        status.submit(
            async move || api::set_password(&request).await,
            move |()| {
                flash.leave("/sign-in", password::DONE.to_owned());
                navigate("/sign-in", NavigateOptions::default());
            },
        );
    };
    view! {
        <form class="form panel" novalidate on:submit=submit>
            <FormNotice status />
            <TextField
                name="password"
                label=password::FIELD
                hint=password::hint()
                kind="password"
                autocomplete="new-password"
                value=value
                errors=status.errors("password")
            />
            <SubmitButton status label=password::SUBMIT busy=password::BUSY />
        </form>
    }
}
