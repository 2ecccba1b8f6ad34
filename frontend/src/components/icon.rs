//! Icons. They say nothing to a screen reader: words stand beside them.

use leptos::prelude::*;

/// Which icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A key.
    Key,
    /// An arrow to the left.
    Back,
    /// A plus.
    Plus,
}

impl Shape {
    fn path(self) -> &'static str {
        match self {
            Self::Key => "M10 6a3 3 0 1 1-2.2 5L6 12.8V14H4.4v1.6H2V13l5.1-5.1A3 3 0 0 1 10 6Zm1.2 2.2h.01",
            Self::Back => "M9.5 4 5.5 8l4 4",
            Self::Plus => "M8 3.5v9M3.5 8h9",
        }
    }

    fn view_box(self) -> &'static str {
        match self {
            Self::Key => "1 4 14 13",
            Self::Back | Self::Plus => "0 0 16 16",
        }
    }
}

/// An icon of the size of the text.
#[component]
pub fn Icon(
    /// Which one.
    shape: Shape,
) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" viewBox=shape.view_box() fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round">
            <path d=shape.path()></path>
        </svg>
    }
}
