//! A token's facts on its page.

use leptos::prelude::*;
use pat_core::token::{TokenKind, TokenStatus};
use pat_core::wire::PersonalAccessToken;

use crate::components::notice::{Notice, Tone};
use crate::components::token_facts::{Badge, Expiry, LastUse, Moment, ScopeList, revocation};
use crate::dates;
use crate::model::person::is_of;
use crate::session::Auth;
use crate::words::own::pause;
use crate::words::{self, edit};

/// All of them but its name and scopes, and why it isn't working if it isn't.
#[component]
pub fn Facts(
    /// Whose it is.
    kind: TokenKind,
    /// The token.
    token: PersonalAccessToken,
    /// More facts, before the others.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let PersonalAccessToken { created_at, expires_at, last_used_at, last_used_ip, last_used_user_agent, status, token_hint, .. } =
        token.clone();
    let client = last_used_user_agent.map(|client| view! { <Fact label=edit::CLIENT>{client}</Fact> });
    let notice = why_not_working(&token).map(|text| view! { <Notice tone=Tone::Info title=words::status(token.status) text /> });
    view! {
        {notice}
        <dl class="facts">
            {children.map(|more| more())}
            <Fact label=edit::STATUS><Badge status /></Fact>
            <Fact label=edit::SECRET><code>{format!("{}…{token_hint}", kind.prefix())}</code></Fact>
            <Fact label=edit::CREATED><Moment at=created_at /></Fact>
            <Fact label=edit::EXPIRES><Expiry at=expires_at /></Fact>
            <Fact label=edit::LAST_USED><LastUse at=last_used_at ip=last_used_ip /></Fact>
            {client}
        </dl>
    }
}

/// One fact.
#[component]
pub fn Fact(
    /// What it is about.
    label: &'static str,
    /// What there is to say.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="fact">
            <dt>{label}</dt>
            <dd>{children()}</dd>
        </div>
    }
}

/// The scopes of a token that is dead.
#[component]
pub fn WhatItCouldDo(
    /// Their names.
    scopes: Vec<String>,
) -> impl IntoView {
    view! {
        <section class="section">
            <h2 class="section__title">{edit::DEAD_SCOPES}</h2>
            <ScopeList scopes />
        </section>
    }
}

fn why_not_working(token: &PersonalAccessToken) -> Option<String> {
    match token.status {
        TokenStatus::Active => token.refused_by.map(|rule| words::refused_by(rule).to_owned()),
        TokenStatus::Paused => token.paused_until.map(|until| paused(token, &dates::date_time(until))),
        TokenStatus::Expired => token.expires_at.map(|at| words::expired(&dates::date_time(at))),
        TokenStatus::Revoked => Some(words::ended(&revocation(token))),
    }
}

fn paused(token: &PersonalAccessToken, until: &str) -> String {
    let is_own = is_of(token.paused_by.as_ref(), Auth::current().session_now().as_ref());
    match &token.paused_by {
        Some(person) if !is_own => pause::by(&person.name, until),
        _ => words::paused_until(until),
    }
}
