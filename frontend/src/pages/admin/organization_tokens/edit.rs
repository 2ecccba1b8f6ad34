//! An organization token's page.

use leptos::prelude::*;
use pat_core::token::TokenKind;
use pat_core::wire::{AdminToken, PersonalAccessToken, ScopeChoice};

use crate::api;
use crate::components::act_dialog::ActDialog;
use crate::components::button::{ActionButton, Look};
use crate::components::edit_form::{Draft, EditForm};
use crate::components::facts::{Facts, WhatItCouldDo};
use crate::components::flash::Flash;
use crate::components::icon::{Icon, Shape};
use crate::components::live::live;
use crate::components::page::{Page, Width};
use crate::components::remote::{FailureNotice, Remote, Skeleton};
use crate::model::act::{Act, Ask, Target};
use crate::model::scopes::supported;
use crate::words::{edit, inventory, organization};

use super::LIST;

const KIND: TokenKind = TokenKind::Organization;

/// The page at `/admin/organization-tokens/{id}`.
#[component]
pub fn OrganizationTokenPage(
    /// The token's id, as the address has it.
    id: String,
) -> impl IntoView {
    let token = Remote::new(move || {
        let id = id.clone();
        async move { api::token(KIND, &id).await }
    });
    let settings = Remote::new(api::settings::read);
    let reload = move || {
        token.reload();
        settings.reload();
    };
    let renamed = RwSignal::new(None::<String>);
    let heading = Signal::derive(move || match token.answer() {
        Some(Ok(token)) => renamed.get().unwrap_or(token.name),
        Some(Err(failure)) if failure.is_missing() => edit::MISSING_TITLE.to_owned(),
        None | Some(Err(_)) => organization::TOKEN.to_owned(),
    });
    let content = live(move || match (token.answer(), settings.answer()) {
        (Some(Err(failure)), _) if failure.is_missing() => view! { <Missing /> }.into_any(),
        (Some(Err(failure)), _) | (_, Some(Err(failure))) => view! { <FailureNotice failure on_retry=Box::new(reload) /> }.into_any(),
        (Some(Ok(token)), Some(Ok(page))) => view! { <Token token grantable=supported(page) renamed /> }.into_any(),
        (None, _) | (_, None) => view! { <Skeleton /> }.into_any(),
    });
    view! {
        <nav class="crumbs">
            <a href=LIST><Icon shape=Shape::Back />{organization::BACK}</a>
        </nav>
        <Page heading ready=Signal::derive(move || token.is_done()) width=Width::Form>{content}</Page>
    }
}

#[component]
fn Missing() -> impl IntoView {
    view! {
        <p>{organization::MISSING}</p>
        <p><a class="button" href=LIST>{organization::BACK}</a></p>
    }
}

/// The token as saved; an edit, a reload or an act puts a newer one in its place, and tells the heading its name.
#[component]
fn Token(token: PersonalAccessToken, grantable: Vec<ScopeChoice>, renamed: RwSignal<Option<String>>) -> impl IntoView {
    let path = StoredValue::new(format!("{LIST}/{}", token.id));
    let saved = RwSignal::new(token);
    let asked = RwSignal::new(None::<Ask>);
    let flash = Flash::current();
    let draft = Draft::new(KIND, saved);
    Effect::new(move || renamed.set(Some(saved.with(|token| token.name.clone()))));
    let is_dead = Memo::new(move |_| saved.with(|token| token.status.is_dead()));
    let below = live(move || {
        if is_dead.get() {
            view! { <WhatItCouldDo scopes=saved.get_untracked().scopes /> }.into_any()
        } else {
            view! {
                <EditForm draft grantable=grantable.clone() />
                <Acts saved asked />
            }
            .into_any()
        }
    });
    let on_one = move |act: Act, row: AdminToken| {
        flash.leave(path.get_value(), inventory::done(act, &row));
        saved.set(row.token);
        crate::browser::focus_soon("h1");
    };
    view! {
        {live(move || view! { <Facts kind=KIND token=saved.get() /> })}
        {below}
        <ActDialog asked on_one on_many=|_| () />
    }
}

#[component]
fn Acts(saved: RwSignal<PersonalAccessToken>, asked: RwSignal<Option<Ask>>) -> impl IntoView {
    let button = move |act: Act| {
        let look = if act == Act::Revoke { Look::Danger } else { Look::Plain };
        let ask = move || {
            let row = AdminToken { token: saved.get_untracked(), kind: KIND, owner: None };
            asked.set(Some(Ask { act, target: Target::One(Box::new(row)) }));
        };
        view! { <ActionButton label=inventory::act(act) look on_press=ask /> }
    };
    let status = Memo::new(move |_| saved.with(|token| token.status));
    let id = saved.with_untracked(|token| token.id);
    view! {
        <section class="section danger" aria-labelledby="acts-title">
            <div>
                <h2 class="section__title" id="acts-title">{organization::STOP}</h2>
                <p class="section__intro">{organization::STOP_INTRO}</p>
            </div>
            <div class="actions">
                {live(move || Act::possible(status.get()).iter().map(|act| button(*act)).collect_view())}
                <a class="button" href=format!("/admin/audit?token={id}")>{inventory::ACTIVITY}</a>
            </div>
        </section>
    }
}
