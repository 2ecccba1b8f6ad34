//! The last changes of many tokens.

use leptos::prelude::*;
use pat_core::wire::{ChangeState, TokenAct, TokenChange};

use crate::api;
use crate::components::change_progress::ChangeProgress;
use crate::components::icon::{Icon, Shape};
use crate::components::page::Page;
use crate::components::remote::Remote;
use crate::components::table::{Cell, Head};
use crate::components::token_facts::Moment;
use crate::dates;
use crate::model::act::Act;
use crate::words::{self, changes, inventory, reason};

/// The page at `/admin/tokens/changes`.
#[component]
pub fn TokenChangesPage() -> impl IntoView {
    let list = Remote::new(api::inventory::changes);
    let content = list.show(move |found| {
        let (running, ended): (Vec<_>, Vec<_>) = found.changes.into_iter().partition(|change| change.state == ChangeState::Running);
        let on_end = Callback::new(move |()| list.reload());
        let running = running
            .into_iter()
            .map(|change| {
                let title = inventory::under_way(Act::from(&change.act));
                view! { <ChangeProgress change title on_end /> }
            })
            .collect_view();
        let ended = if ended.is_empty() {
            view! { <p class="empty">{changes::NONE}</p> }.into_any()
        } else {
            view! { <Ended changes=ended /> }.into_any()
        };
        view! { {running}{ended} }
    });
    view! {
        <nav class="crumbs crumbs--full">
            <a href=super::PATH><Icon shape=Shape::Back />{inventory::BACK}</a>
        </nav>
        <Page heading=inventory::RECENT.to_owned()>
            <p class="page__intro">{changes::INTRO}</p>
            {content}
        </Page>
    }
}

#[component]
fn Ended(changes: Vec<TokenChange>) -> impl IntoView {
    let rows = changes.into_iter().map(|change| view! { <Row change /> }).collect_view();
    view! {
        <table class="table" role="table">
            <caption class="visually-hidden">{inventory::RECENT}</caption>
            <Head columns=vec![changes::WHAT, changes::OUTCOME, changes::WHO, changes::WHEN] />
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

#[component]
fn Row(change: TokenChange) -> impl IntoView {
    let outcome = changes::progress(&change.act, change.state, change.done, change.matched);
    let who = change.asked_by.map_or_else(|| words::activity::OPERATOR.to_owned(), |person| person.name);
    view! {
        <tr role="row">
            <th class="table__name" scope="row" role="rowheader">
                {changes::what(&change.act)}
                <span class="why">{detail(&change.act)}</span>
            </th>
            <Cell label=changes::OUTCOME>{outcome}</Cell>
            <Cell label=changes::WHO>{who}</Cell>
            <Cell label=changes::WHEN><Moment at=change.created_at /></Cell>
        </tr>
    }
}

fn detail(act: &TokenAct) -> Option<String> {
    match act {
        TokenAct::Revoke { reason, note } => reason.map(|code| reason::with_note(code, note.as_deref())),
        TokenAct::Pause { until } => until.map(|until| words::paused(&dates::date_time(until))),
        TokenAct::Resume {} => None,
    }
}
