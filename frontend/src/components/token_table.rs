//! Tables of tokens.

use leptos::prelude::*;
use pat_core::wire::{AdminToken, Owner, PersonalAccessToken};

use crate::components::button::{ActionButton, Look};
use crate::components::live::live;
use crate::components::table::{Cell, Head};
use crate::components::token_facts::{Expiry, LastUse, Scopes, Status};
use crate::words::{inventory, list};

/// A user's own tokens; each name leads to its page.
#[component]
pub fn OwnTokens(
    /// The tokens.
    tokens: Vec<PersonalAccessToken>,
    /// What the table is called.
    #[prop(into)]
    caption: String,
) -> impl IntoView {
    let rows = tokens
        .into_iter()
        .map(|token| {
            let name = view! { <a href=format!("/settings/tokens/{}", token.id)>{token.name.clone()}</a> }.into_any();
            view! {
                <tr role="row">
                    <NameCell name hint=token.token_hint.clone() />
                    <FactCells token />
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table" role="table">
            <caption class="visually-hidden">{caption}</caption>
            <Head columns=vec![list::NAME, list::STATUS, list::SCOPES, list::EXPIRES, list::LAST_USED] />
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

/// Everyone's tokens, each with its owner and a button that revokes it.
#[component]
pub fn EveryonesTokens(
    /// The tokens.
    #[prop(into)]
    tokens: Signal<Vec<AdminToken>>,
    /// Asks for a revocation.
    on_revoke: impl Fn(AdminToken) + Clone + Send + Sync + 'static,
) -> impl IntoView {
    let row = move |row: AdminToken| {
        let AdminToken { token, owner, .. } = row.clone();
        let on_revoke = on_revoke.clone();
        let revoke = (!token.status.is_dead()).then(|| {
            let name = inventory::revoke(&row);
            view! { <ActionButton label=inventory::REVOKE name look=Look::Danger on_press=move || on_revoke(row.clone()) /> }
        });
        let row_id = format!("token-{}", token.id);
        view! {
            <tr role="row" id=row_id tabindex="-1">
                <NameCell name=token.name.clone().into_any() hint=token.token_hint.clone() />
                <Cell label=list::OWNER><OwnerName owner /></Cell>
                <FactCells token />
                <Cell label=list::ACTION>{revoke}</Cell>
            </tr>
        }
    };
    view! {
        <table class="table table--wide" role="table">
            <caption class="visually-hidden">{inventory::TITLE}</caption>
            <Head columns=vec![list::NAME, list::OWNER, list::STATUS, list::SCOPES, list::EXPIRES, list::LAST_USED, list::ACTION] />
            <tbody role="rowgroup">
                {live(move || tokens.get().into_iter().map(&row).collect_view())}
            </tbody>
        </table>
    }
}

#[component]
fn NameCell(name: AnyView, hint: String) -> impl IntoView {
    view! {
        <th class="table__name" scope="row" role="rowheader">
            {name}
            <span class="token-hint">{format!("…{hint}")}</span>
        </th>
    }
}

#[component]
fn FactCells(token: PersonalAccessToken) -> impl IntoView {
    let PersonalAccessToken { scopes, expires_at, last_used_at, last_used_ip, .. } = token.clone();
    view! {
        <Cell label=list::STATUS><Status token /></Cell>
        <Cell label=list::SCOPES><Scopes scopes /></Cell>
        <Cell label=list::EXPIRES><Expiry at=expires_at /></Cell>
        <Cell label=list::LAST_USED><LastUse at=last_used_at ip=last_used_ip /></Cell>
    }
}

#[component]
fn OwnerName(owner: Option<Owner>) -> impl IntoView {
    match owner {
        Some(owner) => view! {
            <span class="owner">
                <span>{owner.name}</span>
                <span class="moment__distance">{owner.email}</span>
            </span>
        }
        .into_any(),
        None => view! { <span class="muted">{inventory::ORGANIZATION}</span> }.into_any(),
    }
}
