//! A page's frame.

use leptos::prelude::*;

use crate::browser;
use crate::words;

/// Whether a page was shown before: the first one leaves the focus where the browser puts it.
#[derive(Clone, Copy)]
pub struct Visits(StoredValue<bool>);

impl Visits {
    /// Makes itself available to the pages.
    pub fn provide() {
        provide_context(Self(StoredValue::new(false)));
    }
}

/// How wide a page is at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// For tables.
    #[default]
    Full,
    /// For tables of many columns.
    Wide,
    /// For forms.
    Form,
    /// For a field or two.
    Slim,
}

impl Width {
    fn class(self) -> &'static str {
        match self {
            Self::Full => "page",
            Self::Wide => "page page--wide",
            Self::Form => "page page--form",
            Self::Slim => "page page--slim",
        }
    }
}

/// Sets the title, shows the heading, and puts the focus on it when somebody comes from another page.
#[component]
pub fn Page(
    /// The heading, which is the title too.
    #[prop(into)]
    heading: Signal<String>,
    /// Whether the heading is the final one already.
    #[prop(optional, into, default = true.into())]
    ready: Signal<bool>,
    /// How wide it is at most.
    #[prop(optional)]
    width: Width,
    /// Its content.
    children: Children,
) -> impl IntoView {
    let Visits(visited) = expect_context();
    let comes_from_elsewhere = visited.get_value();
    visited.set_value(true);
    Effect::new(move || document().set_title(&words::title(&heading.get())));
    Effect::new(move |focused: Option<bool>| {
        let ready = ready.get();
        if ready && comes_from_elsewhere && focused != Some(true) {
            browser::focus_soon("h1");
        }
        focused == Some(true) || ready
    });
    view! {
        <article class=width.class()>
            <h1 class="page__title" tabindex="-1">{heading}</h1>
            {children()}
        </article>
    }
}
