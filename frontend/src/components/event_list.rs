//! Rows of the audit log.

use leptos::prelude::*;
use pat_core::audit::Outcome;
use pat_core::wire::AuditEvent;

use crate::dates;
use crate::model::activity::short_client;
use crate::words::activity;

/// What a row says.
#[derive(Clone, Copy)]
pub struct Told {
    /// What happened, in words.
    pub sentence: fn(&AuditEvent) -> String,
    /// What stands below that.
    pub details: fn(AuditEvent) -> AnyView,
}

/// Rows in a list. A row that is there already stays as it is, its details unfolded, when others come.
#[component]
pub fn Events(
    /// The rows.
    #[prop(into)]
    events: Signal<Vec<AuditEvent>>,
    /// What they say.
    told: Told,
) -> impl IntoView {
    view! {
        <ol class="events">
            <For each=move || events.get() key=|event| event.id children=move |event| view! { <Event event told /> } />
        </ol>
    }
}

#[component]
fn Event(event: AuditEvent, told: Told) -> impl IntoView {
    let sentence = (told.sentence)(&event);
    let is_refused = event.outcome == Outcome::Refused.as_str();
    let place = event.ip.clone().map(|ip| activity::from(&ip));
    let client = event.client_type.clone().or_else(|| event.user_agent.as_deref().map(short_client));
    let at = event.time;
    view! {
        <li class=if is_refused { "event event--refused" } else { "event" }>
            <time class="event__time" datetime=at.to_string() title=dates::exact(at)>{dates::relative(at)}</time>
            <div class="event__body">
                <p>{sentence}</p>
                <p class="event__place">
                    {place.map(|place| view! { <span>{place}</span> })}
                    {client.map(|client| view! { <span>{client}</span> })}
                </p>
                {(told.details)(event)}
            </div>
        </li>
    }
}
