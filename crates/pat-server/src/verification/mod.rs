//! Decide → work → prove (design section 6): the one room that turns a token into an answer.
//!
//! [`pat_core::attempt`] says what comes next; this carries it out. A read is decided from the cache, gathers, and its row joins
//! the next batch of the [`writer`], whose one statement proves it. A write does the same in a transaction of its own, whose
//! last statement is the proof. What could not be proved is taken back and made again, the last time under the locks of a change.

mod ask;
pub mod cache;
pub mod gate;
mod look_up;
pub mod refusals;
mod row;
#[cfg(feature = "unproved")]
pub mod unproved;
pub mod uses;
pub mod writer;

use diesel_async::AsyncConnection as _;
use pat_core::attempt::{Decided, Next, Proven, Row, Source};
use pat_core::id::AccountId;
use pat_core::policy::{Method, Verb};
use pat_core::secret::TokenSecret;
use pat_core::token::TokenStatus;
use pat_core::verify::{Refusal, Window};
use tracing::Instrument as _;

pub use self::ask::Ask;
use self::refusals::Refusals;
use crate::app::{App, SharedApp};
use crate::client::Client;
use crate::limits::Quotas;
use crate::metrics::Verdict;
use crate::routes;
use crate::store::audit::{self, NewEvent};
#[cfg(not(feature = "unproved"))]
use crate::store::audit::{Proof, ProvedRow};
use crate::store::pool::Data;
use crate::store::principals::{self, Principal};
use crate::store::{Reach, StoreError, Transaction};
use crate::traces;
#[cfg(feature = "unproved")]
use crate::verification::unproved::record;
use crate::web_api::{Call, Notice, Reply, WebApiError};

/// What a live token's call is answered with, and the proof that it may be.
#[derive(Debug)]
pub struct Answer {
    /// A refusal is an answer as well.
    pub reply: Result<Reply, WebApiError>,
    /// Whom it is about, as it was proved.
    pub principal: Principal,
    /// What the answer's headers say of the token.
    pub notice: Notice,
    /// Without it there is no answer.
    pub proven: Proven,
}

impl Answer {
    fn verdict(&self) -> Verdict {
        match self.reply {
            Err(WebApiError::MissingScopes { .. } | WebApiError::WrongTokenKind | WebApiError::RefusedBy(_) | WebApiError::InvalidAuth) => {
                Verdict::Refused
            }
            _ => Verdict::Allowed,
        }
    }
}

/// What is said without a proof.
struct Unproved {
    verdict: Verdict,
    error: WebApiError,
}

impl From<WebApiError> for Unproved {
    fn from(error: WebApiError) -> Self {
        let verdict = if matches!(error, WebApiError::RateLimited(_) | WebApiError::OverLimit(_)) {
            Verdict::RateLimited
        } else {
            Verdict::Unavailable
        };
        Self { verdict, error }
    }
}

impl From<StoreError> for Unproved {
    fn from(error: StoreError) -> Self {
        WebApiError::from(error).into()
    }
}

/// A call that waits for its answer.
#[derive(Clone, Copy)]
struct Request<'a> {
    app: &'a SharedApp,
    client: &'a Client,
    method: &'a Method,
    ask: Ask<'a>,
}

/// Answers a call with a well-formed token.
///
/// # Errors
/// What is said without a proof: of tokens that are unknown or dead, and when nothing can be proved.
pub async fn answer(app: &SharedApp, client: &Client, method: &Method, secret: &TokenSecret, ask: Ask<'_>) -> Result<Answer, WebApiError> {
    let answered = attempt(Request { app, client, method, ask }, secret).await;
    app.metrics.verifications.count(match &answered {
        Ok(answer) => answer.verdict(),
        Err(unproved) => unproved.verdict,
    });
    if let Err(Unproved { error: WebApiError::RateLimited(_), .. }) = &answered {
        app.gate.hold().await;
    }
    answered.map_err(|unproved| unproved.error)
}

