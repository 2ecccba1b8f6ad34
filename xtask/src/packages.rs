//! Programs the commands need from the system, installed where that is possible.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;
use crate::progress::step;

/// True for root, who may install packages and must not run Postgres.
pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// True as root on Debian and its kin.
pub(crate) fn can_install() -> bool {
    is_root() && which::which("apt-get").is_ok()
}

/// Installs Debian packages as root, otherwise fails with the sentence that says which ones are missing.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if !can_install() {
        bail!("{names} missing: install it (on Debian: sudo apt-get install {names}) and run this again");
    }
    step(&format!("installing {names} with apt-get"), || {
        let failed = format!("apt-get can't install {names}: see above, install it by hand and run this again");
        process::check(apt_get().args(["-qq", "update"]), &failed)?;
        process::check(apt_get().args(["-qq", "-y", "--no-install-recommends", "install"]).args(packages), &failed)
    })
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
