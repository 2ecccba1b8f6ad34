//! Editing a token's name and scopes.

use leptos::prelude::*;
use pat_core::token::TokenKind;
use pat_core::wire::{PersonalAccessToken, ScopeChoice};

use crate::api;
use crate::components::button::{ActionButton, SubmitButton};
use crate::components::field::TextField;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::components::notice::{Notice, Tone};
use crate::components::overtaken::Overtaken;
use crate::components::scope_picker::ScopePicker;
use crate::model::edit::difference;
use crate::model::scopes::ScopeMenu;
use crate::words::{edit, form};

/// What is typed, beside what is saved.
#[derive(Clone, Copy)]
pub struct Draft {
    /// Whose the token is.
    pub kind: TokenKind,
    /// What is saved.
    pub saved: RwSignal<PersonalAccessToken>,
    /// The typed name.
    pub name: RwSignal<String>,
    /// The ticked scopes.
    pub scopes: RwSignal<Vec<String>>,
}

impl Draft {
    /// As saved.
    pub fn new(kind: TokenKind, saved: RwSignal<PersonalAccessToken>) -> Self {
        let token = saved.get_untracked();
        Self { kind, saved, name: RwSignal::new(token.name), scopes: RwSignal::new(token.scopes) }
    }

    fn accept(self, token: PersonalAccessToken) {
        self.saved.set(token);
        self.reset();
    }

    fn reset(self) {
        let token = self.saved.get_untracked();
        self.name.set(token.name);
        self.scopes.set(token.scopes);
    }
}

/// The form.
#[component]
pub fn EditForm(
    /// The token as saved and as typed.
    draft: Draft,
    /// What may be granted now.
    grantable: Vec<ScopeChoice>,
) -> impl IntoView {
    let status = FormStatus::new();
    let Draft { kind, saved, .. } = draft;
    let (said, is_conflict) = (RwSignal::new(""), RwSignal::new(false));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        said.set("");
        let token = saved.get_untracked();
        let edit = difference(&token, &draft.name.get_untracked(), &draft.scopes.get_untracked());
        status.submit(
            async move || api::edit_token(kind, token.id, token.version, &edit).await,
            move |token| {
                draft.accept(token);
                is_conflict.set(false);
                said.set(edit::SAVED);
            },
        );
    };
    // The menu holds what was granted when the page was read, so that a scope unticked by mistake can be ticked again.
    let menu = ScopeMenu::new(&grantable, &draft.scopes.get_untracked());
    view! {
        <section class="section" aria-labelledby="edit-title">
            <h2 class="section__title" id="edit-title">{edit::SETTINGS}</h2>
            <form class="form" novalidate on:submit=submit>
                <EditNotice status draft is_conflict />
                <TextField name="name" label=form::NAME value=draft.name errors=status.errors("name") />
                <ScopePicker hint=form::scopes_hint(kind) menu chosen=draft.scopes errors=status.errors("scopes") />
                <div class="actions">
                    <SubmitButton status label=form::SAVE busy=form::SAVING />
                    <span class="actions__said" role="status">{said}</span>
                </div>
            </form>
        </section>
    }
}

/// Why saving failed. When somebody else was faster, what they saved can be seen, and what was typed stays in the form.
#[component]
fn EditNotice(status: FormStatus, draft: Draft, is_conflict: RwSignal<bool>) -> impl IntoView {
    let reload = move || {
        let id = draft.saved.with_untracked(|token| token.id.to_string());
        status.submit(
            async move || api::token(draft.kind, &id).await,
            move |token| {
                draft.saved.set(token);
                is_conflict.set(true);
            },
        );
    };
    let drop_mine = move || {
        draft.reset();
        is_conflict.set(false);
    };
    let is_overtaken = move || status.failure().is_some_and(|failure| matches!(failure.code(), Some("stale" | "token_dead" | "not_found")));
    let saved_now = move || draft.saved.with(|token| edit::saved_now(&token.name, &token.scopes));
    live(move || {
        if is_overtaken() {
            view! { <Overtaken title=edit::STALE_TITLE text=edit::STALE label=edit::RELOAD on_reload=reload /> }.into_any()
        } else if is_conflict.get() {
            view! {
                <div role="status">
                    <Notice tone=Tone::Info text=saved_now()>
                        <ActionButton label=edit::DROP_MINE on_press=drop_mine />
                    </Notice>
                </div>
                <FormNotice status />
            }
            .into_any()
        } else {
            view! { <FormNotice status /> }.into_any()
        }
    })
}
