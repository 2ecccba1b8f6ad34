//! Other programs: run them, show or read what they print, and stop them when the developer presses Ctrl-C.
//!
//! Every child gets a process group of its own. The terminal's Ctrl-C then reaches only xtask, which stops its children
//! in the right order (the server before its Postgres) and whole: `cargo` with its compilers, a test runner with its browsers.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How often a running child is looked at.
const TICK: Duration = Duration::from_millis(25);

/// How long a child may take to stop before it is killed.
const GRACE: Duration = Duration::from_secs(15);

/// Ctrl-C, or a request to terminate.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// From now on Ctrl-C, SIGTERM and a closed terminal are noted instead of ending this process.
pub(crate) fn listen_for_signals() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, &INTERRUPTED).context("can't listen for signals")?;
    }
    Ok(())
}

/// True once the developer wants to stop.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// A running child with everything it started.
pub(crate) struct Group(Child);

impl Group {
    /// Starts a program in a process group of its own, without input.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).process_group(0).spawn();
        child.map(Self).with_context(|| format!("can't start {}", command.get_program().display()))
    }

    /// The process id of the program itself.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, or `None` while it runs.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.0.try_wait().context("can't ask for the state of a child process")
    }

    /// Waits for the end. When interrupted, stops the whole group and returns [`Interrupted`].
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if interrupted() {
                self.stop();
                bail!(Interrupted);
            }
            sleep(TICK);
        }
    }

    /// Asks the group to end, and kills it when it doesn't.
    pub(crate) fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        let start = Instant::now();
        while start.elapsed() < GRACE {
            if !matches!(self.ended(), Ok(None)) {
                return;
            }
            sleep(TICK);
        }
        self.signal(Signal::SIGKILL);
        // Nothing is left to do about a child that can't be waited for.
        let _ = self.0.wait();
    }

    /// Sends a signal to the whole group.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Ok(id) = i32::try_from(self.id()) {
            // Fails only when the group is gone already.
            let _ = killpg(Pid::from_raw(id), signal);
        }
    }
}

/// Runs a program to its end; what it prints goes to the terminal.
pub(crate) fn run(command: &mut Command) -> Result<ExitStatus> {
    Group::spawn(command)?.wait()
}

/// Like [`run`]; a failing program is an error with the given sentence.
pub(crate) fn check(command: &mut Command, sentence: &str) -> Result<()> {
    if run(command)?.success() { Ok(()) } else { bail!("{sentence}") }
}

/// Runs a short program to its end and returns what it printed.
pub(crate) fn read(command: &mut Command) -> Result<Output> {
    let output = command.stdin(Stdio::null()).process_group(0).output();
    output.with_context(|| format!("can't start {}", command.get_program().display()))
}

/// True when a short program exists and ends well; nothing it prints is shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    read(command).is_ok_and(|output| output.status.success())
}

/// Which output of a program to read along.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    /// Standard output, where `cargo test` writes its results.
    Stdout,
    /// Standard error, where Python's unittest writes its results.
    Stderr,
}

/// Runs a program to its end; one of its outputs is shown line by line and returned as well.
pub(crate) fn tee(command: &mut Command, stream: Stream) -> Result<(ExitStatus, String)> {
    match stream {
        Stream::Stdout => command.stdout(Stdio::piped()),
        Stream::Stderr => command.stderr(Stdio::piped()),
    };
    let mut group = Group::spawn(command)?;
    let reader = match stream {
        Stream::Stdout => group.0.stdout.take().map(read_along),
        Stream::Stderr => group.0.stderr.take().map(read_along),
    };
    let reader = reader.context("a child process has no output pipe")?;
    let status = group.wait()?;
    let text = reader.join().map_err(|_panic| anyhow!("reading a child's output failed"))?;
    Ok((status, text?))
}

fn read_along(pipe: impl Read + Send + 'static) -> JoinHandle<Result<String>> {
    std::thread::spawn(move || copy_lines(pipe))
}

fn copy_lines(pipe: impl Read) -> Result<String> {
    let mut pipe = BufReader::new(pipe);
    let mut all = Vec::new();
    loop {
        let start = all.len();
        if pipe.read_until(b'\n', &mut all)? == 0 {
            return Ok(String::from_utf8_lossy(&all).into_owned());
        }
        let mut terminal = std::io::stdout().lock();
        terminal.write_all(all.get(start..).unwrap_or_default())?;
        terminal.flush()?;
    }
}
