//! Every word on the page. Codes with their parameters become sentences here and nowhere else.
#![expect(missing_docs, reason = "a sentence says itself what it says")]

use pat_core::name::MAX_NAME_CHARS;
use pat_core::people::{MAX_REASON_CHARS, MIN_PASSWORD_CHARS};
use pat_core::policy::Access;
use pat_core::token::TokenStatus;
use pat_core::wire::{FieldCode, FieldError, Person};

use crate::model::failure::Failure;

pub const PRODUCT: &str = "Access tokens";
pub const SKIP: &str = "Skip to content";
pub const LOADING: &str = "Loading…";
pub const TRY_AGAIN: &str = "Try again";
pub const CANCEL: &str = "Cancel";
pub const JUST_NOW: &str = "just now";
pub const NEVER: &str = "Never";
pub const SYSTEM: &str = "the system";

pub fn title(page: &str) -> String {
    format!("{page} · {PRODUCT}")
}

pub mod menu {
    pub const SETTINGS: &str = "Settings";
    pub const EVERYONE: &str = "Everyone’s tokens";
    pub const SIGN_OUT: &str = "Sign out";

    pub fn button(name: &str) -> String {
        format!("Account menu of {name}")
    }
}

pub mod sign_in {
    pub const TITLE: &str = "Sign in";
    pub const EMAIL: &str = "Email";
    pub const PASSWORD: &str = "Password";
    pub const SUBMIT: &str = "Sign in";
    pub const BUSY: &str = "Signing in…";
}

pub mod password {
    use pat_core::people::MIN_PASSWORD_CHARS;

    pub const TITLE: &str = "Choose a password";
    pub const FIELD: &str = "New password";
    pub const SUBMIT: &str = "Set password";
    pub const BUSY: &str = "Setting…";
    pub const DONE: &str = "Your password is set. Sign in with it now.";
    pub const NO_LINK: &str =
        "This page only works when opened through the link that you were given. Open the whole link, up to its last character.";

    pub fn hint() -> String {
        format!("At least {MIN_PASSWORD_CHARS} characters. A few random words make a good one.")
    }
}

pub mod list {
    pub const TITLE: &str = "Settings";
    pub const SECTION: &str = "Personal access tokens";
    pub const INTRO: &str =
        "Keys for scripts, the DX CLI and AI agents that act on your behalf. What is done with one is recorded under your name.";
    pub const ADD: &str = "Add personal access token";
    pub const EMPTY_TITLE: &str = "No tokens yet";
    pub const EMPTY: &str = "A personal access token lets a program call the Web API as you, with only the scopes that you pick. \
        Make one for each place it is used, so that you can delete it without breaking anything else.";
    pub const NAME: &str = "Name";
    pub const OWNER: &str = "Owner";
    pub const SCOPES: &str = "Scopes";
    pub const EXPIRES: &str = "Expires";
    pub const LAST_USED: &str = "Last used";
    pub const STATUS: &str = "Status";
    pub const ACTION: &str = "Action";
    pub const NO_SCOPES: &str = "None";
    pub const NO_LIVE: &str = "None of your tokens works now.";

    pub fn ended(count: usize) -> String {
        format!("Expired and revoked ({count})")
    }

    pub fn more(count: usize) -> String {
        format!("{count} more")
    }

    pub fn last_used_from(ip: &str) -> String {
        format!("from {ip}")
    }
}

pub mod form {
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
    pub const SCOPES_HINT: &str = "Only what your roles let you grant is shown. Choose as little as the job needs.";
    pub const NOTHING_GRANTABLE: &str = "Your roles don’t let you grant any scope. Ask a workspace admin.";
    pub const MASKED: &str = "Not in effect now";
    pub const MASKED_HINT: &str = "The account’s features or settings hide these for now. Left ticked, they work again once those return; \
        unticked, they can’t be added back until then.";
    pub const CREATE: &str = "Create";
    pub const CREATING: &str = "Creating…";
    pub const SAVE: &str = "Save changes";
    pub const SAVING: &str = "Saving…";
    pub const REPLACE: &str = "Delete that one and create again";

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
}

pub mod secret {
    pub const TITLE: &str = "Copy your token now";
    pub const INTRO: &str = "This is the only time it is shown. Whoever has it can act as you, so keep it like a password.";
    pub const TOKEN: &str = "Token";
    pub const CURL: &str = "Try it with curl";
    pub const DX_CLI: &str = "Sign the DX CLI in, to this server only";
    pub const COPY: &str = "Copy";
    pub const COPIED: &str = "Copied";
    pub const SELECTED: &str = "Copying isn’t available here. The text is selected: copy it with Ctrl+C or ⌘C.";
    pub const CLOSE: &str = "I have stored it, close";

