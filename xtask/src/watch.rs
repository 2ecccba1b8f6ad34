//! Notices changed source files.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::workspace::Workspace;

/// An editor or git writes many files at once: wait until it is quiet for so long.
const QUIET: Duration = Duration::from_millis(200);

/// Watches the sources of the page and the server.
pub(crate) struct Sources {
    changes: Receiver<()>,
    /// Stops watching when dropped.
    _watcher: RecommendedWatcher,
}

impl Sources {
    /// Starts watching. Files that builds write are not among what is watched.
    pub(crate) fn watch(workspace: &Workspace) -> Result<Self> {
        let (sender, changes) = channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| is_change(&event)) {
                // Fails when nobody listens any more, at the end.
                let _ = sender.send(());
            }
        })
        .context("can't watch the source files; use --no-watch")?;
        let folders = ["crates", "migrations", "frontend/src", "frontend/style", "frontend/public"];
        let deep = folders.map(|folder| (workspace.root.join(folder), RecursiveMode::Recursive));
        // Not recursive: below are the finished page and node_modules.
        let flat = [(workspace.root.join("frontend"), RecursiveMode::NonRecursive), (workspace.root.clone(), RecursiveMode::NonRecursive)];
        for (folder, mode) in deep.into_iter().chain(flat) {
            if folder.is_dir() {
                let said = || format!("can't watch {}; use --no-watch", folder.display());
                watcher.watch(&folder, mode).with_context(said)?;
            }
        }
        Ok(Self { changes, _watcher: watcher })
    }

    /// Waits up to `limit` for a change, then until there are no more.
    pub(crate) fn changed_within(&self, limit: Duration) -> Result<bool> {
        match self.changes.recv_timeout(limit) {
            Ok(()) => {
                while self.changes.recv_timeout(QUIET).is_ok() {}
                Ok(true)
            }
            Err(RecvTimeoutError::Timeout) => Ok(false),
            Err(RecvTimeoutError::Disconnected) => Err(anyhow::anyhow!("the system stopped watching files; start again")),
        }
    }
}

fn is_change(event: &Event) -> bool {
    !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(|path| is_source(path))
}

/// False for what editors, test tools and builds leave beside the sources.
fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ignored_end = ["~", ".swp", ".tmp", ".snap.new", ".pending-snap"].iter().any(|end| name.ends_with(end));
    // A change inside a watched folder also shows up as one of the folder that holds it.
    let built = ["dist", "e2e", "target"].contains(&&*name);
    !name.starts_with('.') && !ignored_end && !built
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_count_and_leftovers_do_not() {
        for path in ["/p/crates/a/src/lib.rs", "/p/migrations/1/up.sql", "/p/frontend/style/a.css", "/p/Cargo.toml"] {
            assert!(is_source(Path::new(path)), "{path}");
        }
        for path in ["/p/src/.lib.rs.swp", "/p/src/lib.rs~", "/p/frontend/dist", "/p/target", "/p/tests/a.snap.new"] {
            assert!(!is_source(Path::new(path)), "{path}");
        }
    }
}
