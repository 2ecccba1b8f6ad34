//! Sign-in.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use pat_core::wire;

use crate::api;
use crate::components::button::SubmitButton;
use crate::components::field::TextField;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::page::{Page, Width};
use crate::model::next::LocalPath;
use crate::session::Auth;
use crate::words::sign_in;

/// Signs somebody in and brings them back to where they were.
#[component]
pub fn SignInPage() -> impl IntoView {
    let auth = Auth::current();
    let status = FormStatus::new();
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    return_when_signed_in(auth);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let sign_in = wire::SignIn { email: email.get_untracked(), password: password.get_untracked() };
        status.submit(async move || api::sign_in(&sign_in).await, move |session| auth.signed_in(session));
    };
    view! {
        <Page heading=sign_in::TITLE.to_owned() width=Width::Slim>
            <form class="form panel" novalidate on:submit=submit>
                <FormNotice status />
                <TextField name="email" label=sign_in::EMAIL kind="email" autocomplete="username" value=email errors=status.errors("email") />
                <TextField
                    name="password"
                    label=sign_in::PASSWORD
                    kind="password"
                    autocomplete="current-password"
                    value=password
                    errors=status.errors("password")
                />
                <SubmitButton status label=sign_in::SUBMIT busy=sign_in::BUSY />
            </form>
        </Page>
    }
}

/// Leaves for `?next=` as soon as somebody is signed in, which may be from the start.
fn return_when_signed_in(auth: Auth) {
    let query = use_location().query;
    let navigate = use_navigate();
    Effect::new(move || {
        if auth.session().is_some() {
            let next = query.with_untracked(|query| query.get("next")).as_deref().and_then(LocalPath::parse).unwrap_or_default();
            navigate(next.as_str(), NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
}
