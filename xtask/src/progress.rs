//! What the terminal shows beside a command's output: one line when a step starts, one with its time when it ends.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Does a step and says so. A failing step prints nothing more: its error is the message.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("→ {what} …");
    let start = Instant::now();
    let done = work()?;
    eprintln!("✓ {what} ({})", seconds(start.elapsed()));
    Ok(done)
}

/// `3.2 s`
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// `12.3 kB`
pub(crate) fn kilobytes(bytes: usize) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

/// The last `lines` lines of a log.
pub(crate) fn tail(log: &str, lines: usize) -> String {
    let all: Vec<&str> = log.lines().collect();
    all.iter().skip(all.len().saturating_sub(lines)).copied().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal_kilobytes() {
        assert_eq!(kilobytes(0), "0.0 kB");
        assert_eq!(kilobytes(999), "0.9 kB");
        assert_eq!(kilobytes(56_789), "56.7 kB");
    }

    #[test]
    fn a_tail_is_the_end_of_a_log() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail("a\n", 2), "a");
        assert_eq!(tail("", 2), "");
    }
}
