//! The audit log in sentences: what a row of any kind says to an admin.

use pat_core::audit::EventType;
use pat_core::wire::{AuditEvent, Settings, TokenAct};
use serde::Deserialize as _;
use serde_json::Value;

use crate::model::activity::{Row, minute, plain, token_sentence};
use crate::model::settings::changes;
use crate::words::{activity, audit as words, join, reason};

/// A row, in words.
pub fn sentence(event: &AuditEvent) -> String {
    if let Some(said) = token_sentence(event) {
        return said;
    }
    let row = Row::new(event);
    // Another version of the server may write what this page has no words for.
    let said = EventType::parse(&event.event_type).map_or_else(|| words::unknown(&row.who(), &event.event_type), |kind| said(row, kind));
    row.with_refusal(said)
}

fn said(row: Row<'_>, event_type: EventType) -> String {
    let who = row.who();
    let user = || row.text("target.name").map_or_else(|| words::SOMEBODY.to_owned(), plain);
    let done = |done: fn(&str, &str) -> String, tried: fn(&str, &str) -> String| {
        let sentence = if row.is_refused() { tried } else { done };
        sentence(&who, &user())
    };
    match event_type {
        EventType::SessionCreated if row.is_refused() => words::tried_to_sign_in(&who),
        EventType::SessionCreated => words::signed_in(&who),
        EventType::SessionConfirmed => words::gave_password_again(&who),
        EventType::SessionDeleted => words::signed_out(&who),
        EventType::PasswordUpdated => words::set_password(&who),
        // The operator's own rows name the person in the place of who did it.
        EventType::PasswordLinkCreated if row.value("target").is_none() => words::made_link(activity::OPERATOR, &who),
        EventType::PasswordLinkCreated => done(words::made_link, words::tried_to_make_link),
        EventType::UserCreated => done(words::invited, words::tried_to_invite),
        EventType::SessionsEnded => done(words::ended_sessions, words::tried_to_end_sessions),
        EventType::AccountCreated => words::made_account(activity::OPERATOR, &row.text("account").map(plain).unwrap_or_default(), &who),
        EventType::OrganizationTokenCreated if row.is_refused() => words::tried_to_make_organization_token(&who),
        EventType::OrganizationTokenCreated => words::made_organization_token(&who, &row.token(), &join(&row.texts("scopes"))),
        EventType::OrganizationTokenUpdated => row.updated(),
        EventType::OrganizationTokenDeleted => row.deleted(),
        EventType::OrganizationTokenPaused => row.paused(),
        EventType::OrganizationTokenResumed => row.resumed(),
        EventType::TokensDeleted if row.is_refused() => words::tried_to_revoke_all(&who),
        EventType::TokensDeleted => words::revoked_all(&who, row.number("revoked").unwrap_or_default()),
        EventType::SignInSought => words::sought_device(&who),
        EventType::SignInApproved if row.is_refused() => words::tried_to_let_sign_in(&who, &program(row)),
        EventType::SignInApproved => {
            let name = activity::quoted(&row.text("name").map(plain).unwrap_or_default());
            words::let_sign_in(&who, &program(row), &name, &join(&row.texts("scopes")))
        }
        EventType::SignInDenied if row.is_refused() => words::tried_to_deny_sign_in(&who, &program(row)),
        EventType::SignInDenied => words::denied_sign_in(&who, &program(row)),
        EventType::SignInRedeemed => words::redeemed_in_vain(&who),
        EventType::TokenChangeStarted => change_started(row),
        EventType::TokenChangeEnded => change_ended(row),
        EventType::RolesUpdated if row.is_refused() => words::tried_to_set_roles(&who, &user()),
        EventType::RolesUpdated => {
            let (from, to) = (row.texts("from"), row.texts("to"));
            words::set_roles(&who, &user(), &beyond(&to, &from), &beyond(&from, &to))
        }
        EventType::UserDeactivated => done(words::deactivated, words::tried_to_deactivate),
        EventType::UserReactivated => done(words::reactivated, words::tried_to_reactivate),
        EventType::UserErased => words::erased(activity::OPERATOR),
        EventType::AuditPruned => words::pruned(activity::OPERATOR, &row.text("month").map(plain).unwrap_or_default()),
        EventType::SettingsUpdated => settings_changed(row),
        EventType::AdminRefused => words::tried_to_administer(&who, &row.text("request").map(plain).unwrap_or_default()),
        // Said by `token_sentence` already.
        EventType::TokenCreated
        | EventType::TokenUpdated
        | EventType::TokenDeleted
        | EventType::TokenPaused
        | EventType::TokenResumed
        | EventType::WebApiCalled => String::new(),
    }
}

fn program(row: Row<'_>) -> String {
    words::command_line(row.text("callback").map(plain).as_deref())
}