async fn attempt(request: Request<'_>, secret: &TokenSecret) -> Result<Answer, Unproved> {
    let Request { app, method, ask, .. } = request;
    let counted = &app.metrics.verifications;
    if app.writer.is_behind() {
        counted.shed.inc();
        return Err(StoreError::Unavailable("too many calls wait for their rows".into()).into());
    }
    let digest = secret.digest();
    // Held from the look at the cache to its fill, so that a token is looked up once for all who show it at the same instant.
    let mut claim = None;
    let mut attempt = ask.first_attempt();
    let mut holder = None;
    let mut tries = 0;
    let mut quotas = None;
    loop {
        let (principal, locked) = match attempt.source() {
            Source::Cache => match app.principals.get(&digest) {
                Some(principal) => (principal, None),
                None => match request.claim(&digest).await? {
                    Ok(principal) => (principal, None),
                    Err(right) => {
                        claim = Some(right);
                        attempt = attempt.missed();
                        continue;
                    }
                },
            },
            Source::Database => match claim.take() {
                Some(right) => (request.find_unseen(digest, right).await?, None),
                None => (request.find(digest).await?, None),
            },
            Source::Locked => {
                counted.locked.inc();
                let mut tx = begin_locked(app, holder).await?;
                let found = principals::find(&mut tx, &app.policy, &digest).await?;
                (found.ok_or_else(|| request.unknown(None))?, Some(tx))
            }
        };
        if !ask.concerns(principal.account_id) {
            return Err(request.unknown(None));
        }
        holder = Some(reach(&principal));
        let decided = attempt.decide(&principal.standing, method, principal.now());
        // Once, however often it is decided.
        if quotas.is_none() && ask.is_counted() && shows_life(&decided) {
            quotas = Some(request.count(&principal).await?);
        }
        let (reply, prove, tx) = match decided {
            Decided::Reread(again) => {
                attempt = again;
                continue;
            }
            Decided::Dead(status) => {
                return Err(Unproved { verdict: Verdict::Dead, error: request.dead(&principal, status).await });
            }
            Decided::Refused(refusal, prove) => (Err(refused(app, method, refusal)), prove, locked),
            Decided::Allowed(work) => {
                let (reply, tx) = request.work(&principal, locked).instrument(traces::work()).await?;
                (reply, work.done(), tx)
            }
        };
        // The database, or we, failed: dropping a transaction closes its connection. There is no answer that could need a row.
        if let Err(error @ (WebApiError::Store(_) | WebApiError::Defect(_))) = reply {
            return Err(error.into());
        }
        tries += 1_u32;
        let row = request.prove(&principal, &reply, prove.window(), tx).instrument(traces::database("prove")).await?;
        match prove.recorded(row) {
            Next::Answer(proven) => {
                tracing::Span::current().record("pat.attempts", tries);
                request.note_use(&principal, &reply);
                let notice = Notice::of(&principal, quotas.unwrap_or_default());
                return Ok(Answer { reply, principal, notice, proven });
            }
            Next::Again(again) => {
                counted.repeated.inc();
                attempt = again;
            }
            Next::Unavailable => return Err(StoreError::Unavailable("the answer could not be proved".into()).into()),
        }
    }
}

/// Whether the answer tells that the token lives: a paused one looks like one that never was.
fn shows_life(decided: &Decided) -> bool {
    match decided {
        Decided::Allowed(_) => true,
        Decided::Refused(refusal, _) => *refusal != Refusal::Paused,
        Decided::Dead(_) | Decided::Reread(_) => false,
    }
}

/// What the locks of a change would have to cover.
fn reach(principal: &Principal) -> (AccountId, Reach) {
    (principal.account_id, principal.user.as_ref().map_or(Reach::Account, |user| Reach::User(user.id)))
}

/// Writes a row if its ground still stands, and commits the work with it, or takes it back.
#[cfg(not(feature = "unproved"))]
async fn record(app: &App, event: NewEvent<'_>, proof: Proof, tx: Option<Transaction>) -> Result<Row, WebApiError> {
    let proved = ProvedRow { row: audit::Row::new(event, app.store.known()), proof };
    let Some(mut tx) = tx else { return Ok(app.writer.record(proved).await) };
    if audit::insert_proved(&mut tx, proved).await? {
        tx.commit().await?;
        Ok(Row::Committed)
    } else {
        tx.rollback().await?;
        Ok(Row::LeftOut)
    }
}

