//! Forms that do one thing. They are compiled once, whatever the thing is.

use leptos::prelude::*;

use crate::components::button::{ActionButton, Look, SubmitButton};
use crate::components::dialog::Dialog;
use crate::components::form::{FormNotice, FormStatus};
use crate::words;

/// What a button says, and what it says while that is being done.
#[derive(Clone, Copy, Debug)]
pub struct Saying {
    /// At rest.
    pub label: &'static str,
    /// On the way.
    pub busy: &'static str,
}

/// A button that asks the server for something, below what there is to choose.
#[component]
pub fn ActForm(
    /// The form's status.
    status: FormStatus,
    /// What the button says.
    saying: Saying,
    /// Sends the request.
    on_submit: Box<dyn Fn() + Send>,
    /// What there is to choose.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        on_submit();
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <FormNotice status />
            {children.map(|children| children())}
            <div class="actions"><SubmitButton status label=saying.label busy=saying.busy look=Look::Plain /></div>
        </form>
    }
    .into_any()
}

/// Asks once more before something that can't be undone.
#[component]
pub fn ConfirmDialog(
    /// Whether it is open; closing it forgets the last failure.
    open: RwSignal<bool>,
    /// The form's status.
    status: FormStatus,
    /// The question.
    title: Signal<String>,
    /// What it would do.
    text: Signal<String>,
    /// What the button says.
    saying: Saying,
    /// Sends the request.
    on_submit: Box<dyn Fn() + Send>,
    /// What has to be entered first.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        on_submit();
    };
    let close = move || {
        status.reset();
        open.set(false);
    };
    view! {
        <Dialog open title on_close=close>
            <form class="form" novalidate on:submit=submit>
                <p>{text}</p>
                <FormNotice status />
                {children.map(|children| children())}
                <div class="actions actions--end">
                    <ActionButton label=words::CANCEL on_press=close />
                    <SubmitButton status label=saying.label busy=saying.busy look=Look::Danger />
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}
