//! The torture's own log: what was asked when, what was answered when, and what every change was. It knows nothing of the
//! product's log or database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::judge::{At, Authority, Change, Register, Scopes, Settings, Window};

/// A method of the Web API that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Info,
    Entities,
    Teams,
    Create,
}

impl Method {
    pub(super) const ALL: [Self; 4] = [Self::Info, Self::Entities, Self::Teams, Self::Create];

    /// Its name in the policy table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Info => "auth.info",
            Self::Entities => "catalog.entities.list",
            Self::Teams => "teams.list",
            Self::Create => "catalog.entities.create",
        }
    }

    pub(super) fn needs(self) -> Scopes {
        match self {
            Self::Info => Scopes::default(),
            Self::Entities => Scopes::CATALOG_READ,
            Self::Teams => Scopes::SNAPSHOTS_READ,
            Self::Create => Scopes::CATALOG_WRITE,
        }
    }
}

/// Somebody with tokens.
pub(super) struct User {
    pub(super) id: String,
    pub(super) email: String,
    /// Whether their roles allow writing to the catalog.
    pub(super) writes: Register<bool>,
    pub(super) is_active: Register<bool>,
}

/// A token whose mint was confirmed.
pub(super) struct Token {
    pub(super) id: String,
    /// Never printed.
    pub(super) secret: String,
    pub(super) owner: usize,
    pub(super) is_endless: bool,
    pub(super) revoked: Register<bool>,
    pub(super) paused: Register<bool>,
    pub(super) scopes: Register<Scopes>,
}

/// How a request ended for whoever sent it.
#[derive(Clone, Debug)]
pub(super) enum Ended {
    Answered {
        at: At,
        status: u16,
        request_id: String,
    },
    /// Nobody knows what became of it.
    Lost,
    /// It was answered neither with a refusal nor with anything else within the limit.
    Hung,
}

/// A call of the Web API that reached a server.
pub(super) struct Call {
    /// Counts all calls; a created entity is named by it.
    pub(super) number: u64,
    pub(super) token: usize,
    pub(super) node: usize,
    pub(super) worker: usize,
    pub(super) method: Method,
    pub(super) began: At,
    pub(super) ended: Ended,
}

impl Call {
    /// When it may have been decided.
    pub(super) fn window(&self) -> Window {
        let until = if let Ended::Answered { at, .. } = self.ended { Some(at) } else { None };
        Window { from: self.began, until }
    }

    /// When what it wrote may have been written: after 503 nobody knows either.
    pub(super) fn work_window(&self) -> Window {
        let until = if let Ended::Answered { status: 503, .. } = self.ended { None } else { self.window().until };
        Window { from: self.began, until }
    }
}

/// A request to the Console API that reached a server.
pub(super) struct Act {
    pub(super) what: String,
    pub(super) began: At,
    pub(super) ended: Ended,
}

/// Everything that was noted.
#[derive(Default)]
pub(super) struct Record {
    pub(super) users: Vec<User>,
    pub(super) tokens: Vec<Token>,
    pub(super) settings: Register<Settings>,
    pub(super) calls: Vec<Call>,
    pub(super) acts: Vec<Act>,
    /// Faults that began, for the stories of requests.
    pub(super) faults: Vec<(At, String)>,
    /// How often each thing was done.
    pub(super) counts: BTreeMap<&'static str, u64>,
    /// Names of tokens that may exist or not.
    pub(super) maybe_minted: BTreeSet<String>,
    /// What no worker expected.
    pub(super) surprises: Vec<String>,
}

impl Default for Register<Settings> {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Record {
    pub(super) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// What decides on a token's calls.
    pub(super) fn authority<'a>(&'a self, token: &'a Token) -> Option<Authority<'a>> {
        let Token { is_endless, owner, revoked, paused, scopes, .. } = token;
        let writes = &self.users.get(*owner)?.writes;
        Some(Authority { is_endless: *is_endless, revoked, paused, scopes, writes, settings: &self.settings })
    }

    /// The tokens of a user that are not known to be revoked.
    pub(super) fn live(&self, owner: usize) -> Vec<usize> {
        let is_live = |token: &Token| token.owner == owner && !token.revoked.known() && !token.revoked.is_unknown();
        self.tokens.iter().enumerate().filter(|(_, token)| is_live(token)).map(|(index, _)| index).collect()
    }

    /// The newest tokens, of everybody; of those revoked also.
    pub(super) fn newest(&self, count: usize, with_revoked: bool) -> Vec<usize> {
        let all = self.tokens.iter().enumerate().rev();
        all.filter(|(_, token)| with_revoked || !token.revoked.known()).map(|(index, _)| index).take(count).collect()
    }

    pub(super) fn change_token<V: Copy>(&mut self, token: usize, of: impl Fn(&mut Token) -> &mut Register<V>, change: Change<V>) {
        if let Some(token) = self.tokens.get_mut(token) {
            of(token).push(change);
        }
    }
}

/// What all threads share.
pub(super) struct Recorder {
    start: Instant,
    record: Mutex<Record>,
    numbers: AtomicU64,
    stopping: AtomicBool,
}

impl Recorder {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), record: Mutex::default(), numbers: AtomicU64::new(0), stopping: AtomicBool::new(false) }
    }

    pub(super) fn now(&self) -> At {
        self.start.elapsed()
    }

    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// The record, which nobody holds while waiting for anything.
    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn fault(&self, what: &'static str, detail: &str) {
        let at = self.now();
        let mut record = self.record();
        record.count(what);
        record.faults.push((at, format!("{what} {detail}")));
    }

    pub(super) fn surprise(&self, what: String) {
        self.record().surprises.push(what);
    }

    /// Tells the workers to end.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst) || crate::process::interrupted()
    }
}
