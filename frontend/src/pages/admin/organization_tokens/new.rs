//! A new organization token.

use leptos::prelude::*;
use pat_core::token::TokenKind;
use pat_core::wire::Choices;

use crate::api::{self, Answer};
use crate::components::icon::{Icon, Shape};
use crate::components::new_token::NewTokenSteps;
use crate::components::remote::Remote;
use crate::model::scopes::supported;
use crate::words::organization;

use super::LIST;

/// The page at `/admin/organization-tokens/new`.
#[component]
pub fn NewOrganizationTokenPage() -> impl IntoView {
    let choices = Remote::new(choices);
    view! {
        <nav class="crumbs">
            <a href=LIST><Icon shape=Shape::Back />{organization::BACK}</a>
        </nav>
        <NewTokenSteps kind=TokenKind::Organization title=organization::NEW_TITLE intro=organization::NEW_INTRO list=LIST choices />
    }
}

/// The same ends as for people's tokens, and every scope that the account supports.
async fn choices() -> Answer<Choices> {
    let page = api::settings::read().await?;
    let choices = api::choices().await?;
    Ok(Choices { scopes: supported(page), ..choices })
}
