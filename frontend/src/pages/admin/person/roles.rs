//! Changing somebody's roles: what it would take is shown first.

use leptos::prelude::*;
use pat_core::id::UserId;
use pat_core::wire::{AdminUser, RoleChoice, RoleLabel, RolesPreview, SetRoles, StruckToken};

use crate::api;
use crate::components::button::{ActionButton, Look, SubmitButton};
use crate::components::dialog::Dialog;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::components::notice::{Notice, Tone};
use crate::components::overtaken::Overtaken;
use crate::components::role_picker::RolePicker;
use crate::components::token_facts::ScopeList;
use crate::model::roles::{Difference, names};
use crate::words as general;
use crate::words::people::{self, roles as words};

/// What is chosen, beside what is saved.
#[derive(Clone, Copy)]
struct Draft {
    saved: RwSignal<AdminUser>,
    chosen: RwSignal<Vec<String>>,
    /// Whether the saved roles are others than those that the choice began with.
    is_conflict: RwSignal<bool>,
    /// What the change would do, while it is shown.
    preview: RwSignal<Option<RolesPreview>>,
    said: RwSignal<&'static str>,
}

impl Draft {
    fn new(saved: RwSignal<AdminUser>) -> Self {
        let chosen = RwSignal::new(saved.with_untracked(|person| names(&person.roles)));
        Self { saved, chosen, is_conflict: RwSignal::new(false), preview: RwSignal::new(None), said: RwSignal::new("") }
    }

    fn request(self) -> (UserId, SetRoles) {
        let change = |person: &AdminUser| (person.id, SetRoles { from: names(&person.roles), to: self.chosen.get_untracked() });
        self.saved.with_untracked(change)
    }

    fn difference(self, roles: &[RoleChoice]) -> Difference {
        Difference::between(roles, &self.saved.with(|person| names(&person.roles)), &self.chosen.get())
    }

    fn accept(self, person: AdminUser) {
        self.saved.set(person);
        self.reset();
    }

    fn reset(self) {
        self.chosen.set(self.saved.with_untracked(|person| names(&person.roles)));
        self.is_conflict.set(false);
    }
}

/// The form, and the dialog that shows what the change would do.
#[component]
pub fn RolesSection(
    /// The person as saved.
    saved: RwSignal<AdminUser>,
    /// Every role that there is.
    roles: Vec<RoleChoice>,
) -> impl IntoView {
    let draft = Draft::new(saved);
    let status = FormStatus::new();
    let choices = StoredValue::new(roles.clone());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        draft.said.set("");
        if untrack(|| choices.with_value(|roles| draft.difference(roles).is_empty())) {
            status.reset();
            draft.said.set(words::SAME);
            return;
        }
        let (id, change) = draft.request();
        status.submit(async move || api::people::preview_roles(id, &change).await, move |preview| draft.preview.set(Some(preview)));
    };
    let errors = status.errors("to");
    view! {
        <section class="section" aria-labelledby="roles-title">
            <div>
                <h2 class="section__title" id="roles-title">{people::ROLES}</h2>
                <p class="section__intro">{words::INTRO}</p>
            </div>
            <form class="form" novalidate on:submit=submit>
                <RolesNotice status draft />
                <SavedNow draft />
                <RolePicker roles chosen=draft.chosen errors below_heading=true />
                <div class="actions">
                    <SubmitButton status label=words::SUBMIT busy=words::PREVIEWING look=Look::Plain />
                    <span class="actions__said" role="status">{draft.said}</span>
                </div>
            </form>
        </section>
        <RolesDialog draft choices />
    }
}

