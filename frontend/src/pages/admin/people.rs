//! Everybody in the account.

use leptos::prelude::*;
use leptos::task::spawn_local;
use pat_core::wire::{RoleChoice, UserState};

use crate::api;
use crate::components::button::ActionButton;
use crate::components::filter_bar::{FilterBar, SearchFilter, SelectFilter};
use crate::components::icon::{Icon, Shape};
use crate::components::live::live;
use crate::components::page::Page;
use crate::components::paged::{Paged, Rows};
use crate::components::people_table::PeopleTable;
use crate::components::query::Query;
use crate::session::Auth;
use crate::words::{admin, people};

/// The states by their names in the address.
const STATES: [(&str, UserState); 3] =
    [("active", UserState::Active), ("invited", UserState::Invited), ("deactivated", UserState::Deactivated)];

/// The page at `/admin/users`.
#[component]
pub fn PeoplePage() -> impl IntoView {
    let query = Query::of_page(&["search", "role", "state"]);
    let list = Paged::new(query, |query| async move {
        let page = api::people::users(&query).await?;
        Ok(Rows { rows: page.users, next_cursor: page.next_cursor })
    });
    let table = move || view! { <PeopleTable people=Signal::derive(move || list.rows()) /> };
    let empty = move || view! { <Nobody query /> }.into_any();
    view! {
        <Page heading=people::TITLE.to_owned()>
            <div class="section__head">
                <p class="section__intro">{people::INTRO}</p>
                <a class="button button--primary" href="/admin/users/new"><Icon shape=Shape::Plus />{people::INVITE}</a>
            </div>
            <Filters query />
            <p class="list-count" role="status">{move || list.count().map(|count| people::shown(count, !list.has_more()))}</p>
            {list.show(table, empty)}
        </Page>
    }
}

#[component]
fn Filters(query: Query) -> impl IntoView {
    let roles = RwSignal::new(Vec::<RoleChoice>::new());
    let auth = Auth::current();
    spawn_local(async move {
        // Without the list the filter only lacks its choices; the list of people says what is wrong.
        if let Ok(list) = auth.watch(api::people::roles().await) {
            let _ = roles.try_set(list.roles);
        }
    });
    let role_options = Signal::derive(move || roles.get().into_iter().map(|role| (role.name, role.label)).collect());
    let state_options: Vec<(String, String)> =
        STATES.into_iter().map(|(value, state)| (value.to_owned(), people::state::label(state).to_owned())).collect();
    view! {
        <FilterBar>
            <SearchFilter query name="search" label=people::SEARCH placeholder=people::SEARCH_HINT />
            <SelectFilter query name="role" label=people::ROLE any=people::ANY_ROLE options=role_options />
            <SelectFilter query name="state" label=people::STATE any=people::ANY_STATE options=Signal::stored(state_options) />
        </FilterBar>
    }
}

#[component]
fn Nobody(query: Query) -> impl IntoView {
    let clear = live(move || (!query.is_empty()).then(|| view! { <ActionButton label=admin::CLEAR on_press=move || query.clear() /> }));
    view! {
        <div class="empty">
            <h2 class="empty__title">{people::NOBODY_TITLE}</h2>
            <p>{people::NOBODY}</p>
            {clear}
        </div>
    }
}
