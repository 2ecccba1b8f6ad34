//! A new personal access token.

use leptos::prelude::*;
use pat_core::token::TokenKind;

use crate::api;
use crate::components::new_token::NewTokenSteps;
use crate::components::remote::Remote;
use crate::words::form;

/// The page at `/settings/tokens/new`.
#[component]
pub fn NewTokenPage() -> impl IntoView {
    let choices = Remote::new(api::choices);
    view! { <NewTokenSteps kind=TokenKind::Personal title=form::NEW_TITLE intro=form::NEW_INTRO list="/settings" choices /> }
}
