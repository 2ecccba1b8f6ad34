//! Notices.

use leptos::prelude::*;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something worked.
    Success,
    /// Something to know.
    Info,
    /// Something to decide.
    Warning,
    /// Something failed.
    Danger,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Success => "notice notice--success",
            Self::Info => "notice notice--info",
            Self::Warning => "notice notice--warning",
            Self::Danger => "notice notice--danger",
        }
    }
}

/// A framed message, with actions below it.
#[component]
pub fn Notice(
    /// What it is about.
    tone: Tone,
    /// Its first line.
    #[prop(optional, into)]
    title: Option<String>,
    /// Its text.
    #[prop(into)]
    text: String,
    /// Its actions.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let title = title.map(|title| view! { <p class="notice__title">{title}</p> });
    view! {
        <div class=tone.class()>
            {title}
            <p>{text}</p>
            {children.map(|actions| view! { <div class="notice__actions">{actions()}</div> })}
        </div>
    }
}
