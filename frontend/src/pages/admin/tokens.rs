//! For workspace admins: everyone's tokens.

use leptos::prelude::*;
use leptos::task::spawn_local;
use pat_core::wire::{AdminToken, ChangeState, TokenChange};

use crate::components::act_dialog::ActDialog;
use crate::components::button::ActionButton;
use crate::components::change_progress::{ChangeProgress, TITLE};
use crate::components::flash::Flash;
use crate::components::inventory_table::{InventoryTable, row_id};
use crate::components::live::live;
use crate::components::page::{Page, Width};
use crate::components::paged::{Paged, Rows};
use crate::components::query::Query;
use crate::model::act::{Act, Ask};
use crate::model::inventory::PARAMETERS;
use crate::model::selection::Selection;
use crate::session::Auth;
use crate::words::inventory;
use crate::{api, browser};

pub mod changes;
pub mod filters;
pub mod toolbar;

const PATH: &str = "/admin/tokens";

/// The page at `/admin/tokens`.
#[component]
pub fn AdminTokensPage() -> impl IntoView {
    let query = Query::of_page(&PARAMETERS);
    let list = Paged::new(query, |query| async move {
        let page = api::inventory::tokens(&query).await?;
        Ok(Rows { rows: page.tokens, next_cursor: page.next_cursor })
    });
    let selection = RwSignal::new(Selection::default());
    let asked = RwSignal::new(None::<Ask>);
    let running = Running::find();
    // What was selected under one filter is not what is meant under another.
    Effect::new(move || {
        query.address();
        selection.set(Selection::default());
    });
    let table = move || {
        view! {
            <toolbar::Toolbar query list selection asked />
            <InventoryTable tokens=Signal::derive(move || list.rows()) selection on_ask=move |ask| asked.set(Some(ask)) />
        }
    };
    let flash = Flash::current();
    let on_one = move |act: Act, token: AdminToken| {
        let id = token.token.id;
        flash.leave(PATH, inventory::done(act, &token));
        list.update(|rows| {
            if let Some(row) = rows.iter_mut().find(|row| row.token.id == id) {
                *row = token;
            }
        });
        browser::focus_soon(format!("#{}", row_id(id)));
    };
    let on_many = move |change: TokenChange| {
        selection.set(Selection::default());
        if change.state != ChangeState::Running {
            list.reload();
        }
        running.show(change);
        browser::focus_soon(TITLE);
    };
    view! {
        <Page heading=inventory::TITLE.to_owned() width=Width::Wide>
            <div class="section__head">
                <p class="section__intro">{inventory::INTRO}</p>
                <a class="button" href="/admin/tokens/changes">{inventory::RECENT}</a>
            </div>
            <RunningChanges running on_end=move || list.reload() />
            <filters::Filters query />
            <p class="list-count" role="status">{move || list.count().map(|count| inventory::shown(count, !list.has_more()))}</p>
            {list.show(table, move || view! { <Empty query /> }.into_any())}
        </Page>
        <ActDialog asked on_one on_many />
    }
}

#[component]
fn Empty(query: Query) -> impl IntoView {
    live(move || {
        if query.is_empty() {
            view! { <div class="empty"><h2 class="empty__title">{inventory::EMPTY_TITLE}</h2><p>{inventory::EMPTY}</p></div> }.into_any()
        } else {
            view! {
                <div class="empty">
                    <h2 class="empty__title">{inventory::NONE_TITLE}</h2>
                    <p>{inventory::NONE}</p>
                    <ActionButton label=inventory::CLEAR on_press=move || query.clear() />
                </div>
            }
            .into_any()
        }
    })
}

/// Changes of many tokens that are under way, or ended while this page was open.
#[derive(Clone, Copy)]
struct Running(RwSignal<Vec<TokenChange>>);

impl Running {
    /// Finds those that run already: begun before a reload, by another admin, or by a change of the settings.
    fn find() -> Self {
        let running = Self(RwSignal::new(Vec::new()));
        let auth = Auth::current();
        spawn_local(async move {
            // Without them the page only lacks their progress.
            if let Ok(list) = auth.watch(api::inventory::changes().await) {
                let found = list.changes.into_iter().filter(|change| change.state == ChangeState::Running).collect();
                let _ = running.0.try_set(found);
            }
        });
        running
    }

    fn show(self, change: TokenChange) {
        self.0.update(|running| running.insert(0, change));
    }
}

#[component]
fn RunningChanges(running: Running, on_end: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    view! {
        <For each=move || running.0.get() key=|change| change.id let:change>
            {
                let title = inventory::under_way(Act::from(&change.act));
                view! { <ChangeProgress change title on_end=Callback::new(move |()| on_end()) /> }
            }
        </For>
    }
}
