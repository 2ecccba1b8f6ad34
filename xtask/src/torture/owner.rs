//! Somebody whose tokens change without rest, by their own hand and by an admin's.
//!
//! All changes of one user and their tokens are made by one thread, one after another. After one of unknown outcome nothing is
//! done that it could still spoil: a token is revoked, roles are set anew (each time to a set that was not there before, so that a
//! late one doesn't fit any more), and a user is given up.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::caller::{Caller, any};
use super::judge::{Register, Scopes};
use super::nodes::Nodes;
use super::people;
use super::record::{Method, Recorder, Token};
use super::session::{Ask, Made, Outcome, Session};

/// Live tokens of a user.
const TOKENS: usize = 6;

/// One user after another, as each is used up.
pub(super) struct Owner<'a> {
    caller: Caller<'a>,
    admin: Session<'a>,
    own: Session<'a>,
    user: usize,
    path: String,
    roles: Vec<String>,
    generation: usize,
}

impl<'a> Owner<'a> {
    /// Invites a user; `None` when the torture ends meanwhile.
    pub(super) fn start(recorder: &'a Recorder, nodes: &'a Nodes, worker: usize, mut admin: Session<'a>) -> Option<Self> {
        let (user, own) = people::new_user(recorder, nodes, &mut admin)?;
        let caller = Caller { recorder, nodes, worker };
        let path = people::path_of(recorder, user);
        Some(Self { caller, admin, own, user, path, roles: people::roles(false, 0), generation: 0 })
    }

    /// Changes without rest.
    pub(super) fn run(mut self) {
        while !self.caller.recorder.is_stopping() {
            if self.step().is_none() {
                return;
            }
        }
    }

    /// One change. `None` when the torture ends meanwhile.
    fn step(&mut self) -> Option<()> {
        let live = self.caller.recorder.record().live(self.user);
        let Some(token) = any(&live) else { return self.mint() };
        match rand::random_range(0..100) {
            0..25 if live.len() < TOKENS => self.mint(),
            0..25 | 40..52 => self.delete(token),
            25..40 => self.edit(token),
            52..62 => self.pause(token, true, false),
            62..68 => self.pause(token, true, true),
            68..80 => self.pause(token, false, true),
            80..84 => self.retire(token),
            84..97 => self.set_roles(!self.writes()),
            97..99 => self.delete_all(),
            _ => self.replace_user(),
        }
    }

    fn writes(&self) -> bool {
        self.caller.recorder.record().users.get(self.user).is_some_and(|user| user.writes.known())
    }

    fn token_path(&self, token: usize, prefix: &str) -> String {
        let record = self.caller.recorder.record();
        format!("/api/{prefix}/{}", record.tokens.get(token).map_or("", |token| &token.id))
    }

    fn mint(&mut self) -> Option<()> {
        let recorder = self.caller.recorder;
        let scopes = any_scopes(self.writes());
        let is_endless = rand::random_bool(0.3);
        let name = format!("t-{}", recorder.number());
        let expiration = if is_endless { json!({ "type": "never" }) } else { json!({ "type": "days", "days": 30 }) };
        let body = json!({ "name": name, "expiration": expiration, "scopes": scopes.names() });
        match self.own.ask(Ask::new("POST", "/api/personal-access-tokens").body(&body)) {
            Outcome::Confirmed(answer, _) => {
                let (Some(secret), Some(id)) = (answer.text("/token"), answer.text("/personal_access_token/id")) else {
                    recorder.surprise("a mint was confirmed without a token".to_owned());
                    return Some(());
                };
                let (secret, id, owner) = (secret.to_owned(), id.to_owned(), self.user);
                let (revoked, paused, scopes) = (Register::new(false), Register::new(false), Register::new(scopes));
                let mut record = recorder.record();
                record.count("mints");
                record.tokens.push(Token { id, secret, owner, is_endless, revoked, paused, scopes });
                let token = record.tokens.len() - 1;
                drop(record);
                self.caller.probe(token, &[Method::Info]);
            }
            Outcome::Unknown(_) => {
                recorder.record().maybe_minted.insert(name);
            }
            Outcome::Refused(answer) if answer.text("/code") == Some("token_limit") => return self.delete_all(),
            Outcome::Refused(_) | Outcome::NotSent => {}
        }
        Some(())
    }