fn change_started(row: Row<'_>) -> String {
    let (who, matched) = (row.who(), row.number("matched").unwrap_or_default());
    match act(row).filter(|_| !row.is_refused()) {
        None => words::tried_to_change_many(&who),
        Some(TokenAct::Revoke { reason: code, note }) => {
            let why = code.map(|code| reason::sentence(code, note.as_deref().map(plain).as_deref())).unwrap_or_default();
            words::began_to_revoke(&who, matched, &why)
        }
        Some(TokenAct::Pause { .. }) => words::began_to_pause(&who, matched, &row.text("act.until").map(minute).unwrap_or_default()),
        Some(TokenAct::Resume {}) => words::began_to_resume(&who, matched),
    }
}

fn change_ended(row: Row<'_>) -> String {
    let (who, done) = (row.who(), row.number("done").unwrap_or_default());
    let is_through = row.text("state") == Some("finished");
    match act(row).filter(|_| !row.is_refused()) {
        None => words::tried_to_stop(&who),
        Some(_) if row.text("because").is_some() => words::stopped_without_admin(&who, done),
        Some(_) if !is_through => words::stopped(&who, done),
        Some(TokenAct::Revoke { .. }) => words::revoked_many(&who, done),
        Some(TokenAct::Pause { .. }) => words::paused_many(&who, done),
        Some(TokenAct::Resume {}) => words::resumed_many(&who, done),
    }
}

fn act(row: Row<'_>) -> Option<TokenAct> {
    row.value("act").and_then(|act| TokenAct::deserialize(act).ok())
}

fn settings_changed(row: Row<'_>) -> String {
    let who = row.who();
    if row.is_refused() {
        return words::tried_to_change_settings(&who);
    }
    let settings = |key| row.value(key).and_then(|value: &Value| Settings::deserialize(value).ok());
    let changes = settings("from").zip(settings("to")).map(|(from, to)| changes(&from, &to)).unwrap_or_default();
    if changes.is_empty() { words::saved_settings(&who) } else { words::changed_settings(&who, &changes.join(" ")) }
}

