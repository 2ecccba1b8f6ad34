//! Processor time and memory of processes, as Linux counts them.

use std::fs;
use std::ops::Sub;
use std::time::Duration;

use anyhow::{Context, Result};

/// Linux counts in hundredths of a second, whatever the kernel's own ticks.
const TICK: Duration = Duration::from_millis(10);

/// Whose processor time is counted.
#[derive(Clone, Copy)]
pub(super) struct Meter {
    /// The process that answers.
    pub(super) server: u32,
    /// Postgres's first process, the parent of all others.
    pub(super) postgres: u32,
}

/// Processor time spent so far, or between two looks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) server: Duration,
    /// With all its backends and helpers.
    pub(super) postgres: Duration,
    /// By this process, which asks.
    pub(super) bench: Duration,
}

impl Meter {
    pub(super) fn read(self) -> Result<Spent> {
        Ok(Spent { server: time(self.server)?, postgres: with_children(self.postgres)?, bench: time(std::process::id())? })
    }
}

impl Sub for Spent {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            server: self.server.saturating_sub(earlier.server),
            postgres: self.postgres.saturating_sub(earlier.postgres),
            bench: self.bench.saturating_sub(earlier.bench),
        }
    }
}

/// Bytes of memory that a process holds.
pub(super) fn memory(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).context("only Linux tells the memory of a process")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the process has no memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

/// The parent of a process.
pub(super) fn parent(process: i32) -> Result<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"));
    let stat = stat.context("Postgres must run on this machine, which must run Linux, for its processor time to be counted")?;
    Ok(Stat::parse(&stat).context("the kernel's words on a process can't be read")?.parent)
}

fn time(process: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).context("the process is gone")?;
    Ok(TICK * Stat::parse(&stat).context("the kernel's words on a process can't be read")?.own)
}

/// Of a process and its children, those that ended included.
fn with_children(process: u32) -> Result<Duration> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc")?.filter_map(Result::ok) {
        let Ok(id) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        // A process that ended meanwhile is among its parent's.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some(stat) = Stat::parse(&stat) else { continue };
        if id == process {
            ticks += stat.own + stat.ended_children;
        } else if stat.parent == process {
            ticks += stat.own;
        }
    }
    Ok(TICK * ticks)
}

#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own: u32,
    ended_children: u32,
}

impl Stat {
    fn parse(text: &str) -> Option<Self> {
        // The name is in parentheses and may hold anything.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |place: usize| fields.get(place)?.parse::<u32>().ok();
        Some(Self { parent: number(1)?, own: number(11)? + number(12)?, ended_children: number(13)? + number(14)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_may_be_called_anything() {
        let stat = "7 (a) (b c) S 3 7 7 0 -1 4194560 1 2 3 4 50 6 70 8 20 0 1 0 100 0 0";
        assert_eq!(Stat::parse(stat), Some(Stat { parent: 3, own: 56, ended_children: 78 }));
    }

    #[test]
    fn this_process_spends_time_and_memory() {
        assert!(memory(std::process::id()).unwrap() > 0);
        assert!(time(std::process::id()).is_ok());
    }
}
