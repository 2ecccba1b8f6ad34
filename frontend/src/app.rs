//! The routes, and what every page shares.

use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Redirect, Route, Router};
use leptos_router::path;

use crate::components::flash::{Flash, FlashMessage};
use crate::components::header::Header;
use crate::components::page::Visits;
use crate::components::remote::{FailureNotice, Skeleton};
use crate::pages::admin_tokens::AdminTokensPage;
use crate::pages::edit_token::EditTokenPage;
use crate::pages::list_tokens::SettingsPage;
use crate::pages::new_token::NewTokenPage;
use crate::pages::not_found::NotFound;
use crate::pages::set_password::SetPasswordPage;
use crate::pages::sign_in::{SignInPage, ToSignIn};
use crate::session::{Auth, Visitor};

/// Everything.
#[component]
pub fn App() -> impl IntoView {
    Auth::provide();
    Flash::provide();
    Visits::provide();
    view! {
        <Router>
            <Header />
            <main class="main" id="main" tabindex="-1">
                <FlashMessage />
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=|| view! { <Redirect path="/settings" /> } />
                    <Route path=path!("/sign-in") view=SignInPage />
                    <Route path=path!("/set-password") view=SetPasswordPage />
                    <Route path=path!("/settings") view=signed_in(SettingsPage) />
                    <Route path=path!("/settings/tokens/new") view=signed_in(NewTokenPage) />
                    <Route path=path!("/settings/tokens/:id") view=signed_in(EditTokenPage) />
                    <Route path=path!("/admin/tokens") view=signed_in(AdminTokensPage) />
                </FlatRoutes>
            </main>
        </Router>
    }
}

/// A page for people who are signed in; whoever isn't is asked to.
fn signed_in<V: IntoView + 'static>(page: fn() -> V) -> impl Fn() -> AnyView + Send + Clone {
    move || {
        let auth = Auth::current();
        let guarded = move || match auth.visitor() {
            Visitor::Unknown => view! { <div class="page"><Skeleton /></div> }.into_any(),
            Visitor::Unclear(failure) => {
                view! { <div class="page"><FailureNotice failure on_retry=move || auth.load() /></div> }.into_any()
            }
            Visitor::SignedOut => view! { <ToSignIn /> }.into_any(),
            Visitor::SignedIn(_) => page().into_any(),
        };
        guarded.into_any()
    }
}
