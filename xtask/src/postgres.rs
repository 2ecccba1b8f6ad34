//! A Postgres to develop and test against: a given one, a private cluster, or one in Docker.

mod cluster;
mod docker;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::cluster::Cluster;
pub(crate) use self::cluster::pair::{Address, Pair};
use self::docker::Container;
use crate::packages;
use crate::process;
use crate::workspace::Workspace;

/// What a server is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Data is kept from one start to the next.
    Dev,
    /// Everything is thrown away at the end, so it may be fast instead of durable.
    Test,
    /// Data is kept, as it takes minutes to make, and writes wait for the disk, as they do in earnest.
    Bench,
    /// Everything is thrown away at the end, and much happens to it before. It is always a pair of private clusters.
    Torture,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Test => "test",
            Self::Bench => "bench",
            Self::Torture => "torture",
        }
    }

    /// Of a Postgres to use instead of a private one.
    fn variable(self) -> &'static str {
        match self {
            Self::Dev => "DATABASE_URL",
            Self::Test | Self::Torture => "TEST_DATABASE_URL",
            Self::Bench => "BENCH_DATABASE_URL",
        }
    }

    /// Whether nothing is kept.
    fn is_fleeting(self) -> bool {
        matches!(self, Self::Test | Self::Torture)
    }

    /// Settings of the server. A benchmark's has memory as a server of that size has; its planner is asked nothing else than usual.
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &[],
            Self::Test | Self::Torture => &["max_connections=300", "fsync=off", "full_page_writes=off"],
            Self::Bench => &["shared_buffers=1GB", "effective_cache_size=3GB", "max_wal_size=4GB"],
        }
    }
}

/// A Postgres that answers. What this process started is stopped on drop.
pub(crate) struct Postgres {
    /// With user, password and database.
    pub(crate) url: String,
    _running: Running,
}

#[expect(dead_code, reason = "held for its Drop")]
enum Running {
    Elsewhere,
    Cluster(Cluster),
    Container(Container),
}

impl Postgres {
    /// Finds or starts one, in this order: the URL in the environment, local server binaries, Docker, apt-get.
    pub(crate) fn start(workspace: &Workspace, purpose: Purpose) -> Result<Self> {
        let variable = purpose.variable();
        if let Ok(url) = std::env::var(variable) {
            connect(&url).with_context(|| {
                format!("the Postgres in {variable} doesn't answer: start it, correct the URL, or unset {variable} to get a private one")
            })?;
            return Ok(Self { url, _running: Running::Elsewhere });
        }
        if let Some(binaries) = local_binaries() {
            return Self::cluster(workspace, purpose, binaries);
        }
        if docker::answers() {
            let container = Container::start(workspace, purpose)?;
            return Ok(Self { url: container.url.clone(), _running: Running::Container(container) });
        }
        if packages::can_install() {
            install_binaries()?;
            let binaries = local_binaries().context("apt-get installed postgresql, but its server binaries are nowhere to be found")?;
            return Self::cluster(workspace, purpose, binaries);
        }
        bail!(
            "no Postgres found: install it (Debian: apt-get install postgresql, macOS: brew install postgresql), start Docker, or set {variable}"
        )
    }

    fn cluster(workspace: &Workspace, purpose: Purpose, binaries: PathBuf) -> Result<Self> {
        let cluster = Cluster::start(workspace, purpose, binaries)?;
        Ok(Self { url: cluster.url.clone(), _running: Running::Cluster(cluster) })
    }

    /// The URL of a database of that name on the same server, if there is one.
    pub(crate) fn database(&self, name: &str) -> Result<Option<String>> {
        let found = connect(&self.url)?.query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name])?;
        found.map(|_row| with_database(&self.url, name)).transpose()
    }

    /// Gives a database another name, and returns its URL.
    pub(crate) fn rename_database(&self, name: &str, new: &str) -> Result<String> {
        connect(&self.url)?.batch_execute(&format!("ALTER DATABASE {name} RENAME TO {new}"))?;
        with_database(&self.url, new)
    }

    /// Drops all databases whose name begins so.
    pub(crate) fn drop_databases(&self, prefix: &str) -> Result<()> {
        let mut client = connect(&self.url)?;
        for row in client.query("SELECT datname::text FROM pg_database WHERE starts_with(datname, $1)", &[&prefix])? {
            client.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", row.get::<_, String>(0)))?;
        }
        Ok(())
    }

    /// The URL of an empty database of that name on the same server. One left by an earlier run is dropped first.
    pub(crate) fn empty_database(&self, name: &str) -> Result<String> {
        let mut client = connect(&self.url).context("the test Postgres doesn't answer any more")?;
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        client.batch_execute(&format!("CREATE DATABASE {name}"))?;
        with_database(&self.url, name)
    }
}

