//! Tables of tokens.

use leptos::prelude::*;
use pat_core::wire::PersonalAccessToken;

use crate::components::table::{Cell, Head};
use crate::components::token_facts::{Expiry, LastUse, Scopes, Status};
use crate::model::listing::Listing;
use crate::words::list;

/// All tokens of one owner: those that may work, and folded away those that ended.
#[component]
pub fn TokenLists(
    /// The tokens.
    listing: Listing,
    /// What the table of the first is called.
    caption: &'static str,
    /// Below which address their pages are.
    pages: &'static str,
    /// What is said if there were some, but none works any more.
    no_live: &'static str,
    /// What stands there if there never were any.
    children: Children,
) -> impl IntoView {
    let Listing { live, ended } = listing;
    let live = match (live.is_empty(), ended.is_empty()) {
        (false, _) => view! { <TokenTable tokens=live caption pages /> }.into_any(),
        (true, true) => children().into_any(),
        (true, false) => view! { <p class="empty">{no_live}</p> }.into_any(),
    };
    let ended = (!ended.is_empty()).then(|| {
        let caption = list::ended(ended.len());
        view! {
            <details class="ended">
                <summary>{caption.clone()}</summary>
                <TokenTable tokens=ended caption pages />
            </details>
        }
    });
    view! { {live} {ended} }
}

/// Tokens of one owner; each name leads to its page.
#[component]
fn TokenTable(
    /// The tokens.
    tokens: Vec<PersonalAccessToken>,
    /// What the table is called.
    #[prop(into)]
    caption: String,
    /// Below which address their pages are.
    pages: &'static str,
) -> impl IntoView {
    let rows = tokens
        .into_iter()
        .map(|token| {
            let name = view! { <a href=format!("{pages}/{}", token.id)>{token.name.clone()}</a> }.into_any();
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
