//! The way around the administration.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::words::admin::nav;

const SECTIONS: [(&str, &str); 5] = [
    ("/admin/users", nav::PEOPLE),
    ("/admin/tokens", nav::TOKENS),
    ("/admin/organization-tokens", nav::ORGANIZATION_TOKENS),
    ("/admin/settings", nav::SETTINGS),
    ("/admin/audit", nav::AUDIT),
];

/// Links to the sections; the one that the reader is in is marked.
#[component]
pub fn AdminNav() -> impl IntoView {
    let path = use_location().pathname;
    let links = SECTIONS
        .into_iter()
        .map(|(section, label)| {
            let current = move || path.with(|path| is_below(path, section)).then_some("page");
            view! { <li><a class="admin-nav__link" href=section aria-current=current>{label}</a></li> }
        })
        .collect_view();
    view! {
        <nav class="admin-nav" aria-label=nav::LABEL>
            <ul class="admin-nav__list">{links}</ul>
        </nav>
    }
}

fn is_below(path: &str, section: &str) -> bool {
    path.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
