//! Asks once more, and for what an act needs, before it is done.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use pat_core::wire::{AdminRevoke, AdminToken, ChangeTokens, Preview, TokenAct, TokenChange, TokenTarget};

use crate::api;
use crate::components::button::{ActionButton, Look, SubmitButton};
use crate::components::dialog::Dialog;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::components::pause_picker::{PauseDraft, PausePicker};
use crate::components::reason_picker::{ReasonDraft, ReasonPicker};
use crate::components::remote::Remote;
use crate::model::act::{Act, Ask, Target};
use crate::words::{self, inventory};

/// Open while something is asked.
#[component]
pub fn ActDialog(
    /// What is asked; none closes the dialog.
    asked: RwSignal<Option<Ask>>,
    /// Takes a token as it is after the act.
    on_one: impl Fn(Act, AdminToken) + Copy + Send + Sync + 'static,
    /// Takes the change of many that was begun.
    on_many: impl Fn(TokenChange) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let title = Signal::derive(move || asked.with(|asked| asked.as_ref().map(inventory::question).unwrap_or_default()));
    let form = live(move || {
        let Ask { act, target } = asked.get()?;
        let draft = ActDraft { act, status: FormStatus::new(), reason: ReasonDraft::new(), pause: PauseDraft::new(), asked };
        Some(match target {
            Target::One(token) => view! { <OneForm draft token=*token on_one /> }.into_any(),
            Target::Many(target) => view! { <ManyForm draft target on_many /> }.into_any(),
        })
    });
    view! {
        <Dialog open=Signal::derive(move || asked.with(Option::is_some)) title on_close=move || asked.set(None)>
            {form}
        </Dialog>
    }
}

/// What is entered for an act.
#[derive(Clone, Copy)]
struct ActDraft {
    act: Act,
    status: FormStatus,
    reason: ReasonDraft,
    pause: PauseDraft,
    asked: RwSignal<Option<Ask>>,
}

impl ActDraft {
    fn request(self) -> TokenAct {
        match self.act {
            Act::Revoke => {
                let AdminRevoke { reason, note } = self.reason.request();
                TokenAct::Revoke { reason, note }
            }
            Act::Pause => TokenAct::Pause { until: self.pause.until() },
            Act::Resume => TokenAct::Resume {},
        }
    }

    fn close(self) {
        self.asked.set(None);
    }
}

#[component]
fn OneForm(draft: ActDraft, token: AdminToken, on_one: impl Fn(Act, AdminToken) + Copy + Send + Sync + 'static) -> impl IntoView {
    let id = token.token.id;
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let request = draft.request();
        draft.status.submit(
            async move || api::inventory::act(id, &request).await,
            move |token| {
                draft.close();
                on_one(draft.act, token);
            },
        );
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{inventory::consequence(draft.act)}</p>
            <Details draft />
        </form>
    }
}

/// First shows what would be touched.
#[component]
fn ManyForm(draft: ActDraft, target: TokenTarget, on_many: impl Fn(TokenChange) + Copy + Send + Sync + 'static) -> impl IntoView {
    let preview = {
        let target = target.clone();
        Remote::new(move || {
            let target = target.clone();
            async move { api::inventory::preview(&target).await }
        })
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let change = ChangeTokens { act: draft.request(), target: target.clone() };
        draft.status.submit(
            async move || api::inventory::change(&change).await,
            move |change| {
                draft.close();
                on_many(change);
            },
        );
    };
    let content = preview.show(move |preview| {
        let is_nothing = preview.count == 0;
        let rest = if is_nothing { view! { <Leave draft /> }.into_any() } else { view! { <Details draft /> }.into_any() };
        view! { <Touched act=draft.act preview />{rest} }
    });
    view! { <form class="form" novalidate on:submit=submit>{content}</form> }
}

#[component]
fn Touched(act: Act, preview: Preview) -> impl IntoView {
    let told = inventory::consequences(act, &preview);
    let shown = u64::try_from(preview.sample.len()).unwrap_or(u64::MAX);
    let title = inventory::sample(shown, preview.count);
    let sample = preview.sample.iter().map(|token| view! { <li>{inventory::named(token)}</li> }).collect_view();
    view! {
        <p role="status">{told}</p>
        {(shown > 0).then(|| view! {
            <div class="touched">
                <h3 class="touched__title">{title}</h3>
                <ul class="touched__tokens">{sample}</ul>
            </div>
        })}
    }
}

#[component]
fn Details(draft: ActDraft) -> impl IntoView {
    let ActDraft { act, status, reason, pause, .. } = draft;
    let fields = match act {
        Act::Revoke => view! { <ReasonPicker draft=reason status /> }.into_any(),
        Act::Pause => view! { <PausePicker draft=pause status /> }.into_any(),
        Act::Resume => ().into_any(),
    };
    let look = if act == Act::Revoke { Look::Danger } else { Look::Primary };
    view! {
        <FormNotice status />
        {fields}
        <div class="actions actions--end">
            <ActionButton label=words::CANCEL on_press=move || draft.close() />
            <SubmitButton status label=inventory::act(act) busy=inventory::acting(act) look />
        </div>
    }
}

#[component]
fn Leave(draft: ActDraft) -> impl IntoView {
    view! {
        <div class="actions actions--end">
            <ActionButton label=words::CANCEL on_press=move || draft.close() />
        </div>
    }
}