    fn delete(&mut self, token: usize) -> Option<()> {
        let path = self.token_path(token, "personal-access-tokens");
        let outcome = self.own.ask(Ask::new("DELETE", &path));
        self.expect_found(&outcome);
        self.note(&outcome, "deletes", token, |token| &mut token.revoked, true);
        if outcome.is_unknown() { self.retire(token) } else { Some(()) }
    }

    /// Revokes a token as an admin, however often it must be asked.
    fn retire(&mut self, token: usize) -> Option<()> {
        let path = self.token_path(token, "admin/tokens");
        loop {
            let outcome = self.admin.ask(Ask::new("DELETE", &path).body(&json!({ "reason": "compromised" })));
            self.expect_found(&outcome);
            self.note(&outcome, "admin's deletes", token, |token| &mut token.revoked, true);
            if outcome.is_confirmed() {
                return Some(());
            }
            if self.caller.recorder.is_stopping() {
                return None;
            }
        }
    }

    fn edit(&mut self, token: usize) -> Option<()> {
        let path = self.token_path(token, "personal-access-tokens");
        let seen = self.own.insist(Ask::new("GET", &path))?;
        let Some(version) = seen.header("etag").map(str::to_owned) else {
            self.caller.recorder.surprise(format!("a token that was minted can't be read: {}", seen.status));
            return Some(());
        };
        let scopes = any_scopes(self.writes());
        let body = json!({ "scopes": scopes.names() });
        let outcome = self.own.ask(Ask::new("PATCH", &path).if_match(&version).body(&body));
        self.note(&outcome, "edits", token, |token| &mut token.scopes, scopes);
        if outcome.is_unknown() { self.retire(token) } else { Some(()) }
    }

    fn pause(&mut self, token: usize, as_owner: bool, is: bool) -> Option<()> {
        let prefix = if as_owner { "personal-access-tokens" } else { "admin/tokens" };
        let path = format!("{}/pause", self.token_path(token, prefix));
        let session = if as_owner { &mut self.own } else { &mut self.admin };
        let until = Timestamp::now() + SignedDuration::from_hours(24);
        let body = json!({ "until": until.to_string() });
        let outcome = if is { session.ask(Ask::new("POST", &path).body(&body)) } else { session.ask(Ask::new("DELETE", &path)) };
        self.expect_found(&outcome);
        self.note(&outcome, if is { "pauses" } else { "resumptions" }, token, |token| &mut token.paused, is);
        if outcome.is_unknown() { self.retire(token) } else { Some(()) }
    }

    fn delete_all(&mut self) -> Option<()> {
        let outcome = self.own.ask(Ask::new("DELETE", "/api/personal-access-tokens"));
        self.note_all_revoked(&outcome, "deletes of all");
        if outcome.is_unknown() { self.replace_user() } else { Some(()) }
    }

    /// Deactivates the user for good, and goes on as another.
    fn replace_user(&mut self) -> Option<()> {
        let path = format!("{}/deactivate", self.path);
        loop {
            let outcome = self.admin.ask(Ask::new("POST", &path));
            self.note_all_revoked(&outcome, "deactivations");
            if let Some(made) = outcome.made() {
                let mut record = self.caller.recorder.record();
                record.users.get_mut(self.user)?.is_active.push(made.change(false));
            }
            if outcome.is_confirmed() {
                break;
            }
            if self.caller.recorder.is_stopping() {
                return None;
            }
        }
        let Caller { recorder, nodes, .. } = self.caller;
        (self.user, self.own) = people::new_user(recorder, nodes, &mut self.admin)?;
        (self.path, self.roles, self.generation) = (people::path_of(recorder, self.user), people::roles(false, 0), 0);
        Some(())
    }

