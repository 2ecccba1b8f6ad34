//! Everyone's tokens in a table.

use leptos::prelude::*;
use pat_core::id::TokenId;
use pat_core::wire::{AdminToken, Owner, PersonalAccessToken};

use crate::components::live::live;
use crate::components::table::{Cell, Head};
use crate::components::token_facts::{Expiry, LastUse, Moment, Scopes, Status};
use crate::model::act::{Act, Ask, Target};
use crate::model::selection::Selection;
use crate::words::{inventory, list};

/// Tokens with their owners, to select and to act on.
#[component]
pub fn InventoryTable(
    /// The tokens.
    #[prop(into)]
    tokens: Signal<Vec<AdminToken>>,
    /// What is selected.
    selection: RwSignal<Selection>,
    /// Asks for an act on one of them.
    on_ask: impl Fn(Ask) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let columns = vec![
        inventory::SELECTED_COLUMN,
        list::NAME,
        list::OWNER,
        list::STATUS,
        list::SCOPES,
        inventory::CREATED,
        list::EXPIRES,
        list::LAST_USED,
        inventory::ACTIONS,
    ];
    view! {
        <table class="table table--inventory" role="table">
            <caption class="visually-hidden">{inventory::TITLE}</caption>
            <Head columns />
            <tbody role="rowgroup">
                {live(move || tokens.get().into_iter().map(|row| view! { <Row row selection on_ask /> }).collect_view())}
            </tbody>
        </table>
    }
}

#[component]
fn Row(row: AdminToken, selection: RwSignal<Selection>, on_ask: impl Fn(Ask) + Copy + Send + Sync + 'static) -> impl IntoView {
    let AdminToken { token, kind, owner } = row.clone();
    let PersonalAccessToken { id, name, token_hint, scopes, created_at, expires_at, last_used_at, last_used_ip, .. } = token.clone();
    view! {
        <tr role="row" id=row_id(id) tabindex="-1">
            <td class="cell cell--select" role="cell"><SelectBox id name=inventory::select(&row) selection /></td>
            <th class="table__name" scope="row" role="rowheader">
                <a href=format!("/admin/tokens/{id}")>{name}</a>
                <span class="token-hint">{format!("{}…{token_hint}", kind.prefix())}</span>
            </th>
            <Cell label=list::OWNER><OwnerName owner /></Cell>
            <Cell label=list::STATUS><Status token /></Cell>
            <Cell label=list::SCOPES><Scopes scopes /></Cell>
            <Cell label=inventory::CREATED><Moment at=created_at /></Cell>
            <Cell label=list::EXPIRES><Expiry at=expires_at /></Cell>
            <Cell label=list::LAST_USED><LastUse at=last_used_at ip=last_used_ip /></Cell>
            <Cell label=inventory::ACTIONS><Acts row on_ask /></Cell>
        </tr>
    }
}

/// The id of a token's row on the page.
pub fn row_id(id: TokenId) -> String {
    format!("token-{id}")
}

#[component]
fn SelectBox(id: TokenId, name: String, selection: RwSignal<Selection>) -> impl IntoView {
    let is_all = move || selection.with(|selection| *selection == Selection::AllThatMatch);
    view! {
        <label class="select-box">
            <input
                type="checkbox"
                aria-label=name
                prop:checked=move || selection.with(|selection| selection.contains(id))
                prop:disabled=is_all
                on:change=move |_| selection.update(|selection| selection.toggle(id))
            />
        </label>
    }
}

#[component]
fn Acts(row: AdminToken, on_ask: impl Fn(Ask) + Copy + Send + Sync + 'static) -> impl IntoView {
    let activity = format!("/admin/audit?token={}", row.token.id);
    let activity_name = inventory::activity(&row);
    let buttons = Act::possible(row.token.status)
        .iter()
        .map(|act| {
            let act = *act;
            let name = inventory::act_on(act, &row);
            let class = if act == Act::Revoke { "text-button text-button--danger" } else { "text-button" };
            let row = row.clone();
            let ask = move |_| on_ask(Ask { act, target: Target::One(Box::new(row.clone())) });
            view! { <button type="button" class=class aria-label=name on:click=ask>{inventory::act(act)}</button> }
        })
        .collect_view();
    view! {
        <div class="row-acts">
            {buttons}
            <a class="text-button" href=activity aria-label=activity_name>{inventory::ACTIVITY}</a>
        </div>
    }
}

/// Whose a token is; the name leads to all tokens of theirs.
#[component]
pub fn OwnerName(
    /// Whose; none is the organization's.
    owner: Option<Owner>,
) -> impl IntoView {
    let Some(Owner { id, name, email }) = owner else {
        return view! { <span class="muted">{inventory::ORGANIZATION}</span> }.into_any();
    };
    let only = inventory::only_of(&name);
    // Broken, if at all, before the domain.
    let (local, domain) =
        email.rsplit_once('@').map_or((email.clone(), None), |(local, domain)| (local.to_owned(), Some(format!("@{domain}"))));
    view! {
        <span class="owner">
            <a class="owner__name" href=format!("/admin/tokens?owner={id}") aria-label=only>{name}</a>
            <span class="moment__distance">{local}<wbr />{domain}</span>
        </span>
    }
    .into_any()
}
