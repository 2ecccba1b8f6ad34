//! The decision on a command line.

use leptos::prelude::*;
use pat_core::token::TokenKind;
use pat_core::wire::{ApproveSignIn, Choices, DenySignIn, SignInDecided, SignInRequest};

use crate::components::button::{ActionButton, SubmitButton};
use crate::components::facts::Fact;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::notice::{Notice, Tone};
use crate::components::remote::Remote;
use crate::components::token_fields::{TokenDraft, TokenFields};
use crate::model::cli_sign_in::{preset_name, preset_scopes};
use crate::session::Auth;
use crate::words::{cli_sign_in as words, form};
use crate::{api, dates};

/// What somebody decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The program may have the token.
    Allowed,
    /// It may not.
    Refused,
}

/// Shows who asks, and lets the reader say yes, with the token to be made, or no.
#[component]
pub fn Consent(
    /// Who asks.
    request: SignInRequest,
    /// What is known of them.
    facts: Vec<(&'static str, String)>,
    /// What to make sure of before saying yes.
    caution: &'static str,
    /// What happens then.
    on_decided: impl Fn(Decision, SignInDecided) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let choices = Remote::new(api::choices);
    let who = Auth::current().session_now().map(|session| words::person(&session.user.name, &session.user.email, &session.account.name));
    let facts = facts.into_iter().chain(who.map(|who| (words::ACTS_AS, who)));
    let facts = facts.map(|(label, value)| view! { <Fact label>{value}</Fact> }).collect_view();
    let content = choices.show(move |choices| view! { <ConsentForm request=request.clone() choices on_decided /> });
    view! {
        <dl class="facts">{facts}</dl>
        <Notice tone=Tone::Warning text=caution />
        {content}
    }
}

#[component]
fn ConsentForm(
    request: SignInRequest,
    choices: Choices,
    on_decided: impl Fn(Decision, SignInDecided) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let status = FormStatus::new();
    let draft = TokenDraft::new(&choices, preset_name(&dates::input_date_time(dates::now())), preset_scopes(&choices.scopes));
    let stopped = choices.creation_stopped.clone();
    let may = stopped.is_none();
    let asked = request.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let approve = ApproveSignIn { request: asked.clone(), token: draft.request() };
        status.submit(async move || api::approve_sign_in(&approve).await, move |decided| on_decided(Decision::Allowed, decided));
    };
    let deny = move || {
        let deny = DenySignIn { request: request.clone() };
        status.submit(async move || api::deny_sign_in(&deny).await, move |decided| on_decided(Decision::Refused, decided));
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <FormNotice status />
            {stopped.map(|message| view! { <Notice tone=Tone::Warning title=form::STOPPED text=message /> })}
            {may.then(|| view! { <TokenFields kind=TokenKind::Personal draft choices status /> })}
            <div class="actions">
                {may.then(|| view! { <SubmitButton status label=words::ALLOW busy=words::ALLOWING /> })}
                <ActionButton label=words::REFUSE on_press=deny />
            </div>
        </form>
    }
}
