//! Who acted and from where, written once: rows refer to them by a random id, which a node remembers.

use std::collections::HashMap;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::NewEvent;

/// How long an id is used at most: `audit prune` deletes what is much older and no row speaks of.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Principals that are remembered at most: as many as the cache of tokens holds.
const PRINCIPALS: usize = 1_000_000;

/// Clients that are remembered at most.
const CLIENTS: usize = 250_000;

/// Names the fields of a principal or a client.
type Digest = [u8; 32];

/// A row of `audit_principals`, without what is drawn for it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Principal<'a> {
    pub account_id: Uuid,
    pub user_id: Option<Uuid>,
    pub user_name: Option<&'a str>,
    pub user_email: Option<&'a str>,
    pub token_id: Option<Uuid>,
    pub token_name: Option<&'a str>,
}

/// A row of `audit_clients`, without what is drawn for it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Origin<'a> {
    pub account_id: Uuid,
    pub ip: Option<IpAddr>,
    pub user_agent: Option<&'a str>,
    pub client_type: Option<&'a str>,
    pub client_version: Option<&'a str>,
    pub agent_name: Option<&'a str>,
    pub agent_session_id: Option<&'a str>,
    pub agent_model: Option<&'a str>,
}

impl<'a> Principal<'a> {
    /// Of an event; `None` where nobody acted.
    pub fn of(event: &NewEvent<'a>) -> Option<Self> {
        (event.user.is_some() || event.token.is_some()).then(|| Self {
            account_id: event.account_id.0,
            user_id: event.user.map(|user| user.id.0),
            user_name: event.user.map(|user| user.name),
            user_email: event.user.map(|user| user.email),
            token_id: event.token.map(|(id, _)| id.0),
            token_name: event.token.map(|(_, name)| name),
        })
    }
}

impl<'a> Origin<'a> {
    /// Of an event.
    pub fn of(event: &NewEvent<'a>) -> Self {
        let client = event.client;
        Self {
            account_id: event.account_id.0,
            ip: client.ip,
            user_agent: client.user_agent.as_deref(),
            client_type: client.client_type.as_deref(),
            client_version: client.client_version.as_deref(),
            agent_name: client.agent_name.as_deref(),
            agent_session_id: client.agent_session_id.as_deref(),
            agent_model: client.agent_model.as_deref(),
        }
    }
}

/// How a row refers to its principal or its client.
#[derive(Clone, Debug)]
pub(super) enum Reference {
    /// By the id that it has.
    Known(i64),
    /// It has none yet, as far as was known.
    Unknown(Unwritten),
}

/// The fields of a principal or a client, packed.
#[derive(Clone, Debug)]
pub(super) struct Unwritten {
    digest: Digest,
    packed: Vec<u8>,
}

/// What is to be written with the id that was drawn for it.
#[derive(Debug)]
pub(super) struct Drawn<'a> {
    pub id: i64,
    packed: &'a [u8],
}

impl<'a> Drawn<'a> {
    /// The fields, as which they were packed.
    pub fn fields<T: Deserialize<'a>>(&self) -> Result<T, postcard::Error> {
        postcard::from_bytes(self.packed)
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    id: i64,
    since: Timestamp,
}

/// The ids of one table.
#[derive(Debug)]
pub(super) struct Ids(Cache<Digest, Entry>);

impl Ids {
    /// How a row refers to what has these fields.
    pub fn refer(&self, fields: &impl Serialize) -> Reference {
        // A vector takes all.
        let packed = postcard::to_extend(fields, Vec::with_capacity(256)).unwrap_or_default();
        let digest = *blake3::hash(&packed).as_bytes();
        self.get(&digest).map_or(Reference::Unknown(Unwritten { digest, packed }), Reference::Known)
    }

    fn get(&self, digest: &Digest) -> Option<i64> {
        let Entry { id, since } = self.0.get(digest)?;
        (Timestamp::now().duration_since(since) < KEPT).then_some(id)
    }
}

