//! The form for a new token, and then its secret.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use pat_core::id::TokenId;
use pat_core::wire::{Choices, CreateToken, CreatedToken};

use crate::components::button::{ActionButton, SubmitButton};
use crate::components::expiration_picker::{ExpirationDraft, ExpirationPicker};
use crate::components::field::TextField;
use crate::components::flash::Flash;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::components::notice::{Notice, Tone};
use crate::components::page::{Page, Width};
use crate::components::remote::Remote;
use crate::components::scope_picker::ScopePicker;
use crate::model::scopes::ScopeMenu;
use crate::words::{self, form, secret};
use crate::{api, dates};

/// How far the reader has come.
#[derive(Clone)]
enum Step {
    Form,
    Secret(Box<CreatedToken>),
    Closed,
}

/// Mints a token and shows its secret, in this one place and once.
#[component]
pub fn NewTokenPage() -> impl IntoView {
    let choices = Remote::new(api::choices);
    let step = RwSignal::new(Step::Form);
    let heading = Signal::derive(move || {
        step.with(|step| match step {
            Step::Secret(created) => created.personal_access_token.name.clone(),
            Step::Form | Step::Closed => form::NEW_TITLE.to_owned(),
        })
    });
    let content = live(move || match step.get() {
        Step::Form => {
            let on_created = move |created| step.set(Step::Secret(Box::new(created)));
            choices
                .show(move |choices| view! { <p class="page__intro">{form::NEW_INTRO}</p><NewTokenForm choices on_created /> })
                .into_any()
        }
        Step::Secret(created) => view! { <Secret created=*created step /> }.into_any(),
        Step::Closed => ().into_any(),
    });
    view! { <Page heading width=Width::Form>{content}</Page> }
}

#[component]
fn Secret(created: CreatedToken, step: RwSignal<Step>) -> impl IntoView {
    let flash = Flash::current();
    let navigate = use_navigate();
    let name = created.personal_access_token.name.clone();
    let close = move || {
        step.set(Step::Closed);
        flash.leave("/settings", secret::closed(&name));
        navigate("/settings", NavigateOptions { replace: true, ..NavigateOptions::default() });
    };
    view! { <crate::components::secret_panel::SecretPanel created on_close=close /> }
}

#[component]
fn NewTokenForm(choices: Choices, on_created: impl Fn(CreatedToken) + Copy + Send + Sync + 'static) -> impl IntoView {
    let status = FormStatus::new();
    let name = RwSignal::new(String::new());
    let scopes = RwSignal::new(Vec::new());
    let expiration = ExpirationDraft::new(&choices.expirations);
    let request =
        move || CreateToken { name: name.get_untracked(), expiration: Some(expiration.request()), scopes: scopes.get_untracked() };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let create = request();
        status.submit(async move || api::create_token(&create).await, on_created);
    };
    let replace = move |id: TokenId| {
        let create = request();
        let both = async move || {
            api::delete_token(id).await?;
            api::create_token(&create).await
        };
        status.submit(both, on_created);
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <FormNotice status />
            <TextField name="name" label=form::NAME hint=form::NAME_HINT value=name errors=status.errors("name") />
            <LostAnswer status on_replace=replace />
            <ExpirationPicker draft=expiration expirations=choices.expirations errors=status.errors("expiration") />
            <ScopePicker menu=ScopeMenu::new(&choices.scopes, &[]) chosen=scopes errors=status.errors("scopes") />
            <div class="actions">
                <SubmitButton status label=form::CREATE busy=form::CREATING />
                <a class="button" href="/settings">{words::CANCEL}</a>
            </div>
        </form>
    }
}

/// The name is taken by a token made moments ago: perhaps by this form, and its answer got lost on the way.
#[component]
fn LostAnswer(status: FormStatus, on_replace: impl Fn(TokenId) + Copy + Send + 'static) -> impl IntoView {
    live(move || {
        let failure = status.failure()?;
        let namesake = failure.lost_answer(dates::now())?;
        let id = namesake.id;
        let text = form::lost_answer(&dates::relative(namesake.created_at));
        Some(view! {
            <Notice tone=Tone::Warning text>
                <ActionButton label=form::REPLACE on_press=move || on_replace(id) />
            </Notice>
        })
    })
}
