//! All that is known of a row of the audit log, on demand.

use leptos::prelude::*;
use pat_core::wire::AuditEvent;

use crate::components::query::with_parameters;
use crate::dates;
use crate::words::audit;

/// A row's fields, its context as it is stored, and links to the same person's and the same token's rows.
#[component]
pub fn Details(
    /// The row.
    event: AuditEvent,
) -> impl IntoView {
    let links = links(&event);
    let context = serde_json::to_string_pretty(&event.context).ok().filter(|context| context != "{}");
    let client = [event.client_type, event.client_version, event.user_agent].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let facts = [
        (audit::TIME, Some(dates::exact(event.time))),
        (audit::KIND, Some(event.event_type)),
        (audit::WHO, event.user.map(|user| user.email)),
        (audit::IP, event.ip),
        (audit::CLIENT, Some(client).filter(|client| !client.is_empty())),
        (audit::AGENT, event.agent_name),
        (audit::AGENT_MODEL, event.agent_model),
        (audit::AGENT_SESSION, event.agent_session_id),
        (audit::REQUEST_ID, event.request_id.map(|id| id.to_string())),
    ];
    let facts = facts.into_iter().filter_map(|(label, value)| Some(view! { <div><dt>{label}</dt><dd>{value?}</dd></div> })).collect_view();
    view! {
        <details class="event__details">
            <summary>{audit::DETAILS}</summary>
            <dl class="event__facts">
                {facts}
                {context.map(|context| view! { <div><dt>{audit::CONTEXT}</dt><dd><pre class="event__context">{context}</pre></dd></div> })}
            </dl>
            {links}
        </details>
    }
}

fn links(event: &AuditEvent) -> impl IntoView + use<> {
    let rows = |parameter: &'static str, id: String| with_parameters("/admin/audit", [(parameter, id)]);
    let user = event.user.as_ref().map(|user| view! { <a href=rows("user", user.id.to_string())>{audit::ONLY_USER}</a> });
    let token = event.token.as_ref().map(|token| view! { <a href=rows("token", token.id.to_string())>{audit::ONLY_TOKEN}</a> });
    view! { <p class="event__links">{user}{token}</p> }
}
