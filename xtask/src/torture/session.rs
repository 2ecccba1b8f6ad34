//! Somebody who is signed in to the Console API, and asks any node.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::http::{self, Answer, Failure, Request};
use super::judge::{At, Change};
use super::nodes::Nodes;
use super::record::{Act, Ended, Recorder};

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// A person with a session cookie.
pub(super) struct Session<'a> {
    recorder: &'a Recorder,
    nodes: &'a Nodes,
    email: String,
    password: String,
    cookie: String,
}

/// How a request for a change ended.
pub(super) enum Outcome {
    Confirmed(Answer, Made),
    Refused(Answer),
    Unknown(Made),
    /// No node could be reached: nothing has happened.
    NotSent,
}

/// When a change was made, or may have been.
#[derive(Clone, Copy)]
pub(super) struct Made {
    pub(super) began: At,
    pub(super) confirmed: Option<At>,
}

impl Made {
    pub(super) fn change<V>(self, value: V) -> Change<V> {
        Change { value, began: self.began, confirmed: self.confirmed }
    }
}

impl Outcome {
    /// When it was made, or may have been.
    pub(super) fn made(&self) -> Option<Made> {
        match self {
            Self::Confirmed(_, made) | Self::Unknown(made) => Some(*made),
            Self::Refused(_) | Self::NotSent => None,
        }
    }

    pub(super) fn is_confirmed(&self) -> bool {
        matches!(self, Self::Confirmed(..))
    }

    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

/// What is asked.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) if_match: Option<&'a str>,
    pub(super) body: Option<&'a Value>,
}

impl<'a> Ask<'a> {
    pub(super) fn new(method: &'a str, path: &'a str) -> Self {
        Self { method, path, if_match: None, body: None }
    }

    pub(super) fn body(self, body: &'a Value) -> Self {
        Self { body: Some(body), ..self }
    }

    pub(super) fn if_match(self, version: &'a str) -> Self {
        Self { if_match: Some(version), ..self }
    }
}

impl<'a> Session<'a> {
    /// Somebody who signs in when they first ask for something.
    pub(super) fn new(recorder: &'a Recorder, nodes: &'a Nodes, email: &str, password: &str) -> Self {
        Self { recorder, nodes, email: email.to_owned(), password: password.to_owned(), cookie: String::new() }
    }

    /// Asks for a change, once.
    pub(super) fn ask(&mut self, ask: Ask<'_>) -> Outcome {
        if self.cookie.is_empty() && !self.sign_in() {
            return Outcome::NotSent;
        }
        let outcome = self.send(ask);
        if matches!(&outcome, Outcome::Refused(answer) if answer.text("/code") == Some("not_signed_in")) {
            self.cookie.clear();
            return Outcome::NotSent;
        }
        outcome
    }

    /// Asks until there is an answer, whatever it is; `None` when the torture ends meanwhile.
    pub(super) fn insist(&mut self, ask: Ask<'_>) -> Option<Answer> {
        loop {
            match self.ask(ask) {
                Outcome::Confirmed(answer, _) | Outcome::Refused(answer) => return Some(answer),
                Outcome::Unknown(_) | Outcome::NotSent if self.recorder.is_stopping() => return None,
                Outcome::Unknown(_) | Outcome::NotSent => sleep(PAUSE),
            }
        }
    }

    /// A session once it is there; `false` if it isn't.
    pub(super) fn sign_in(&mut self) -> bool {
        let body = json!({ "email": self.email, "password": self.password });
        if let Outcome::Confirmed(answer, _) = self.send(Ask::new("POST", "/api/session").body(&body)) {
            let cookie = answer.header("set-cookie").and_then(|value| value.split(';').next());
            cookie.unwrap_or_default().clone_into(&mut self.cookie);
            return true;
        }
        sleep(PAUSE);
        false
    }

    fn send(&mut self, ask: Ask<'_>) -> Outcome {
        let Some(node) = self.nodes.any() else {
            sleep(PAUSE);
            return Outcome::NotSent;
        };
        let mut headers = vec![("origin", self.nodes.public_url()), ("cookie", &self.cookie)];
        headers.extend(ask.if_match.map(|version| ("if-match", version)));
        let began = self.recorder.now();
        let answered = http::send(node.address, &Request { method: ask.method, path: ask.path, headers: &headers, body: ask.body });
        let at = self.recorder.now();
        let ended = match &answered {
            Ok(answer) => {
                let request_id = answer.header("x-request-id").unwrap_or_default().to_owned();
                Ended::Answered { at, status: answer.status, request_id }
            }
            Err(Failure::NotSent) => {
                sleep(PAUSE);
                return Outcome::NotSent;
            }
            Err(Failure::Lost) => Ended::Lost,
            Err(Failure::Hung) => Ended::Hung,
        };
        self.recorder.record().acts.push(Act { what: format!("{} {}", ask.method, ask.path), began, ended });
        match answered {
            Ok(answer) if answer.status < 300 => Outcome::Confirmed(answer, Made { began, confirmed: Some(at) }),
            Ok(answer) if answer.status < 500 => Outcome::Refused(answer),
            _ => Outcome::Unknown(Made { began, confirmed: None }),
        }
    }
}
