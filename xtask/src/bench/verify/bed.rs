//! What is measured: servers, their databases and the floor they stand on.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use postgres::Client;

use super::data::{self, OF_MANY, Token};
use super::load::{Load, Sample, once};
use super::processor::{Meter, parent};
use super::wire::{Connection, Request};
use crate::postgres::connect;
use crate::process::{self, Group};

/// How long a process may take until it answers.
const LIMIT: Duration = Duration::from_secs(20);

/// Bytes of the floor's head.
const FLOOR_HEAD: usize = 116;

/// A server process on a database.
pub(super) struct Node {
    group: Group,
    pub(super) address: SocketAddr,
    /// From the start of the process to the first 200 of `/readyz`.
    pub(super) ready_after: Duration,
}

/// The bare servers.
pub(super) struct Floor {
    group: Group,
    /// Served as the server serves, without its layers.
    served: SocketAddr,
    /// Served by plain axum.
    plain: SocketAddr,
}

/// Everything that rows need.
pub(super) struct Bed {
    pub(super) rounds: usize,
    pub(super) window: Duration,
    pub(super) binary: PathBuf,
    /// An API that asks for itself.
    pub(super) asking: PathBuf,
    /// Where processes write what they have to say.
    pub(super) log: PathBuf,
    pub(super) url: String,
    /// A database with a thousand tokens.
    pub(super) small_url: String,
    /// The checkout.
    pub(super) root: PathBuf,
    /// How many principals are cached to see what memory they take.
    pub(super) principals: i64,
    pub(super) client: Client,
    pub(super) node: Node,
    pub(super) floor: Floor,
    pub(super) tokens: i64,
    /// How many tokens have been taken that the server didn't know.
    unused: i64,
    postgres: u32,
}

impl Node {
    /// Starts a server without limits on a migrated database and waits until it is ready.
    pub(super) fn start(binary: &Path, url: &str, log: &Path) -> Result<Self> {
        Self::start_limited(binary, url, log, 0)
    }

    /// The same with so many calls a minute for an account; 0 is no limit.
    pub(super) fn start_limited(binary: &Path, url: &str, log: &Path, calls: u32) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(binary);
        command.args(["serve", "--migrate"]);
        command.env("DATABASE_URL", url).env("LISTEN", address.to_string()).env("PUBLIC_URL", format!("http://{address}"));
        command.env("ACCOUNT_CALLS_PER_MINUTE", calls.to_string());
        command.env("GATEWAYS", "127.0.0.1/32");
        let file = File::options().create(true).append(true).open(log)?;
        command.stdout(file.try_clone()?).stderr(file);
        let start = Instant::now();
        let mut group = Group::spawn(&mut command)?;
        while !answers(address, "/readyz") {
            wait_for(&mut group, start, log)?;
        }
        Ok(Self { group, address, ready_after: start.elapsed() })
    }

    pub(super) fn id(&self) -> u32 {
        self.group.id()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.group.stop();
    }
}

impl Floor {
    /// Starts both, with an answer of so many bytes.
    pub(super) fn start(binary: &Path, url: &str, log: &Path, bytes: usize) -> Result<Self> {
        let (served, plain) = (free_address()?, free_address()?);
        let mut command = Command::new(binary);
        command.args([served.to_string(), plain.to_string(), bytes.saturating_sub(FLOOR_HEAD).to_string()]).env("DATABASE_URL", url);
        let file = File::options().create(true).append(true).open(log)?;
        command.stdout(file.try_clone()?).stderr(file);
        let start = Instant::now();
        let mut group = Group::spawn(&mut command)?;
        while !(answers(served, "/") && answers(plain, "/")) {
            wait_for(&mut group, start, log)?;
        }
        Ok(Self { group, served, plain })
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        self.group.stop();
    }
}

/// `pat-client`'s example: an API that asks a server for itself.
pub(super) struct Asking {
    group: Group,
    pub(super) address: SocketAddr,
}

impl Asking {
    /// Starts it and waits until it listens.
    pub(super) fn start(binary: &Path, server: SocketAddr, log: &Path) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(binary);
        command.env("LISTEN", address.to_string()).env("PAT_SERVER", format!("http://{server}"));
        let file = File::options().create(true).append(true).open(log)?;
        command.stdout(file.try_clone()?).stderr(file);
        let start = Instant::now();
        let mut group = Group::spawn(&mut command)?;
        while TcpStream::connect_timeout(&address, LIMIT).is_err() {
            wait_for(&mut group, start, log)?;
        }
        Ok(Self { group, address })
    }

    pub(super) fn id(&self) -> u32 {
        self.group.id()
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.group.stop();
    }
}

/// Which bare server.
#[derive(Clone, Copy)]
pub(super) enum Bare {
    Served,
    Plain,
}

