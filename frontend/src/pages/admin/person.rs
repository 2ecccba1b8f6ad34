//! One person: what they may do, and whether they can sign in.

use leptos::prelude::*;
use pat_core::wire::{AdminUser, RoleChoice, UserState};

use crate::api;
use crate::components::facts::Fact;
use crate::components::icon::{Icon, Shape};
use crate::components::live::live;
use crate::components::notice::{Notice, Tone};
use crate::components::page::{Page, Width};
use crate::components::people_table::{Seen, StateBadge};
use crate::components::remote::{FailureNotice, Remote, Skeleton};
use crate::components::token_facts::Moment;
use crate::words::people::{self, person as words, state};

pub mod access;
pub mod deactivate;
pub mod roles;

const PEOPLE: &str = "/admin/users";

/// The page at `/admin/users/{id}`.
#[component]
pub fn PersonPage(
    /// The person's id, as the address has it.
    id: String,
) -> impl IntoView {
    let person = Remote::new(move || {
        let id = id.clone();
        async move { api::people::user(&id).await }
    });
    let roles = Remote::new(api::people::roles);
    let reload = move || {
        person.reload();
        roles.reload();
    };
    let is_missing = |failure: &crate::model::failure::Failure| failure.code() == Some("not_found");
    let heading = Signal::derive(move || match person.answer() {
        Some(Ok(person)) => person.name,
        Some(Err(failure)) if is_missing(&failure) => words::MISSING_TITLE.to_owned(),
        None | Some(Err(_)) => words::TITLE.to_owned(),
    });
    let content = live(move || match (person.answer(), roles.answer()) {
        (Some(Err(failure)), _) if is_missing(&failure) => view! { <Missing /> }.into_any(),
        (Some(Err(failure)), _) | (_, Some(Err(failure))) => view! { <FailureNotice failure on_retry=Box::new(reload) /> }.into_any(),
        (Some(Ok(person)), Some(Ok(list))) => view! { <Person person roles=list.roles /> }.into_any(),
        (None, _) | (_, None) => view! { <Skeleton /> }.into_any(),
    });
    view! {
        <nav class="crumbs">
            <a href=PEOPLE><Icon shape=Shape::Back />{words::BACK}</a>
        </nav>
        <Page heading ready=Signal::derive(move || person.is_done()) width=Width::Form>{content}</Page>
    }
}

#[component]
fn Missing() -> impl IntoView {
    view! {
        <p>{words::MISSING}</p>
        <p><a class="button" href=PEOPLE>{words::TO_LIST}</a></p>
    }
}

/// The person as saved; every change puts a newer one in its place.
#[component]
fn Person(person: AdminUser, roles: Vec<RoleChoice>) -> impl IntoView {
    let saved = RwSignal::new(person);
    let is_deactivated = Memo::new(move |_| saved.with(|person| person.state == UserState::Deactivated));
    view! {
        {live(move || view! { <Facts person=saved.get() /> })}
        <roles::RolesSection saved roles />
        <section class="section" aria-labelledby="sign-in-title">
            <h2 class="section__title" id="sign-in-title">{words::SIGN_IN}</h2>
            {live(move || (!is_deactivated.get()).then(|| view! { <access::EndSessions saved /><access::NewLink saved /> }))}
            <deactivate::Activation saved />
        </section>
    }
}

#[component]
fn Facts(person: AdminUser) -> impl IntoView {
    let AdminUser { id, email, state, created_at, last_seen_at, sessions, live_tokens, .. } = person;
    let notice = state::meaning(state).map(|text| view! { <Notice tone=Tone::Info title=state::label(state) text /> });
    view! {
        {notice}
        <dl class="facts">
            <Fact label=people::EMAIL>{email}</Fact>
            <Fact label=people::STATE><StateBadge state /></Fact>
            <Fact label=people::ADDED><Moment at=created_at /></Fact>
            <Fact label=people::LAST_SEEN><Seen at=last_seen_at /></Fact>
            <Fact label=people::SESSIONS>{sessions}</Fact>
            <Fact label=people::LIVE_TOKENS>{live_tokens}</Fact>
        </dl>
        <p class="links">
            <a href=format!("/admin/tokens?owner={id}")>{words::TOKENS}</a>
            <a href=format!("/admin/audit?user={id}")>{words::ACTIVITY}</a>
        </p>
    }
}
