//! Browser tests: `frontend/e2e/` with Playwright in a real Chromium.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::counts::Counts;
use crate::packages;
use crate::process;
use crate::progress::step;
use crate::server::Server;
use crate::workspace::Workspace;

/// Where macOS keeps browsers, which are not in the search path there.
const MAC_BROWSERS: [&str; 2] =
    ["/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

/// Installs Node.js, npm and Chromium where they are missing, and returns Chromium.
pub(crate) fn prepare() -> Result<PathBuf> {
    let mut missing = Vec::new();
    if which::which("node").is_err() {
        missing.push("nodejs");
    }
    if which::which("npm").is_err() {
        missing.push("npm");
    }
    if chromium().is_none() {
        // Without a font the pictures would show boxes.
        missing.extend(["chromium", "fonts-liberation"]);
    }
    if !missing.is_empty() {
        packages::install(&missing)?;
    }
    chromium().context("the package chromium is installed, but no chromium is in the search path")
}

/// Installs Playwright in the folder of the browser tests.
pub(crate) fn install(folder: &Path) -> Result<()> {
    step("installing Playwright", || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
        // The browser is the system's.
        npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        process::check(&mut npm, "npm can't install frontend/e2e/package-lock.json: see above")
    })
}

/// Runs all browser tests against a server with fresh demo data.
pub(crate) fn run(workspace: &Workspace, chromium: &Path, server: &Server) -> Result<Counts> {
    let folder = workspace.root.join("frontend/e2e");
    install(&folder)?;
    let report = workspace.target.join("playwright.json");
    // A report of an earlier run must not stand for this one.
    if report.exists() {
        fs::remove_file(&report)?;
    }
    let mut playwright = Command::new(folder.join("node_modules/.bin/playwright"));
    playwright.args(["test", "--reporter=list,json"]).current_dir(&folder);
    playwright.env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report).env("BASE_URL", &server.base_url).env("CHROMIUM", chromium);
    let status = process::run(&mut playwright)?;
    let text = fs::read_to_string(&report).context("Playwright wrote no report, see its own words above")?;
    Ok(Counts::from_playwright(&text)?.judged(status.success()))
}

fn chromium() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("CHROMIUM") {
        return Some(given.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let installed = names.iter().find_map(|name| which::which(name).ok());
    installed.or_else(|| MAC_BROWSERS.iter().map(PathBuf::from).find(|path| path.is_file()))
}