/// What a bed is made of.
pub(super) struct Plan {
    pub(super) root: PathBuf,
    pub(super) binary: PathBuf,
    pub(super) floor: PathBuf,
    pub(super) asking: PathBuf,
    pub(super) log: PathBuf,
    pub(super) url: String,
    pub(super) small_url: String,
    pub(super) tokens: i64,
    pub(super) principals: i64,
    pub(super) rounds: usize,
    pub(super) window: Duration,
}

impl Bed {
    pub(super) fn new(plan: Plan) -> Result<Self> {
        let Plan { root, binary, floor, asking, log, url, small_url, tokens, principals, rounds, window } = plan;
        let mut client = connect(&url)?;
        let backend: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
        let node = Node::start(&binary, &url, &log)?;
        let request = Token { number: 1 }.auth_info(node.address);
        let (_, bytes) = Connection::open(node.address)?.ask(&request)?;
        let floor = Floor::start(&floor, &url, &log, bytes)?;
        let postgres = parent(backend)?;
        Ok(Self { rounds, window, binary, asking, log, url, small_url, root, principals, client, node, floor, tokens, unused: 0, postgres })
    }

    /// Whose processor time a load on the server spends.
    pub(super) fn meter(&self) -> Meter {
        Meter { server: self.node.id(), postgres: self.postgres }
    }

    /// A load on the server.
    pub(super) fn load(&self, requests: Vec<Request>, connections: usize) -> Load {
        Load { address: self.node.address, requests, connections, window: self.window }
    }

    /// `auth.info` by a thousand users, each with a token of their own, who are known to the server.
    pub(super) fn callers(&self, connections: usize) -> Result<Load> {
        let requests = data::auth_infos(self.node.address, OF_MANY);
        once(self.node.address, &requests, 16)?;
        Ok(self.load(requests, connections))
    }

    pub(super) fn run(&self, load: &Load) -> Result<Sample> {
        load.run(self.meter())
    }

    /// The same number of connections on a bare server.
    pub(super) fn run_bare(&self, bare: Bare, connections: usize) -> Result<Sample> {
        let request = self.bare_request(bare, "/");
        let load = Load { address: self.bare(bare), requests: vec![request], connections, window: self.window };
        load.run(Meter { server: self.floor.group.id(), postgres: self.postgres })
    }

    pub(super) fn bare(&self, bare: Bare) -> SocketAddr {
        match bare {
            Bare::Served => self.floor.served,
            Bare::Plain => self.floor.plain,
        }
    }

    pub(super) fn bare_request(&self, bare: Bare, path: &str) -> Request {
        Request::get(self.bare(bare), path, "xxx")
    }

    /// One line on what is measured on.
    pub(super) fn setting(&mut self) -> Result<String> {
        let sql = "SELECT current_setting('server_version') || ', fsync ' || current_setting('fsync') || ', synchronous_commit '
                       || current_setting('synchronous_commit')";
        let postgres: String = self.client.query_one(sql, &[])?.get(0);
        let cores = std::thread::available_parallelism()?;
        Ok(format!("{} tokens, Postgres {postgres}; {cores} cores for all", self.tokens))
    }

    /// Numbers of tokens that this server has never seen, from all over the table.
    pub(super) fn take_unused(&mut self, count: i64) -> Result<Vec<i64>> {
        let (first, last) = (self.unused, self.unused + count);
        self.unused = last;
        let span = self.tokens - data::OF_ONE.end();
        if last > span {
            bail!("{} tokens are too few for all rows: take more with --tokens", self.tokens);
        }
        Ok((first..last).map(|place| scattered(place, span) + data::OF_ONE.end() + 1).collect())
    }
}

/// Another place for each place below `span`, far from its neighbours' ones.
fn scattered(place: i64, span: i64) -> i64 {
    // A prime larger than any span that isn't a multiple of it: no two places meet.
    const STEP: i64 = 2_147_483_647;
    place * STEP % span
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

fn wait_for(group: &mut Group, start: Instant, log: &Path) -> Result<()> {
    if process::interrupted() {
        bail!(process::Interrupted);
    }
    if let Some(status) = group.ended()? {
        bail!("a server stopped while starting ({status}): see {}", log.display());
    }
    if start.elapsed() > LIMIT {
        bail!("a server isn't ready after {} seconds: see {}", LIMIT.as_secs(), log.display());
    }
    std::thread::sleep(Duration::from_millis(1));
    Ok(())
}

/// True when a GET is answered with 200.
fn answers(address: SocketAddr, path: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
        stream.set_read_timeout(Some(LIMIT))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status)?;
        Ok(status)
    };
    ask().is_ok_and(|status| status.starts_with("HTTP/1.1 200 "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scattered_places_never_meet() {
        let span = 8_000;
        let places: std::collections::HashSet<i64> = (0..span).map(|place| scattered(place, span)).collect();
        assert_eq!(places.len(), 8_000);
        assert!(places.iter().all(|place| (0..span).contains(place)));
    }
}
