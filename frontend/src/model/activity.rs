//! What happened to a token and with it, as sentences: what a row of the audit log says to its owner.

use pat_core::audit::{EventType, Outcome};
use pat_core::people::ReasonCode;
use pat_core::wire::{AuditEvent, Rule};
use serde::Deserialize as _;
use serde_json::Value;

use crate::words::activity::{self as words, refused};
use crate::words::{join, reason};

/// A row about a personal token or about the use of any token, in words; none for other rows.
pub fn token_sentence(event: &AuditEvent) -> Option<String> {
    let row = Row::new(event);
    let said = match EventType::parse(&event.event_type)? {
        EventType::WebApiCalled => row.called(),
        EventType::TokenCreated => row.created(),
        EventType::TokenUpdated => row.updated(),
        EventType::TokenDeleted => row.deleted(),
        EventType::TokenPaused => row.paused(),
        EventType::TokenResumed => row.resumed(),
        _ => return None,
    };
    Some(row.with_refusal(said))
}

/// A row, with what its sentences are made of. Names are chosen by people, so they lose what would turn the text around them.
#[derive(Clone, Copy)]
pub struct Row<'a>(&'a AuditEvent);

impl<'a> Row<'a> {
    /// Reads a row.
    pub fn new(event: &'a AuditEvent) -> Self {
        Self(event)
    }

    /// Whether it was not done.
    pub fn is_refused(self) -> bool {
        self.0.outcome == Outcome::Refused.as_str()
    }

    /// Who did it.
    pub fn who(self) -> String {
        let nobody = || match self.text("by") {
            Some("organization_token") => words::ORGANIZATION_TOKEN.to_owned(),
            Some("token") => words::HOLDER.to_owned(),
            Some("cli_sign_in") => words::SERVER.to_owned(),
            _ => words::OPERATOR.to_owned(),
        };
        self.0.user.as_ref().map_or_else(nobody, |user| plain(&user.name))
    }

    /// The token, in quotes.
    pub fn token(self) -> String {
        words::quoted(&self.0.token.as_ref().map(|token| plain(&token.name)).unwrap_or_default())
    }

