//! Gateway tests: nginx and Caddy with the ready files in `examples/gateways/`, and the second company of `docs/your-own-api.md`.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::counts::Counts;
use crate::packages;
use crate::process::{self, Stream};
use crate::workspace::Workspace;

/// Programs that the tests run; each is the Debian package of the same name.
const PROGRAMS: [&str; 4] = ["nginx", "caddy", "python3", "curl"];

/// Installs what is missing.
pub(crate) fn prepare() -> Result<()> {
    // Debian keeps nginx where only root looks for programs; the tests look there as well.
    let is_missing = |program: &&str| which::which_in(program, Some(search_path()), "/").is_err();
    let missing: Vec<_> = PROGRAMS.into_iter().filter(is_missing).collect();
    if missing.is_empty() { Ok(()) } else { packages::install(&missing) }
}

/// Runs the tests in `examples/tests/` with a server binary and two empty databases.
pub(crate) fn run(workspace: &Workspace, binary: &Path, database_urls: [&str; 2]) -> Result<Counts> {
    let [gateways, company] = database_urls;
    let mut unittest = Command::new("python3");
    unittest.args(["-B", "-m", "unittest", "-v"]).current_dir(workspace.root.join("examples/tests"));
    unittest.env("PATH", search_path()).env("PAT_SERVER", binary);
    unittest.env("DATABASE_URL", gateways).env("SECOND_DATABASE_URL", company);
    let (status, output) = process::tee(&mut unittest, Stream::Stderr)?;
    Ok(Counts::from_unittest(&output).judged(status.success()))
}

fn search_path() -> String {
    format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap_or_default())
}
