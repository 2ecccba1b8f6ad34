//! Revoking somebody's token.

use leptos::prelude::*;
use pat_core::id::TokenId;
use pat_core::token::TokenStatus;
use pat_core::wire::{AdminRevoke, AdminToken, Person};

use crate::components::button::{ActionButton, Look, SubmitButton};
use crate::components::dialog::Dialog;
use crate::components::flash::Flash;
use crate::components::form::{FormNotice, FormStatus};
use crate::components::reason_picker::{ReasonDraft, ReasonPicker};
use crate::session::Auth;
use crate::words::{self, inventory};
use crate::{api, browser, dates};

/// Asks why, and revokes the token in `target`; its row then says so, and has the focus.
#[component]
pub fn RevokeDialog(
    /// The token to revoke; none closes the dialog.
    target: RwSignal<Option<AdminToken>>,
    /// The rows of the page.
    tokens: RwSignal<Vec<AdminToken>>,
) -> impl IntoView {
    let status = FormStatus::new();
    let reason = ReasonDraft::new();
    let flash = Flash::current();
    let auth = Auth::current();
    let close = move || {
        status.reset();
        reason.reset();
        target.set(None);
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(row) = target.get_untracked() else { return };
        let id = row.token.id;
        let revoke = reason.request();
        let sent = revoke.clone();
        status.submit(
            async move || api::inventory::revoke(id, &sent).await,
            move |()| {
                tokens.update(|tokens| mark_revoked(tokens, id, revoke, auth));
                flash.leave("/admin/tokens", inventory::revoked(&row));
                close();
                browser::focus_soon(format!("#token-{id}"));
            },
        );
    };
    let title = Signal::derive(move || target.with(|target| target.as_ref().map(inventory::confirm_title).unwrap_or_default()));
    view! {
        <Dialog open=Signal::derive(move || target.with(Option::is_some)) title on_close=close>
            <form class="form" novalidate on:submit=submit>
                <p>{inventory::CONFIRM}</p>
                <FormNotice status />
                <ReasonPicker draft=reason status />
                <div class="actions actions--end">
                    <ActionButton label=words::CANCEL on_press=close />
                    <SubmitButton status label=inventory::REVOKE busy=inventory::REVOKING look=Look::Danger />
                </div>
            </form>
        </Dialog>
    }
}

/// What the server has just recorded, without reading all the pages again.
fn mark_revoked(tokens: &mut [AdminToken], id: TokenId, revoke: AdminRevoke, auth: Auth) {
    if let Some(AdminToken { token, .. }) = tokens.iter_mut().find(|row| row.token.id == id) {
        token.status = TokenStatus::Revoked;
        token.revoked_at = Some(dates::now());
        token.revoke_reason = revoke.reason;
        token.revoke_note = revoke.note;
        token.revoked_by = auth.session_now().map(|session| Person { id: session.user.id, name: session.user.name });
    }
}