    /// A text of the context; `a.b` is text `b` in object `a`.
    pub fn text(self, path: &str) -> Option<&'a str> {
        self.value(path)?.as_str()
    }

    /// A number of the context.
    pub fn number(self, path: &str) -> Option<u64> {
        self.value(path)?.as_u64()
    }

    /// The texts of a list in the context.
    pub fn texts(self, path: &str) -> Vec<String> {
        let list = self.value(path).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(plain).collect()
    }

    /// A part of the context.
    pub fn value(self, path: &str) -> Option<&'a Value> {
        path.split('.').try_fold(&self.0.context, |value, key| value.get(key))
    }

    /// The sentence, and for what was refused another one that says why.
    pub fn with_refusal(self, said: String) -> String {
        if !self.is_refused() {
            return said;
        }
        let others = self.number("refusals_since_last_row").filter(|count| *count > 0).map(refused::others);
        [Some(said), self.refusal(), others].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    fn refusal(self) -> Option<String> {
        let missing = self.texts("missing_scopes");
        let arguments = self.texts("arguments");
        let fields = self.value("errors").and_then(Value::as_array);
        let fields: Vec<String> = fields.into_iter().flatten().filter_map(|error| error.get("field")?.as_str()).map(plain).collect();
        let code = self.text("token_status").or(self.0.reason.as_deref())?;
        if let Some(rule) = self.value("refused_by").and_then(|rule| Rule::deserialize(rule).ok()) {
            return Some(refused::by_setting(rule));
        }
        Some(if !missing.is_empty() {
            refused::lacks(&join(&missing))
        } else if !arguments.is_empty() {
            refused::arguments(&join(&arguments))
        } else if !fields.is_empty() {
            refused::fields(&join(&fields))
        } else {
            refused::code(code)
        })
    }

    fn called(self) -> String {
        let token = self.token();
        let method = self.0.method.as_deref().unwrap_or_default();
        let agent = self.0.agent_name.as_deref().map(plain);
        match (&self.0.user, agent) {
            (Some(_), None) => words::called(&self.who(), method, &token),
            (Some(_), Some(agent)) => words::called_by_agent(&self.who(), method, &token, &agent),
            (None, None) => words::called_by_organization(&token, method),
            (None, Some(agent)) => words::organization_called_by_agent(&token, method, &agent),
        }
    }

    fn created(self) -> String {
        if self.is_refused() {
            return words::tried_to_make(&self.who());
        }
        let made = if self.text("sign_in_id").is_some() { words::made_by_cli } else { words::made };
        made(&self.who(), &self.token(), &join(&self.texts("scopes")))
    }

    /// An edit.
    pub fn updated(self) -> String {
        if self.is_refused() {
            return words::tried_to_edit(&self.who(), &self.token());
        }
        let (added, removed) = (self.texts("added_scopes"), self.texts("removed_scopes"));
        if self.text("because") == Some(EventType::RolesUpdated.as_str()) {
            return words::struck(&self.token(), &join(&removed));
        }
        let name = self.text("name.from").zip(self.text("name.to")).map(|(from, to)| (plain(from), plain(to)));
        self.edited(name, &added, &removed)
    }

    fn edited(self, name: Option<(String, String)>, added: &[String], removed: &[String]) -> String {
        let (who, token) = (self.who(), self.token());
        let renamed = name.filter(|(from, to)| from != to).map(|(from, to)| (words::quoted(&from), words::quoted(&to)));
        let said = match (added.is_empty(), removed.is_empty(), &renamed) {
            (true, true, None) => return words::saved_unchanged(&who, &token),
            (true, true, Some((from, to))) => return words::renamed(&who, from, to),
            (false, true, _) => words::widened(&who, &token, &join(added)),
            (true, false, _) => words::narrowed(&who, &token, &join(removed)),
            (false, false, _) => words::exchanged(&who, &token, &join(added), &join(removed)),
        };
        match renamed {
            Some((_, to)) => format!("{said} {}", words::is_now_called(&to)),
            None => said,
        }
    }

    /// A pause.
    pub fn paused(self) -> String {
        let (who, token) = (self.who(), self.token());
        match self.text("until") {
            Some(until) if !self.is_refused() => words::paused(&who, &token, &minute(until)),
            _ => words::tried_to_pause(&who, &token),
        }
    }

    /// A pause's end.
    pub fn resumed(self) -> String {
        let say = if self.is_refused() { words::tried_to_resume } else { words::resumed };
        say(&self.who(), &self.token())
    }

    /// How a token ended.
    pub fn deleted(self) -> String {
        let (who, token) = (self.who(), self.token());
        if self.is_refused() {
            return words::tried_to_delete(&who, &token);
        }
        if self.text("because") == Some(EventType::UserDeactivated.as_str()) {
            return words::revoked_by_deactivation(&token);
        }
        if self.text("because") == Some(EventType::TokensDeleted.as_str()) {
            return words::revoked_with_all(&who, &token);
        }
        let code = self.text("reason").and_then(ReasonCode::parse);
        let was_dead = self.value("was_dead_already").and_then(Value::as_bool) == Some(true);
        match code {
            _ if was_dead => words::deleted_dead(&who, &token),
            Some(code) => words::revoked(&who, &token, &reason::sentence(code, self.text("note").map(plain).as_deref())),
            None => words::deleted(&who, &token),
        }
    }
}

/// An instant of the log, to the minute.
pub fn minute(instant: &str) -> String {
    let (date, time) = instant.split_once('T').unwrap_or((instant, ""));
    format!("{date} {} UTC", time.get(..5).unwrap_or(time))
}

/// What a `User-Agent` begins with: the program, for all but browsers, which all begin alike.
pub fn short_client(user_agent: &str) -> String {
    let program = user_agent.split_whitespace().next().unwrap_or_default();
    if program.starts_with("Mozilla/") { words::BROWSER.to_owned() } else { plain(program) }
}

