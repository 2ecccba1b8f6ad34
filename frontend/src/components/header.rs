//! The bar at the top, with the account menu.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use pat_core::wire::Session;

use crate::components::icon::{Icon, Shape};
use crate::components::live::live;
use crate::model::person::{initials, is_admin};
use crate::model::place::Area;
use crate::session::Auth;
use crate::words::{self, menu};
use crate::{api, browser};

const SETTINGS: &str = "/settings";
const ADMIN: &str = "/admin/users";
const DOCS: &str = "/docs";
const MENU: &str = "account-menu";

/// The bar at the top of every page.
#[component]
pub fn Header() -> impl IntoView {
    let auth = Auth::current();
    let area: Area = expect_context();
    let skip = |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        browser::focus_soon("main");
    };
    view! {
        <a class="skip-link" href="#main" on:click=skip>{words::SKIP}</a>
        <header class="header">
            <a class="header__brand" href=SETTINGS rel=area.rel(SETTINGS)>
                <Icon shape=Shape::Key />
                <span>{words::PRODUCT}</span>
            </a>
            {live(move || auth.session().map(|session| view! { <AccountMenu session /> }))}
        </header>
    }
}

#[component]
fn AccountMenu(session: Session) -> impl IntoView {
    let area: Area = expect_context();
    let admin = is_admin(&session).then_some(ADMIN);
    let user = session.user;
    let name = menu::button(&user.name);
    let leave = move |_| browser::hide_popover(MENU);
    view! {
        <button type="button" class="avatar" popovertarget=MENU aria-label=name.clone()>
            <span aria-hidden="true">{initials(&user.name)}</span>
        </button>
        <nav class="menu" id=MENU popover="auto" aria-label=name>
            <p class="menu__who">
                <strong>{user.name}</strong>
                <span>{user.email}</span>
                <span>{session.account.name}</span>
            </p>
            <a class="menu__item" href=SETTINGS rel=area.rel(SETTINGS) on:click=leave>{menu::SETTINGS}</a>
            {admin.map(|admin| view! { <a class="menu__item" href=admin rel=area.rel(admin) on:click=leave>{menu::ADMIN}</a> })}
            <a class="menu__item" href=DOCS rel="external" on:click=leave>{menu::DOCS}</a>
            <SignOut />
        </nav>
    }
}

#[component]
fn SignOut() -> impl IntoView {
    let auth = Auth::current();
    let navigate = use_navigate();
    let problem = RwSignal::new(None);
    let sign_out = move |_| {
        let navigate = navigate.clone();
        spawn_local(async move {
            match auth.watch(api::sign_out().await) {
                Ok(()) => {
                    navigate("/sign-in", NavigateOptions::default());
                    auth.signed_out();
                }
                // The session is still alive: nobody may be led to believe otherwise.
                Err(failure) => drop(problem.try_set(Some(words::failure(&failure).0))),
            }
        });
    };
    view! {
        <button type="button" class="menu__item" on:click=sign_out>{menu::SIGN_OUT}</button>
        <p class="menu__problem" role="alert">{problem}</p>
    }
}
