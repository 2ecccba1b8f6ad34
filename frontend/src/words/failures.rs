//! What went wrong and what to do, from codes with their parameters.

use pat_core::name::MAX_NAME_CHARS;
use pat_core::people::{MAX_REASON_CHARS, MIN_PASSWORD_CHARS};
use pat_core::wire::{FieldCode, FieldError};

use crate::model::failure::{Failure, root};
use crate::words::form;

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
        "fresh_sign_in_required" => (
            "This needs your password",
            "You signed in more than 2 hours ago. Send the form again, and enter your password when you are asked. Nothing was saved yet."
                .to_owned(),
        ),
        "deactivated" => ("They are deactivated", "Reactivate them first.".to_owned()),
        "last_admin" => (
            "This is the last workspace admin",
            "Without one, nobody could manage this account. Make somebody else a workspace admin first.".to_owned(),
        ),
        "not_signed_in" => ("You are signed out", "Sign in again to go on.".to_owned()),
        "forbidden" => ("That isn’t allowed", "Your roles don’t allow this.".to_owned()),
        "not_found" => ("It isn’t there", "There is nothing of yours at this address.".to_owned()),
        "token_limit" => {
            ("You have reached the limit of live tokens", "Delete one that you no longer need, then create this one.".to_owned())
        }
        "creation_stopped" => (form::STOPPED, detail.to_owned()),
        "paused_by_admin" => ("An admin paused it", "Only an admin can end the pause earlier.".to_owned()),
        "token_dead" => ("This token no longer works", "It was deleted or has expired meanwhile, so it can’t be edited.".to_owned()),
        "link_invalid" => {
            ("This link no longer works", "It was used already or is too old. Ask a workspace admin for a new one.".to_owned())
        }
        "user_code_invalid" => (
            "No program waits with this code",
            "Compare it with the one on the device. It works for 15 minutes and for one decision; after that, begin again on the device."
                .to_owned(),
        ),
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
    let field = root(&error.field);
    match (field, error.code) {
        ("name", FieldCode::Required) => "Enter a name.".to_owned(),
        ("name", FieldCode::TooLong) => format!("Use at most {MAX_NAME_CHARS} characters."),
        ("name", FieldCode::Taken) => "Another of your live tokens has this name. Choose a different one.".to_owned(),
        ("scopes", FieldCode::Required) => "Choose at least one scope.".to_owned(),
        ("scopes", _) => scope_error(error),
        ("expiration", FieldCode::Required | FieldCode::InvalidDate) => "Choose a date that exists.".to_owned(),
        ("reason", FieldCode::Required) => "Choose a reason. The owner will want to know.".to_owned(),
        ("note", FieldCode::Required) => "Write the reason. The owner will want to know.".to_owned(),
        ("note", FieldCode::TooLong) => format!("Use at most {MAX_REASON_CHARS} characters."),
        ("until", FieldCode::Required) => "Choose a date and time.".to_owned(),
        ("until", FieldCode::Past) => "That moment is over. Choose a later one.".to_owned(),
        ("until", FieldCode::TooFar) => "Choose a moment within the next 30 days.".to_owned(),
        ("email", FieldCode::Required) => "Enter the email address.".to_owned(),
        ("email", FieldCode::Taken) => {
            "Somebody has this email address already, in this account or another. Use a different one.".to_owned()
        }
        ("email", FieldCode::Invalid) => "Enter an email address such as ada@example.com.".to_owned(),
        ("roles" | "to", FieldCode::Required) => "Choose at least one role.".to_owned(),
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
    fn waiting_is_told_in_people_s_units() {
        assert_eq!(wait(Some(1)), "one second");
        assert_eq!(wait(Some(90)), "90 seconds");
        assert_eq!(wait(Some(121)), "3 minutes");
    }
}
