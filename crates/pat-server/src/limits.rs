//! How many calls an account and a token may make: at most so many in any minute, as far as this node sees.
//!
//! Each node counts for itself, so that no call waits for another one: behind `n` nodes an account gets up to `n` times as much.
//! Not `governor`, whose bucket refills while it is emptied: a minute after a quiet one could see twice the limit.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use pat_core::id::{AccountId, TokenId};
use quick_cache::sync::Cache;
use uuid::Uuid;

/// The time that calls are counted in, in seconds.
pub const WINDOW: u32 = 60;

/// Calls are counted by the second: one counts until the second it was made in has left the window as a whole.
const SLOTS: u32 = WINDOW + 1;

/// Accounts and tokens that are counted at most. Whoever has been quiet for longest starts anew when there are more.
const KEYS: usize = 100_000;

/// The limits of a node.
#[derive(Debug)]
pub struct Limits {
    account: Limit,
    token: Limit,
    start: Instant,
}

/// How one limit stands after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Whose: `account` or `token`.
    pub policy: &'static str,
    /// Calls in a minute.
    pub limit: u32,
    /// Calls that are left now.
    pub remaining: u32,
    /// Seconds after which there are more.
    pub reset: u32,
}

/// How all limits stand after a call; those that are off are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    account: Option<Quota>,
    token: Option<Quota>,
}

/// One call too many. It wasn't counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// How the limits stand.
    pub quotas: Quotas,
    /// The limit that it would break, by its policy's name.
    pub policy: &'static str,
    /// Seconds after which there is room for it.
    pub retry_after: u32,
}

#[derive(Debug)]
struct Limit {
    policy: &'static str,
    /// 0: off.
    calls: u32,
    windows: Cache<Uuid, Arc<Mutex<Window>>>,
}

/// The calls of the last minute.
#[derive(Debug, Default)]
struct Window {
    /// By the second, those with calls only, the oldest first.
    seconds: VecDeque<(u32, u32)>,
    /// All of them.
    total: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

impl Limits {
    /// So many calls a minute for each account and for each token; 0 is no limit.
    pub fn new(account: u32, token: u32) -> Self {
        Self { account: Limit::new("account", account), token: Limit::new("token", token), start: Instant::now() }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn count(&self, account: AccountId, token: TokenId) -> Result<Quotas, Exceeded> {
        self.count_at(account, token, self.start.elapsed())
    }

    /// A call counts for both limits or for none. The token's window is always locked first.
    fn count_at(&self, account: AccountId, token: TokenId, now: Duration) -> Result<Quotas, Exceeded> {
        let second = u32::try_from(now.as_secs()).unwrap_or(u32::MAX);
        let (of_token, of_account) = (self.token.window(token.0), self.account.window(account.0));
        let mut of_token = of_token.as_deref().map(|window| Window::at(window, second));
        let mut of_account = of_account.as_deref().map(|window| Window::at(window, second));
        let is_full = |limit: &Limit, window: &Option<MutexGuard<'_, Window>>| {
            window.as_ref().filter(|window| window.total >= limit.calls).map(|window| (limit.policy, window.wait(second)))
        };
        // Of two that are full the longer wait counts.
        let full = [is_full(&self.token, &of_token), is_full(&self.account, &of_account)];
        let full = full.into_iter().flatten().max_by_key(|(_, wait)| *wait);
        if full.is_none() {
            for window in [&mut of_token, &mut of_account].into_iter().flatten() {
                window.add(second);
            }
        }
        let quotas = Quotas {
            account: of_account.map(|window| self.account.quota(&window, second)),
            token: of_token.map(|window| self.token.quota(&window, second)),
        };
        match full {
            None => Ok(quotas),
            Some((policy, retry_after)) => Err(Exceeded { quotas, policy, retry_after }),
        }
    }
}

impl Quotas {
    /// Those that are on.
    pub fn iter(&self) -> impl Iterator<Item = &Quota> {
        self.account.iter().chain(&self.token)
    }
}

impl Limit {
    fn new(policy: &'static str, calls: u32) -> Self {
        Self { policy, calls, windows: Cache::new(KEYS) }
    }

    fn window(&self, key: Uuid) -> Option<Arc<Mutex<Window>>> {
        if self.calls == 0 {
            return None;
        }
        let window: Result<_, std::convert::Infallible> = self.windows.get_or_insert_with(&key, || Ok(Arc::default()));
        window.ok()
    }

