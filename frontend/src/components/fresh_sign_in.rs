//! The password again: the server asks for it before anything that widens authority, if the sign-in is old.

use futures_channel::oneshot;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use pat_core::wire::ConfirmPassword;

use crate::components::button::{ActionButton, SubmitButton};
use crate::components::dialog::Dialog;
use crate::components::field::TextField;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::session::Auth;
use crate::words::{self, fresh};
use crate::{api, browser};

const FIELD: &str = "current-password";

/// The form that waits for the password, if one does. Whoever drops the sender says no to it.
#[derive(Clone, Copy)]
pub struct FreshSignIn(RwSignal<Option<oneshot::Sender<()>>>);

impl FreshSignIn {
    /// Makes itself available to the forms.
    pub fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    /// The handle, inside the app.
    pub fn current() -> Self {
        expect_context()
    }

    /// Opens the dialog, and waits until the password was right or the reader thought better of it.
    pub async fn ask(self) -> bool {
        let (sender, receiver) = oneshot::channel();
        self.0.set(Some(sender));
        receiver.await.is_ok()
    }

    fn confirm(self) {
        if let Some(sender) = self.0.try_update(Option::take).flatten() {
            // A page that was left meanwhile doesn't wait any more.
            let _ = sender.send(());
        }
    }

    fn cancel(self) {
        self.0.set(None);
    }

    fn is_asking(self) -> bool {
        self.0.with(Option::is_some)
    }
}

/// Stands over every page, closed until a form asks. Leaving the page closes it.
#[component]
pub fn FreshSignInDialog() -> impl IntoView {
    let asked = FreshSignIn::current();
    let path = use_location().pathname;
    let open = Memo::new(move |_| asked.is_asking());
    Effect::new(move || {
        path.track();
        asked.cancel();
    });
    view! {
        <Dialog open title=fresh::TITLE on_close=move || asked.cancel()>
            {live(move || open.get().then(|| view! { <PasswordForm asked /> }))}
        </Dialog>
    }
}

#[component]
fn PasswordForm(asked: FreshSignIn) -> impl IntoView {
    let status = FormStatus::new();
    let password = RwSignal::new(String::new());
    let email = Auth::current().session_now().map(|session| session.user.email).unwrap_or_default();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let confirm = ConfirmPassword { password: password.get_untracked() };
        status.submit(async move || api::confirm_password(&confirm).await, move |()| asked.confirm());
    };
    let is_wrong = move || status.failure().is_some_and(|failure| failure.code() == Some("wrong_credentials"));
    let refused = status.errors("password");
    let errors = Signal::derive(move || if is_wrong() { vec![fresh::WRONG.to_owned()] } else { refused.get() });
    Effect::new(|| browser::focus_soon(format!("#{FIELD}")));
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{fresh::intro(&email)}</p>
            <p class="visually-hidden" role="alert">{move || is_wrong().then_some(fresh::WRONG)}</p>
            {live(move || (!is_wrong()).then(|| view! { <FormNotice status /> }))}
            <TextField name=FIELD label=fresh::PASSWORD kind="password" autocomplete="current-password" value=password errors />
            <div class="actions actions--end">
                <ActionButton label=words::CANCEL on_press=move || asked.cancel() />
                <SubmitButton status label=fresh::SUBMIT busy=fresh::BUSY />
            </div>
        </form>
    }
}
