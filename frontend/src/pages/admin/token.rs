//! Anybody's token, as workspace admins see it.

use leptos::prelude::*;
use pat_core::token::TokenKind;
use pat_core::wire::{AdminToken, PersonalAccessToken, UnusedScopes};

use crate::api;
use crate::components::act_dialog::ActDialog;
use crate::components::button::{ActionButton, Look};
use crate::components::facts::{Fact, Facts, WhatItCouldDo};
use crate::components::flash::Flash;
use crate::components::icon::{Icon, Shape};
use crate::components::inventory_table::OwnerName;
use crate::components::live::live;
use crate::components::page::{Page, Width};
use crate::components::remote::{FailureNotice, Remote, Skeleton};
use crate::components::token_facts::ScopeList;
use crate::model::act::{Act, Ask, Target};
use crate::words::{edit, inventory, list};
use crate::{browser, dates};

const LIST: &str = "/admin/tokens";

/// The page at `/admin/tokens/{id}`.
#[component]
pub fn AdminTokenPage(
    /// The token's id, as the address has it.
    id: String,
) -> impl IntoView {
    let token = {
        let id = id.clone();
        Remote::new(move || {
            let id = id.clone();
            async move { api::inventory::token(&id).await }
        })
    };
    let heading = Signal::derive(move || match token.answer() {
        Some(Ok(row)) => row.token.name,
        Some(Err(failure)) if failure.is_missing() => edit::MISSING_TITLE.to_owned(),
        None | Some(Err(_)) => inventory::TOKEN.to_owned(),
    });
    let content = live(move || match token.answer() {
        None => view! { <Skeleton /> }.into_any(),
        Some(Ok(row)) => view! { <Token row id=id.clone() /> }.into_any(),
        Some(Err(failure)) if failure.is_missing() => view! { <Missing /> }.into_any(),
        Some(Err(failure)) => view! { <FailureNotice failure on_retry=Box::new(move || token.reload()) /> }.into_any(),
    });
    view! {
        <nav class="crumbs">
            <a href=LIST><Icon shape=Shape::Back />{inventory::BACK}</a>
        </nav>
        <Page heading ready=Signal::derive(move || token.is_done()) width=Width::Form>{content}</Page>
    }
}

#[component]
fn Missing() -> impl IntoView {
    view! {
        <p>{inventory::MISSING}</p>
        <p><a class="button" href=LIST>{inventory::BACK}</a></p>
    }
}

/// The token as it is; every act puts a newer one in its place.
#[component]
fn Token(row: AdminToken, id: String) -> impl IntoView {
    let saved = RwSignal::new(row);
    let asked = RwSignal::new(None::<Ask>);
    let flash = Flash::current();
    let path = format!("{LIST}/{id}");
    let path = StoredValue::new(path);
    let on_one = move |act: Act, token: AdminToken| {
        flash.leave(path.get_value(), inventory::done(act, &token));
        saved.set(token);
        browser::focus_soon("h1");
    };
    view! {
        {live(move || view! { <Known row=saved.get() asked /> })}
        <Unused id />
        <ActDialog asked on_one on_many=|_| () />
    }
}

#[component]
fn Known(row: AdminToken, asked: RwSignal<Option<Ask>>) -> impl IntoView {
    let AdminToken { token, kind, owner } = row.clone();
    let is_dead = token.status.is_dead();
    let scopes = if is_dead {
        view! { <WhatItCouldDo scopes=token.scopes.clone() /> }.into_any()
    } else {
        view! { <ScopesInEffect token=token.clone() /> }.into_any()
    };
    let edit = (kind == TokenKind::Organization && !is_dead).then(|| {
        view! { <a class="button" href=format!("/admin/organization-tokens/{}", token.id)>{inventory::EDIT}</a> }
    });
    let acts = Act::possible(token.status)
        .iter()
        .map(|act| {
            let act = *act;
            let row = row.clone();
            let look = if act == Act::Revoke { Look::Danger } else { Look::Plain };
            let ask = move || asked.set(Some(Ask { act, target: Target::One(Box::new(row.clone())) }));
            view! { <ActionButton label=inventory::act(act) look on_press=ask /> }
        })
        .collect_view();
    view! {
        <Facts kind token=token.clone()>
            <Fact label=list::OWNER><OwnerName owner /></Fact>
            <Fact label=inventory::KIND>{inventory::kind(kind)}</Fact>
        </Facts>
        <div class="actions">
            {acts}
            {edit}
            <a class="button" href=format!("/admin/audit?token={}", token.id)>{inventory::ACTIVITY}</a>
        </div>
        {scopes}
    }
}

#[component]
fn ScopesInEffect(token: PersonalAccessToken) -> impl IntoView {
    let PersonalAccessToken { scopes, effective_scopes, .. } = token;
    let is_masked = scopes.len() != effective_scopes.len();
    let masked = is_masked.then(|| {
        if effective_scopes.is_empty() {
            view! { <p class="hint">{inventory::NOTHING_EFFECTIVE}</p> }.into_any()
        } else {
            view! { <p class="hint">{inventory::SCOPES_MASKED}</p><ScopeList scopes=effective_scopes /> }.into_any()
        }
    });
    view! {
        <section class="section" aria-labelledby="scopes-title">
            <h2 class="section__title" id="scopes-title">{inventory::SCOPES}</h2>
            <ScopeList scopes />
            {masked}
        </section>
    }
}

#[component]
fn Unused(id: String) -> impl IntoView {
    let unused = Remote::new(move || {
        let id = id.clone();
        async move { api::inventory::unused_scopes(&id).await }
    });
    view! {
        <section class="section" aria-labelledby="unused-title">
            <h2 class="section__title" id="unused-title">{inventory::UNUSED}</h2>
            {unused.show(|unused| view! { <UnusedList unused /> })}
        </section>
    }
}

#[component]
fn UnusedList(unused: UnusedScopes) -> impl IntoView {
    let UnusedScopes { scopes, days } = unused;
    if scopes.is_empty() {
        return view! { <p class="muted">{inventory::NO_UNUSED}</p> }.into_any();
    }
    let items = scopes
        .into_iter()
        .map(|unused| {
            let granted = inventory::granted(&dates::relative(unused.granted_at));
            view! { <li><code class="chip">{unused.scope}</code>" "<span class="muted">{granted}</span></li> }
        })
        .collect_view();
    view! {
        <p class="section__intro">{inventory::unused_since(days)}</p>
        <ul class="unused-scopes">{items}</ul>
    }
    .into_any()
}
