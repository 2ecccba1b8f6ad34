//! What there is to say about a token: its scopes, its end, its last use, its status.

use jiff::Timestamp;
use leptos::prelude::*;
use pat_core::token::TokenStatus;
use pat_core::wire::PersonalAccessToken;

use crate::dates;
use crate::model::moment::is_soon;
use crate::words::{self, list, reason};

/// How many scopes are shown before the rest is folded away.
const SHOWN: usize = 3;

/// A token's scopes, the first few of them open.
#[component]
pub fn Scopes(
    /// Their names.
    scopes: Vec<String>,
) -> impl IntoView {
    if scopes.is_empty() {
        return view! { <span class="muted">{list::NO_SCOPES}</span> }.into_any();
    }
    let mut scopes = scopes.into_iter();
    let shown: Vec<String> = scopes.by_ref().take(SHOWN).collect();
    let rest: Vec<String> = scopes.collect();
    let more = (!rest.is_empty()).then(|| {
        view! {
            <details class="more">
                <summary>{list::more(rest.len())}</summary>
                <ScopeList scopes=rest />
            </details>
        }
    });
    view! { <ScopeList scopes=shown />{more} }.into_any()
}

/// Scopes as a list.
#[component]
pub fn ScopeList(
    /// Their names.
    scopes: Vec<String>,
) -> impl IntoView {
    let items = scopes.into_iter().map(|scope| view! { <li><code class="chip">{scope}</code></li> }).collect_view();
    view! { <ul class="chips">{items}</ul> }
}

/// An instant: the date, how far away it is, and exactly when on demand.
#[component]
pub fn Moment(
    /// The instant.
    at: Timestamp,
    /// Whether to draw attention to it.
    #[prop(optional)]
    soon: bool,
) -> impl IntoView {
    view! {
        <time class="moment" datetime=at.to_string() title=dates::date_time(at)>
            <span>{dates::date(at)}</span>
            " "
            <span class=if soon { "moment__distance moment__distance--soon" } else { "moment__distance" }>{dates::relative(at)}</span>
        </time>
    }
}

/// When a token ends.
#[component]
pub fn Expiry(
    /// The end; none is never.
    at: Option<Timestamp>,
) -> impl IntoView {
    match at {
        Some(at) => view! { <Moment at soon=is_soon(dates::now(), at) /> }.into_any(),
        None => view! { <span>{words::NEVER}</span> }.into_any(),
    }
}

/// When a token was last used, and from where.
#[component]
pub fn LastUse(
    /// When.
    at: Option<Timestamp>,
    /// From which address.
    ip: Option<String>,
) -> impl IntoView {
    match at {
        Some(at) => view! {
            <span class="moment">
                <time datetime=at.to_string() title=dates::date_time(at)>{dates::relative(at)}</time>
                " "
                <span class="moment__distance">{ip.map(|ip| list::last_used_from(&ip))}</span>
            </span>
        }
        .into_any(),
        None => view! { <span class="muted">{words::NEVER}</span> }.into_any(),
    }
}

/// A token's status, and why it is not working if it isn't.
#[component]
pub fn Status(
    /// The token.
    token: PersonalAccessToken,
) -> impl IntoView {
    let why = match token.status {
        TokenStatus::Active => token.refused_by.map(|rule| words::refused_by(rule).to_owned()),
        TokenStatus::Expired => None,
        TokenStatus::Paused => token.paused_until.map(|until| words::paused(&dates::date_time(until))),
        TokenStatus::Revoked => Some(revocation(&token)),
    };
    view! {
        <Badge status=token.status />
        {why.map(|why| view! { <span class="why">{why}</span> })}
    }
}

/// A status in a word.
#[component]
pub fn Badge(
    /// The status.
    status: TokenStatus,
) -> impl IntoView {
    view! { <span class=badge_class(status)>{words::status(status)}</span> }
}

/// Who revoked a token, when, and why.
pub fn revocation(token: &PersonalAccessToken) -> String {
    let reason = token.revoke_reason.map(|code| reason::with_note(code, token.revoke_note.as_deref()));
    words::revoked(token.revoked_by.as_ref(), reason.as_deref(), token.revoked_at.map(dates::date).as_deref())
}

fn badge_class(status: TokenStatus) -> &'static str {
    match status {
        TokenStatus::Active => "badge badge--active",
        TokenStatus::Paused => "badge badge--paused",
        TokenStatus::Expired => "badge badge--expired",
        TokenStatus::Revoked => "badge badge--revoked",
    }
}
