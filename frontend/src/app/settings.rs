//! The settings, sign-in, and everything that is no program of its own.

use leptos::prelude::*;

use crate::app::{signed_in, start as start_area};
use crate::components::go::GoInstead;
use crate::model::place::{Area, Place};
use crate::pages::edit_token::EditTokenPage;
use crate::pages::list_tokens::SettingsPage;
use crate::pages::new_token::NewTokenPage;
use crate::pages::not_found::NotFound;
use crate::pages::set_password::SetPasswordPage;
use crate::pages::sign_in::SignInPage;

/// Shows the pages.
pub fn start() {
    start_area(Area::Settings, page_at);
}

fn page_at(path: &str) -> AnyView {
    match Place::at(path) {
        Place::Home => view! { <GoInstead to="/settings" /> }.into_any(),
        Place::SignIn => view! { <SignInPage /> }.into_any(),
        Place::SetPassword => view! { <SetPasswordPage /> }.into_any(),
        Place::Settings => signed_in(Box::new(|| view! { <SettingsPage /> }.into_any())),
        Place::NewToken => signed_in(Box::new(|| view! { <NewTokenPage /> }.into_any())),
        Place::Token(id) => signed_in(Box::new(move || view! { <EditTokenPage id=id.clone() /> }.into_any())),
        Place::Nowhere => view! { <NotFound /> }.into_any(),
    }
}
