//! The account's settings: what is typed, and what a change of them says.

use pat_core::wire::{FieldCode, FieldError, Problem, Rule, Settings};

use crate::model::failure::Failure;
use crate::words::join;
use crate::words::settings::{self as words, change};

/// A limit in days as it is typed; nothing is no limit.
pub fn typed_days(days: Option<u32>) -> String {
    days.map(|days| days.to_string()).unwrap_or_default()
}

/// Reads a limit in days of a field.
///
/// # Errors
/// What is typed is no such number.
pub fn parse_days(field: &str, typed: &str) -> Result<Option<u32>, FieldError> {
    let typed = typed.trim();
    if typed.is_empty() { Ok(None) } else { typed.parse().map(Some).or(Err(mistake(field, words::DAYS_INVALID))) }
}

/// Reads a number of tokens.
///
/// # Errors
/// What is typed is no such number.
pub fn parse_cap(field: &str, typed: &str) -> Result<u32, FieldError> {
    typed.trim().parse().or(Err(mistake(field, words::CAP_INVALID)))
}

fn mistake(field: &str, message: &str) -> FieldError {
    FieldError { field: field.to_owned(), code: FieldCode::Invalid, message: message.to_owned(), scope: None, roles: None, taken_by: None }
}

/// Mistakes that were found before anything was sent, as the server would have told them.
pub fn refuse(errors: Vec<FieldError>) -> Failure {
    let problem =
        Problem { kind: String::new(), title: String::new(), status: 422, code: "invalid".to_owned(), detail: String::new(), errors };
    Failure::Refused { problem: Box::new(problem), retry_after: None }
}

/// A sentence about some names.
struct Names(fn(&str) -> String);

/// What differs between two settings, a sentence for each.
pub fn changes(before: &Settings, after: &Settings) -> Vec<String> {
    let mut said = Vec::new();
    for (before, after, sentence) in [
        (&before.features.enabled, &after.features.enabled, Names(change::features_on)),
        (&after.features.enabled, &before.features.enabled, Names(change::features_off)),
        (&before.blocked_scopes.scopes, &after.blocked_scopes.scopes, Names(change::blocked)),
        (&after.blocked_scopes.scopes, &before.blocked_scopes.scopes, Names(change::unblocked)),
    ] {
        let added: Vec<String> = after.iter().filter(|name| !before.contains(name)).cloned().collect();
        if !added.is_empty() {
            said.push(sentence.0(&join(&added)));
        }
    }
    let mut say = |differs: bool, sentence: String| {
        if differs {
            said.push(sentence);
        }
    };
    say(before.max_lifetime.days != after.max_lifetime.days, change::max_lifetime(after.max_lifetime.days));
    say(before.no_expiration.allowed != after.no_expiration.allowed, change::no_expiration(after.no_expiration.allowed));
    say(before.unused.days != after.unused.days, change::unused(after.unused.days));
    say(before.token_cap != after.token_cap, change::token_cap(after.token_cap));
    say(before.creation_stopped != after.creation_stopped, change::stopped(after.creation_stopped.as_deref()));
    let strengths = [
        (Rule::Features, before.features.strength, after.features.strength),
        (Rule::BlockedScopes, before.blocked_scopes.strength, after.blocked_scopes.strength),
        (Rule::MaxLifetime, before.max_lifetime.strength, after.max_lifetime.strength),
        (Rule::NoExpiration, before.no_expiration.strength, after.no_expiration.strength),
        (Rule::Unused, before.unused.strength, after.unused.strength),
    ];
    for (rule, before, after) in strengths {
        say(before != after, change::strength(rule, after));
    }
    said
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn settings(more: &Value) -> Settings {
        let mut settings = json!({
            "features": { "enabled": ["fabric"], "strength": "refuse_use" },
            "blocked_scopes": { "scopes": [], "strength": "refuse_use" },
            "max_lifetime": { "days": null, "strength": "new_tokens" },
            "no_expiration": { "allowed": true, "strength": "new_tokens" },
            "unused": { "days": null, "strength": "refuse_use" },
            "token_cap": 50, "creation_stopped": null
        });
        for (key, value) in more.as_object().unwrap() {
            settings[key] = value.clone();
        }
        serde_json::from_value(settings).unwrap()
    }

    fn said(after: &Value) -> Vec<String> {
        changes(&settings(&json!({})), &settings(after))
    }

    #[test]
    fn each_change_is_a_sentence() {
        assert_eq!(said(&json!({})), [""; 0]);
        assert_eq!(
            said(&json!({ "features": { "enabled": ["datacloud"], "strength": "revoke" } })),
            ["Turns on datacloud.", "Turns off fabric.", "Product features: revoke what breaks it."]
        );
        assert_eq!(
            said(&json!({ "blocked_scopes": { "scopes": ["scorecards:write", "users:write"], "strength": "refuse_use" } })),
            ["Blocks scorecards:write, users:write for personal tokens."]
        );
        assert_eq!(said(&json!({ "max_lifetime": { "days": 90, "strength": "new_tokens" } })), ["Limits lifetimes to 90 days."]);
        assert_eq!(said(&json!({ "no_expiration": { "allowed": false, "strength": "new_tokens" } })), ["Requires that tokens end."]);
        assert_eq!(said(&json!({ "unused": { "days": 1, "strength": "refuse_use" } })), ["Lets tokens stay unused for 1 day at most."]);
        assert_eq!(said(&json!({ "token_cap": 5 })), ["Allows 5 live tokens a person."]);
        assert_eq!(said(&json!({ "creation_stopped": "Audit." })), ["Stops the creation of tokens: “Audit.”"]);
    }

    #[test]
    fn what_is_lifted_is_said_too() {
        let before = settings(&json!({
            "blocked_scopes": { "scopes": ["users:write"], "strength": "refuse_use" }, "creation_stopped": "Audit.",
            "max_lifetime": { "days": 90, "strength": "new_tokens" }
        }));
        assert_eq!(
            changes(&before, &settings(&json!({}))),
            ["Allows users:write again.", "Lifts the maximum lifetime.", "Lets people make tokens again."]
        );
    }

    #[test]
    fn days_are_a_number_or_nothing() {
        assert_eq!(parse_days("unused", " 90 ").unwrap(), Some(90));
        assert_eq!(parse_days("unused", "").unwrap(), None);
        assert_eq!(parse_days("unused", "-1").unwrap_err().field, "unused");
        assert!(parse_days("unused", "ninety").is_err());
        assert!(parse_cap("token_cap", "").is_err());
    }
}
