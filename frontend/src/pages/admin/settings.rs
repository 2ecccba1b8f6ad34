//! For workspace admins: what the account's tokens may be, and what a change of that would do.

use leptos::prelude::*;
use pat_core::wire::{Settings, SettingsPage, SettingsPreview, TokenChange};

use crate::api;
use crate::components::button::SubmitButton;
use crate::components::change_progress::ChangeProgress;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::components::page::{Page, Width};
use crate::components::remote::Remote;
use crate::model::settings::refuse;
use crate::words::settings;

pub mod confirm;
pub mod draft;
pub mod fields;

use confirm::ConfirmDialog;
use draft::Draft;
use fields::Fields;

/// Settings that are about to be saved.
#[derive(Clone, Debug)]
pub struct Proposal {
    settings: Settings,
    preview: SettingsPreview,
}

/// The page at `/admin/settings`.
#[component]
pub fn AccountSettingsPage() -> impl IntoView {
    let page = Remote::new(api::settings::read);
    view! {
        <Page heading=settings::TITLE.to_owned() width=Width::Form>
            <p class="page__intro">{settings::INTRO}</p>
            {page.show(|page| view! { <SettingsForm page /> })}
        </Page>
    }
}

#[component]
fn SettingsForm(page: SettingsPage) -> impl IntoView {
    let status = FormStatus::new();
    let draft = Draft::new(&page.settings);
    let saved = RwSignal::new(page.clone());
    let proposal = RwSignal::new(None::<Proposal>);
    let change = RwSignal::new(None::<TokenChange>);
    let (said, is_conflict) = (RwSignal::new(""), RwSignal::new(false));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        said.set("");
        let typed = draft.read();
        if typed.as_ref().is_ok_and(|typed| saved.with_untracked(|saved| saved.settings == *typed)) {
            status.reset();
            said.set(settings::UNCHANGED);
            return;
        }
        let look = async move || {
            let settings = typed.clone().map_err(refuse)?;
            let preview = api::settings::preview(&settings).await?;
            Ok(Proposal { settings, preview })
        };
        status.submit(look, move |found| proposal.set(Some(found)));
    };
    let on_saved = move |outcome: pat_core::wire::SavedSettings| {
        draft.set(&outcome.page.settings);
        saved.set(outcome.page);
        change.set(outcome.change);
        is_conflict.set(false);
        said.set(settings::SAVED);
    };
    view! {
        {live(move || {
            change.get().map(|change| {
                view! {
                    <ChangeProgress change title=settings::REVOKING_TITLE />
                    <p><a href="/admin/tokens/changes">{settings::ALL_CHANGES}</a></p>
                }
            })
        })}
        <form class="form" novalidate on:submit=submit>
            <FormNotice status />
            <Conflict saved draft is_conflict />
            <Fields page draft status />
            <div class="actions actions--sticky">
                <SubmitButton status label=settings::PREVIEW busy=settings::PREVIEWING />
                <span class="actions__said" role="status">{said}</span>
            </div>
        </form>
        <ConfirmDialog proposal saved is_conflict on_saved />
    }
}

/// Somebody else was faster: what they saved can be seen, and what was typed stays in the form.
#[component]
fn Conflict(saved: RwSignal<SettingsPage>, draft: Draft, is_conflict: RwSignal<bool>) -> impl IntoView {
    let drop_mine = move || {
        saved.with_untracked(|saved| draft.set(&saved.settings));
        is_conflict.set(false);
    };
    let notice = live(move || is_conflict.get().then(|| view! { <confirm::SavedMeanwhile saved draft on_drop=drop_mine /> }));
    view! { <div role="status">{notice}</div> }
}
