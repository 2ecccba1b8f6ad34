//! `cargo xtask torture`: real servers on a real Postgres, to which everything happens that may happen, while people change what
//! tokens may do and tokens are used. Afterwards a record of its own is held against the answers, the audit log and the database.

mod caller;
mod check;
mod database;
mod faults;
mod http;
mod judge;
mod nodes;
mod owner;
mod people;
mod proxy;
mod record;
mod report;
mod session;
mod settings;

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::caller::Caller;
use self::faults::Driver;
use self::judge::Window;
use self::nodes::{Nodes, Setup};
use self::owner::Owner;
use self::record::Recorder;
use self::session::Session;
use crate::postgres::{Pair, connect};
use crate::process;
use crate::progress::step;
use crate::server;
use crate::workspace::Workspace;

/// Options of `cargo xtask torture`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long, in minutes
    #[arg(long, default_value_t = 1)]
    minutes: u64,
    /// How long, in seconds, instead of minutes
    #[arg(long, conflicts_with = "minutes")]
    seconds: Option<u64>,
    /// Servers
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(2..=9))]
    nodes: u64,
    /// Build a server that answers without proof, and succeed only if that is noticed
    #[arg(long)]
    unproved: bool,
}

const DATABASE: &str = "torture";

/// Users whose tokens change at the same time.
const OWNERS: usize = 5;

/// Strangers who call without rest.
const CALLERS: usize = 4;

/// How long everything is left alone before the first fault, and after the last.
const CALM: Duration = Duration::from_secs(6);

/// After the last fault 503 is an answer for as long: connections are made anew, and what hangs reaches its limit.
const RECOVERY: Duration = Duration::from_secs(35);

impl Arguments {
    /// A short run, as it is part of the tests.
    pub(crate) fn short(unproved: bool) -> Self {
        Self { minutes: 0, seconds: Some(if unproved { 10 } else { 60 }), nodes: 3, unproved }
    }
}

/// Tortures, prints what came out, and succeeds if all was as it must be.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    let all_well = torture(workspace, arguments)?;
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The same, as a yes or no.
pub(crate) fn torture(workspace: &Workspace, arguments: &Arguments) -> Result<bool> {
    let time = arguments.seconds.map_or(Duration::from_secs(arguments.minutes * 60), Duration::from_secs);
    let folder = workspace.target.join("torture");
    std::fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    let binary = build(workspace, &folder, arguments.unproved)?;
    let mut pair = Pair::start(workspace)?;
    pair.create_database(DATABASE)?;
    let login = pair.address(DATABASE)?;
    let seal_key = format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
    let nodes = Nodes::new(Setup { binary, folder: folder.clone(), postgres: pair.hosts(), login: login.clone(), seal_key })?;
    if arguments.unproved {
        expect_refusal(nodes.setup())?;
    }
    step("starting the servers", || {
        nodes.add(&["--migrate", "--demo"])?.wait_until_ready()?;
        (1..arguments.nodes).try_for_each(|_| nodes.add(&[])?.wait_until_ready())
    })?;
    println!("  logs of the servers: {}", folder.display());
    let recorder = Recorder::new();
    let calm = step("torturing", || play(&recorder, &nodes, &mut pair, time, arguments.unproved))?;
    if process::interrupted() {
        bail!(process::Interrupted);
    }
    wait_for_seals(nodes.setup());
    for node in nodes.list() {
        if !node.stop(Duration::from_secs(30)) {
            recorder.surprise(format!("node {} didn't end well at the end", node.place.id));
        }
    }
    let mut client = connect(&login.url(pair.hosts().into_iter()))?;
    let found = database::read(&mut client)?;
    let record = recorder.record();
    let log = folder.join("record.log");
    std::fs::write(&log, report::log(&record)).with_context(|| format!("can't write {}", log.display()))?;
    println!("  the torture's own record: {}", log.display());
    let checks = check::all(&record, &found, &calm);
    if arguments.unproved {
        println!(
            "{} of {} calls that had to be refused were answered 200, and {} wrote",
            checks.of(check::STALE_SUCCESS),
            checks.made(check::STALE_SUCCESS),
            checks.of(check::STALE_WRITE)
        );
        println!("The missing proof was {}noticed.", if checks.caught() { "" } else { "NOT " });
        return Ok(checks.caught());
    }
    let all_well = report::print(&record, &checks, time);
    let is_sealed = seals_hold(nodes.setup())?;
    Ok(all_well && is_sealed)
}

