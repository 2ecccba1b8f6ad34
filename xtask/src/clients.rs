//! Client tests: the published `getdx` package, unmodified, against our Web API.

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

/// Runs the tests in `clients/getdx/` against a server with fresh demo data.
pub(crate) fn run(workspace: &Workspace, server: &Server) -> Result<Counts> {
    let folder = workspace.root.join("clients/getdx");
    let python = step("installing the client", || environment(workspace, &folder))?;
    let mut unittest = Command::new(python);
    unittest.args(["-B", "-m", "unittest", "-v"]).current_dir(&folder);
    unittest.env("BASE_URL", &server.base_url).env("PAT_DEMO_PASSWORD", "demo-password");
    let (status, output) = process::tee(&mut unittest, Stream::Stderr)?;
    Ok(Counts::from_unittest(&output).judged(status.success()))
}

/// The Python of a virtual environment with the client.
fn environment(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let environment = workspace.target.join("clients-getdx");
    let python = environment.join("bin/python");
    // A half-made one, or one whose Python was removed, is made anew.
    if !process::succeeds(Command::new(&python).args(["-m", "pip", "--version"])) {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(&environment);
        process::check(&mut venv, "python3 can't make a virtual environment: see above")?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", "requirements.txt"]);
    process::check(pip.current_dir(folder), "pip can't install clients/getdx/requirements.txt: see above")?;
    Ok(python)
}
