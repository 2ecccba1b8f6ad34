//! Last uses: noted at most once a minute a token, many in one statement. No answer waits for them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pat_core::id::{AccountId, TokenId};
use quick_cache::sync::Cache;

use crate::client::Client;
use crate::store::tokens::{self, Use};
use crate::store::{Store, StoreError};

/// Between two statements.
const PERIOD: Duration = Duration::from_secs(1);

/// For how long a token's uses are one.
const ONE: Duration = Duration::from_mins(1);

/// Tokens whose last use is remembered at most.
const TOKENS: usize = 100_000;

/// The uses that are still to be written.
#[derive(Debug)]
pub struct Uses {
    /// When a token's use was noted last.
    pub noted: Cache<TokenId, Instant>,
    waiting: Mutex<HashMap<TokenId, Use>>,
}

impl Uses {
    /// Starts to write what is noted, as long as anybody holds this.
    pub fn start(store: &Store) -> Arc<Self> {
        let uses = Arc::new(Self { noted: Cache::new(TOKENS), waiting: Mutex::default() });
        let (weak, store) = (Arc::downgrade(&uses), store.clone());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PERIOD).await;
                let Some(uses) = weak.upgrade() else { return };
                uses.write(&store).await;
            }
        });
        uses
    }

    /// Notes a use, unless one was noted within the last minute.
    pub fn note(&self, account: AccountId, token: TokenId, client: &Client) {
        let now = Instant::now();
        if self.noted.get(&token).is_none_or(|noted| now.duration_since(noted) >= ONE) {
            self.noted.insert(token, now);
            self.waiting.lock().insert(token, Use { account, token, ip: client.ip_net(), user_agent: client.user_agent.clone() });
        }
    }

    /// Writes what waits. What can't be written is forgotten: the next use of the token is noted again.
    pub async fn write(&self, store: &Store) {
        let mut uses: Vec<_> = std::mem::take(&mut *self.waiting.lock()).into_values().collect();
        if uses.is_empty() {
            return;
        }
        uses.sort_unstable_by_key(|used| used.token.0);
        let written: Result<(), StoreError> = async { tokens::note_uses(&mut *store.conn().await?, &uses).await }.await;
        if let Err(error) = written {
            for used in &uses {
                self.noted.remove(&used.token);
            }
            tracing::warn!(%error, tokens = uses.len(), "last uses were not noted");
        }
    }
}
