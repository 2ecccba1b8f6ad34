//! The form that invites somebody, and then their link.

use leptos::prelude::*;
use pat_core::wire::{Invite, Invited, RoleChoice};

use crate::api;
use crate::components::button::{ActionButton, SubmitButton};
use crate::components::field::TextField;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::icon::{Icon, Shape};
use crate::components::link_panel::LinkPanel;
use crate::components::live::live;
use crate::components::page::{Page, Width};
use crate::components::remote::Remote;
use crate::components::role_picker::RolePicker;
use crate::words;
use crate::words::people::{self, invite};

const PEOPLE: &str = "/admin/users";

/// The page at `/admin/users/new`.
#[component]
pub fn InvitePage() -> impl IntoView {
    let roles = Remote::new(api::people::roles);
    let invited = RwSignal::new(None::<Invited>);
    let content = live(move || match invited.get() {
        Some(done) => view! { <Link done invited /> }.into_any(),
        None => roles.show(move |list| view! { <p class="page__intro">{invite::INTRO}</p><InviteForm roles=list.roles invited /> }),
    });
    view! {
        <nav class="crumbs">
            <a href=PEOPLE><Icon shape=Shape::Back />{invite::BACK}</a>
        </nav>
        <Page heading=invite::TITLE.to_owned() width=Width::Form>{content}</Page>
    }
}

#[component]
fn InviteForm(roles: Vec<RoleChoice>, invited: RwSignal<Option<Invited>>) -> impl IntoView {
    let status = FormStatus::new();
    let (name, email, chosen) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(Vec::new()));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let invite = Invite { name: name.get_untracked(), email: email.get_untracked(), roles: chosen.get_untracked() };
        status.submit(async move || api::people::invite(&invite).await, move |done| invited.set(Some(done)));
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <FormNotice status />
            <TextField name="name" label=people::NAME hint=invite::NAME_HINT value=name errors=status.errors("name") />
            <TextField name="email" label=people::EMAIL kind="email" value=email errors=status.errors("email") />
            <RolePicker roles chosen errors=status.errors("roles") />
            <div class="actions">
                <SubmitButton status label=invite::SUBMIT busy=invite::BUSY />
                <a class="button" href=PEOPLE>{words::CANCEL}</a>
            </div>
        </form>
    }
}

#[component]
fn Link(done: Invited, invited: RwSignal<Option<Invited>>) -> impl IntoView {
    let Invited { user, link } = done;
    view! {
        <LinkPanel link name=user.name.clone()>
            <a class="button" href=format!("{PEOPLE}/{}", user.id)>{invite::open(&user.name)}</a>
            <ActionButton label=invite::ANOTHER on_press=move || invited.set(None) />
        </LinkPanel>
    }
}