    pub fn copy(what: &str) -> String {
        format!("Copy: {what}")
    }

    pub fn closed(name: &str) -> String {
        format!("{name} is ready to use.")
    }
}

pub mod edit {
    pub const TITLE: &str = "Personal access token";
    pub const BACK: &str = "Personal access tokens";
    pub const MISSING_TITLE: &str = "No such token";
    pub const MISSING: &str = "There is no token of yours at this address.";
    pub const TO_LIST: &str = "To your tokens";
    pub const SECRET: &str = "Secret";
    pub const CREATED: &str = "Created";
    pub const EXPIRES: &str = "Expires";
    pub const LAST_USED: &str = "Last used";
    pub const CLIENT: &str = "Client";
    pub const STATUS: &str = "Status";
    pub const SETTINGS: &str = "Edit";
    pub const DELETE_TITLE: &str = "Delete this token";
    pub const DELETE_INTRO: &str = "Every client that uses it is refused from the next request on.";
    pub const DELETE: &str = "Delete";
    pub const DELETING: &str = "Deleting…";
    pub const SAVED: &str = "Changes saved.";
    pub const STALE_TITLE: &str = "This token was changed meanwhile";
    pub const STALE: &str =
        "Somebody saved another change while you were editing: you in another tab, perhaps. Nothing of yours was saved yet.";
    pub const RELOAD: &str = "Show what is saved now";
    pub const DROP_MINE: &str = "Use the saved version";
    pub const DEAD_SCOPES: &str = "What it could do";

    pub fn confirm_title(name: &str) -> String {
        format!("Delete {name}?")
    }

    pub fn confirm(last_used: Option<&str>) -> String {
        let used = last_used.map_or_else(|| "It was never used.".to_owned(), |when| format!("It was last used {when}."));
        format!("{used} Every client that uses it is refused from the next request on. This can’t be undone.")
    }

    pub fn deleted(name: &str) -> String {
        format!("{name} was deleted. It is refused everywhere from now on.")
    }

    pub fn saved_now(name: &str, scopes: &[String]) -> String {
        format!(
            "Saved now: the name {name} and the scopes {}. The form still holds what you typed; saving replaces this.",
            scopes.join(", ")
        )
    }
}

pub mod reason {
    use pat_core::people::ReasonCode;

    pub const REASON: &str = "Reason";
    pub const NOTE: &str = "Note";
    pub const NOTE_HINT: &str = "The owner reads it, with the reason. Say what to do next, if there is something.";

    pub fn label(code: ReasonCode) -> &'static str {
        match code {
            ReasonCode::Compromised => "Its secret is known to others",
            ReasonCode::Left => "Its owner left",
            ReasonCode::Unused => "Nobody uses it",
            ReasonCode::Policy => "It breaks a rule",
            ReasonCode::Other => "Other",
        }
    }

    /// Both as the owner reads them.
    pub fn with_note(code: ReasonCode, note: Option<&str>) -> String {
        match (code, note) {
            (ReasonCode::Other, Some(note)) => note.to_owned(),
            (code, Some(note)) => format!("{}. {note}", label(code)),
            (code, None) => label(code).to_owned(),
        }
    }
}

pub mod admin {
    use pat_core::wire::AdminToken;

    pub const TITLE: &str = "Everyone’s tokens";
    pub const INTRO: &str = "The personal access tokens of everybody in this account, newest first.";
    pub const FORBIDDEN_TITLE: &str = "Only for workspace admins";
    pub const FORBIDDEN: &str = "You need the role Workspace admin to see other people’s tokens. Ask one of your workspace admins.";
    pub const EMPTY: &str = "Nobody in this account has made a token yet.";
    pub const MORE: &str = "Load more";
    pub const REVOKE: &str = "Revoke";
    pub const REVOKING: &str = "Revoking…";
    pub const CONFIRM: &str = "It stops working at once, for good.";
    pub const ORGANIZATION: &str = "The organization";

    pub fn revoke(token: &AdminToken) -> String {
        format!("Revoke {}", named(token))
    }

    pub fn confirm_title(token: &AdminToken) -> String {
        format!("Revoke {}?", named(token))
    }

    pub fn revoked(token: &AdminToken) -> String {
        format!("{} was revoked.", named(token))
    }

