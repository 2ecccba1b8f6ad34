//! Filters above a list. Each takes hold as soon as it changes.

use std::time::Duration;

use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use pat_core::instant;

use crate::components::field::{FieldErrors, described_by, invalid};
use crate::components::live::live;
use crate::components::query::Query;
use crate::dates;

/// How long nobody types before a search begins.
const PAUSE: Duration = Duration::from_millis(250);

/// The filters in a row.
#[component]
pub fn FilterBar(
    /// The filters.
    children: Children,
) -> impl IntoView {
    // The filters have done what Enter asks for already.
    view! { <form class="filters" role="search" on:submit=move |event| event.prevent_default()>{children()}</form> }
}

/// A text to search for.
#[component]
pub fn SearchFilter(
    /// The list's query.
    query: Query,
    /// The parameter, which is the field's id too.
    name: &'static str,
    /// What to enter.
    label: &'static str,
    /// What may be searched for.
    placeholder: &'static str,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let asked = StoredValue::new(String::new());
    let search = move || {
        let text = typed.try_get_untracked().unwrap_or_default().trim().to_owned();
        if asked.try_get_value().is_some_and(|asked| asked != text) {
            asked.set_value(text.clone());
            query.set(name, &text);
        }
    };
    let mut search_soon = debounce(PAUSE, move |()| search());
    // The address changes by other ways, too, and then the field follows; but never while somebody types.
    Effect::new(move || {
        let now = query.get(name);
        if asked.get_value() != now {
            asked.set_value(now.clone());
            typed.set(now);
        }
    });
    view! {
        <div class="filter filter--search">
            <label class="filter__label" for=name>{label}</label>
            <input
                class="input"
                id=name
                type="search"
                placeholder=placeholder
                prop:value=typed
                on:input=move |event| {
                    typed.set(event_target_value(&event));
                    search_soon(());
                }
                on:change=move |_| search()
            />
        </div>
    }
}

/// One of some values, or any.
#[component]
pub fn SelectFilter(
    /// The list's query.
    query: Query,
    /// The parameter, which is the field's id too.
    name: &'static str,
    /// What to choose.
    label: &'static str,
    /// What it says while nothing is chosen.
    any: &'static str,
    /// The values, each with what it says.
    options: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    let choices = live(move || {
        let chosen = query.get(name);
        let option = |(value, text): (String, String)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{text}</option> }
        };
        options.get().into_iter().map(option).collect_view()
    });
    view! {
        <div class="filter">
            <label class="filter__label" for=name>{label}</label>
            <select class="input" id=name on:change=move |event| query.set(name, &event_target_value(&event))>
                <option value="">{any}</option>
                {choices}
            </select>
        </div>
    }
}

/// How an entry stands in the address, and how in its field.
#[derive(Clone, Copy)]
pub struct Form {
    /// `type` of the input.
    pub kind: &'static str,
    /// From the address to the field.
    pub show: fn(&str) -> String,
    /// From the field to the address.
    pub read: fn(&str) -> String,
}

/// Something to enter, which takes hold once it is entered whole.
#[component]
pub fn EntryFilter(
    /// The list's query.
    query: Query,
    /// The parameter, which is the field's id too.
    name: &'static str,
    /// What to enter.
    label: &'static str,
    /// How it is written.
    form: Form,
    /// What is wrong with it.
    errors: Signal<Vec<String>>,
) -> impl IntoView {
    view! {
        <div class=format!("filter filter--{}", form.kind)>
            <label class="filter__label" for=name>{label}</label>
            <input
                class="input"
                id=name
                type=form.kind
                prop:value=move || (form.show)(&query.get(name))
                on:change=move |event| query.set(name, &(form.read)(&event_target_value(&event)))
                aria-describedby=described_by(name, false, errors)
                aria-invalid=invalid(errors)
            />
            <FieldErrors name errors />
        </div>
    }
}

/// A day on the reader's calendar; the parameter is the instant at which it begins.
#[component]
pub fn DateFilter(
    /// The list's query.
    query: Query,
    /// The parameter, which is the field's id too.
    name: &'static str,
    /// What the day is about.
    label: &'static str,
    /// A parameter that makes no sense beside this one, and goes when this one is set.
    instead_of: &'static str,
) -> impl IntoView {
    let shown = move || instant::parse(&query.get(name)).map(dates::input_date).unwrap_or_default();
    let set = move |day: &str| match dates::start_of_day(day) {
        Some(at) => query.set_all(&[(name, &at.to_string()), (instead_of, "")]),
        None if day.is_empty() => query.set(name, ""),
        // A year that is still being typed.
        None => {}
    };
    view! {
        <div class="filter">
            <label class="filter__label" for=name>{label}</label>
            <input class="input" id=name type="date" prop:value=shown on:change=move |event| set(&event_target_value(&event)) />
        </div>
    }
}

/// Something that is so or may be otherwise.
#[component]
pub fn CheckFilter(
    /// The list's query.
    query: Query,
    /// The parameter, `true` or none.
    name: &'static str,
    /// What is so.
    label: &'static str,
    /// A parameter that makes no sense beside this one, and goes when this one is set.
    instead_of: &'static str,
) -> impl IntoView {
    let is_on = move || query.get(name) == "true";
    let toggle = move |_| {
        if untrack(is_on) {
            query.set(name, "");
        } else {
            query.set_all(&[(name, "true"), (instead_of, "")]);
        }
    };
    view! {
        <label class="filter filter--check">
            <input type="checkbox" prop:checked=is_on on:change=toggle />
            <span>{label}</span>
        </label>
    }
}
