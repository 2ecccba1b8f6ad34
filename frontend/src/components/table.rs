//! Parts of tables. On a narrow screen each row becomes a card, which the roles keep a table for screen readers.

use leptos::prelude::*;

/// The names of the columns.
#[component]
pub fn Head(
    /// In order.
    columns: Vec<&'static str>,
) -> impl IntoView {
    let cells = columns.into_iter().map(|column| view! { <th scope="col" role="columnheader">{column}</th> }).collect_view();
    view! {
        <thead role="rowgroup">
            <tr role="row">{cells}</tr>
        </thead>
    }
}

/// A cell, which says on a narrow screen what it is.
#[component]
pub fn Cell(
    /// The column's name.
    label: &'static str,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    view! {
        <td class="cell" role="cell">
            <span class="cell__label" aria-hidden="true">{label}</span>
            <div class="cell__value">{children()}</div>
        </td>
    }
}
