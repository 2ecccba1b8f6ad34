//! The servers: real processes, each with a proxy to every Postgres.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;

use super::caller::any;
use super::http::{self, Request};
use super::proxy::{Mode, Proxy};
use crate::postgres::Address;
use crate::process::{self, Group};

/// How long the first one may take to make the schema.
const START_LIMIT: Duration = Duration::from_mins(2);

/// Database connections of one.
const CONNECTIONS: &str = "6";

/// How they are started.
pub(super) struct Setup {
    pub(super) binary: PathBuf,
    /// Where their logs go.
    pub(super) folder: PathBuf,
    /// Where each Postgres listens, the first primary first.
    pub(super) postgres: Vec<SocketAddr>,
    /// User, password and database of all of them.
    pub(super) login: Address,
    /// What they seal the audit log with.
    pub(super) seal_key: String,
}

impl Setup {
    /// A command of the server's binary, with the database at some addresses.
    pub(super) fn command(&self, hosts: impl Iterator<Item = SocketAddr>) -> Command {
        let mut command = Command::new(&self.binary);
        // In the environment, because everyone may read a process's arguments.
        command.env("DATABASE_URL", self.login.url(hosts)).env("AUDIT_SEAL_KEY", &self.seal_key).env("AUDIT_SEAL_AFTER", "5");
        command
    }
}

/// All servers there are at the moment.
pub(super) struct Nodes {
    setup: Setup,
    public_url: String,
    all: RwLock<Vec<Arc<Node>>>,
    made: AtomicUsize,
}

/// A server; killed on drop.
pub(super) struct Node {
    pub(super) place: Place,
    proxies: Vec<Proxy>,
    log: PathBuf,
    process: Mutex<Option<Group>>,
}

/// Where a server listens, running or not.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) id: usize,
    pub(super) address: SocketAddr,
}

impl Nodes {
    /// None yet.
    pub(super) fn new(setup: Setup) -> Result<Self> {
        let public_url = format!("http://{}", free_address()?);
        Ok(Self { setup, public_url, all: RwLock::default(), made: AtomicUsize::new(0) })
    }

    /// How they are started.
    pub(super) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The origin that people use of all of them.
    pub(super) fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Makes one more and starts it.
    pub(super) fn add(&self, options: &[&str]) -> Result<Arc<Node>> {
        let id = self.made.fetch_add(1, Ordering::SeqCst);
        let proxies = self.setup.postgres.iter().map(|postgres| Proxy::start(*postgres)).collect::<Result<_>>()?;
        let log = self.setup.folder.join(format!("node-{id}.log"));
        File::create(&log).with_context(|| format!("can't write {}", log.display()))?;
        let node = Arc::new(Node { place: Place { id, address: free_address()? }, proxies, log, process: Mutex::default() });
        node.start(self, options)?;
        self.all.write().unwrap_or_else(PoisonError::into_inner).push(node.clone());
        Ok(node)
    }

    /// Takes one away; it still runs.
    pub(super) fn remove(&self, node: &Node) {
        self.all.write().unwrap_or_else(PoisonError::into_inner).retain(|other| other.place.id != node.place.id);
    }

    pub(super) fn list(&self) -> Vec<Arc<Node>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where they are.
    pub(super) fn all(&self) -> Vec<Place> {
        self.list().iter().map(|node| node.place).collect()
    }

    /// One of them, by chance.
    pub(super) fn any(&self) -> Option<Place> {
        any(&self.all())
    }
}

impl Node {
    /// Starts its process, and doesn't wait until it answers.
    pub(super) fn start(&self, nodes: &Nodes, options: &[&str]) -> Result<()> {
        let mut command = nodes.setup.command(self.proxies.iter().map(|proxy| proxy.address));
        command.env("PAT_UNPROVED", "yes").arg("serve").args(options);
        command.env("LISTEN", self.place.address.to_string()).env("PUBLIC_URL", &nodes.public_url);
        command.env("DATABASE_CONNECTIONS", CONNECTIONS).env("TOKIO_WORKER_THREADS", "2").env("RUST_LOG", "info");
        // What is tested is what breaks, not who calls too often.
        command.env("ACCOUNT_CALLS_PER_MINUTE", "0");
        let log = File::options().append(true).open(&self.log)?;
        command.stdout(log.try_clone()?).stderr(log);
        *self.process() = Some(Group::spawn(&mut command)?);
        Ok(())
    }

    fn process(&self) -> MutexGuard<'_, Option<Group>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn signal(&self, signal: Signal) {
        if let Some(group) = self.process().as_ref() {
            group.signal(signal);
        }
    }

    /// Kills it as a power cut would.
    pub(super) fn kill(&self) {
        if let Some(mut group) = self.process().take() {
            group.signal(Signal::SIGKILL);
            let _ = group.wait();
        }
    }

    /// Asks it to end, and says whether it ended well in time.
    pub(super) fn stop(&self, limit: Duration) -> bool {
        let Some(mut group) = self.process().take() else { return false };
        group.signal(Signal::SIGTERM);
        let start = Instant::now();
        while start.elapsed() < limit {
            if let Ok(Some(status)) = group.ended() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        group.signal(Signal::SIGKILL);
        let _ = group.wait();
        false
    }

    /// How it ended by itself, if it did.
    pub(super) fn ended(&self) -> Option<String> {
        let status = self.process().as_mut()?.ended().ok()??;
        Some(format!("node {} ended by itself ({status}); see {}", self.place.id, self.log.display()))
    }

    pub(super) fn set(&self, mode: Mode) {
        for proxy in &self.proxies {
            proxy.set(mode);
        }
    }

    /// Waits until it says that it can answer.
    pub(super) fn wait_until_ready(&self) -> Result<()> {
        let start = Instant::now();
        let ready = Request { method: "GET", path: "/readyz", headers: &[], body: None };
        while !http::send(self.place.address, &ready).is_ok_and(|answer| answer.status == 200) {
            if let Some(ended) = self.ended() {
                bail!(ended);
            }
            if process::interrupted() {
                bail!(process::Interrupted);
            }
            if start.elapsed() > START_LIMIT {
                bail!("node {} isn't ready after {} s; see {}", self.place.id, START_LIMIT.as_secs(), self.log.display());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port below those that the system gives to outgoing connections, which could take it while a server is down.
fn free_address() -> Result<SocketAddr> {
    for _ in 0..100 {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, rand::random_range(15_000..30_000)));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no free port")
}

/// A build of the server: copied, so that no other build replaces it.
pub(super) fn copy_binary(from: &Path, folder: &Path, name: &str) -> Result<PathBuf> {
    let to = folder.join(name);
    // A running one can't be overwritten, but removed.
    let _ = std::fs::remove_file(&to);
    std::fs::copy(from, &to).with_context(|| format!("can't copy {} to {}", from.display(), to.display()))?;
    Ok(to)
}
