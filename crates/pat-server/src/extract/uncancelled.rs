//! Work that goes on when nobody waits for it any more.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::{CatchUnwind, FutureExt as _};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

/// Work in the task of whoever waits for it. Dropped before it is done, it goes on in the background until its deadline, so that
/// a client that hangs up cancels nothing half-way. A task of its own from the start would cost each request a hand-over.
pub(super) struct Uncancelled<F: Future<Output: Send> + Send + 'static> {
    work: Option<Pin<Box<CatchUnwind<AssertUnwindSafe<F>>>>>,
    background: TaskTracker,
    runtime: Handle,
    deadline: Instant,
}

impl<F: Future<Output: Send> + Send + 'static> Uncancelled<F> {
    /// To be called inside a runtime, which the work stays in.
    pub(super) fn new(work: F, background: &TaskTracker, deadline: Instant) -> Self {
        let work = Box::pin(AssertUnwindSafe(work).catch_unwind());
        Self { work: Some(work), background: background.clone(), runtime: Handle::current(), deadline }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for Uncancelled<F> {
    /// An error if the work panicked.
    type Output = std::thread::Result<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = &mut self.work else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for Uncancelled<F> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            // What is not done by then is dropped, and with it its connection, which ends its transaction.
            self.background.spawn_on(timeout_at(self.deadline, work), &self.runtime);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    #[tokio::test]
    async fn what_is_dropped_half_way_goes_on() {
        let background = TaskTracker::new();
        let ((go, going), (done, mut is_done)) = (oneshot::channel(), oneshot::channel());
        let mut work = Box::pin(Uncancelled::new(
            async move {
                going.await.unwrap();
                done.send("done").unwrap();
            },
            &background,
            soon(),
        ));
        assert!(futures_util::poll!(&mut work).is_pending());
        drop(work);
        assert!(is_done.try_recv().is_err());
        go.send(()).unwrap();
        background.close();
        background.wait().await;
        assert_eq!(is_done.await, Ok("done"));
    }

    #[tokio::test]
    async fn what_is_done_is_done_once() {
        let background = TaskTracker::new();
        assert_eq!(Uncancelled::new(async { 7 }, &background, soon()).await.ok(), Some(7));
        assert!(background.is_empty());
    }

    #[tokio::test]
    async fn what_passes_its_deadline_is_dropped() {
        let background = TaskTracker::new();
        let (kept, is_kept) = oneshot::channel::<()>();
        drop(Uncancelled::new(
            async move {
                let _kept = kept;
                std::future::pending::<()>().await;
            },
            &background,
            Instant::now(),
        ));
        background.close();
        background.wait().await;
        assert!(is_kept.await.is_err());
    }

    #[tokio::test]
    async fn a_panic_is_told() {
        let background = TaskTracker::new();
        assert!(Uncancelled::new(async { panic!("for once") }, &background, soon()).await.is_err());
    }
}
