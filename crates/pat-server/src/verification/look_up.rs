//! What the primary says of a token: once for all who show it at the same instant, and no more often than the [`gate`](super::gate)
//! lets through.

use std::time::Duration;

use pat_core::secret::TokenDigest;
use tracing::Instrument as _;

use super::cache::Claim;
use super::{Request, Unproved};
use crate::metrics::Verdict;
use crate::store::StoreError;
use crate::store::principals::{self, Principal};
use crate::traces;
use crate::web_api::WebApiError;

/// How long a call waits for another one's look-up of the same token.
const CLAIM_LIMIT: Duration = Duration::from_secs(3);

/// How long a look-up may take. One on a connection that has stopped talking would keep all others out that need its turn.
const LOOK_UP_LIMIT: Duration = Duration::from_secs(3);

impl<'a> Request<'a> {
    /// What another call finds that looks the token up at this moment, or the right to do so.
    pub(super) async fn claim(self, digest: &TokenDigest) -> Result<Result<Principal, Claim<'a>>, StoreError> {
        // The other one waits for the database; this one must not wait for it and then once more itself.
        let waited = tokio::time::timeout(CLAIM_LIMIT, self.app.principals.claim(digest)).await;
        waited.map_err(|elapsed| StoreError::Unavailable(elapsed.into()))
    }

    /// Reads a token that this server has never seen, or not for long.
    pub(super) async fn find_unseen(self, digest: TokenDigest, claim: Claim<'_>) -> Result<Principal, Unproved> {
        let Self { app, client, .. } = self;
        if app.principals.is_unknown(&digest) {
            return Err(self.unknown(app.look_up_failures.count(client.network())));
        }
        let pass = app.gate.enter(&app.look_up_failures, client.network()).await?;
        if let Some(principal) = self.read(digest).await? {
            claim.fill(&principal);
            return Ok(principal);
        }
        app.principals.note_unknown(digest);
        Err(self.unknown(pass.unknown()))
    }

    /// Reads the principal of a token that was known a moment ago, for the cache as well.
    pub(super) async fn find(self, digest: TokenDigest) -> Result<Principal, Unproved> {
        let principal = self.read(digest).await?.ok_or_else(|| self.unknown(None))?;
        self.app.principals.fill(digest, &principal);
        Ok(principal)
    }

    async fn read(self, digest: TokenDigest) -> Result<Option<Principal>, StoreError> {
        let mut conn = self.app.store.conn().await?;
        self.app.metrics.verifications.look_ups.inc();
        let found = principals::find(&mut conn, &self.app.policy, &digest).instrument(traces::database("look up"));
        tokio::time::timeout(LOOK_UP_LIMIT, found).await.unwrap_or_else(|elapsed| {
            self.app.store.doubt();
            Err(StoreError::Unavailable(elapsed.into()))
        })
    }

    /// No row: anybody can make such tokens by the million. They are counted by address, and only such tokens are ever refused
    /// for it: one that this server knows works from an address that floods, too.
    pub(super) fn unknown(self, over: Option<u64>) -> Unproved {
        tracing::debug!(ip = ?self.client.ip, request_id = %self.client.request_id, "unknown token");
        match over {
            None => Unproved { verdict: Verdict::Unknown, error: WebApiError::InvalidAuth },
            Some(seconds) => WebApiError::RateLimited(seconds).into(),
        }
    }
}
