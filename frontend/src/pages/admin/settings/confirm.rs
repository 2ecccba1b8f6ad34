//! What saving the settings does, before it is done.

use leptos::prelude::*;
use pat_core::wire::{AdminToken, SavedSettings, SettingsEffect, SettingsPage, SettingsPreview, Strength};

use crate::api;
use crate::components::button::{ActionButton, Look, SubmitButton};
use crate::components::dialog::Dialog;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::components::notice::{Notice, Tone};
use crate::components::overtaken::Overtaken;
use crate::model::settings::changes;
use crate::words::{self, settings};

use super::Proposal;
use super::draft::Draft;

/// Shows what a proposal changes and which tokens it touches, and saves it.
#[component]
pub fn ConfirmDialog(
    /// What is about to be saved; none closes the dialog.
    proposal: RwSignal<Option<Proposal>>,
    /// The settings as saved.
    saved: RwSignal<SettingsPage>,
    /// Set when somebody else saved meanwhile.
    is_conflict: RwSignal<bool>,
    /// Takes what was saved.
    on_saved: impl Fn(SavedSettings) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let status = FormStatus::new();
    let close = move || {
        status.reset();
        proposal.set(None);
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(Proposal { settings, .. }) = proposal.get_untracked() else { return };
        let version = saved.with_untracked(|saved| saved.version);
        status.submit(
            async move || api::settings::save(version, &settings).await,
            move |outcome| {
                on_saved(outcome);
                close();
            },
        );
    };
    let reload = move || {
        status.submit(api::settings::read, move |page| {
            saved.set(page);
            is_conflict.set(true);
            close();
        });
    };
    let revokes = Memo::new(move |_| proposal.with(|proposal| proposal.as_ref().is_some_and(|proposal| revokes(&proposal.preview))));
    let is_stale = move || status.failure().is_some_and(|failure| failure.code() == Some("stale"));
    let footer = live(move || {
        if is_stale() {
            view! { <Overtaken title=settings::STALE_TITLE text=settings::STALE label=settings::RELOAD on_reload=reload /> }.into_any()
        } else {
            let look = if revokes.get() { Look::Danger } else { Look::Primary };
            view! {
                <FormNotice status />
                <div class="actions actions--end">
                    <ActionButton label=words::CANCEL on_press=close />
                    <SubmitButton status label=settings::SAVE busy=settings::SAVING look />
                </div>
            }
            .into_any()
        }
    });
    let content = live(move || {
        proposal.get().map(|Proposal { settings, preview }| {
            let changed = saved.with_untracked(|saved| changes(&saved.settings, &settings));
            view! {
                <h3 class="label">{settings::CHANGES}</h3>
                <Sentences sentences=changed />
                <h3 class="label">{settings::EFFECTS}</h3>
                <Effects preview />
            }
        })
    });
    view! {
        <Dialog
            open=Signal::derive(move || proposal.with(Option::is_some))
            title=settings::CONFIRM_TITLE.to_owned()
            on_close=close
        >
            <form class="form" novalidate on:submit=submit>
                <div class="preview">{content}</div>
                {footer}
            </form>
        </Dialog>
    }
}

#[component]
fn Sentences(sentences: Vec<String>) -> impl IntoView {
    let items = sentences.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect_view();
    view! { <ul class="bullets">{items}</ul> }
}

fn revokes(preview: &SettingsPreview) -> bool {
    preview.effects.iter().any(|effect| effect.strength == Strength::Revoke)
}

#[component]
fn Effects(preview: SettingsPreview) -> impl IntoView {
    if preview.effects.is_empty() {
        return view! { <p>{settings::NO_EFFECT}</p> }.into_any();
    }
    let revokes = revokes(&preview);
    let effects = preview.effects.into_iter().map(|effect| view! { <Effect effect /> }).collect_view();
    view! {
        <ul class="effects">{effects}</ul>
        {revokes.then(|| view! { <p class="effects__warning">{settings::FOR_GOOD}</p> })}
    }
    .into_any()
}

#[component]
fn Effect(effect: SettingsEffect) -> impl IntoView {
    let SettingsEffect { rule, strength, tokens } = effect;
    let said = settings::effect(rule, strength, tokens.count, tokens.owners);
    let shown = u64::try_from(tokens.sample.len()).unwrap_or(u64::MAX);
    let rest = tokens.count.saturating_sub(shown);
    let sample = tokens.sample.iter().map(|token| view! { <li>{named(token)}</li> }).collect_view();
    view! {
        <li class=if strength == Strength::Revoke { "effect effect--revoke" } else { "effect" }>
            <p><strong>{settings::rule(rule)}</strong>" "<span>{said}</span></p>
            <ul class="effect__sample">
                {sample}
                {(rest > 0).then(|| view! { <li class="muted">{settings::and_more(rest)}</li> })}
            </ul>
        </li>
    }
}

fn named(AdminToken { token, owner, .. }: &AdminToken) -> String {
    match owner {
        Some(owner) => settings::token_of(&token.name, &owner.name),
        None => settings::organization_token(&token.name),
    }
}

/// What somebody else saved, against what the form holds.
#[component]
pub fn SavedMeanwhile(
    /// The settings as saved.
    saved: RwSignal<SettingsPage>,
    /// What is typed.
    draft: Draft,
    /// Puts what is saved in its place.
    on_drop: impl Fn() + Send + Sync + 'static,
) -> impl IntoView {
    let typed = draft.read().ok();
    let changed = typed.map(|typed| saved.with_untracked(|saved| changes(&saved.settings, &typed))).unwrap_or_default();
    let text = if changed.is_empty() { settings::SAME } else { settings::KEPT };
    view! {
        <Notice tone=Tone::Info title=settings::STALE_TITLE text>
            <Sentences sentences=changed />
            <ActionButton label=settings::DROP_MINE on_press=on_drop />
        </Notice>
    }
}
