//! `cargo xtask dist`: one self-contained server binary.

use anyhow::{Context, Result};

use crate::page;
use crate::process;
use crate::progress::{kilobytes, step};
use crate::toolchain;
use crate::workspace::Workspace;

/// Builds the page, then the server that embeds it, and prints where the binary is.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    toolchain::check_linker()?;
    toolchain::add_wasm_target(workspace)?;
    page::build(workspace, page::Build::Small)?;
    step("building the server", || {
        let mut cargo = workspace.cargo();
        cargo.args(["build", "--release", "--package", "pat-server"]);
        process::check(&mut cargo, "the server doesn't compile: see above")
    })?;
    let binary = workspace.target.join("release/pat-server");
    let size = std::fs::metadata(&binary).with_context(|| format!("can't read {}", binary.display()))?.len();
    println!("{} ({})", binary.display(), kilobytes(usize::try_from(size)?));
    Ok(())
}
