//! The table of people.

use jiff::Timestamp;
use leptos::prelude::*;
use pat_core::wire::{AdminUser, RoleLabel, UserState};

use crate::components::live::live;
use crate::components::table::{Cell, Head};
use crate::dates;
use crate::words::{self, people};

/// People; each name leads to their page.
#[component]
pub fn PeopleTable(
    /// The rows.
    #[prop(into)]
    people: Signal<Vec<AdminUser>>,
) -> impl IntoView {
    view! {
        <table class="table" role="table">
            <caption class="visually-hidden">{people::TITLE}</caption>
            <Head columns=vec![people::NAME, people::ROLES, people::STATE, people::LAST_SEEN, people::LIVE_TOKENS] />
            <tbody role="rowgroup">
                {live(move || people.get().into_iter().map(|person| view! { <Row person /> }).collect_view())}
            </tbody>
        </table>
    }
}

#[component]
fn Row(person: AdminUser) -> impl IntoView {
    let AdminUser { id, name, email, roles, state, last_seen_at, live_tokens, .. } = person;
    view! {
        <tr role="row">
            <th class="table__name" scope="row" role="rowheader">
                <a href=format!("/admin/users/{id}")>{name}</a>
                <span class="person__email">{email}</span>
            </th>
            <Cell label=people::ROLES><RoleNames roles /></Cell>
            <Cell label=people::STATE><StateBadge state /></Cell>
            <Cell label=people::LAST_SEEN><Seen at=last_seen_at /></Cell>
            <Cell label=people::LIVE_TOKENS>{live_tokens}</Cell>
        </tr>
    }
}

/// Roles by the names that people read.
#[component]
pub fn RoleNames(
    /// The roles.
    roles: Vec<RoleLabel>,
) -> impl IntoView {
    if roles.is_empty() {
        return view! { <span class="muted">{people::NO_ROLES}</span> }.into_any();
    }
    let items = roles.into_iter().map(|role| view! { <li class="role-name">{role.label}</li> }).collect_view();
    view! { <ul class="role-names">{items}</ul> }.into_any()
}

/// A state in a word.
#[component]
pub fn StateBadge(
    /// The state.
    state: UserState,
) -> impl IntoView {
    let class = match state {
        UserState::Active => "badge badge--active",
        UserState::Invited => "badge badge--paused",
        UserState::Deactivated => "badge badge--expired",
    };
    view! { <span class=class>{people::state::label(state)}</span> }
}

/// When somebody was last seen.
#[component]
pub fn Seen(
    /// When; none is never.
    at: Option<Timestamp>,
) -> impl IntoView {
    match at {
        Some(at) => view! { <time class="seen" datetime=at.to_string() title=dates::date_time(at)>{dates::relative(at)}</time> }.into_any(),
        None => view! { <span class="muted">{words::NEVER}</span> }.into_any(),
    }
}
