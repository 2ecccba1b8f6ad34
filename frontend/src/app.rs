//! What every page shares, and which page is shown.

use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use leptos_router::path;

use crate::components::flash::{Flash, FlashMessage};
use crate::components::header::Header;
use crate::components::live::live;
use crate::components::page::Visits;
use crate::components::remote::{FailureNotice, Skeleton};
use crate::model::place::Place;
use crate::pages::admin_tokens::AdminTokensPage;
use crate::pages::edit_token::EditTokenPage;
use crate::pages::list_tokens::SettingsPage;
use crate::pages::new_token::NewTokenPage;
use crate::pages::not_found::NotFound;
use crate::pages::set_password::SetPasswordPage;
use crate::pages::sign_in::{SignInPage, ToSettings, ToSignIn};
use crate::session::{Auth, Visitor};

/// Everything.
#[component]
pub fn App() -> impl IntoView {
    Auth::provide();
    Flash::provide();
    Visits::provide();
    // One route for all: the addresses are a plain `match` in `Place`, which is smaller to download and tested natively.
    view! {
        <Router>
            <Header />
            <main class="main" id="main" tabindex="-1">
                <FlashMessage />
                <FlatRoutes fallback=|| ()>
                    <Route path=path!("/*any") view=CurrentPage />
                </FlatRoutes>
            </main>
        </Router>
    }
}

#[component]
fn CurrentPage() -> impl IntoView {
    let path = use_location().pathname;
    live(move || match path.with(|path| Place::at(path)) {
        Place::Home => view! { <ToSettings /> }.into_any(),
        Place::SignIn => view! { <SignInPage /> }.into_any(),
        Place::SetPassword => view! { <SetPasswordPage /> }.into_any(),
        Place::Settings => signed_in(Box::new(|| view! { <SettingsPage /> }.into_any())),
        Place::NewToken => signed_in(Box::new(|| view! { <NewTokenPage /> }.into_any())),
        Place::Token(id) => signed_in(Box::new(move || view! { <EditTokenPage id=id.clone() /> }.into_any())),
        Place::EveryonesTokens => signed_in(Box::new(|| view! { <AdminTokensPage /> }.into_any())),
        Place::Nowhere => view! { <NotFound /> }.into_any(),
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