    /// Sets the user's roles, until it is known that they are.
    fn set_roles(&mut self, writes: bool) -> Option<()> {
        let path = format!("{}/roles", self.path);
        loop {
            self.generation += 1;
            let to = people::roles(writes, self.generation);
            let outcome = self.admin.ask(Ask::new("PUT", &path).body(&json!({ "from": self.roles, "to": to })));
            if let Some(made) = outcome.made() {
                self.note_roles(made, writes);
            }
            if outcome.is_confirmed() {
                self.roles = to;
                break;
            }
            self.roles = self.read_roles()?;
        }
        self.probe_all();
        // Whether these were struck nobody knows.
        let unclear: Vec<_> = {
            let record = self.caller.recorder.record();
            let is_unclear = |token: &usize| record.tokens.get(*token).is_some_and(|token| token.scopes.is_unknown());
            record.live(self.user).into_iter().filter(is_unclear).collect()
        };
        unclear.into_iter().try_for_each(|token| self.retire(token))
    }

    fn read_roles(&mut self) -> Option<Vec<String>> {
        let answer = self.admin.insist(Ask::new("GET", &self.path))?;
        let roles = answer.body.pointer("/roles").and_then(Value::as_array).cloned().unwrap_or_default();
        Some(roles.iter().filter_map(|role| role.pointer("/name")?.as_str().map(str::to_owned)).collect())
    }

    /// A demotion strikes scopes from tokens, and a later promotion doesn't give them back.
    fn note_roles(&self, made: Made, writes: bool) {
        let mut record = self.caller.recorder.record();
        record.count(match (made.confirmed, writes) {
            (None, _) => "unknown outcomes",
            (_, true) => "promotions",
            (_, false) => "demotions",
        });
        if let Some(user) = record.users.get_mut(self.user) {
            user.writes.push(made.change(writes));
        }
        if writes {
            return;
        }
        for token in record.live(self.user) {
            let left = record.tokens.get(token).map(|token| token.scopes.known().without(Scopes::CATALOG_WRITE)).unwrap_or_default();
            record.change_token(token, |token| &mut token.scopes, made.change(left));
        }
    }

    fn note_all_revoked(&self, outcome: &Outcome, what: &'static str) {
        let Some(made) = outcome.made() else { return };
        let mut record = self.caller.recorder.record();
        record.count(if outcome.is_confirmed() { what } else { "unknown outcomes" });
        let tokens = 0..record.tokens.len();
        let user = self.user;
        for token in tokens.filter(|token| record.tokens.get(*token).is_some_and(|token| token.owner == user)).collect::<Vec<_>>() {
            record.change_token(token, |token| &mut token.revoked, made.change(true));
        }
        drop(record);
        if outcome.is_confirmed() {
            self.probe_all();
        }
    }

    /// Notes what became of a token, and calls with it everywhere if it is known.
    fn note<V: Copy>(&self, outcome: &Outcome, what: &'static str, token: usize, of: impl Fn(&mut Token) -> &mut Register<V>, value: V) {
        let Some(made) = outcome.made() else { return };
        let mut record = self.caller.recorder.record();
        record.count(if outcome.is_confirmed() { what } else { "unknown outcomes" });
        record.change_token(token, of, made.change(value));
        drop(record);
        if outcome.is_confirmed() {
            self.caller.probe(token, &[Method::Info, Method::Create]);
        }
    }

    /// The newest tokens of the user.
    fn probe_all(&self) {
        let mine: Vec<_> = {
            let record = self.caller.recorder.record();
            let all = record.tokens.iter().enumerate().rev();
            all.filter(|(_, token)| token.owner == self.user).map(|(index, _)| index).take(TOKENS).collect()
        };
        for token in mine {
            self.caller.probe(token, &[Method::Create]);
        }
    }

    /// Tokens whose mint was confirmed are there.
    fn expect_found(&self, outcome: &Outcome) {
        if matches!(outcome, Outcome::Refused(answer) if answer.status == 404) {
            self.caller.recorder.surprise("a token that was minted is not found".to_owned());
        }
    }
}

fn any_scopes(writes: bool) -> Scopes {
    let mut scopes = if writes && rand::random_bool(0.7) { Scopes::CATALOG_WRITE } else { Scopes::default() };
    for scope in [Scopes::CATALOG_READ, Scopes::SNAPSHOTS_READ] {
        if rand::random_bool(0.5) {
            scopes = scopes.union(scope);
        }
    }
    if scopes.is_empty() { Scopes::CATALOG_READ } else { scopes }
}
