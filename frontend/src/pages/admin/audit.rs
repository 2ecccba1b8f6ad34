//! For workspace admins: the audit log.

use leptos::prelude::*;
use pat_core::audit::{EventType, Outcome};

use crate::api;
use crate::components::button::ActionButton;
use crate::components::event_list::{Events, Told};
use crate::components::filter_bar::{EntryFilter, FilterBar, Form, SelectFilter};
use crate::components::live::live;
use crate::components::page::Page;
use crate::components::paged::{Paged, Rows};
use crate::components::query::Query;
use crate::dates;
use crate::model::audit::sentence;
use crate::model::failure::Failure;
use crate::words::{self, admin, audit};

pub mod chips;
pub mod details;

/// The page at `/admin/audit`.
#[component]
pub fn AuditPage() -> impl IntoView {
    let query = Query::of_page(&["user", "token", "event_type", "outcome", "from", "until", "ip"]);
    let list = Paged::new(query, |query| async move {
        let page = api::audit::events(&query).await?;
        Ok(Rows { rows: page.events, next_cursor: page.next_cursor })
    });
    let told = Told { sentence, details: |event| view! { <details::Details event /> }.into_any() };
    let rows = move || view! { <Events events=Signal::derive(move || list.rows()) told /> };
    let empty = move || view! { <Nothing query /> }.into_any();
    view! {
        <Page heading=audit::TITLE.to_owned()>
            <div class="section__head">
                <p class="section__intro">{audit::INTRO}</p>
                <a class="button" href=move || api::audit::export_address(&query.address()) download="" rel="external">{audit::EXPORT}</a>
            </div>
            <Filters query failure=Signal::derive(move || list.failure()) />
            <chips::Chips query />
            <p class="list-count" role="status">{move || list.count().map(|count| audit::shown(count, !list.has_more()))}</p>
            {list.show(rows, empty)}
        </Page>
    }
}

#[component]
fn Filters(query: Query, failure: Signal<Option<Failure>>) -> impl IntoView {
    let named = |name: &str, label: &str| (name.to_owned(), label.to_owned());
    let types: Vec<_> = EventType::ALL.iter().map(|event_type| named(event_type.as_str(), audit::event_type(*event_type))).collect();
    let outcomes = vec![named(Outcome::Succeeded.as_str(), audit::SUCCEEDED), named(Outcome::Refused.as_str(), audit::REFUSED)];
    let errors = move |field: &'static str| {
        Signal::derive(move || failure.with(|failure| failure.iter().flat_map(|f| f.errors_of(field)).map(words::field_error).collect()))
    };
    let moment = Form { kind: "datetime-local", show: shown_moment, read: read_moment };
    let text = Form { kind: "text", show: str::to_owned, read: |typed| typed.trim().to_owned() };
    view! {
        <FilterBar>
            <SelectFilter query name="event_type" label=audit::EVENT_TYPE any=audit::ANYTHING options=Signal::stored(types) />
            <SelectFilter query name="outcome" label=audit::OUTCOME any=audit::ANY_OUTCOME options=Signal::stored(outcomes) />
            <EntryFilter query name="from" label=audit::FROM form=moment errors=errors("from") />
            <EntryFilter query name="until" label=audit::UNTIL form=moment errors=errors("until") />
            <EntryFilter query name="ip" label=audit::IP form=text errors=errors("ip") />
        </FilterBar>
    }
}

/// The instant of the address, on the reader's clock.
fn shown_moment(instant: &str) -> String {
    pat_core::instant::parse(instant).map(dates::input_date_time).unwrap_or_default()
}

fn read_moment(typed: &str) -> String {
    dates::from_input(typed).map(|at| at.to_string()).unwrap_or_default()
}

#[component]
fn Nothing(query: Query) -> impl IntoView {
    let clear = live(move || (!query.is_empty()).then(|| view! { <ActionButton label=admin::CLEAR on_press=move || query.clear() /> }));
    view! {
        <div class="empty">
            <h2 class="empty__title">{audit::EMPTY_TITLE}</h2>
            <p>{audit::EMPTY}</p>
            {clear}
        </div>
    }
}
