//! Where things are: the checkout and its build folder.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// The checkout this command works on.
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's build folder, usually `target/`. Everything temporary goes here too.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks Cargo, which knows about `CARGO_TARGET_DIR` and its configuration files.
    pub(crate) fn find() -> Result<Self> {
        let output = process::read(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        if !output.status.success() {
            bail!("cargo can't read this workspace: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let metadata: serde_json::Value =
            serde_json::from_slice(&output.stdout).context("cargo metadata answered something else than JSON")?;
        let folder = |key: &str| {
            let path = metadata.get(key).and_then(serde_json::Value::as_str);
            path.map(PathBuf::from).with_context(|| format!("cargo metadata names no {key}"))
        };
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")? })
    }

    /// A `cargo` command in the root of the checkout.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command
    }

    /// 16 hexadecimal characters that tell this checkout from others, for names outside of it.
    pub(crate) fn key(&self) -> String {
        let path = self.root.as_os_str().as_encoded_bytes();
        blake3::hash(path).to_hex().chars().take(16).collect()
    }
}

/// The Cargo that runs this command, so that everything is built by one toolchain.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
