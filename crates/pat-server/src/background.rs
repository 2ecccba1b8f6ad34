//! Work that no request waits for. It ends in an orderly way when the server stops.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// The tasks, and whether they shall end.
#[derive(Debug, Default)]
pub struct Background {
    is_stopping: AtomicBool,
    tasks: Mutex<JoinSet<()>>,
}

impl Background {
    /// Starts a task, which looks at [`is_stopping`](Self::is_stopping) between its steps.
    pub async fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().await;
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Whether the server stops.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// Tells all tasks to end, and waits until they have.
    pub async fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        while self.tasks.lock().await.join_next().await.is_some() {}
    }
}