/// What this node has written and seen committed. Nodes don't share it, nor does it outlast a restart: the same principal may
/// well be written again.
#[derive(Debug)]
pub struct Known {
    pub(super) principals: Ids,
    pub(super) clients: Ids,
    /// When the server that was met last had started.
    server: Mutex<Option<Timestamp>>,
}

impl Default for Known {
    fn default() -> Self {
        Self { principals: Ids(Cache::new(PRINCIPALS)), clients: Ids(Cache::new(CLIENTS)), server: Mutex::default() }
    }
}

impl Known {
    /// Remembers what has been committed.
    pub fn keep(&self, written: Written) {
        let since = Timestamp::now();
        for (ids, written) in [(&self.principals, written.principals), (&self.clients, written.clients)] {
            for (digest, id) in written {
                ids.0.insert(digest, Entry { id, since });
            }
        }
    }

    /// Forgets everything when the database turns out to be another server than before, or the same one restarted: it may have lost
    /// what was committed last.
    pub fn meet(&self, started: Timestamp) {
        let before = self.server.lock().replace(started);
        if before.is_some_and(|before| before != started) {
            self.principals.0.clear();
            self.clients.0.clear();
        }
    }
}

/// What a transaction has written, good for nothing but that transaction until it has committed.
#[derive(Debug, Default)]
#[must_use]
pub struct Written {
    pub(super) principals: HashMap<Digest, i64>,
    pub(super) clients: HashMap<Digest, i64>,
}

/// The ids that rows refer to, in their order, and what must be written before: each once.
pub(super) fn resolve<'a>(
    known: &Ids,
    written: &mut HashMap<Digest, i64>,
    references: impl Iterator<Item = Option<&'a Reference>>,
) -> (Vec<Option<i64>>, Vec<Drawn<'a>>) {
    let mut drawn = Vec::new();
    let ids = references.map(|reference| match reference? {
        Reference::Known(id) => Some(*id),
        Reference::Unknown(Unwritten { digest, packed }) => {
            // Another row may have brought it since this one was made.
            let before = written.get(digest).copied().or_else(|| known.get(digest));
            Some(before.unwrap_or_else(|| {
                let id = rand::random_range(1..=i64::MAX);
                written.insert(*digest, id);
                drawn.push(Drawn { id, packed });
                id
            }))
        }
    });
    (ids.collect(), drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: Digest = [1; 32];

    fn known() -> Known {
        let known = Known::default();
        known.keep(Written { principals: HashMap::from([(DIGEST, 7)]), clients: HashMap::new() });
        known
    }

    #[test]
    fn ids_are_used_for_a_week() {
        let known = known();
        assert_eq!(known.principals.get(&DIGEST), Some(7));
        let entry = |since| known.principals.0.insert(DIGEST, Entry { id: 7, since });
        entry(Timestamp::now() - KEPT + SignedDuration::from_mins(1));
        assert_eq!(known.principals.get(&DIGEST), Some(7));
        entry(Timestamp::now() - KEPT);
        assert_eq!(known.principals.get(&DIGEST), None);
    }

    #[test]
    fn another_server_knows_nothing() {
        let known = known();
        known.meet(Timestamp::UNIX_EPOCH);
        known.meet(Timestamp::UNIX_EPOCH);
        assert_eq!(known.principals.get(&DIGEST), Some(7));
        known.meet(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1));
        assert_eq!(known.principals.get(&DIGEST), None);
    }

    #[test]
    fn what_differs_in_one_field_is_another() {
        let ids = Known::default().principals;
        let principal = |user_name, token_name| {
            let fields = Principal { account_id: Uuid::nil(), user_id: None, user_name, user_email: None, token_id: None, token_name };
            match ids.refer(&fields) {
                Reference::Unknown(unwritten) => unwritten.digest,
                Reference::Known(id) => panic!("{id}"),
            }
        };
        let all = [principal(Some("a"), None), principal(None, Some("a")), principal(None, None), principal(Some(""), None)];
        assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), all.len());
        assert_eq!(all[0], principal(Some("a"), None));
    }
}
