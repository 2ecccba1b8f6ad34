//! Parts of the page that follow signals.

use leptos::prelude::*;

/// Shows what `view` returns, anew whenever a signal that it reads changes.
///
/// A bare closure would do the same. But the code that keeps a closure's view up to date is compiled for each closure; here it is
/// compiled once, which makes the page smaller to download.
pub fn live<V: IntoView + 'static>(view: impl Fn() -> V + Send + 'static) -> AnyView {
    follow(Box::new(move || view().into_any()))
}

fn follow(view: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    (move || view()).into_any()
}