/// Takes the locks of a change on behalf of whoever holds the token.
async fn begin_locked(app: &App, holder: Option<(AccountId, Reach)>) -> Result<Transaction, StoreError> {
    let (account, reach) = holder.ok_or_else(|| StoreError::inconsistent("an attempt was locked before it knew its holder"))?;
    app.store.begin_change(account, reach).await
}

impl Request<'_> {
    /// Runs the handler, if that is what was asked for. A writing one gets a transaction, and in it a savepoint, so that a refusal
    /// takes its writes back but keeps its row.
    async fn work(
        self,
        principal: &Principal,
        locked: Option<Transaction>,
    ) -> Result<(Result<Reply, WebApiError>, Option<Transaction>), WebApiError> {
        let Ask::Run(raw) = self.ask else { return Ok((Ok(Reply::new()), locked)) };
        let arguments = match raw.parse() {
            Ok(arguments) => arguments,
            Err(refusal) => return Ok((Err(refusal), locked)),
        };
        let Self { app, method, .. } = self;
        let call = Call { principal, arguments: &arguments, policy: &app.policy };
        let mut tx = match locked {
            None if method.verb == Verb::Get => return Ok((routes::call(&method.name, call, &mut Data::pooled(&app.store)).await, None)),
            None => app.store.begin().await?,
            Some(tx) => tx,
        };
        let reply = tx.transaction(async |conn| routes::call(&method.name, call, &mut Data::Given(conn)).await).await;
        Ok((reply, Some(tx)))
    }

    /// Writes the row if what was decided on still stands: last in the transaction of the work, where there is one.
    async fn prove(
        self,
        principal: &Principal,
        reply: &Result<Reply, WebApiError>,
        window: Window,
        tx: Option<Transaction>,
    ) -> Result<Row, WebApiError> {
        let event = row::of(self.client, self.method, principal, self.ask, reply);
        record(self.app, event, principal.proof(window), tx).await
    }

    /// Counts the call for the limits of its account and its token. One too many is refused before any work, without a proof: that
    /// is no success, and proving each would cost as much as what is saved.
    async fn count(self, principal: &Principal) -> Result<Quotas, WebApiError> {
        let exceeded = match self.app.limits.count(principal.account_id, principal.token_id) {
            Ok(quotas) => return Ok(quotas),
            Err(exceeded) => exceeded,
        };
        let event = |since| row::of_over_limit(self.client, self.method, principal, exceeded.policy, since);
        self.note(&self.app.calls_over_limit, principal, event).await?;
        Err(WebApiError::over_limit(exceeded.retry_after, Notice::of(principal, exceeded.quotas)))
    }

    /// Dead tokens stay dead: no proof, and not a row for each refusal.
    async fn dead(self, principal: &Principal, status: TokenStatus) -> WebApiError {
        let event = |since| row::of_dead(self.client, self.method, principal, status, since);
        self.note(&self.app.dead_tokens, principal, event).await.err().unwrap_or(WebApiError::InvalidAuth)
    }

    /// Writes the row of a refusal if it is the first of its minute.
    async fn note<'a>(
        self,
        refusals: &Refusals,
        principal: &Principal,
        event: impl FnOnce(u32) -> NewEvent<'a>,
    ) -> Result<(), WebApiError> {
        let Some(since) = refusals.count(principal.token_id, principal.now()) else { return Ok(()) };
        let written = audit::insert_alone(&self.app.store, event(since)).await;
        if written.is_err() {
            refusals.forget(principal.token_id);
        }
        Ok(written?)
    }

    /// A token that a setting refuses stays as unused as it is.
    fn note_use(self, principal: &Principal, reply: &Result<Reply, WebApiError>) {
        if !matches!(reply, Err(WebApiError::RefusedBy(_))) {
            self.app.uses.note(principal.account_id, principal.token_id, self.client);
        }
    }
}

fn refused(app: &App, method: &Method, refusal: Refusal) -> WebApiError {
    match refusal {
        Refusal::Paused => WebApiError::InvalidAuth,
        Refusal::Setting(rule) => WebApiError::RefusedBy(rule),
        Refusal::WrongKind => WebApiError::WrongTokenKind,
        Refusal::MissingScopes(missing) => {
            WebApiError::MissingScopes { missing: app.policy.scope_names(missing), needed: app.policy.scope_names(method.scopes) }
        }
    }
}
