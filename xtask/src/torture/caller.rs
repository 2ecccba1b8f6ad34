//! Clients of the Web API.

use std::thread::sleep;
use std::time::Duration;

use rand::seq::IndexedRandom as _;
use serde_json::json;

use super::http::{self, Failure, Request};
use super::nodes::{Nodes, Place};
use super::record::{Call, Ended, Method, Recorder};

/// Of so many calls one is hung up on.
const HANG_UP: u32 = 30;

/// Tokens that strangers call with: the newest.
const NEWEST: usize = 40;

/// Of so many calls one is with a token that may be dead.
const DEAD: u32 = 4;

/// Somebody who calls.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) recorder: &'a Recorder,
    pub(super) nodes: &'a Nodes,
    /// Tells one from another, also in the audit log.
    pub(super) worker: usize,
}

impl Caller<'_> {
    /// Calls without rest, with whatever token, wherever.
    pub(super) fn run(self) {
        while !self.recorder.is_stopping() {
            let tokens = self.recorder.record().newest(NEWEST, rand::random_ratio(1, DEAD));
            let (Some(node), Some(token)) = (self.nodes.any(), any(&tokens)) else {
                sleep(Duration::from_millis(20));
                continue;
            };
            let hangs_up = rand::random_ratio(1, HANG_UP).then(|| Duration::from_millis(rand::random_range(0..40)));
            self.call(node, token, any(&Method::ALL).unwrap_or(Method::Info), hangs_up);
        }
    }

    /// Calls every node with a token, now that something about it has changed.
    pub(super) fn probe(self, token: usize, methods: &[Method]) {
        for node in self.nodes.all() {
            for method in methods.iter().filter(|_| !self.recorder.is_stopping()) {
                self.call(node, token, *method, None);
            }
        }
    }

    /// Calls a node, and returns the status if there was an answer.
    pub(super) fn call(self, node: Place, token: usize, method: Method, hang_up: Option<Duration>) -> Option<u16> {
        let secret = self.recorder.record().tokens.get(token)?.secret.clone();
        let number = self.recorder.number();
        let authorization = format!("Bearer {secret}");
        let agent = agent(self.worker);
        let entity = json!({ "identifier": identifier(number), "type": "service", "name": "Made by a torture" });
        let (verb, body) = if method == Method::Create { ("POST", Some(&entity)) } else { ("GET", None) };
        let path = format!("/{}", method.name());
        let path = if method == Method::Entities { format!("{path}?limit=2") } else { path };
        let headers = [("authorization", authorization.as_str()), ("user-agent", &agent)];
        let request = Request { method: verb, path: &path, headers: &headers, body };
        let began = self.recorder.now();
        let answered = match hang_up {
            None => http::send(node.address, &request),
            Some(after) => Err(http::hang_up(node.address, &request, after)),
        };
        let at = self.recorder.now();
        let mut record = self.recorder.record();
        let (status, ended) = match answered {
            Ok(answer) => {
                let request_id = answer.header("x-request-id").unwrap_or_default().to_owned();
                (Some(answer.status), Ended::Answered { at, status: answer.status, request_id })
            }
            Err(Failure::NotSent) => {
                record.count("calls that found no server");
                return None;
            }
            Err(Failure::Lost) => (None, Ended::Lost),
            Err(Failure::Hung) => (None, Ended::Hung),
        };
        if hang_up.is_some() {
            record.count("hang-ups");
        }
        record.calls.push(Call { number, token, node: node.id, worker: self.worker, method, began, ended });
        status
    }
}

/// The name of what a call creates.
pub(super) fn identifier(number: u64) -> String {
    format!("torture-{number}")
}

/// What a worker calls itself.
pub(super) fn agent(worker: usize) -> String {
    format!("torture/{worker}")
}

/// One of several, by chance.
pub(super) fn any<T: Clone>(all: &[T]) -> Option<T> {
    all.choose(&mut rand::rng()).cloned()
}
