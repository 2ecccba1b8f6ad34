//! The form for a token.

use pat_core::token::TokenKind;

pub const NEW_TITLE: &str = "New personal access token";
pub const NEW_INTRO: &str = "The token acts as you, with the scopes that you choose. You will see its secret once.";
pub const NAME: &str = "Name";
pub const NAME_HINT: &str = "Where it will be used, for example dx-cli-laptop or agent-experience-pipeline.";
pub const EXPIRATION: &str = "Expiration";
pub const EXPIRATION_HINT: &str = "It can’t be changed later.";
pub const CUSTOM: &str = "Custom date";
pub const NO_EXPIRATION: &str = "No expiration";
pub const LAST_DAY: &str = "Last day";
pub const ENDS_NEVER: &str = "Works until somebody deletes it. Where you can, choose an end.";
pub const PICK_DATE: &str = "Choose the last day on which it shall work.";
pub const SCOPES: &str = "Scopes";
pub const NOTHING_GRANTABLE: &str = "Your roles don’t let you grant any scope. Ask a workspace admin.";
pub const MASKED: &str = "Not in effect now";
pub const MASKED_HINT: &str = "The account’s features or settings hide these for now. Left ticked, they work again once those return; \
    unticked, they can’t be added back until then.";
pub const CREATE: &str = "Create";
pub const CREATING: &str = "Creating…";
pub const SAVE: &str = "Save changes";
pub const SAVING: &str = "Saving…";
pub const STOPPED: &str = "Nobody can make tokens now";
pub const BACK: &str = "Back";
pub const REPLACE: &str = "Delete that one and create again";

pub fn scopes_hint(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Personal => "Only what your roles let you grant is shown. Choose as little as the job needs.",
        TokenKind::Organization => "Everything that the account’s features carry is shown. Choose as little as the job needs.",
    }
}

pub fn days(days: u32) -> String {
    format!("{days} days")
}

pub fn ends(when: &str) -> String {
    format!("Ends on {when}.")
}

pub fn ends_with_day(day: &str, zone: &str) -> String {
    format!("Works through {day}, {} time.", zone.replace('_', " "))
}

pub fn chosen(chosen: usize, of: usize) -> String {
    format!("{chosen} of {of} chosen")
}

pub fn lost_answer(made: &str) -> String {
    format!(
        "A token with this name was made {made} and was never used. If you made it here and the answer got lost, \
         its secret can’t be shown any more: delete it and create it again."
    )
}
