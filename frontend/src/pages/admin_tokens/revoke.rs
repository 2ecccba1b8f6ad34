//! Revoking somebody's token.

use leptos::prelude::*;
use pat_core::id::TokenId;
use pat_core::token::TokenStatus;
use pat_core::wire::{AdminRevoke, AdminToken, Person};

use crate::components::button::{ActionButton, Look, SubmitButton};
use crate::components::dialog::Dialog;
use crate::components::field::TextArea;
use crate::components::flash::Flash;
use crate::components::form::{FormNotice, FormStatus};
use crate::session::Auth;
use crate::words::{self, admin};
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
    let reason = RwSignal::new(String::new());
    let flash = Flash::current();
    let auth = Auth::current();
    let close = move || {
        status.reset();
        reason.set(String::new());
        target.set(None);
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(AdminToken { token, owner }) = target.get_untracked() else { return };
        let revoke = AdminRevoke { reason: reason.get_untracked() };
        let reason = revoke.reason.trim().to_owned();
        status.submit(async move { api::admin_revoke(token.id, &revoke).await }, move |()| {
            tokens.update(|tokens| mark_revoked(tokens, token.id, reason, auth));
            flash.leave("/admin/tokens", admin::revoked(&token.name, &owner.name));
            close();
            browser::focus_soon(format!("#token-{}", token.id));
        });
    };
    let title = Signal::derive(move || {
        target.with(|target| target.as_ref().map(|row| admin::confirm_title(&row.token.name, &row.owner.name)).unwrap_or_default())
    });
    view! {
        <Dialog open=Signal::derive(move || target.with(Option::is_some)) title on_close=close>
            <form class="form" novalidate on:submit=submit>
                <p>{admin::CONFIRM}</p>
                <FormNotice status />
                <TextArea name="reason" label=admin::REASON hint=admin::REASON_HINT value=reason errors=status.errors("reason") />
                <div class="actions actions--end">
                    <ActionButton label=words::CANCEL on_press=close />
                    <SubmitButton status label=admin::REVOKE busy=admin::REVOKING look=Look::Danger />
                </div>
            </form>
        </Dialog>
    }
}

/// What the server has just recorded, without reading all the pages again.
fn mark_revoked(tokens: &mut [AdminToken], id: TokenId, reason: String, auth: Auth) {
    if let Some(AdminToken { token, .. }) = tokens.iter_mut().find(|row| row.token.id == id) {
        token.status = TokenStatus::Revoked;
        token.revoked_at = Some(dates::now());
        token.revoke_reason = Some(reason);
        token.revoked_by = auth.session_now().map(|session| Person { id: session.user.id, name: session.user.name });
    }
}
