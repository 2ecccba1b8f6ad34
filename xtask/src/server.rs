//! The server as a child process.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::{self, Group};
use crate::progress::{step, tail};
use crate::workspace::Workspace;

/// How long the server may take to migrate, seed and answer.
const START_LIMIT: Duration = Duration::from_mins(2);

/// A running server with demo data; stopped on drop.
pub(crate) struct Server {
    group: Group,
    /// Where browsers find it, without a slash at the end.
    pub(crate) base_url: String,
}

impl Server {
    /// Starts a server that migrates and seeds, and waits until it is ready. Its log goes to the terminal or to a file.
    pub(crate) fn start(binary: &Path, listen: SocketAddr, database_url: &str, log: Option<&Path>) -> Result<Self> {
        Self::start_with(binary, listen, database_url, log, &[])
    }

    /// The same with more in its environment.
    pub(crate) fn start_with(
        binary: &Path,
        listen: SocketAddr,
        database_url: &str,
        log: Option<&Path>,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let base_url = format!("http://{}", reachable(listen));
        let mut command = Command::new(binary);
        command.args(["serve", "--migrate", "--demo"]);
        // In the environment, because the URL holds a password and everyone may read a process's arguments.
        command.env("DATABASE_URL", database_url).env("LISTEN", listen.to_string()).env("PUBLIC_URL", &base_url);
        command.envs(environment.iter().copied());
        if let Some(log) = log {
            let file = File::create(log).with_context(|| format!("can't write {}", log.display()))?;
            command.stdout(file.try_clone()?).stderr(file);
        }
        step("starting the server", || {
            let mut server = Self { group: Group::spawn(&mut command)?, base_url };
            server.wait_until_ready(reachable(listen)).with_context(|| why(log))?;
            Ok(server)
        })
    }

    fn wait_until_ready(&mut self, address: SocketAddr) -> Result<()> {
        let start = Instant::now();
        while !is_ready(address) {
            if let Some(status) = self.ended()? {
                bail!("the server stopped while starting ({status})");
            }
            if process::interrupted() {
                bail!(process::Interrupted);
            }
            if start.elapsed() > START_LIMIT {
                bail!("the server isn't ready after {} seconds", START_LIMIT.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// The process id, for a later run to recognise a server left behind.
    pub(crate) fn id(&self) -> u32 {
        self.group.id()
    }

    /// How the server ended, or `None` while it runs.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.group.ended()
    }

    /// Stops the server, which finishes the requests it is answering.
    pub(crate) fn stop(&mut self) {
        if matches!(self.group.ended(), Ok(None)) {
            self.group.stop();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where Cargo puts the debug build of the server.
pub(crate) fn debug_binary(workspace: &Workspace) -> PathBuf {
    workspace.target.join("debug/pat-server")
}

/// The address to listen on, checked to be free; port 0 becomes a free port.
pub(crate) fn free_address(listen: SocketAddr) -> Result<SocketAddr> {
    match TcpListener::bind(listen) {
        Ok(listener) => Ok(listener.local_addr()?),
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "{listen} is in use: stop what listens there, or choose another address, for example --listen {}:{}",
            listen.ip(),
            listen.port().wrapping_add(1)
        ),
        Err(error) => Err(error).with_context(|| format!("can't listen on {listen}: choose another address with --listen")),
    }
}

/// The address under which this machine reaches a server that listens on all of its addresses.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// True when `GET /readyz` answers 200.
fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let limit = Duration::from_secs(2);
        let mut stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_read_timeout(Some(limit))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status)?;
        Ok(status)
    };
    ask().is_ok_and(|status| status.starts_with("HTTP/1.1 200 "))
}

/// Where to read why the server didn't start.
fn why(log: Option<&Path>) -> String {
    match log {
        None => "see the server's own words above".to_owned(),
        Some(log) => format!("{} ends with:\n{}\n", log.display(), tail(&std::fs::read_to_string(log).unwrap_or_default(), 20)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_reached_on_this_machine() {
        let check = |listen: &str, expected: &str| assert_eq!(reachable(listen.parse().unwrap()).to_string(), expected);
        check("0.0.0.0:3000", "127.0.0.1:3000");
        check("[::]:3000", "[::1]:3000");
        check("192.0.2.1:80", "192.0.2.1:80");
    }

    #[test]
    fn an_address_in_use_is_said_with_another_to_try() {
        let holder = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = holder.local_addr().unwrap();
        let error = free_address(taken).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{taken} is in use: ")), "{error}");
        assert!(error.contains("--listen 127.0.0.1:"), "{error}");
    }
}