    fn named(AdminToken { token, owner, .. }: &AdminToken) -> String {
        owner.as_ref().map_or_else(|| token.name.clone(), |owner| format!("{} of {}", token.name, owner.name))
    }

    pub fn more_loaded(count: usize) -> String {
        format!("{count} tokens shown.")
    }
}

pub mod not_found {
    pub const TITLE: &str = "Page not found";
    pub const TEXT: &str = "There is nothing at this address.";
    pub const HOME: &str = "To your settings";
}

pub fn access(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
        Access::Admin => "admin",
    }
}

pub fn status(status: TokenStatus) -> &'static str {
    match status {
        TokenStatus::Active => "Active",
        TokenStatus::Paused => "Paused",
        TokenStatus::Expired => "Expired",
        TokenStatus::Revoked => "Revoked",
    }
}

pub fn expired(when: &str) -> String {
    format!("It expired on {when}.")
}

pub fn paused_until(when: &str) -> String {
    format!("It is refused until {when}, and works again then.")
}

pub fn paused(until: &str) -> String {
    format!("until {until}")
}

/// Why a token was revoked, as a sentence.
pub fn ended(revocation: &str) -> String {
    format!("It was revoked {revocation}")
}

/// Who revoked a token; a reason says that it wasn't its owner.
pub fn revoked(by: Option<&Person>, reason: Option<&str>, when: Option<&str>) -> String {
    let by = by.map_or(SYSTEM, |person| person.name.as_str());
    let when = when.map(|when| format!(" on {when}")).unwrap_or_default();
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("by {by}{when}{reason}")
}

/// A failure as a heading and a sentence on what to do.
pub fn failure(failure: &Failure) -> (String, String) {
    let (title, text) = match failure {
        Failure::Offline => ("The server can’t be reached", "Check your connection. Nothing that you entered is lost.".to_owned()),
        Failure::Garbled { status } => (
            "That answer made no sense",
            format!("The server, or something before it, answered with status {status}. Nothing that you entered is lost."),
        ),
        Failure::Refused { problem, retry_after } => refusal(&problem.code, &problem.detail, problem.errors.len(), *retry_after),
    };
    (title.to_owned(), text)
}

fn refusal(code: &str, detail: &str, fields: usize, retry_after: Option<u32>) -> (&'static str, String) {
    match code {
        "invalid" if fields == 1 => ("One field needs another look", "See the note beside it. Nothing was saved yet.".to_owned()),
        "invalid" if fields > 1 => ("Some fields need another look", "See the notes beside them. Nothing was saved yet.".to_owned()),
        "wrong_credentials" => ("That didn’t match", "Check the email address and the password.".to_owned()),
        "too_many_attempts" => ("Too many attempts", format!("Wait {} and try again.", wait(retry_after))),
        "not_signed_in" => ("You are signed out", "Sign in again to go on.".to_owned()),
        "forbidden" => ("That isn’t allowed", "Your roles don’t allow this.".to_owned()),
        "not_found" => ("It isn’t there", "There is nothing of yours at this address.".to_owned()),
        "token_limit" => {
            ("You have reached the limit of live tokens", "Delete one that you no longer need, then create this one.".to_owned())
        }
        "token_dead" => ("This token no longer works", "It was deleted or has expired meanwhile, so it can’t be edited.".to_owned()),
        "link_invalid" => {
            ("This link no longer works", "It was used already or is too old. Ask a workspace admin for a new one.".to_owned())
        }
        "unavailable" => {
            ("The server can’t reach its database", format!("Nothing that you entered is lost. Try again in {}.", wait(retry_after)))
        }
        _ => ("That didn’t work", detail.to_owned()),
    }
}

