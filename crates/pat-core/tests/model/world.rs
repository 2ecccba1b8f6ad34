//! The database, two nodes and what goes on between them.

use std::sync::LazyLock;

use jiff::Timestamp;
use pat_core::attempt::{Attempt, Decided, Next, Prove, Row, Source, Work};
use pat_core::policy::{Method, Policy};
use pat_core::scope::ScopeSet;
use pat_core::settings::Ruling;
use pat_core::token::{Lifecycle, TokenKind};
use pat_core::verify::Standing;
use stateright::{Model, Property};

use crate::properties;

/// How the protocol is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    AsBuilt,
    LateJoin,
    TwoReads,
    StampLater,
    CountedStamps,
    UnprovedRefusal,
    ProveThenWork,
    HangUpCancels,
    /// The last try takes its lock and reads in one statement: what a token may is as old as the statement, the stamp as new as the lock.
    LockingRead,
    /// The same, and it fills the cache.
    LockedFill,
}

/// What is explored. Caches begin filled, as if by earlier calls.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    calls: &'static [(usize, usize, Kind)],
    changes: &'static [Change],
    /// Changes by others of the first user that leave the rights as they are, but not the stamp.
    bumps: u8,
    crashes: u8,
    hang_ups: u8,
    unknown_commits: u8,
    /// Failovers that lose the last commit (asynchronous replication).
    lossy_failovers: u8,
    /// Failovers that lose nothing (synchronous replication).
    failovers: u8,
}

impl Limits {
    const NONE: Self =
        Self { calls: &[], changes: &[], bumps: 0, crashes: 0, hang_ups: 0, unknown_commits: 0, lossy_failovers: 0, failovers: 0 };
    /// Calls of both nodes and of both tokens of a user race a revocation and a grant.
    pub const RACE: Self = Self {
        calls: &[(0, 0, Kind::Read), (1, 0, Kind::Write), (0, 1, Kind::Read)],
        changes: &[Change::Revoke(0), Change::Grant(1)],
        ..Self::NONE
    };
    /// Reads of the primary land in the cache in any order, before a call that begins later.
    pub const FILL: Self = Self {
        calls: &[(0, 0, Kind::Read), (0, 0, Kind::Read), (0, 0, Kind::Write)],
        changes: &[Change::Revoke(0)],
        bumps: 1,
        ..Self::NONE
    };
    /// Stamps move during every attempt, up to the locked one.
    const LOCKED: Self = Self { calls: &[(0, 0, Kind::Write), (1, 1, Kind::Read)], changes: &[Change::Revoke(0)], bumps: 3, ..Self::NONE };
    /// The same on one node, for two calls of one token.
    pub const LOCKED_FILL: Self =
        Self { calls: &[(0, 0, Kind::Read), (0, 0, Kind::Read)], changes: &[Change::Revoke(0)], bumps: 3, ..Self::NONE };
    /// An account-wide change reaches everybody, another user's token included.
    const ACCOUNT: Self =
        Self { calls: &[(0, 0, Kind::Read), (1, 2, Kind::Write), (1, 0, Kind::Read)], changes: &[Change::Mask], bumps: 1, ..Self::NONE };
    /// A node dies, a client leaves, a COMMIT doesn't return.
    pub const CRASH: Self = Self {
        calls: &[(0, 0, Kind::Write), (0, 0, Kind::Read), (0, 2, Kind::Read)],
        changes: &[Change::Revoke(0)],
        crashes: 1,
        hang_ups: 1,
        unknown_commits: 1,
        ..Self::NONE
    };
    /// A standby takes over without the last commit.
    pub const FAILOVER: Self = Self {
        calls: &[(0, 1, Kind::Read), (0, 1, Kind::Write)],
        changes: &[Change::Grant(1)],
        bumps: 1,
        lossy_failovers: 1,
        ..Self::NONE
    };
    /// A standby takes over with everything.
    const SYNCHRONOUS: Self =
        Self { calls: &[(0, 0, Kind::Read), (1, 0, Kind::Write)], changes: &[Change::Revoke(0)], bumps: 1, failovers: 1, ..Self::NONE };

