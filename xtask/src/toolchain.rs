//! What Rust needs beside itself: a linker and the WebAssembly target.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::progress::step;
use crate::workspace::Workspace;

/// The target of the page.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Says early that the C compiler is missing, through which Rust links.
pub(crate) fn check_linker() -> Result<()> {
    match which::which("cc") {
        Ok(_) => Ok(()),
        Err(which::Error::CannotFindBinaryPath) => bail!(
            "no C compiler (`cc`) found, which Rust needs for linking: install one (Debian: apt-get install build-essential, macOS: xcode-select --install)"
        ),
        Err(error) => Err(error).context("can't look for the C compiler `cc`"),
    }
}

/// Adds the WebAssembly target with rustup, unless it is there.
pub(crate) fn add_wasm_target(workspace: &Workspace) -> Result<()> {
    if has_wasm_target(workspace)? {
        return Ok(());
    }
    if which::which("rustup").is_err() {
        bail!("the Rust target {WASM} is missing and there is no rustup to add it: install the target from where your Rust came from");
    }
    step(&format!("adding the Rust target {WASM}"), || {
        let mut rustup = Command::new("rustup");
        rustup.args(["target", "add", WASM]).current_dir(&workspace.root);
        process::check(&mut rustup, &format!("rustup can't add the target {WASM}: see above"))
    })
}

/// Looks for the target's library, which also finds it where Rust didn't come from rustup.
fn has_wasm_target(workspace: &Workspace) -> Result<bool> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", WASM]).current_dir(&workspace.root);
    let folder = String::from_utf8(process::read(&mut rustc)?.stdout).context("rustc answered something else than text")?;
    Ok(Path::new(folder.trim()).is_dir())
}
