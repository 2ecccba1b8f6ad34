//! Client tests: published packages, unmodified, against our Web API.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::counts::Counts;
use crate::packages;
use crate::process::{self, Stream};
use crate::progress::step;
use crate::server::Server;
use crate::workspace::Workspace;

/// Installs Python where it is missing.
pub(crate) fn prepare() -> Result<()> {
    // Debian's python3 comes without these two modules.
    if process::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        return Ok(());
    }
    packages::install(&["python3", "python3-venv"])
}

/// Folders below `clients/`, each named after the package that it tests.
const CLIENTS: [&str; 2] = ["getdx", "dx-mcp-server"];

/// Runs the tests of every client against a server with fresh demo data.
pub(crate) fn run(workspace: &Workspace, server: &Server) -> Result<Counts> {
    CLIENTS.iter().map(|client| run_one(workspace, server, client)).sum()
}

/// Asks a server for all that its description holds, and compares the answers with it.
pub(crate) fn compare_description(workspace: &Workspace, server: &Server) -> Result<Counts> {
    run_one(workspace, server, "schemathesis")
}

fn run_one(workspace: &Workspace, server: &Server, client: &str) -> Result<Counts> {
    let shared = workspace.root.join("clients");
    let folder = shared.join(client);
    let python = step(&format!("installing {client}"), || environment(workspace, client, &folder))?;
    let mut unittest = Command::new(python);
    unittest.args(["-B", "-m", "unittest", "-v"]).current_dir(&folder).env("PYTHONPATH", shared);
    unittest.env("BASE_URL", &server.base_url).env("PAT_DEMO_PASSWORD", "demo-password");
    let (status, output) = process::tee(&mut unittest, Stream::Stderr)?;
    Ok(Counts::from_unittest(&output).judged(status.success()))
}

/// The Python of a virtual environment with the client.
fn environment(workspace: &Workspace, client: &str, folder: &Path) -> Result<PathBuf> {
    let environment = workspace.target.join(format!("clients-{client}"));
    let python = environment.join("bin/python");
    // A half-made one, or one whose Python was removed, is made anew.
    if !process::succeeds(Command::new(&python).args(["-m", "pip", "--version"])) {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(&environment);
        process::check(&mut venv, "python3 can't make a virtual environment: see above")?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", "requirements.txt"]);
    process::check(pip.current_dir(folder), "pip can't install the client's requirements.txt: see above")?;
    Ok(python)
}