/// How long after the faults something must be sealed.
const SEALED_WITHIN: Duration = Duration::from_mins(2);

/// Everybody does their part. Returns the spans in which nothing was wrong.
fn play(recorder: &Recorder, nodes: &Nodes, pair: &mut Pair, time: Duration, unproved: bool) -> Result<Vec<Window>> {
    scope(|threads| {
        for worker in 0..CALLERS {
            threads.spawn(move || Caller { recorder, nodes, worker }.run());
        }
        let admin = || Session::new(recorder, nodes, "admin@demo.test", "demo-password");
        for worker in CALLERS..CALLERS + OWNERS {
            threads.spawn(move || Owner::start(recorder, nodes, worker, admin()).map(Owner::run));
        }
        let worker = CALLERS + OWNERS;
        threads.spawn(move || settings::run(Caller { recorder, nodes, worker }, admin()));
        let calm = if unproved { Ok(wait(recorder, time)) } else { harm(recorder, nodes, pair, time) };
        recorder.stop();
        calm
    })
}

/// Nothing is done for a while.
fn wait(recorder: &Recorder, time: Duration) -> Vec<Window> {
    let from = recorder.now();
    sleep(time);
    vec![Window { from, until: Some(recorder.now()) }]
}

fn harm(recorder: &Recorder, nodes: &Nodes, pair: &mut Pair, time: Duration) -> Result<Vec<Window>> {
    let mut spans = wait(recorder, CALM);
    Driver { recorder, nodes, pair }.run(recorder.now() + time)?;
    sleep(RECOVERY);
    spans.push(Window { from: recorder.now(), until: None });
    sleep(CALM);
    Ok(spans)
}

/// The server, with the proof or without it.
fn build(workspace: &Workspace, folder: &Path, unproved: bool) -> Result<PathBuf> {
    step(if unproved { "building a server without the proof" } else { "building the server" }, || {
        let mut cargo = workspace.cargo();
        cargo.args(["build", "--package", "pat-server"]);
        if unproved {
            cargo.args(["--features", "unproved"]);
        }
        process::check(&mut cargo, "the server doesn't compile: see above")?;
        let name = if unproved { "pat-server-unproved" } else { "pat-server" };
        nodes::copy_binary(&server::debug_binary(workspace), folder, name)
    })
}

/// A server that answers without proof doesn't start by accident.
fn expect_refusal(setup: &Setup) -> Result<()> {
    // Where it could not listen anyway, so that it ends in any case.
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut serve = setup.command(setup.postgres.iter().copied());
    serve.arg("serve").env("LISTEN", taken.local_addr()?.to_string()).env_remove("PAT_UNPROVED");
    let output = process::read(&mut serve)?;
    if output.status.success() || !String::from_utf8_lossy(&output.stderr).contains("without proof") {
        bail!("a server without the proof doesn't refuse to start");
    }
    Ok(())
}

/// Waits until the servers have sealed something: a transaction that a fault left open holds them up until Postgres ends it.
fn wait_for_seals(setup: &Setup) {
    let since = Instant::now();
    while !process::succeeds(&mut audit(setup, "head")) && since.elapsed() < SEALED_WITHIN {
        sleep(Duration::from_secs(1));
    }
}

/// Lets the server check the seals of the audit log. Without any, they don't hold.
fn seals_hold(setup: &Setup) -> Result<bool> {
    let output = process::read(&mut audit(setup, "verify"))?;
    println!("seals: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ok(output.status.success())
}

fn audit(setup: &Setup, command: &str) -> Command {
    let mut audit = setup.command(setup.postgres.iter().copied());
    audit.args(["audit", command]);
    audit
}