/// A folder with `initdb`, `pg_ctl` and `postgres`.
fn local_binaries() -> Option<PathBuf> {
    let mut places = Vec::new();
    if let Ok(output) = process::read(Command::new("pg_config").arg("--bindir")) {
        places.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    // Debian, Homebrew on Apple silicon, Homebrew on Intel; the newest version of each first.
    for (parent, prefix) in [("/usr/lib/postgresql", ""), ("/opt/homebrew/opt", "postgresql"), ("/usr/local/opt", "postgresql")] {
        let Ok(entries) = std::fs::read_dir(parent) else { continue };
        let mut found: Vec<_> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .map(|entry| entry.path().join("bin"))
            .collect();
        found.sort();
        places.extend(found.into_iter().rev());
    }
    if let Ok(postgres) = which::which("postgres") {
        places.extend(postgres.parent().map(PathBuf::from));
    }
    places.into_iter().find(|place| ["initdb", "pg_ctl", "postgres"].iter().all(|program| place.join(program).is_file()))
}

/// Installs Debian's Postgres without the cluster that Debian would create and start with it.
fn install_binaries() -> Result<()> {
    packages::install(&["postgresql-common"])?;
    let folder = Path::new("/etc/postgresql-common/createcluster.d");
    let setting = folder.join("pat-xtask.conf");
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&setting, "create_main_cluster = false\n"))
        .context("can't keep Debian from creating a cluster of its own")?;
    let installed = packages::install(&["postgresql"]);
    std::fs::remove_file(&setting).context("can't remove a setting made for the time of the installation")?;
    // Fails when others have settings there, too.
    let _ = std::fs::remove_dir(folder);
    installed
}

/// Connects, with a bounded wait.
pub(crate) fn connect(url: &str) -> Result<::postgres::Client> {
    let mut config = ::postgres::Config::from_str(url).context("it is not a Postgres URL")?;
    config.connect_timeout(Duration::from_secs(5));
    Ok(config.connect(::postgres::NoTls)?)
}

/// Waits until a server that is starting answers.
fn wait_until_ready(url: &str, limit: Duration) -> Result<()> {
    let start = Instant::now();
    loop {
        match connect(url) {
            Ok(_) => return Ok(()),
            Err(_) if process::interrupted() => bail!(process::Interrupted),
            Err(error) if start.elapsed() > limit => return Err(error).context("Postgres was started but doesn't answer"),
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// The same server and user, another database. Keeps the parameters.
fn with_database(url: &str, name: &str) -> Result<String> {
    let (address, parameters) = url.split_once('?').map_or((url, None), |(address, parameters)| (address, Some(parameters)));
    let (scheme, rest) = address.split_once("://").context("TEST_DATABASE_URL must start with postgres://")?;
    let server = rest.split_once('/').map_or(rest, |(server, _database)| server);
    let parameters = parameters.map(|parameters| format!("?{parameters}")).unwrap_or_default();
    Ok(format!("{scheme}://{server}/{name}{parameters}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_changes_its_database_only() {
        let check = |url: &str, expected: &str| assert_eq!(with_database(url, "x").unwrap(), expected);
        check("postgres://u:p@127.0.0.1:5432/postgres", "postgres://u:p@127.0.0.1:5432/x");
        check("postgresql://u@h", "postgresql://u@h/x");
        check("postgres://u@h/?sslmode=disable", "postgres://u@h/x?sslmode=disable");
        assert!(with_database("host=h user=u", "x").is_err());
    }
}
