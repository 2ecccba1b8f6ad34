//! A private Postgres cluster: this checkout's own data, on a free port of 127.0.0.1, behind a random password.

pub(super) mod pair;

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown, fchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::fcntl::OFlag;
use nix::unistd::User;

use super::{Purpose, connect};
use crate::packages;
use crate::process;
use crate::progress::{step, tail};
use crate::workspace::Workspace;

/// Debian's C.UTF-8 sorts by code point and still knows upper from lower case; macOS has no such locale.
const LOCALE: &str = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };

/// How long a server that was killed may get in the way of the next one.
const KILLED_LIMIT: Duration = Duration::from_secs(10);

/// A running private cluster.
pub(super) struct Cluster {
    pub(super) url: String,
    purpose: Purpose,
    binaries: PathBuf,
    /// Holds `data/`, the password, the port and the log.
    home: PathBuf,
    /// Who runs Postgres when xtask runs as root, which Postgres refuses.
    user: Option<User>,
    /// Held while this process owns the cluster. Without it another `cargo xtask` does, and stops it.
    lock: Option<File>,
    running: bool,
}

impl Cluster {
    /// Starts the cluster, creating it the first time; one that still runs after a killed xtask is taken over.
    pub(super) fn start(workspace: &Workspace, purpose: Purpose, binaries: PathBuf) -> Result<Self> {
        let lock = lock(workspace, purpose)?;
        if lock.is_none() && purpose != Purpose::Dev {
            bail!("another `cargo xtask {}` runs in this checkout: wait for its end", purpose.name());
        }
        let user = if packages::is_root() { Some(unprivileged_user()?) } else { None };
        let home = home(workspace, purpose, user.as_ref())?;
        let mut cluster = Self { url: String::new(), purpose, binaries, home, user, lock, running: false };
        match purpose {
            Purpose::Dev | Purpose::Bench if cluster.take_over()? => return Ok(cluster),
            Purpose::Dev if cluster.lock.is_none() => {
                bail!("another `cargo xtask dev` of this checkout is just starting its Postgres: try again in a moment")
            }
            Purpose::Dev | Purpose::Bench => {}
            // A killed run may have left its server and data.
            Purpose::Test | Purpose::Torture => cluster.discard()?,
        }
        if !cluster.data().is_dir() {
            step("creating a private Postgres cluster", || cluster.create())?;
        }
        step(&format!("starting Postgres in {}", cluster.home.display()), || cluster.launch())?;
        Ok(cluster)
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// True when the cluster runs already and answers to its own password.
    fn take_over(&mut self) -> Result<bool> {
        // The fourth line of this file is the port.
        let Ok(pid_file) = fs::read_to_string(self.data().join("postmaster.pid")) else { return Ok(false) };
        let Some(port) = pid_file.lines().nth(3).and_then(|line| line.trim().parse().ok()) else { return Ok(false) };
        let url = self.url_for(port)?;
        self.running = connect(&url).is_ok();
        self.url = url;
        Ok(self.running)
    }

    fn url_for(&self, port: u16) -> Result<String> {
        let password = fs::read_to_string(self.home.join("password")).context("the cluster's password file is gone")?;
        Ok(format!("postgres://postgres:{}@127.0.0.1:{port}/postgres", password.trim()))
    }

    /// Makes the data folder. It appears under its name only when complete, so that a killed run leaves nothing half done.
    fn create(&self) -> Result<()> {
        let password = self.home.join("password");
        self.write_private(&password, &format!("{:032x}", rand::random::<u128>()))?;
        let fresh = self.home.join("data.new");
        remove_folder(&fresh)?;
        let mut initdb = self.command("initdb");
        // Passwords are sent in clear, but never leave this machine; a salted exchange would cost every connection of
        // an unoptimised test binary a tenth of a second.
        initdb.args(["--username=postgres", "--auth=password", "--encoding=UTF8", "--locale", LOCALE]);
        initdb.arg("--pwfile").arg(&password).arg("--pgdata").arg(&fresh);
        if self.purpose.is_fleeting() {
            initdb.arg("--no-sync");
        }
        let output = process::read(&mut initdb)?;
        if !output.status.success() {
            bail!("initdb can't create a cluster: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        fs::rename(&fresh, self.data()).context("can't name the new cluster")
    }

    /// Starts the server on the port it had last, or on another free one.
    fn launch(&mut self) -> Result<()> {
        let port = self.free_port()?;
        let start = Instant::now();
        while let Err(log) = self.try_launch(port)? {
            if process::interrupted() {
                bail!(process::Interrupted);
            }
            // A server that was killed a moment ago may still be listed as a process.
            let may_pass = ["lock file", "shared memory block"].iter().any(|cause| log.contains(cause));
            if !may_pass || start.elapsed() > KILLED_LIMIT {
                bail!("Postgres doesn't start; its log says:\n{}", tail(&log, 20));
            }
            sleep(Duration::from_millis(500));
        }
        self.url = self.url_for(port)?;
        self.running = true;
        connect(&self.url).context("Postgres was started but doesn't answer")?;
        Ok(())
    }

    /// Starts the server once. When it doesn't start, returns its log.
    fn try_launch(&self, port: u16) -> Result<Result<(), String>> {
        let log = self.home.join("postgres.log");
        self.write_private(&log, "")?;
        let mut pg_ctl = self.command("pg_ctl");
        pg_ctl.args(["start", "--silent", "--wait", "--timeout=60"]);
        pg_ctl.arg("--pgdata").arg(self.data()).arg("--log").arg(&log).arg("--options").arg(self.options(port));
        let started = process::read(&mut pg_ctl)?.status.success();
        Ok(if started { Ok(()) } else { Err(fs::read_to_string(&log).unwrap_or_default()) })
    }

    fn options(&self, port: u16) -> String {
        let common = format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=");
        self.purpose.settings().iter().fold(common, |options, setting| format!("{options} -c {setting}"))
    }

    fn free_port(&self) -> Result<u16> {
        let file = self.home.join("port");
        let last = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse::<u16>().ok());
        let listener = last.and_then(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
        let listener = listener.map_or_else(|| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)), Ok).context("no free port")?;
        let port = listener.local_addr()?.port();
        self.write_private(&file, &port.to_string())?;
        Ok(port)
    }

    /// One of the server's programs, as the user who runs it.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.current_dir(&self.home);
        as_user(&mut command, self.user.as_ref());
        command
    }

