//! The administration: everything under `/admin`, for workspace admins.

use leptos::prelude::*;

use crate::app::{signed_in, start as start_area};
use crate::components::admin_nav::AdminNav;
use crate::components::go::GoInstead;
use crate::model::person::is_admin;
use crate::model::place::{AdminPlace, Area};
use crate::pages::admin::audit::AuditPage;
use crate::pages::admin::forbidden::Forbidden;
use crate::pages::admin::invite::InvitePage;
use crate::pages::admin::organization_tokens::OrganizationTokensPage;
use crate::pages::admin::organization_tokens::edit::OrganizationTokenPage;
use crate::pages::admin::organization_tokens::new::NewOrganizationTokenPage;
use crate::pages::admin::people::PeoplePage;
use crate::pages::admin::person::PersonPage;
use crate::pages::admin::settings::AccountSettingsPage;
use crate::pages::admin::token::AdminTokenPage;
use crate::pages::admin::tokens::AdminTokensPage;
use crate::pages::admin::tokens::changes::TokenChangesPage;
use crate::pages::not_found::NotFound;
use crate::session::Auth;

/// Shows the pages.
pub fn start() {
    start_area(Area::Admin, page_at);
}

fn page_at(path: &str) -> AnyView {
    match AdminPlace::at(path) {
        AdminPlace::Home => view! { <GoInstead to="/admin/users" /> }.into_any(),
        AdminPlace::People => for_admins(Box::new(|| view! { <PeoplePage /> }.into_any())),
        AdminPlace::Invite => for_admins(Box::new(|| view! { <InvitePage /> }.into_any())),
        AdminPlace::Person(id) => for_admins(Box::new(move || view! { <PersonPage id=id.clone() /> }.into_any())),
        AdminPlace::Tokens => for_admins(Box::new(|| view! { <AdminTokensPage /> }.into_any())),
        AdminPlace::TokenChanges => for_admins(Box::new(|| view! { <TokenChangesPage /> }.into_any())),
        AdminPlace::Token(id) => for_admins(Box::new(move || view! { <AdminTokenPage id=id.clone() /> }.into_any())),
        AdminPlace::OrganizationTokens => for_admins(Box::new(|| view! { <OrganizationTokensPage /> }.into_any())),
        AdminPlace::NewOrganizationToken => for_admins(Box::new(|| view! { <NewOrganizationTokenPage /> }.into_any())),
        AdminPlace::OrganizationToken(id) => for_admins(Box::new(move || view! { <OrganizationTokenPage id=id.clone() /> }.into_any())),
        AdminPlace::Settings => for_admins(Box::new(|| view! { <AccountSettingsPage /> }.into_any())),
        AdminPlace::Audit => for_admins(Box::new(|| view! { <AuditPage /> }.into_any())),
        AdminPlace::Nowhere => view! { <NotFound /> }.into_any(),
    }
}

/// A page for workspace admins; the server refuses everybody else's requests anyway.
fn for_admins(page: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    let auth = Auth::current();
    signed_in(Box::new(move || {
        let is_admin = auth.session_now().is_some_and(|session| is_admin(&session));
        if is_admin { view! { <AdminNav />{page()} }.into_any() } else { view! { <Forbidden /> }.into_any() }
    }))
}
