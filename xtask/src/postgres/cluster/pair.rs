//! A primary and its synchronous standby, which can be restarted as after a crash, and of which the standby can take over.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::super::{Purpose, connect, install_binaries, local_binaries};
use super::Cluster;
use crate::process;
use crate::progress::step;
use crate::workspace::Workspace;

/// How long the standby may take to become synchronous.
const SYNC_LIMIT: Duration = Duration::from_mins(1);

/// Who signs in to what on both servers.
#[derive(Clone)]
pub(crate) struct Address {
    password: String,
    database: String,
}

/// Two private clusters. Stopped and thrown away on drop.
pub(crate) struct Pair {
    first: Cluster,
    first_port: u16,
    second: PathBuf,
    second_port: u16,
    second_runs: bool,
    /// The second is the primary, and the first is fenced: it stays down.
    is_promoted: bool,
}

impl Address {
    /// A URL with several hosts, of which the one that takes writes is meant.
    pub(crate) fn url(&self, hosts: impl Iterator<Item = SocketAddr>) -> String {
        let hosts: Vec<_> = hosts.map(|host| host.to_string()).collect();
        format!("postgres://postgres:{}@{}/{}?target_session_attrs=read-write", self.password, hosts.join(","), self.database)
    }
}

impl Pair {
    /// Makes both, and waits until each commit is on both.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        if local_binaries().is_none() && crate::packages::can_install() {
            install_binaries()?;
        }
        let binaries = local_binaries().context("no Postgres to break: install one (Debian: apt-get install postgresql)")?;
        let first = Cluster::start(workspace, Purpose::Torture, binaries)?;
        let first_port = fs::read_to_string(first.home.join("port"))?.trim().parse()?;
        let second_port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let second = first.home.join("standby");
        let mut pair = Self { first, first_port, second, second_port, second_runs: false, is_promoted: false };
        step("starting a synchronous standby", || pair.start_standby())?;
        Ok(pair)
    }

    fn start_standby(&mut self) -> Result<()> {
        super::remove_folder(&self.second)?;
        let mut backup = self.first.command("pg_basebackup");
        backup.args(["--host=127.0.0.1", "--username=postgres", "--no-password", "--wal-method=stream", "--checkpoint=fast"]);
        backup.args(["--write-recovery-conf", "--no-sync", "--port"]).arg(self.first_port.to_string());
        backup.arg("--pgdata").arg(&self.second).env("PGPASSWORD", self.password()?);
        check(&process::read(&mut backup)?, "pg_basebackup can't copy the primary")?;
        self.launch(&self.second, self.second_port)?;
        self.second_runs = true;
        let mut primary = connect(&self.first.url)?;
        primary.batch_execute("ALTER SYSTEM SET synchronous_standby_names = '*'")?;
        primary.batch_execute("SELECT pg_reload_conf()")?;
        let start = Instant::now();
        while primary.query_opt("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'", &[])?.is_none() {
            if start.elapsed() > SYNC_LIMIT {
                bail!("the standby doesn't become synchronous");
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Where both listen, the first primary first.
    pub(crate) fn hosts(&self) -> Vec<SocketAddr> {
        [self.first_port, self.second_port].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).into()
    }

    /// How to sign in to a database.
    pub(crate) fn address(&self, database: &str) -> Result<Address> {
        Ok(Address { password: self.password()?, database: database.to_owned() })
    }

    /// Makes an empty database.
    pub(crate) fn create_database(&self, name: &str) -> Result<()> {
        Ok(connect(&self.first.url)?.batch_execute(&format!("CREATE DATABASE {name}"))?)
    }

    /// Stops the primary as a crash would, and starts it again, which recovers it.
    pub(crate) fn crash(&self) -> Result<()> {
        let (data, port) = if self.is_promoted { (self.second.clone(), self.second_port) } else { (self.first.data(), self.first_port) };
        self.stop(&data, "immediate")?;
        self.launch(&data, port)
    }

    /// Stops the primary for good, as a crash would, and lets the standby take its place.
    pub(crate) fn promote(&mut self) -> Result<()> {
        self.stop(&self.first.data(), "immediate")?;
        self.first.running = false;
        self.is_promoted = true;
        let mut pg_ctl = self.first.command("pg_ctl");
        pg_ctl.args(["promote", "--silent", "--wait", "--timeout=60", "--pgdata"]).arg(&self.second);
        check(&process::read(&mut pg_ctl)?, "the standby can't be promoted")
    }

    fn launch(&self, data: &Path, port: u16) -> Result<()> {
        let mut pg_ctl = self.first.command("pg_ctl");
        pg_ctl.args(["start", "--silent", "--wait", "--timeout=60", "--pgdata"]).arg(data);
        pg_ctl.arg("--log").arg(self.first.home.join(format!("postgres-{port}.log")));
        let retry = "wal_retrieve_retry_interval=200ms";
        pg_ctl.arg("--options").arg(format!("{} -c {retry}", self.first.options(port)));
        check(&process::read(&mut pg_ctl)?, "Postgres doesn't start again")
    }

    fn stop(&self, data: &Path, mode: &str) -> Result<()> {
        let mut pg_ctl = self.first.command("pg_ctl");
        pg_ctl.args(["stop", "--silent", "--wait", "--timeout=60", "--mode", mode, "--pgdata"]).arg(data);
        check(&process::read(&mut pg_ctl)?, "Postgres can't be stopped")
    }

    fn password(&self) -> Result<String> {
        let password = fs::read_to_string(self.first.home.join("password")).context("the cluster's password file is gone")?;
        Ok(password.trim().to_owned())
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        if self.second_runs
            && let Err(error) = self.stop(&self.second, "immediate")
        {
            eprintln!("{error:#}");
        }
    }
}

fn check(output: &std::process::Output, sentence: &str) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    bail!("{sentence}: {}", String::from_utf8_lossy(&output.stderr).trim())
}
