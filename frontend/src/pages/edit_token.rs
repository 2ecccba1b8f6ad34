//! A token's page: what it is, its name and scopes to edit, its end.

use leptos::prelude::*;
use pat_core::token::TokenKind;
use pat_core::wire::{Choices, PersonalAccessToken};

use crate::api;
use crate::components::edit_form::{Draft, EditForm};
use crate::components::facts::{Facts, WhatItCouldDo};
use crate::components::icon::{Icon, Shape};
use crate::components::live::live;
use crate::components::page::{Page, Width};
use crate::components::remote::{FailureNotice, Remote, Skeleton};
use crate::words::edit;

pub mod delete;
pub mod pause;

/// The page at `/settings/tokens/{id}`.
#[component]
pub fn EditTokenPage(
    /// The token's id, as the address has it.
    id: String,
) -> impl IntoView {
    let token = Remote::new(move || {
        let id = id.clone();
        async move { api::token(TokenKind::Personal, &id).await }
    });
    let choices = Remote::new(api::choices);
    let reload = move || {
        token.reload();
        choices.reload();
    };
    let renamed = RwSignal::new(None::<String>);
    let heading = Signal::derive(move || match token.answer() {
        Some(Ok(token)) => renamed.get().unwrap_or(token.name),
        Some(Err(failure)) if failure.is_missing() => edit::MISSING_TITLE.to_owned(),
        None | Some(Err(_)) => edit::TITLE.to_owned(),
    });
    let content = live(move || match (token.answer(), choices.answer()) {
        (Some(Err(failure)), _) if failure.is_missing() => view! { <Missing /> }.into_any(),
        (Some(Err(failure)), _) | (_, Some(Err(failure))) => view! { <FailureNotice failure on_retry=Box::new(reload) /> }.into_any(),
        (Some(Ok(token)), Some(Ok(choices))) => view! { <Token token choices renamed /> }.into_any(),
        (None, _) | (_, None) => view! { <Skeleton /> }.into_any(),
    });
    view! {
        <nav class="crumbs">
            <a href="/settings"><Icon shape=Shape::Back />{edit::BACK}</a>
        </nav>
        <Page heading ready=Signal::derive(move || token.is_done()) width=Width::Form>{content}</Page>
    }
}

#[component]
fn Missing() -> impl IntoView {
    view! {
        <p>{edit::MISSING}</p>
        <p><a class="button" href="/settings">{edit::TO_LIST}</a></p>
    }
}

/// The token as saved; an edit or a reload puts a newer one in its place, and tells the heading its name.
#[component]
fn Token(token: PersonalAccessToken, choices: Choices, renamed: RwSignal<Option<String>>) -> impl IntoView {
    let activity = format!("/settings/tokens/{}/activity", token.id);
    let saved = RwSignal::new(token);
    Effect::new(move || renamed.set(Some(saved.with(|token| token.name.clone()))));
    let is_dead = Memo::new(move |_| saved.with(|token| token.status.is_dead()));
    let below = live(move || {
        if is_dead.get() {
            view! { <WhatItCouldDo scopes=saved.get_untracked().scopes /> }.into_any()
        } else {
            let draft = Draft::new(TokenKind::Personal, saved);
            view! {
                <EditForm draft grantable=choices.scopes.clone() />
                <pause::PauseSection saved />
                <delete::DeleteSection saved />
            }
            .into_any()
        }
    });
    view! {
        {live(move || view! { <Facts kind=TokenKind::Personal token=saved.get() /> })}
        <p><a class="button" href=activity rel="external">{edit::ACTIVITY}</a></p>
        {below}
    }
}