    pub const ALL: [Self; 8] =
        [Self::RACE, Self::FILL, Self::LOCKED, Self::LOCKED_FILL, Self::ACCOUNT, Self::CRASH, Self::FAILOVER, Self::SYNCHRONOUS];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Read,
    Write,
}

/// A change of authority. Tokens 0 and 1 are one user's, token 2 another's; token 1 begins without the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    Revoke(usize),
    Grant(usize),
    /// An account-wide setting hides the scope.
    Mask,
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    Allowed = 1,
    Refused = 2,
    Dead = 4,
}

fn user_of(token: usize) -> usize {
    token / 2
}

/// What is committed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Db {
    rights: [Right; 3],
    is_masked: bool,
    user_stamps: [u8; 2],
    account_stamp: u8,
    /// Bits of calls whose row went in, of those whose row says that a write succeeded, and of those whose effect did.
    rows: u8,
    writes: u8,
    effects: u8,
}

impl Db {
    fn right(&self, token: usize) -> Right {
        match self.rights[token] {
            Right::Allowed if self.is_masked => Right::Refused,
            right => right,
        }
    }

    fn principal(&self, token: usize) -> Principal {
        Principal { right: self.right(token), user_stamp: self.user_stamps[user_of(token)], account_stamp: self.account_stamp }
    }

