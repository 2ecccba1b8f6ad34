//! What every page shares, and which page is shown.

use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use leptos_router::path;

use crate::browser;
use crate::components::flash::{Flash, FlashMessage};
use crate::components::fresh_sign_in::{FreshSignIn, FreshSignInDialog};
use crate::components::go::ToSignIn;
use crate::components::header::Header;
use crate::components::live::live;
use crate::components::page::Visits;
use crate::components::remote::{FailureNotice, Skeleton};
use crate::model::place::Area;
use crate::pages::not_found::NotFound;
use crate::session::{Auth, Visitor};

pub mod activity;
pub mod admin;
pub mod cli;
pub mod settings;

/// The page at a path.
type PageAt = fn(&str) -> AnyView;

/// Mounts an area's pages in place of the static shell.
fn start(area: Area, page_at: PageAt) {
    browser::remove_shell();
    mount_to_body(move || view! { <App area page_at /> });
}

#[component]
fn App(area: Area, page_at: PageAt) -> impl IntoView {
    Auth::provide();
    Flash::provide();
    Visits::provide();
    FreshSignIn::provide();
    provide_context(area);
    // One route for all: the addresses are a plain `match` in `Place`, which is smaller to download and tested natively.
    view! {
        <Router>
            <Header />
            <main class="main" id="main" tabindex="-1">
                <FlashMessage />
                <FlatRoutes fallback=|| ()>
                    <Route path=path!("/*any") view=move || view! { <CurrentPage area page_at /> } />
                </FlatRoutes>
            </main>
            <FreshSignInDialog />
        </Router>
    }
}

#[component]
fn CurrentPage(area: Area, page_at: PageAt) -> impl IntoView {
    let path = use_location().pathname;
    let loaded_at = path.get_untracked();
    live(move || {
        let path = path.get();
        if Area::of(&path) == area {
            page_at(&path)
        } else if path == loaded_at {
            // The server took this address for one of ours. Asking it again would bring the same answer.
            view! { <NotFound /> }.into_any()
        } else {
            browser::reload();
            ().into_any()
        }
    })
}

/// A page for people who are signed in; whoever isn't is asked to.
fn signed_in(page: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    let auth = Auth::current();
    live(move || match auth.visitor() {
        Visitor::Unknown => view! { <div class="page"><Skeleton /></div> }.into_any(),
        Visitor::Unclear(failure) => {
            view! { <div class="page"><FailureNotice failure on_retry=Box::new(move || auth.load()) /></div> }.into_any()
        }
        Visitor::SignedOut => view! { <ToSignIn /> }.into_any(),
        Visitor::SignedIn(_) => page(),
    })
}
