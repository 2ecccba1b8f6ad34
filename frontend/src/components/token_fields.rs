//! What is chosen for a new token: its name, its end, its scopes.

use leptos::prelude::*;
use pat_core::token::TokenKind;
use pat_core::wire::{Choices, CreateToken};

use crate::components::expiration_picker::{ExpirationDraft, ExpirationPicker};
use crate::components::field::TextField;
use crate::components::form::FormStatus;
use crate::components::scope_picker::ScopePicker;
use crate::model::scopes::ScopeMenu;
use crate::words::form;

/// A token on its way; a handle to copy around.
#[derive(Clone, Copy)]
pub struct TokenDraft {
    name: RwSignal<String>,
    scopes: RwSignal<Vec<String>>,
    expiration: ExpirationDraft,
}

impl TokenDraft {
    /// What the form starts with.
    pub fn new(choices: &Choices, name: String, scopes: Vec<String>) -> Self {
        let expiration = ExpirationDraft::new(&choices.expirations);
        Self { name: RwSignal::new(name), scopes: RwSignal::new(scopes), expiration }
    }

    /// What to send.
    pub fn request(self) -> CreateToken {
        let Self { name, scopes, expiration } = self;
        CreateToken { name: name.get_untracked(), expiration: Some(expiration.request()), scopes: scopes.get_untracked() }
    }
}

/// The fields, as part of a form.
#[component]
pub fn TokenFields(
    /// Whose the token will be.
    kind: TokenKind,
    /// What is chosen.
    draft: TokenDraft,
    /// What may be chosen.
    choices: Choices,
    /// The form's status.
    status: FormStatus,
    /// What stands below the name.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let TokenDraft { name, scopes, expiration } = draft;
    view! {
        <TextField name="name" label=form::NAME hint=form::NAME_HINT value=name errors=status.errors("name") />
        {children.map(|children| children())}
        <ExpirationPicker draft=expiration expirations=choices.expirations errors=status.errors("expiration") />
        <ScopePicker hint=form::scopes_hint(kind) menu=ScopeMenu::new(&choices.scopes, &[]) chosen=scopes errors=status.errors("scopes") />
    }
}