/// The names in one list that the other lacks, as people read them.
fn beyond(names: &[String], others: &[String]) -> String {
    let names: Vec<String> = names.iter().filter(|name| !others.contains(name)).map(|name| name.replace('_', " ")).collect();
    join(&names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::activity::tests::event;

    fn told(event_type: EventType, more: &Value) -> String {
        sentence(&event(event_type, more))
    }

    #[test]
    fn every_kind_of_event_has_a_sentence_and_a_name() {
        for event_type in EventType::ALL {
            for outcome in ["succeeded", "refused"] {
                let said = told(*event_type, &json!({ "outcome": outcome, "reason": "forbidden", "method": "auth.info" }));
                let name = event_type.as_str();
                let who = if matches!(event_type, EventType::UserErased | EventType::AuditPruned) { activity::OPERATOR } else { "Max" };
                assert!(said.ends_with('.'), "{name}: {said}");
                assert!(said.contains(who), "{name}: {said}");
                assert!(!said.contains(name), "{name}: {said}");
                assert_eq!(said.contains("Refused: only workspace admins may."), outcome == "refused", "{name}: {said}");
            }
        }
    }

    #[test]
    fn people_and_what_was_done_to_them() {
        let to_ada = |more: Value| {
            let mut context = json!({ "target": { "name": "Ada" } });
            for (key, value) in more.as_object().unwrap() {
                context[key] = value.clone();
            }
            json!({ "context": context })
        };
        let roles = |from: &[&str], to: &[&str]| told(EventType::RolesUpdated, &to_ada(json!({ "from": from, "to": to })));
        assert_eq!(roles(&["team_lead"], &["team_lead", "scorecard_admin"]), "Max gave Ada the roles scorecard admin.");
        assert_eq!(
            roles(&["workspace_admin", "team_lead"], &["contributor"]),
            "Max gave Ada the roles contributor, and took workspace admin, team lead."
        );
        assert_eq!(told(EventType::UserDeactivated, &to_ada(json!({}))), "Max deactivated Ada.");
        assert_eq!(told(EventType::UserCreated, &to_ada(json!({ "roles": ["contributor"] }))), "Max invited Ada.");
        assert_eq!(told(EventType::SessionsEnded, &to_ada(json!({}))), "Max ended all sessions of Ada.");
        assert_eq!(told(EventType::PasswordLinkCreated, &to_ada(json!({}))), "Max made a link that sets the password of Ada.");
        assert_eq!(told(EventType::PasswordLinkCreated, &json!({})), "The operator made a link that sets the password of Max.");
        let last = json!({ "context": { "target": { "name": "Ada" } }, "outcome": "refused", "reason": "last_admin" });
        assert_eq!(
            told(EventType::UserDeactivated, &last),
            "Max tried to deactivate Ada. Refused: the account’s last workspace admin stays one."
        );
    }

    #[test]
    fn signing_in_and_failing_to() {
        assert_eq!(told(EventType::SessionCreated, &json!({})), "Max signed in.");
        let failed = json!({ "outcome": "refused", "reason": "wrong_credentials" });
        assert_eq!(told(EventType::SessionCreated, &failed), "Somebody tried to sign in as Max. Refused: the password was wrong.");
    }

    #[test]
    fn command_lines_tell_where_they_listen_and_what_they_may() {
        let asked = json!({ "way": "browser", "callback": "http://127.0.0.1:4321", "name": "dx-cli", "scopes": ["catalog:read"] });
        let browser = |more: Value| {
            let mut row = json!({ "token": null, "context": asked });
            row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            row
        };
        assert_eq!(
            told(EventType::SignInApproved, &browser(json!({}))),
            "Max let a command line at http://127.0.0.1:4321 have the token ‘dx-cli’ with catalog:read."
        );
        let stopped = browser(json!({ "outcome": "refused", "reason": "creation_stopped" }));
        assert_eq!(
            told(EventType::SignInApproved, &stopped),
            "Max tried to let a command line at http://127.0.0.1:4321 have a token. Refused: the creation of tokens is stopped."
        );
        let device = json!({ "context": { "way": "device" } });
        assert_eq!(told(EventType::SignInDenied, &device), "Max refused a device a token.");
        let twice = json!({ "outcome": "refused", "reason": "code_used_twice", "context": { "way": "device" } });
        assert_eq!(
            told(EventType::SignInRedeemed, &twice),
            "A command line came for the token that Max decided on. Refused: its code had been used before."
        );
    }

    #[test]
    fn the_operator_has_no_name() {
        let revoked = json!({ "user": null, "context": { "reason": "compromised" } });
        assert_eq!(told(EventType::TokenDeleted, &revoked), "The operator revoked ‘ci-laptop’: its secret is known to others.");
    }

    #[test]
    fn organization_tokens_tell_what_changed() {
        let context = json!({ "name": { "from": "ci", "to": "ci" }, "added_scopes": ["users:read"], "removed_scopes": [] });
        assert_eq!(told(EventType::OrganizationTokenUpdated, &json!({ "context": context })), "Max widened ‘ci-laptop’: added users:read.");
    }

    #[test]
    fn changes_of_many_tokens() {
        let revoke = json!({ "type": "revoke", "reason": "other", "note": "A leak." });
        let started = json!({ "context": { "act": revoke, "matched": 12 } });
        assert_eq!(told(EventType::TokenChangeStarted, &started), "Max began to revoke 12 tokens: “A leak.”");
        let pause = json!({ "context": { "act": { "type": "pause", "until": "2027-02-01T09:30:00Z" }, "matched": 1 } });
        assert_eq!(told(EventType::TokenChangeStarted, &pause), "Max began to pause 1 token until 2027-02-01 09:30 UTC.");
        let ended = |user: Value, state: &str| json!({ "user": user, "context": { "act": revoke, "state": state, "done": 12 } });
        assert_eq!(told(EventType::TokenChangeEnded, &ended(Value::Null, "finished")), "The operator revoked 12 tokens.");
        assert_eq!(
            told(EventType::TokenChangeEnded, &ended(Value::Null, "stopped")),
            "The operator stopped a change of many tokens, after 12 tokens."
        );
        assert_eq!(
            told(EventType::TokensDeleted, &json!({ "context": { "revoked": 2 } })),
            "Max revoked all of their own tokens: 2 tokens."
        );
    }

    #[test]
    fn settings_tell_each_change() {
        let from = json!({
            "features": { "enabled": ["fabric"], "strength": "refuse_use" }, "blocked_scopes": { "scopes": [], "strength": "refuse_use" },
            "max_lifetime": { "days": null, "strength": "new_tokens" }, "no_expiration": { "allowed": true, "strength": "new_tokens" },
            "unused": { "days": null, "strength": "refuse_use" }, "token_cap": 50, "creation_stopped": null
        });
        let mut to = from.clone();
        to["token_cap"] = json!(5);
        to["max_lifetime"]["days"] = json!(90);
        assert_eq!(
            told(EventType::SettingsUpdated, &json!({ "context": { "from": from, "to": to } })),
            "Max changed the account’s settings. Limits lifetimes to 90 days. Allows 5 live tokens a person."
        );
    }

    #[test]
    fn what_a_newer_server_writes_is_shown_as_it_is() {
        let mut newer = event(EventType::WebApiCalled, &json!({}));
        newer.event_type = "rockets.launched".to_owned();
        assert_eq!(sentence(&newer), "Max: rockets.launched.");
    }
}