#[component]
fn RolesDialog(draft: Draft, choices: StoredValue<Vec<RoleChoice>>) -> impl IntoView {
    let status = FormStatus::new();
    let close = move || {
        status.reset();
        draft.preview.set(None);
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (id, change) = draft.request();
        status.submit(
            async move || api::people::set_roles(id, &change).await,
            move |person| {
                close();
                draft.accept(person);
                draft.said.set(words::SAVED);
            },
        );
    };
    let title = Signal::derive(move || draft.saved.with(|person| words::confirm_title(&person.name)));
    let effect = live(move || {
        draft.preview.get().map(|preview| view! { <WhatChanges preview difference=choices.with_value(|roles| draft.difference(roles)) /> })
    });
    view! {
        <Dialog open=Signal::derive(move || draft.preview.with(Option::is_some)) title on_close=close>
            <form class="form" novalidate on:submit=submit>
                {effect}
                <RolesNotice status draft />
                <div class="actions actions--end">
                    <ActionButton label=general::CANCEL on_press=close />
                    <SubmitButton status label=words::CONFIRM busy=words::CHANGING />
                </div>
            </form>
        </Dialog>
    }
}

#[component]
fn WhatChanges(preview: RolesPreview, difference: Difference) -> impl IntoView {
    let RolesPreview { lost_scopes, added_scopes, tokens } = preview;
    let struck =
        if tokens.is_empty() { view! { <p>{words::NOTHING_STRUCK}</p> }.into_any() } else { view! { <StruckTokens tokens /> }.into_any() };
    view! {
        <dl class="changes">
            <Roles label=words::ADDED roles=difference.added />
            <Roles label=words::REMOVED roles=difference.removed />
            <ChangedScopes label=words::GAINED scopes=added_scopes />
            <ChangedScopes label=words::LOST scopes=lost_scopes />
        </dl>
        {struck}
    }
}

#[component]
fn Roles(label: &'static str, roles: Vec<RoleLabel>) -> impl IntoView {
    let names: Vec<String> = roles.into_iter().map(|role| role.label).collect();
    (!names.is_empty()).then(|| view! { <div><dt>{label}</dt><dd>{names.join(", ")}</dd></div> })
}

#[component]
fn ChangedScopes(label: &'static str, scopes: Vec<String>) -> impl IntoView {
    (!scopes.is_empty()).then(|| view! { <div><dt>{label}</dt><dd><ScopeList scopes /></dd></div> })
}

#[component]
fn StruckTokens(tokens: Vec<StruckToken>) -> impl IntoView {
    let items = tokens
        .into_iter()
        .map(|struck| view! { <li class="struck__token"><strong>{struck.token.name}</strong><ScopeList scopes=struck.scopes /></li> })
        .collect_view();
    view! {
        <section class="struck" aria-labelledby="struck-title">
            <h3 class="struck__title" id="struck-title">{words::STRUCK}</h3>
            <ul class="struck__tokens" tabindex="0" aria-labelledby="struck-title">{items}</ul>
            <p class="hint">{words::STRUCK_FOR_GOOD}</p>
        </section>
    }
}

/// Why the change failed. When another admin was faster, what they saved can be looked at.
#[component]
fn RolesNotice(status: FormStatus, draft: Draft) -> impl IntoView {
    let reload = move || {
        let id = draft.saved.with_untracked(|person| person.id.to_string());
        status.submit(
            async move || api::people::user(&id).await,
            move |person| {
                draft.saved.set(person);
                draft.preview.set(None);
                draft.is_conflict.set(true);
            },
        );
    };
    let is_overtaken = move || status.failure().is_some_and(|failure| failure.code() == Some("stale"));
    live(move || {
        if is_overtaken() {
            view! { <Overtaken title=words::STALE_TITLE text=words::STALE label=words::RELOAD on_reload=reload /> }.into_any()
        } else {
            view! { <FormNotice status /> }.into_any()
        }
    })
}

/// What another admin saved meanwhile; what was chosen stays.
#[component]
fn SavedNow(draft: Draft) -> impl IntoView {
    let text = move || draft.saved.with(|person| words::saved_now(&person.roles));
    let notice = live(move || {
        draft.is_conflict.get().then(|| {
            view! {
                <Notice tone=Tone::Info text=text()>
                    <ActionButton label=words::DROP_MINE on_press=move || draft.reset() />
                </Notice>
            }
        })
    });
    view! { <div role="status">{notice}</div> }
}
