//! The form for a new token, and then its secret.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use pat_core::id::TokenId;
use pat_core::token::TokenKind;
use pat_core::wire::Choices;

use crate::components::button::{ActionButton, SubmitButton};
use crate::components::flash::Flash;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::components::notice::{Notice, Tone};
use crate::components::page::{Page, Width};
use crate::components::remote::Remote;
use crate::components::secret_panel::SecretPanel;
use crate::components::token_fields::{TokenDraft, TokenFields};
use crate::model::new_token::NewToken;
use crate::words::{self, form, secret};
use crate::{api, dates};

/// How far the reader has come.
#[derive(Clone)]
enum Step {
    Form,
    Secret(Box<NewToken>),
    Closed,
}

/// Mints a token and shows its secret, in this one place and once.
#[component]
pub fn NewTokenSteps(
    /// Whose the token will be.
    kind: TokenKind,
    /// The page's heading.
    title: &'static str,
    /// What the token will be.
    intro: &'static str,
    /// Where its list is.
    list: &'static str,
    /// What may be chosen.
    choices: Remote<Choices>,
) -> impl IntoView {
    let step = RwSignal::new(Step::Form);
    let heading = Signal::derive(move || {
        step.with(|step| match step {
            Step::Secret(new) => new.token.name.clone(),
            Step::Form | Step::Closed => title.to_owned(),
        })
    });
    let content = live(move || match step.get() {
        Step::Form => {
            let on_created = move |new| step.set(Step::Secret(Box::new(new)));
            choices.show(move |choices| match choices.creation_stopped.clone() {
                Some(message) => view! { <Stopped message list /> }.into_any(),
                None => view! { <p class="page__intro">{intro}</p><NewTokenForm kind list choices on_created /> }.into_any(),
            })
        }
        Step::Secret(new) => view! { <Secret kind list new=*new step /> }.into_any(),
        Step::Closed => ().into_any(),
    });
    view! { <Page heading width=Width::Form>{content}</Page> }
}

/// What an admin has to say in place of the form.
#[component]
fn Stopped(message: String, list: &'static str) -> impl IntoView {
    view! {
        <Notice tone=Tone::Warning title=form::STOPPED text=message />
        <p><a class="button" href=list>{form::BACK}</a></p>
    }
}

#[component]
fn Secret(kind: TokenKind, list: &'static str, new: NewToken, step: RwSignal<Step>) -> impl IntoView {
    let flash = Flash::current();
    let navigate = use_navigate();
    let NewToken { secret, token } = new;
    let close = move || {
        step.set(Step::Closed);
        flash.leave(list, secret::closed(&token.name));
        navigate(list, NavigateOptions { replace: true, ..NavigateOptions::default() });
    };
    view! { <SecretPanel kind secret on_close=close /> }
}

#[component]
fn NewTokenForm(
    kind: TokenKind,
    list: &'static str,
    choices: Choices,
    on_created: impl Fn(NewToken) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let status = FormStatus::new();
    let draft = TokenDraft::new(&choices, String::new(), Vec::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let create = draft.request();
        status.submit(async move || api::create_token(kind, &create).await, on_created);
    };
    let replace = move |id: TokenId| {
        let create = draft.request();
        let both = async move || {
            api::delete_unused(kind, id).await?;
            api::create_token(kind, &create).await
        };
        status.submit(both, on_created);
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <FormNotice status />
            <TokenFields kind draft choices status>
                <LostAnswer status on_replace=replace />
            </TokenFields>
            <div class="actions">
                <SubmitButton status label=form::CREATE busy=form::CREATING />
                <a class="button" href=list>{words::CANCEL}</a>
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