    /// Writes a file that only the cluster's user may read. That user owns the folder, so root follows no link there.
    fn write_private(&self, path: &Path, text: &str) -> Result<()> {
        let said = || format!("can't write {}", path.display());
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(path)
            .with_context(said)?;
        file.write_all(text.as_bytes()).with_context(said)?;
        match &self.user {
            Some(user) => fchown(&file, Some(user.uid.as_raw()), Some(user.gid.as_raw())).with_context(said),
            None => Ok(()),
        }
    }

    fn stop(&mut self) -> Result<()> {
        self.running = false;
        let mut pg_ctl = self.command("pg_ctl");
        pg_ctl.args(["stop", "--silent", "--mode=fast", "--wait", "--timeout=60"]).arg("--pgdata").arg(self.data());
        let output = process::read(&mut pg_ctl)?;
        if !output.status.success() {
            bail!("pg_ctl can't stop Postgres: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    /// Removes the data, and the server that may still run on it.
    fn discard(&mut self) -> Result<()> {
        if self.take_over()? {
            self.stop()?;
        }
        remove_folder(&self.data())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.lock.is_none() {
            return;
        }
        if self.running
            && let Err(error) = step("stopping Postgres", || self.stop())
        {
            eprintln!("{error:#}");
        }
        if self.purpose.is_fleeting()
            && let Err(error) = remove_folder(&self.home)
        {
            eprintln!("{error:#}");
        }
    }
}

/// Takes the lock of this checkout's cluster; `None` when another process has it.
fn lock(workspace: &Workspace, purpose: Purpose) -> Result<Option<File>> {
    let path = workspace.target.join(format!("postgres-{}.lock", purpose.name()));
    let file = File::create(&path).with_context(|| format!("can't write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("can't lock {}", path.display())),
    }
}

/// The user that runs Postgres for root.
fn unprivileged_user() -> Result<User> {
    for name in ["postgres", "_postgres", "nobody"] {
        if let Some(user) = User::from_name(name).context("can't read the list of users")? {
            return Ok(user);
        }
    }
    bail!("Postgres refuses to run as root, and there is neither a user `postgres` nor `nobody`: run this as an ordinary user")
}

/// The cluster's folder: in the build folder, or in the system's temporary folder where its user can't get at the former.
fn home(workspace: &Workspace, purpose: Purpose, user: Option<&User>) -> Result<PathBuf> {
    let near = workspace.target.join(format!("postgres-{}", purpose.name()));
    let far = std::env::temp_dir().join(format!("pat-postgres-{}-{}", purpose.name(), workspace.key()));
    let home = if reaches(&workspace.target, user) { near } else { far };
    match fs::DirBuilder::new().create(&home) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| format!("can't create {}", home.display()));
        }
        Ok(()) => {
            if let Some(user) = user {
                let said = || format!("can't give {} to the user {}", home.display(), user.name);
                chown(&home, Some(user.uid.as_raw()), Some(user.gid.as_raw())).with_context(said)?;
            }
            fs::set_permissions(&home, fs::Permissions::from_mode(0o700))?;
        }
        Err(_) => {}
    }
    // Anyone may have made a folder of that name in the temporary folder.
    let found = fs::symlink_metadata(&home)?;
    let owner = user.map_or_else(|| nix::unistd::geteuid().as_raw(), |user| user.uid.as_raw());
    if !found.is_dir() || found.uid() != owner {
        bail!("{} belongs to somebody else: remove it and run this again", home.display());
    }
    Ok(home)
}

/// True when the user can enter a folder, through all that are above it.
fn reaches(folder: &Path, user: Option<&User>) -> bool {
    let mut test = Command::new("test");
    test.current_dir("/").arg("-x").arg(folder);
    as_user(&mut test, user);
    process::succeeds(&mut test)
}

fn as_user(command: &mut Command, user: Option<&User>) {
    if let Some(user) = user {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
}

fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
