//! Postgres in Docker, where no server binaries are installed.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Purpose, wait_until_ready};
use crate::process;
use crate::progress::step;
use crate::workspace::Workspace;

/// The same image as in `docker-compose.yml`.
const IMAGE: &str = "postgres:17";

/// How long a container may take to answer once its image is there.
const START_LIMIT: Duration = Duration::from_mins(1);

/// A running container and how to leave it.
pub(super) struct Container {
    pub(super) url: String,
    /// Undoes what this process did; nothing when the container ran before.
    leave: Option<Command>,
}

/// True when an engine with Compose answers.
pub(super) fn answers() -> bool {
    process::succeeds(Command::new("docker").arg("info")) && process::succeeds(Command::new("docker").args(["compose", "version"]))
}

impl Container {
    /// Starts the database of `docker-compose.yml` to develop, or a container to throw away to test and measure.
    pub(super) fn start(workspace: &Workspace, purpose: Purpose) -> Result<Self> {
        step("starting Postgres in Docker", || match purpose {
            Purpose::Dev => Self::compose(workspace),
            Purpose::Test | Purpose::Bench | Purpose::Torture => Self::throw_away(workspace, purpose),
        })
    }

    fn compose(workspace: &Workspace) -> Result<Self> {
        let docker = |arguments: &[&str]| {
            let mut command = Command::new("docker");
            command.arg("compose").args(arguments).current_dir(&workspace.root);
            command
        };
        let ran_before = !printed(&mut docker(&["ps", "--quiet", "--status", "running", "db"]))?.is_empty();
        process::check(&mut docker(&["up", "--detach", "db"]), "docker compose can't start the database: see above")?;
        let leave = (!ran_before).then(|| docker(&["stop", "db"]));
        let address = printed(&mut docker(&["port", "db", "5432"]))?;
        let password = std::env::var("POSTGRES_PASSWORD").unwrap_or_else(|_unset| "pat".to_owned());
        let container = Self { url: format!("postgres://pat:{password}@{address}/pat"), leave };
        wait_until_ready(&container.url, START_LIMIT)?;
        Ok(container)
    }

    fn throw_away(workspace: &Workspace, purpose: Purpose) -> Result<Self> {
        let name = format!("pat-{}-{}", purpose.name(), workspace.key());
        let mut remove = Command::new("docker");
        remove.args(["rm", "--force", "--volumes", &name]);
        // What a killed run left; fails when there is nothing.
        process::succeeds(&mut remove);
        let password = format!("{:032x}", rand::random::<u128>());
        let mut run = Command::new("docker");
        run.args(["run", "--detach", "--name", &name, "--publish", "127.0.0.1::5432", "--env", "POSTGRES_PASSWORD"]);
        run.arg(IMAGE).args(purpose.settings().iter().flat_map(|setting| ["-c", setting]));
        process::check(run.env("POSTGRES_PASSWORD", &password), "docker can't start a Postgres: see above")?;
        let mut container = Self { url: String::new(), leave: Some(remove) };
        let address = printed(Command::new("docker").args(["port", &name, "5432"]))?;
        container.url = format!("postgres://postgres:{password}@{address}/postgres");
        wait_until_ready(&container.url, START_LIMIT)?;
        Ok(container)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let Some(mut leave) = self.leave.take() else { return };
        let left = step("stopping Postgres in Docker", || {
            if process::succeeds(&mut leave) { Ok(()) } else { bail!("docker can't stop the Postgres it started") }
        });
        if let Err(error) = left {
            eprintln!("{error:#}");
        }
    }
}

/// The first line a command prints.
fn printed(command: &mut Command) -> Result<String> {
    let output = process::read(command)?;
    if !output.status.success() {
        bail!("docker answers: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let text = String::from_utf8(output.stdout).context("docker answered something else than text")?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
