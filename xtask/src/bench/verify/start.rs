//! What somebody waits for who starts a server, or opens the page for the first time.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::bed::{Bed, Node};
use super::figures::{Figure, Goal};
use crate::browser;
use crate::process;

/// Starts and visits of a round.
const TIMES: usize = 3;

/// A server's start on a migrated database, until `/readyz` says so.
pub(super) fn ready(bed: &mut Bed) -> Result<Vec<Figure>> {
    let mut times = Vec::new();
    for _start in 0..bed.rounds * TIMES {
        times.push(milliseconds(Node::start(&bed.binary, &bed.url, &bed.log)?.ready_after));
    }
    Ok(vec![Figure::amount("start: until ready, migrated database", Goal::AtMost(150.0), times, "ms")])
}

/// The settings in a browser that has never been there.
pub(super) fn page(bed: &mut Bed) -> Result<Vec<Figure>> {
    let chromium = browser::prepare()?;
    let folder = bed.root.join("frontend/e2e");
    browser::install(&folder)?;
    let mut node = Command::new("node");
    node.arg("cold.mjs").arg((bed.rounds * TIMES).to_string()).current_dir(&folder);
    node.env("BASE_URL", format!("http://{}", bed.node.address)).env("CHROMIUM", chromium);
    let output = process::read(&mut node)?;
    ensure!(output.status.success(), "the browser failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    let (mut times, mut bytes) = (Vec::new(), Vec::new());
    for line in String::from_utf8(output.stdout)?.lines() {
        let visit: Value = serde_json::from_str(line)?;
        let number = |key: &str| visit.get(key).and_then(Value::as_f64).context("the browser counted nothing");
        times.push(number("milliseconds")?);
        bytes.push(number("bytes")? / 1000.0);
    }
    ensure!(times.len() == bed.rounds * TIMES, "the browser came {} times only", times.len());
    Ok(vec![
        Figure::amount("page: over the wire, all files of the first visit", Goal::AtMost(200.0), bytes, "kB"),
        Figure::amount("page: settings usable on a cold load", Goal::AtMost(1000.0), times, "ms"),
    ])
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