    fn quota(&self, window: &Window, second: u32) -> Quota {
        Quota { policy: self.policy, limit: self.calls, remaining: self.calls.saturating_sub(window.total), reset: window.wait(second) }
    }
}

impl Window {
    /// The window as it is at a second.
    fn at(window: &Mutex<Self>, second: u32) -> MutexGuard<'_, Self> {
        let mut window = window.lock();
        while let Some((_, calls)) = window.seconds.pop_front_if(|(oldest, _)| second >= oldest.saturating_add(SLOTS)) {
            window.total -= calls;
        }
        window
    }

    fn add(&mut self, second: u32) {
        self.total += 1;
        match self.seconds.back_mut() {
            // Another thread may have been faster with a later second.
            Some((newest, calls)) if *newest >= second => *calls += 1,
            _ => self.seconds.push_back((second, 1)),
        }
    }

    /// Seconds until its oldest calls count no more.
    fn wait(&self, second: u32) -> u32 {
        self.seconds.front().map_or(0, |(oldest, _)| oldest.saturating_add(SLOTS).saturating_sub(second))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ACCOUNT: AccountId = AccountId(Uuid::nil());
    const TOKEN: TokenId = TokenId(Uuid::nil());

    fn at(limits: &Limits, millis: u64) -> Result<Quotas, Exceeded> {
        limits.count_at(ACCOUNT, TOKEN, Duration::from_millis(millis))
    }

    #[test]
    fn a_refused_call_is_let_in_after_the_wait_that_it_was_told() {
        let limits = Limits::new(2, 0);
        let quota = at(&limits, 500).unwrap().account.unwrap();
        assert_eq!(quota, Quota { policy: "account", limit: 2, remaining: 1, reset: 61 });
        assert_eq!(at(&limits, 30_000).unwrap().account.unwrap().remaining, 0);
        let exceeded = at(&limits, 30_900).unwrap_err();
        assert_eq!((exceeded.policy, exceeded.retry_after), ("account", 31));
        assert!(at(&limits, 60_400).is_err(), "the first call is a minute old in a tenth of a second");
        assert_eq!(at(&limits, 61_000).unwrap().account.unwrap().reset, 30, "now the second one is the oldest");
        assert!(at(&limits, 61_001).is_err());
    }

    #[test]
    fn a_call_counts_for_both_limits_or_for_none() {
        let limits = Limits::new(3, 1);
        let other = TokenId(Uuid::max());
        let now = Duration::ZERO;
        assert!(limits.count_at(ACCOUNT, TOKEN, now).is_ok());
        for _ in 0..5 {
            assert_eq!(limits.count_at(ACCOUNT, TOKEN, now).unwrap_err().policy, "token");
        }
        let quotas = limits.count_at(ACCOUNT, other, now).unwrap();
        let left: Vec<_> = quotas.iter().map(|quota| (quota.policy, quota.remaining)).collect();
        assert_eq!(left, [("account", 1), ("token", 0)], "what the first token was refused took nothing from the account");
    }

    #[test]
    fn nothing_is_limited_or_remembered_where_the_limit_is_0() {
        let limits = Limits::default();
        for _ in 0..10_000 {
            assert_eq!(at(&limits, 0).unwrap(), Quotas::default());
        }
        assert_eq!(limits.account.windows.len() + limits.token.windows.len(), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let limits = Limits::new(1, 0);
        for n in 0..150_000_u128 {
            assert!(limits.count_at(AccountId(Uuid::from_u128(n)), TOKEN, Duration::ZERO).is_ok());
        }
        assert!(limits.account.windows.len() <= KEYS);
    }

    proptest! {
        /// No minute sees more than the limit, and who has made fewer calls in the last 61 s is let in.
        #[test]
        fn no_minute_sees_more_than_the_limit(limit in 1_u32..6, gaps in prop::collection::vec(0_u64..30_000, 1..60)) {
            let limits = Limits::new(limit, 0);
            let (mut now, mut passed) = (0, Vec::<u64>::new());
            for gap in gaps {
                now += gap;
                let within = |span: u64| u32::try_from(passed.iter().filter(|at| **at + span > now).count()).unwrap();
                let (last_minute, a_little_longer) = (within(60_000), within(61_000));
                let answer = at(&limits, now);
                if answer.is_ok() {
                    prop_assert!(last_minute < limit);
                    passed.push(now);
                } else {
                    prop_assert!(a_little_longer >= limit);
                }
            }
        }
    }
}