    /// The fence.
    fn stands(&self, token: usize, principal: Principal) -> bool {
        (principal.user_stamp, principal.account_stamp) == (self.user_stamps[user_of(token)], self.account_stamp)
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Revoke(token) => self.rights[token] = Right::Dead,
            Change::Grant(token) => self.rights[token] = Right::Allowed,
            Change::Mask => self.is_masked = true,
        }
    }

    /// Writes the row of a call and, where it is a write that succeeded, its effect with it.
    fn record(&mut self, index: usize, is_write: bool, has_effect: bool) {
        self.rows |= 1 << index;
        self.writes |= u8::from(is_write) << index;
        self.effects |= u8::from(has_effect) << index;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Principal {
    right: Right,
    user_stamp: u8,
    account_stamp: u8,
}

impl Principal {
    fn standing(self) -> Standing {
        let revoked_at = (self.right == Right::Dead).then_some(Timestamp::UNIX_EPOCH);
        let effective = if self.right == Right::Allowed { METHOD.1.scopes } else { ScopeSet::EMPTY };
        Standing {
            kind: TokenKind::Personal,
            lifecycle: Lifecycle { revoked_at, ..Lifecycle::default() },
            ruling: Ruling::default(),
            effective,
        }
    }
}

static METHOD: LazyLock<(Policy, Method)> = LazyLock::new(|| {
    let table = r#"
        everyone = ["a:read"]
        features = []
        scopes = [{ name = "a:read", group = "A", access = "read", description = "Read A" }]
        roles = [{ name = "workspace_admin", label = "Admin", description = "All", scopes = "all" }]
        methods = [{ name = "a.list", verb = "GET", paths = ["/a.list"], scopes = ["a:read"] }]
    "#;
    let policy = Policy::parse(table).expect("a table");
    let method = policy.methods()[0].clone();
    (policy, method)
});

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Call {
    step: Step,
    /// Bits of [`Right`]s that the token had at some moment since the call began.
    had: u8,
    /// Read from the primary, on its way to the cache: it may land at any later time.
    fill: Option<Principal>,
    client_left: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Step {
    Idle,
    Looking(Attempt),
    /// Rights read, stamps not yet (a broken variant).
    HalfRead(Attempt, Right),
    Working(Work, Principal),
    Proving(Prove, Principal),
    /// In the queue of its node's writer.
    Queued(Prove, Principal),
    /// In a batch whose statement has begun.
    InBatch(Prove, Right),
    /// In its own transaction, after the fence, which let the row in or left it out.
    Committing(Prove, Right, bool),
    /// Proved, and only then at work (a broken variant).
    WorkingAfterwards,
    Ended,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Node {
    cache: [Option<Principal>; 3],
    batches: Vec<Batch>,
}

/// A batch whose statement has begun.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Batch {
    /// Bits of calls, and of those of them whose rows go in.
    members: u8,
    going_in: u8,
    /// The snapshot of its statement, which late comers are held against (a broken variant).
    snapshot: Option<Db>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ChangeStep {
    Waiting,
    Locked,
    Committed,
    /// Committed without its stamp (a broken variant).
    Unstamped,
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Holder {
    Change(usize),
    Call(usize),
}

/// What went wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Broken(u8);

impl Broken {
    pub const STALE: Self = Self(1);
    pub const NO_ROW: Self = Self(2);
    pub const LOST_EFFECT: Self = Self(4);

    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn note(&mut self, what: Self, is_broken: bool) {
        if is_broken {
            self.0 |= what.0;
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub db: Db,
    pub broken: Broken,
    /// What a standby has that lags by a commit.
    lagging: Db,
    /// The authority that callers have been told of.
    confirmed: Db,
    fresh_stamp: u8,
    lock: Option<Holder>,
    nodes: [Node; 2],
    calls: Vec<Call>,
    changes: Vec<ChangeStep>,
    left: [u8; 6],
}

/// Indices into [`World::left`].
const BUMP: usize = 0;
const CRASH: usize = 1;
const HANG_UP: usize = 2;
const UNKNOWN: usize = 3;
const LOSSY: usize = 4;
const FAILOVER: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Ask(usize),
    Look(usize),
    ReadStamps(usize),
    Fill(usize),
    RunHandler(usize),
    Join(usize),
    Fence(usize),
    CommitOwn(usize),
    OwnCommitUnknown(usize, bool),
    StartBatch(usize),
    JoinLate(usize, usize),
    CommitBatch(usize, usize),
    BatchUnknown(usize, usize, bool),
    LockChange(usize),
    CommitChange(usize),
    StampChange(usize),
    ConfirmChange(usize),
    Bump,
    Crash(usize, bool),
    HangUp(usize),
    LossyFailover,
    Failover,
}

pub struct Protocol {
    pub variant: Variant,
    pub limits: Limits,
}

impl World {
    pub fn all_ended(&self) -> bool {
        self.calls.iter().all(|call| call.step == Step::Ended)
    }

    fn commit(&mut self, change: impl FnOnce(&mut Db)) {
        self.lagging = self.db.clone();
        change(&mut self.db);
    }

    /// Notes what each token is good for now, for every call under way.
    fn witness(&mut self, limits: Limits) {
        for (call, (_, token, _)) in self.calls.iter_mut().zip(limits.calls) {
            if !matches!(call.step, Step::Idle | Step::Ended) {
                call.had |= self.db.right(*token) as u8;
            }
        }
    }

    fn queued(&self, limits: Limits, node: usize) -> u8 {
        let is_queued =
            |(_, (call, asked)): &(usize, (&Call, &(usize, usize, Kind)))| asked.0 == node && matches!(call.step, Step::Queued(..));
        self.calls.iter().zip(limits.calls).enumerate().filter(is_queued).fold(0, |members, (index, _)| members | 1 << index)
    }

    /// Whether an effect and the row that records it stand or fall together, for calls that are over.
    pub fn effects_match_rows(&self) -> bool {
        let is_over = |index: &usize| self.calls[*index].step == Step::Ended;
        (0..self.calls.len()).filter(is_over).all(|index| (self.db.writes ^ self.db.effects) & (1 << index) == 0)
    }

    fn end(&mut self, index: usize) {
        self.calls[index].step = Step::Ended;
        self.calls[index].had = 0;
        self.release(Holder::Call(index));
    }

    fn release(&mut self, holder: Holder) {
        if self.lock == Some(holder) {
            self.lock = None;
        }
    }
}

impl Protocol {
    fn stamp(&self, world: &mut World, current: u8) -> u8 {
        if self.variant == Variant::CountedStamps {
            return current + 1;
        }
        world.fresh_stamp += 1;
        world.fresh_stamp
    }

    fn restamp(&self, world: &mut World, change: Change) {
        match change {
            Change::Revoke(token) | Change::Grant(token) => {
                let user = user_of(token);
                world.db.user_stamps[user] = self.stamp(world, world.db.user_stamps[user]);
            }
            Change::Mask => world.db.account_stamp = self.stamp(world, world.db.account_stamp),
        }
    }

    /// Ends a call with an answer, and holds it against the authority that it may speak of.
    fn answer(&self, world: &mut World, index: usize, right: Right, is_proved: bool) {
        let bit = 1 << index;
        let is_write = self.limits.calls[index].2 == Kind::Write;
        world.broken.note(Broken::STALE, world.calls[index].had & right as u8 == 0);
        world.broken.note(Broken::NO_ROW, is_proved && world.db.rows & bit == 0);
        world.broken.note(Broken::LOST_EFFECT, is_write && right == Right::Allowed && world.db.effects & bit == 0);
        world.end(index);
    }

    fn decide(&self, world: &mut World, index: usize, attempt: Attempt, principal: Principal) {
        let step = match attempt.decide(&principal.standing(), &METHOD.1, Timestamp::UNIX_EPOCH) {
            Decided::Dead(_) => return self.answer(world, index, Right::Dead, false),
            Decided::Reread(attempt) => Step::Looking(attempt),
            Decided::Allowed(work) => Step::Working(work, principal),
            Decided::Refused(_, _) if self.variant == Variant::UnprovedRefusal => return self.answer(world, index, Right::Refused, true),
            Decided::Refused(_, prove) => Step::Proving(prove, principal),
        };
        world.calls[index].step = step;
    }

    fn recorded(&self, world: &mut World, index: usize, prove: Prove, right: Right, row: Row) {
        world.release(Holder::Call(index));
        match prove.recorded(row) {
            Next::Answer(_) => self.answer(world, index, right, true),
            Next::Again(attempt) => world.calls[index].step = Step::Looking(attempt),
            Next::Unavailable => world.end(index),
        }
    }

    fn reads_while_locking(&self) -> bool {
        matches!(self.variant, Variant::LockingRead | Variant::LockedFill)
    }

    fn look(&self, world: &mut World, index: usize) {
        let (node, token, _) = self.limits.calls[index];
        let Step::Looking(attempt) = world.calls[index].step else { return };
        match attempt.source() {
            Source::Cache => match world.nodes[node].cache[token] {
                Some(principal) => self.decide(world, index, attempt, principal),
                None => world.calls[index].step = Step::Looking(attempt.missed()),
            },
            Source::Database if self.variant == Variant::TwoReads => {
                world.calls[index].step = Step::HalfRead(attempt, world.db.right(token));
            }
            Source::Database => {
                let principal = world.db.principal(token);
                world.calls[index].fill = Some(principal);
                self.decide(world, index, attempt, principal);
            }
            Source::Locked if self.reads_while_locking() => {
                world.calls[index].step = Step::HalfRead(attempt, world.db.right(token));
            }
            Source::Locked => {
                world.lock = Some(Holder::Call(index));
                self.decide(world, index, attempt, world.db.principal(token));
            }
        }
    }

    fn start_batch(&self, world: &mut World, node: usize) {
        let members = world.queued(self.limits, node);
        let mut batch = Batch { members: 0, going_in: 0, snapshot: (self.variant == Variant::LateJoin).then(|| world.db.clone()) };
        for index in bits(members) {
            self.join(world, index, &mut batch, &world.db.clone());
        }
        world.nodes[node].batches.push(batch);
    }

    fn join(&self, world: &mut World, index: usize, batch: &mut Batch, snapshot: &Db) {
        let (Step::Queued(prove, principal) | Step::Proving(prove, principal)) = world.calls[index].step else { return };
        batch.members |= 1 << index;
        batch.going_in |= u8::from(snapshot.stands(self.limits.calls[index].1, principal)) << index;
        world.calls[index].step = Step::InBatch(prove, principal.right);
    }

    /// COMMIT of a batch returns, or its connection breaks: then it may have been committed or not.
    fn end_batch(&self, world: &mut World, node: usize, batch: usize, unknown: Option<bool>) {
        let batch = world.nodes[node].batches.remove(batch);
        let steps: Vec<_> = bits(batch.members).map(|index| (index, world.calls[index].step.clone())).collect();
        if unknown != Some(false) && batch.going_in != 0 {
            world.commit(|db| {
                for (index, step) in &steps {
                    let is_write = matches!(step, Step::InBatch(_, Right::Allowed)) && self.limits.calls[*index].2 == Kind::Write;
                    if batch.going_in & (1 << index) != 0 {
                        db.record(*index, is_write, false);
                    }
                }
            });
        }
        for (index, step) in steps {
            let Step::InBatch(prove, right) = step else { continue };
            let went_in = batch.going_in & (1 << index) != 0;
            let row = match unknown {
                Some(_) => Row::Unknown,
                None if went_in => Row::Committed,
                None => Row::LeftOut,
            };
            if self.variant == Variant::ProveThenWork && row == Row::Committed && self.is_write(index, right) {
                world.calls[index].step = Step::WorkingAfterwards;
            } else {
                self.recorded(world, index, prove, right, row);
            }
        }
    }

    fn is_write(&self, index: usize, right: Right) -> bool {
        right == Right::Allowed && self.limits.calls[index].2 == Kind::Write
    }

    /// COMMIT of a call's own transaction returns, or its connection breaks.
    fn end_own(&self, world: &mut World, index: usize, unknown: Option<bool>) {
        let Step::Committing(prove, right, goes_in) = world.calls[index].step else { return };
        if goes_in && unknown != Some(false) {
            let is_write = self.is_write(index, right);
            world.commit(|db| db.record(index, is_write, is_write));
        }
        let row = match unknown {
            Some(_) => Row::Unknown,
            None if goes_in => Row::Committed,
            None => Row::LeftOut,
        };
        self.recorded(world, index, prove, right, row);
    }

    /// Everything that a node has under way ends; what is being committed may be or not.
    fn crash(&self, world: &mut World, node: usize, is_committed: bool) {
        while !world.nodes[node].batches.is_empty() {
            self.end_batch(world, node, 0, Some(is_committed));
        }
        for (index, (at, ..)) in self.limits.calls.iter().enumerate() {
            if *at != node || world.calls[index].step == Step::Idle {
                continue;
            }
            if matches!(world.calls[index].step, Step::Committing(..)) {
                self.end_own(world, index, Some(is_committed));
            }
            world.calls[index].fill = None;
            world.end(index);
        }
        world.nodes[node] = Node::default();
    }

    /// The primary is replaced: transactions under way are gone, and COMMITs without an answer have none.
    fn fail_over(&self, world: &mut World) {
        for node in 0..2 {
            while !world.nodes[node].batches.is_empty() {
                self.end_batch(world, node, 0, Some(false));
            }
        }
        for index in 0..world.calls.len() {
            match world.calls[index].step {
                Step::Committing(..) => self.end_own(world, index, Some(false)),
                // A connection was open with work on it, or with the locks.
                Step::Working(..) | Step::Proving(..) if world.lock == Some(Holder::Call(index)) => world.end(index),
                _ => {}
            }
        }
        for step in &mut world.changes {
            if *step != ChangeStep::Waiting {
                *step = ChangeStep::Over;
            }
        }
        world.lock = None;
        world.lagging = world.db.clone();
        world.confirmed = world.db.clone();
    }
}

fn bits(set: u8) -> impl Iterator<Item = usize> {
    (0..8).filter(move |index| set & (1 << index) != 0)
}

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let db = Db {
            rights: [Right::Allowed, Right::Refused, Right::Allowed],
            is_masked: false,
            user_stamps: [0, 1],
            account_stamp: 2,
            rows: 0,
            writes: 0,
            effects: 0,
        };
        let node = Node { cache: [0, 1, 2].map(|token| Some(db.principal(token))), batches: Vec::new() };
        let call = Call { step: Step::Idle, had: 0, fill: None, client_left: false };
        let Limits { bumps, crashes, hang_ups, unknown_commits, lossy_failovers, failovers, .. } = self.limits;
        vec![World {
            broken: Broken::default(),
            lagging: db.clone(),
            confirmed: db.clone(),
            db,
            fresh_stamp: 2,
            lock: None,
            nodes: [node.clone(), node],
            calls: vec![call; self.limits.calls.len()],
            changes: vec![ChangeStep::Waiting; self.limits.changes.len()],
            left: [bumps, crashes, hang_ups, unknown_commits, lossy_failovers, failovers],
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.broken != Broken::default() {
            return;
        }
        let is_free = world.lock.is_none();
        let may = |what: usize| world.left[what] > 0;
        for (index, call) in world.calls.iter().enumerate() {
            let node = self.limits.calls[index].0;
            match &call.step {
                Step::Idle => actions.push(Action::Ask(index)),
                Step::Looking(attempt) if attempt.source() == Source::Locked && !is_free && !self.reads_while_locking() => {}
                Step::HalfRead(attempt, _) if attempt.source() == Source::Locked && !is_free => {}
                Step::Looking(_) => actions.push(Action::Look(index)),
                Step::HalfRead(..) => actions.push(Action::ReadStamps(index)),
                Step::Working(..) | Step::WorkingAfterwards => actions.push(Action::RunHandler(index)),
                Step::Proving(prove, principal) => {
                    let has_own_transaction = self.is_write(index, principal.right) && self.variant != Variant::ProveThenWork;
                    if prove.is_locked() || has_own_transaction {
                        actions.push(Action::Fence(index));
                    } else {
                        actions.push(Action::Join(index));
                        if self.variant == Variant::LateJoin {
                            actions.extend((0..world.nodes[node].batches.len()).map(|batch| Action::JoinLate(index, batch)));
                        }
                    }
                }
                Step::Committing(..) => {
                    actions.push(Action::CommitOwn(index));
                    if may(UNKNOWN) {
                        actions.extend([true, false].map(|is_committed| Action::OwnCommitUnknown(index, is_committed)));
                    }
                }
                Step::Queued(..) | Step::InBatch(..) | Step::Ended => {}
            }
            if call.fill.is_some() {
                actions.push(Action::Fill(index));
            }
            if may(HANG_UP) && !call.client_left && !matches!(call.step, Step::Idle | Step::Ended) {
                actions.push(Action::HangUp(index));
            }
        }
        for (index, node) in world.nodes.iter().enumerate() {
            if node.batches.len() < 2 && world.queued(self.limits, index) != 0 {
                actions.push(Action::StartBatch(index));
            }
            for batch in 0..node.batches.len() {
                actions.push(Action::CommitBatch(index, batch));
                if may(UNKNOWN) {
                    actions.extend([true, false].map(|is_committed| Action::BatchUnknown(index, batch, is_committed)));
                }
            }
            if may(CRASH) && !world.all_ended() {
                actions.extend([true, false].map(|is_committed| Action::Crash(index, is_committed)));
            }
        }
        for (index, step) in world.changes.iter().enumerate() {
            match step {
                ChangeStep::Waiting if is_free => actions.push(Action::LockChange(index)),
                ChangeStep::Locked => actions.push(Action::CommitChange(index)),
                ChangeStep::Committed => actions.push(Action::ConfirmChange(index)),
                ChangeStep::Unstamped => actions.push(Action::StampChange(index)),
                ChangeStep::Waiting | ChangeStep::Over => {}
            }
        }
        if may(BUMP) && is_free {
            actions.push(Action::Bump);
        }
        if may(LOSSY) && world.lagging != world.db {
            actions.push(Action::LossyFailover);
        }
        if may(FAILOVER) {
            actions.push(Action::Failover);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        self.act(&mut next, action);
        next.witness(self.limits);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

impl Protocol {
    fn act(&self, world: &mut World, action: Action) {
        match action {
            Action::Ask(index) => {
                let token = self.limits.calls[index].1;
                world.calls[index].step = Step::Looking(Attempt::first());
                // Until a change is confirmed, an answer may stand on what was before it.
                world.calls[index].had = world.confirmed.right(token) as u8 | world.db.right(token) as u8;
            }
            Action::Look(index) => self.look(world, index),
            Action::ReadStamps(index) => {
                let Step::HalfRead(attempt, right) = world.calls[index].step else { return };
                let principal = Principal { right, ..world.db.principal(self.limits.calls[index].1) };
                let is_locked = attempt.source() == Source::Locked;
                if is_locked {
                    world.lock = Some(Holder::Call(index));
                }
                if !is_locked || self.variant == Variant::LockedFill {
                    world.calls[index].fill = Some(principal);
                }
                self.decide(world, index, attempt, principal);
            }
            Action::Fill(index) => {
                let (node, token, _) = self.limits.calls[index];
                world.nodes[node].cache[token] = world.calls[index].fill.take();
            }
            Action::RunHandler(index) => {
                if let Step::Working(work, principal) = world.calls[index].step {
                    world.calls[index].step = Step::Proving(work.done(), principal);
                } else {
                    world.commit(|db| db.effects |= 1 << index);
                    self.answer(world, index, Right::Allowed, true);
                }
            }
            Action::Join(index) => {
                let Step::Proving(prove, principal) = world.calls[index].step else { return };
                world.calls[index].step = Step::Queued(prove, principal);
            }
            Action::JoinLate(index, batch) => {
                let node = self.limits.calls[index].0;
                let mut late = world.nodes[node].batches[batch].clone();
                if let Some(snapshot) = late.snapshot.clone() {
                    self.join(world, index, &mut late, &snapshot);
                }
                world.nodes[node].batches[batch] = late;
            }
            Action::Fence(index) => {
                let Step::Proving(prove, principal) = world.calls[index].step else { return };
                let stands = world.db.stands(self.limits.calls[index].1, principal);
                world.calls[index].step = Step::Committing(prove, principal.right, stands);
            }
            Action::CommitOwn(index) => self.end_own(world, index, None),
            Action::OwnCommitUnknown(index, is_committed) => {
                world.left[UNKNOWN] -= 1;
                self.end_own(world, index, Some(is_committed));
            }
            Action::StartBatch(node) => self.start_batch(world, node),
            Action::CommitBatch(node, batch) => self.end_batch(world, node, batch, None),
            Action::BatchUnknown(node, batch, is_committed) => {
                world.left[UNKNOWN] -= 1;
                self.end_batch(world, node, batch, Some(is_committed));
            }
            Action::Crash(node, is_committed) => {
                world.left[CRASH] -= 1;
                self.crash(world, node, is_committed);
            }
            Action::HangUp(index) => self.hang_up(world, index),
            Action::LossyFailover => {
                world.left[LOSSY] -= 1;
                world.db = world.lagging.clone();
                self.fail_over(world);
            }
            Action::Failover => {
                world.left[FAILOVER] -= 1;
                self.fail_over(world);
            }
            change => self.change(world, change),
        }
    }

    fn change(&self, world: &mut World, action: Action) {
        match action {
            Action::LockChange(index) => {
                world.lock = Some(Holder::Change(index));
                world.changes[index] = ChangeStep::Locked;
            }
            Action::CommitChange(index) => {
                let change = self.limits.changes[index];
                world.commit(|db| db.apply(change));
                world.release(Holder::Change(index));
                if self.variant == Variant::StampLater {
                    // Confirmed after the first transaction.
                    world.confirmed.apply(change);
                    world.changes[index] = ChangeStep::Unstamped;
                } else {
                    self.restamp(world, change);
                    world.changes[index] = ChangeStep::Committed;
                }
            }
            Action::StampChange(index) => {
                self.restamp(world, self.limits.changes[index]);
                world.changes[index] = ChangeStep::Over;
            }
            Action::ConfirmChange(index) => {
                world.confirmed.apply(self.limits.changes[index]);
                world.changes[index] = ChangeStep::Over;
            }
            Action::Bump => {
                world.left[BUMP] -= 1;
                world.lagging = world.db.clone();
                world.db.user_stamps[0] = self.stamp(world, world.db.user_stamps[0]);
            }
            _ => {}
        }
    }

    /// A client that leaves cancels nothing; the broken variant drops the COMMIT that it waits for.
    fn hang_up(&self, world: &mut World, index: usize) {
        world.left[HANG_UP] -= 1;
        world.calls[index].client_left = true;
        if self.variant == Variant::HangUpCancels && matches!(world.calls[index].step, Step::InBatch(..)) {
            let node = self.limits.calls[index].0;
            world.nodes[node].batches.retain(|batch| batch.members & (1 << index) == 0);
            world.end(index);
        }
    }
}
