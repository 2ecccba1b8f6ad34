//! `cargo xtask dev`: one command from a fresh clone to a served demo.

use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::postgres::{Postgres, Purpose};
use crate::process;
use crate::progress::step;
use crate::server::{self, Server};
use crate::watch::Sources;
use crate::workspace::Workspace;
use crate::{page, toolchain};

/// Options of `cargo xtask dev`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Address to serve on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Build and serve once, without rebuilding on change
    #[arg(long)]
    no_watch: bool,
}

const SIGN_INS: [(&str, &str); 7] = [
    ("admin@demo.test", "workspace admin"),
    ("member@demo.test", "no role beyond being a member"),
    ("scorecards@demo.test", "manages scorecards"),
    ("selfservice@demo.test", "manages self-service workflows"),
    ("snapshots@demo.test", "manages snapshots"),
    ("database@demo.test", "may query the database"),
    ("admin@other.test", "workspace admin of a second account"),
];

/// How often the server and Ctrl-C are looked at.
const TICK: Duration = Duration::from_millis(100);

/// Prepares, builds and serves until interrupted. Dropping stops the server first, then Postgres.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    toolchain::check_linker()?;
    let mut left_behind = LeftBehind::stop(workspace)?;
    let listen = server::free_address(arguments.listen)?;
    toolchain::add_wasm_target(workspace)?;
    let postgres = Postgres::start(workspace, Purpose::Dev)?;
    // Before the first build, so that no change is missed.
    let sources = if arguments.no_watch { None } else { Some(Sources::watch(workspace)?) };
    build(workspace)?;
    let mut demo = Demo::start(workspace, listen, &postgres)?;
    left_behind.note(&demo.server)?;
    welcome(&demo.server.base_url);
    println!("{}", if sources.is_some() { "Rebuilds on change. Ctrl-C stops." } else { "Ctrl-C stops." });
    let mut said_stopped = false;
    while !process::interrupted() {
        let changed = if let Some(sources) = &sources {
            sources.changed_within(TICK)?
        } else {
            std::thread::sleep(TICK);
            false
        };
        if changed {
            match demo.rebuild(workspace, listen, &postgres) {
                Ok(()) => left_behind.note(&demo.server)?,
                Err(error) if error.is::<process::Interrupted>() => break,
                Err(error) => eprintln!("error: {error:#}; what was built before stays, change a file to try again"),
            }
            said_stopped = false;
        }
        if !said_stopped && let Some(status) = demo.server.ended()? {
            if arguments.no_watch {
                bail!("the server stopped ({status}): see its own words above");
            }
            eprintln!("error: the server stopped ({status}): change a file to start it again");
            said_stopped = true;
        }
    }
    println!();
    step("stopping the server", || {
        drop(demo);
        Ok(())
    })
}

fn welcome(base_url: &str) {
    println!("\nServing on {base_url}\n\nSign in with the password demo-password as");
    for (email, what) in SIGN_INS {
        println!("  {email:<22} {what}");
    }
    println!();
}

fn build(workspace: &Workspace) -> Result<()> {
    page::build(workspace, page::Build::Quick)?;
    step("building the server", || {
        let mut cargo = workspace.cargo();
        process::check(cargo.args(["build", "--package", "pat-server"]), "the server doesn't compile: see above")
    })
}

/// The demo's audit log is sealed, too, so that `pat-server audit verify` can be tried on it. Everybody knows this key.
const SEAL_KEY: (&str, &str) = ("AUDIT_SEAL_KEY", "6465762d6b65792d6f662d7468652d61756469742d6c6f670000000000000000");

/// The served demo: a server, and from which build it comes.
struct Demo {
    server: Server,
    built: SystemTime,
}

impl Demo {
    fn start(workspace: &Workspace, listen: SocketAddr, postgres: &Postgres) -> Result<Self> {
        let binary = server::debug_binary(workspace);
        let built = modified(&binary)?;
        Ok(Self { server: Server::start_with(&binary, listen, &postgres.url, None, &[SEAL_KEY])?, built })
    }

    /// Builds again. A build that fails leaves the server running; one that changes nothing in it, too.
    fn rebuild(&mut self, workspace: &Workspace, listen: SocketAddr, postgres: &Postgres) -> Result<()> {
        println!();
        build(workspace)?;
        let unchanged = modified(&server::debug_binary(workspace))? == self.built;
        if unchanged && self.server.ended()?.is_none() {
            println!("The page is up to date: reload it.");
            return Ok(());
        }
        self.server.stop();
        *self = Self::start(workspace, listen, postgres)?;
        Ok(())
    }
}

fn modified(binary: &Path) -> Result<SystemTime> {
    fs::metadata(binary).and_then(|found| found.modified()).with_context(|| format!("can't read {}", binary.display()))
}

/// The server of a `cargo xtask dev` that was killed and couldn't stop it. It would keep the port.
struct LeftBehind {
    /// Holds the id of the running server. `None` while another `cargo xtask dev` of this checkout runs, which keeps the file.
    file: Option<File>,
}

impl LeftBehind {
    /// Stops such a server, if there is one.
    fn stop(workspace: &Workspace) -> Result<Self> {
        let path = workspace.target.join("dev-server.pid");
        let said = || format!("can't open {}", path.display());
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path).with_context(said)?;
        if file.try_lock().is_err() {
            return Ok(Self { file: None });
        }
        let mut id = String::new();
        file.read_to_string(&mut id)?;
        let binary = server::debug_binary(workspace);
        if let Ok(id) = id.trim().parse::<i32>()
            && runs(id, &binary)
        {
            step("stopping the server of a killed run", || {
                // Not gently: nobody waits for its answers any more, and what it answered is in Postgres.
                kill(Pid::from_raw(id), Signal::SIGKILL)?;
                while runs(id, &binary) {
                    std::thread::sleep(TICK);
                }
                Ok(())
            })?;
        }
        Ok(Self { file: Some(file) })
    }

    fn note(&mut self, server: &Server) -> Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", server.id()).context("can't note the server's process id")
    }
}

/// True when the process with that id is this program, and not another one that got the id later.
fn runs(id: i32, program: &Path) -> bool {
    // macOS has no /proc, and small Linux images have no ps.
    let command_line = fs::read(format!("/proc/{id}/cmdline"))
        .or_else(|_missing| process::read(Command::new("ps").args(["-o", "args=", "-p", &id.to_string()])).map(|output| output.stdout));
    command_line.is_ok_and(|line| line.starts_with(program.as_os_str().as_encoded_bytes()))
}
