//! Buttons.

use leptos::prelude::*;

use crate::components::form::FormStatus;

/// How a button looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// The page's main action.
    #[default]
    Primary,
    /// Any other action.
    Plain,
    /// An action that can't be undone.
    Danger,
}

impl Look {
    /// Its CSS classes.
    pub fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button--primary",
            Self::Plain => "button",
            Self::Danger => "button button--danger",
        }
    }
}

/// Sends its form. While that is under way it says so and keeps the focus; the form ignores a second submit.
#[component]
pub fn SubmitButton(
    /// The form's status.
    status: FormStatus,
    /// What it says.
    label: &'static str,
    /// What it says while the form is on its way.
    busy: &'static str,
    /// Its look.
    #[prop(optional)]
    look: Look,
) -> impl IntoView {
    view! {
        <button type="submit" class=look.class() aria-disabled=move || status.is_busy().then_some("true")>
            {move || if status.is_busy() { busy } else { label }}
        </button>
    }
}

/// Does something on this page.
#[component]
pub fn ActionButton(
    /// What it says.
    label: &'static str,
    /// What it does.
    on_press: impl Fn() + 'static,
    /// Its look.
    #[prop(default = Look::Plain)]
    look: Look,
    /// Its name for screen readers, where the label alone doesn't say what it is about.
    #[prop(optional, into)]
    name: Option<String>,
) -> impl IntoView {
    action_button(label, Box::new(on_press), look, name)
}

/// Compiled once, whatever the buttons do.
fn action_button(label: &'static str, on_press: Box<dyn Fn()>, look: Look, name: Option<String>) -> AnyView {
    view! {
        <button type="button" class=look.class() aria-label=name on:click=move |_| on_press()>
            {label}
        </button>
    }
    .into_any()
}