/// A text by others, without the characters that change the direction of what stands beside them.
pub fn plain(text: &str) -> String {
    const TURNS: [char; 12] = [
        '\u{200e}', '\u{200f}', '\u{061c}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
        '\u{2069}',
    ];
    text.replace(TURNS, "")
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// A row of the log as the server sends it; `more` replaces fields.
    pub fn event(event_type: EventType, more: &Value) -> AuditEvent {
        let mut event = json!({
            "id": "00000000-0000-0000-0000-000000000001", "time": "2027-01-31T12:00:00Z", "event_type": event_type.as_str(),
            "outcome": "succeeded", "reason": null,
            "user": { "id": "00000000-0000-0000-0000-000000000002", "name": "Max", "email": "max@demo.test" },
            "token": { "id": "00000000-0000-0000-0000-000000000003", "name": "ci-laptop" },
            "method": null, "context": {}, "request_id": null, "ip": "127.0.0.1", "user_agent": null, "client_type": null,
            "client_version": null, "agent_name": null, "agent_session_id": null, "agent_model": null
        });
        for (key, value) in more.as_object().unwrap() {
            event[key] = value.clone();
        }
        serde_json::from_value(event).unwrap()
    }

    fn said(event_type: EventType, more: &Value) -> String {
        token_sentence(&event(event_type, more)).unwrap()
    }

    #[test]
    fn a_call_says_who_with_what_and_through_whom() {
        let call = |more: Value| said(EventType::WebApiCalled, &more);
        assert_eq!(call(json!({ "method": "auth.info" })), "Max called auth.info with ‘ci-laptop’.");
        assert_eq!(
            call(json!({
                "method": "scorecards.list", "agent_name": "Claude Code", "outcome": "refused", "reason": "not_authorized",
                "context": { "missing_scopes": ["scorecards:read"] }
            })),
            "Max called scorecards.list with ‘ci-laptop’ through Claude Code (agent). Refused: it lacks scorecards:read."
        );
        assert_eq!(
            call(json!({ "method": "teams.list", "user": null, "agent_name": "Codex" })),
            "The organization token ‘ci-laptop’ called teams.list through Codex (agent)."
        );
        assert_eq!(call(json!({ "method": "teams.list", "user": null })), "The organization token ‘ci-laptop’ called teams.list.");
    }

    #[test]
    fn a_refusal_says_why() {
        let call = |reason: &str, context: Value| {
            said(EventType::WebApiCalled, &json!({ "method": "auth.info", "outcome": "refused", "reason": reason, "context": context }))
        };
        let told = |reason, context| call(reason, context).replace("Max called auth.info with ‘ci-laptop’. ", "");
        assert_eq!(
            told("invalid_auth", json!({ "token_status": "revoked", "refusals_since_last_row": 4 })),
            "Refused: it was revoked. So were 4 other calls before it."
        );
        assert_eq!(told("invalid_auth", json!({ "token_status": "expired", "refusals_since_last_row": 0 })), "Refused: it had expired.");
        assert_eq!(told("invalid_auth", json!({})), "Refused: it was paused.");
        assert_eq!(told("not_authorized", json!({ "refused_by": "unused" })), "Refused: unused for too long.");
        assert_eq!(told("invalid_arguments", json!({ "arguments": ["limit"] })), "Refused: there is something wrong with limit.");
        assert_eq!(told("a_new_code", json!({})), "Refused: a_new_code.");
    }

    #[test]
    fn a_token_says_how_it_was_made() {
        let made = |context: Value| said(EventType::TokenCreated, &json!({ "context": context }));
        assert_eq!(made(json!({ "scopes": ["catalog:read"] })), "Max made ‘ci-laptop’ with catalog:read.");
        let by_cli = json!({ "scopes": ["catalog:read"], "way": "device", "sign_in_id": "1" });
        assert_eq!(made(by_cli), "Max let a command line have ‘ci-laptop’ with catalog:read.");
    }

    #[test]
    fn an_edit_says_what_changed() {
        let edit = |from: &str, to: &str, added: &[&str], removed: &[&str]| {
            said(
                EventType::TokenUpdated,
                &json!({ "context": { "name": { "from": from, "to": to }, "added_scopes": added, "removed_scopes": removed } }),
            )
        };
        assert_eq!(edit("ci", "ci", &[], &[]), "Max saved ‘ci-laptop’ as it was.");
        assert_eq!(edit("ci", "laptop", &[], &[]), "Max renamed ‘ci’ to ‘laptop’.");
        assert_eq!(edit("ci", "ci", &["catalog:read"], &[]), "Max widened ‘ci-laptop’: added catalog:read.");
        assert_eq!(edit("ci", "ci", &[], &["scorecards:write"]), "Max narrowed ‘ci-laptop’: removed scorecards:write.");
        assert_eq!(
            edit("ci", "laptop", &["catalog:read"], &["scorecards:write", "teams:read"]),
            "Max changed ‘ci-laptop’: added catalog:read, removed scorecards:write, teams:read. It is called ‘laptop’ now."
        );
        let struck = json!({ "context": { "removed_scopes": ["scorecards:write"], "because": "user_roles.updated" } });
        assert_eq!(
            said(EventType::TokenUpdated, &struck),
            "‘ci-laptop’ lost scorecards:write, as no role of its owner allows that any more."
        );
    }

    #[test]
    fn an_end_says_whose_act_it_was() {
        let end = |context: Value| said(EventType::TokenDeleted, &json!({ "context": context }));
        assert_eq!(end(json!({ "reason": null })), "Max deleted ‘ci-laptop’.");
        assert_eq!(end(json!({ "was_dead_already": true })), "Max deleted ‘ci-laptop’, which no longer worked.");
        assert_eq!(end(json!({ "reason": "unused", "note": null })), "Max revoked ‘ci-laptop’: nobody uses it.");
        assert_eq!(end(json!({ "reason": "other", "note": "Its project is over." })), "Max revoked ‘ci-laptop’: “Its project is over.”");
        assert_eq!(end(json!({ "because": "personal_access_tokens.all_deleted" })), "Max revoked ‘ci-laptop’ with all their other tokens.");
        let by =
            |by: &str| said(EventType::TokenDeleted, &json!({ "user": null, "context": { "reason": "unused", "note": null, "by": by } }));
        assert_eq!(by("operator"), "The operator revoked ‘ci-laptop’: nobody uses it.");
        assert_eq!(by("organization_token"), "An organization token revoked ‘ci-laptop’: nobody uses it.");
        assert_eq!(by("cli_sign_in"), "The server revoked ‘ci-laptop’: nobody uses it.");
        assert_eq!(by("token"), "Whoever held it revoked ‘ci-laptop’: nobody uses it.");
        assert_eq!(end(json!({ "because": "users.deactivated" })), "‘ci-laptop’ was revoked, as its owner was deactivated.");
    }

    #[test]
    fn pauses_say_until_when() {
        let until = json!({ "context": { "until": "2027-02-01T09:30:15.5Z" } });
        assert_eq!(said(EventType::TokenPaused, &until), "Max paused ‘ci-laptop’ until 2027-02-01 09:30 UTC.");
        assert_eq!(said(EventType::TokenResumed, &json!({})), "Max ended the pause of ‘ci-laptop’.");
        let refused = json!({ "outcome": "refused", "reason": "paused_by_admin" });
        assert_eq!(said(EventType::TokenResumed, &refused), "Max tried to end the pause of ‘ci-laptop’. Refused: an admin paused it.");
    }

    #[test]
    fn names_never_turn_the_text_around_them() {
        let named = json!({ "token": { "id": "00000000-0000-0000-0000-000000000003", "name": "ci\u{202e}<b>" }, "method": "auth.info" });
        assert_eq!(said(EventType::WebApiCalled, &named), "Max called auth.info with ‘ci<b>’.");
    }

    #[test]
    fn clients_are_named_by_their_program() {
        assert_eq!(short_client("dx-cli/1.2.3 (linux)"), "dx-cli/1.2.3");
        assert_eq!(short_client("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"), "Browser");
    }

    #[test]
    fn other_rows_are_not_about_a_token() {
        assert_eq!(token_sentence(&event(EventType::SessionCreated, &json!({}))), None);
    }
}