fn wait(seconds: Option<u32>) -> String {
    match seconds {
        None => "a moment".to_owned(),
        Some(1) => "one second".to_owned(),
        Some(seconds) if seconds < 120 => format!("{seconds} seconds"),
        Some(seconds) => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// What to do about a refused field.
pub fn field_error(error: &FieldError) -> String {
    let field = error.field.split(['.', '[']).next().unwrap_or_default();
    match (field, error.code) {
        ("name", FieldCode::Required) => "Give the token a name.".to_owned(),
        ("name", FieldCode::TooLong) => format!("Use at most {MAX_NAME_CHARS} characters."),
        ("name", FieldCode::Taken) => "Another of your live tokens has this name. Choose a different one.".to_owned(),
        ("scopes", FieldCode::Required) => "Choose at least one scope.".to_owned(),
        ("scopes", _) => scope_error(error),
        ("expiration", FieldCode::Required | FieldCode::InvalidDate) => "Choose a date that exists.".to_owned(),
        ("reason", FieldCode::Required) => "Choose a reason. The owner will want to know.".to_owned(),
        ("note", FieldCode::Required) => "Write the reason. The owner will want to know.".to_owned(),
        ("note", FieldCode::TooLong) => format!("Use at most {MAX_REASON_CHARS} characters."),
        ("email", FieldCode::Required) => "Enter your email address.".to_owned(),
        ("password", FieldCode::Required) => "Enter a password.".to_owned(),
        ("password", FieldCode::TooShort) => format!("Use at least {MIN_PASSWORD_CHARS} characters."),
        (_, code) => general_field_error(code).map_or_else(|| error.message.clone(), str::to_owned),
    }
}

fn general_field_error(code: FieldCode) -> Option<&'static str> {
    match code {
        FieldCode::ControlCharacters => Some("Remove line breaks, tabs and invisible control characters."),
        FieldCode::Past => Some("That day is over. Choose today or a later day."),
        FieldCode::TooFar => Some("Choose a day within the next 100 years, or no expiration."),
        FieldCode::ExpirationRequired => Some("Your account’s settings require an end. Choose one."),
        FieldCode::ExceedsMaximum => Some("Your account’s settings don’t allow tokens to live that long. Choose an earlier end."),
        FieldCode::UnknownTimeZone => Some("The server doesn’t know your device’s time zone. Choose a number of days instead."),
        FieldCode::NotOffered => Some("Choose one of the offered windows."),
        _ => None,
    }
}

fn scope_error(error: &FieldError) -> String {
    let scope = error.scope.as_deref().unwrap_or("One of the scopes");
    match (error.code, error.roles.as_deref()) {
        (FieldCode::NotGrantable, Some([])) => format!("{scope} isn’t part of what your account has."),
        (FieldCode::NotGrantable, Some(roles)) => {
            let roles: Vec<String> = roles.iter().map(|role| role.replace('_', " ")).collect();
            format!("{scope} needs one of these roles: {}.", roles.join(", "))
        }
        (FieldCode::UnknownScope, _) => format!("{scope} doesn’t exist."),
        (FieldCode::Duplicate, _) => format!("{scope} was chosen twice."),
        _ => error.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(field: &str, code: FieldCode) -> FieldError {
        FieldError { field: field.into(), code, message: "from the server".into(), scope: None, roles: None, taken_by: None }
    }

    #[test]
    fn a_refused_scope_names_the_roles_that_would_allow_it() {
        let refused = FieldError {
            scope: Some("scorecards:write".into()),
            roles: Some(vec!["workspace_admin".into(), "scorecard_admin".into()]),
            ..error("scopes[0]", FieldCode::NotGrantable)
        };
        assert_eq!(field_error(&refused), "scorecards:write needs one of these roles: workspace admin, scorecard admin.");
    }

    #[test]
    fn a_code_without_words_of_its_own_falls_back_on_the_servers() {
        assert_eq!(field_error(&error("name", FieldCode::Invalid)), "from the server");
        assert_eq!(field_error(&error("expiration.date", FieldCode::Past)), "That day is over. Choose today or a later day.");
    }

    #[test]
    fn the_owner_reads_who_revoked_and_why() {
        let admin = Person { id: pat_core::id::UserId(uuid::Uuid::nil()), name: "Ada".into() };
        assert_eq!(revoked(Some(&admin), Some("leaked in CI"), None), "by Ada: leaked in CI");
        assert_eq!(revoked(None, None, Some("31 Jan 2027")), "by the system on 31 Jan 2027");
    }

    #[test]
    fn a_reason_and_its_note_read_as_one() {
        use pat_core::people::ReasonCode::{Compromised, Other};
        assert_eq!(reason::with_note(Compromised, None), "Its secret is known to others");
        assert_eq!(reason::with_note(Compromised, Some("Make a new one.")), "Its secret is known to others. Make a new one.");
        assert_eq!(reason::with_note(Other, Some("Its project is over.")), "Its project is over.");
    }

    #[test]
    fn waiting_is_told_in_people_s_units() {
        assert_eq!(wait(Some(1)), "one second");
        assert_eq!(wait(Some(90)), "90 seconds");
        assert_eq!(wait(Some(121)), "3 minutes");
    }
}
