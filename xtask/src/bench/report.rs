//! What was measured, for people and for programs.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::measure::{Measured, Outcome, Verdict};
use super::rows::Goal;

/// All rows.
pub(super) struct Report {
    pub(super) sizes: String,
    pub(super) rounds: usize,
    pub(super) results: Vec<Outcome>,
}

impl Report {
    /// True when every goal is met and no answer was void.
    pub(super) fn is_met(&self) -> bool {
        self.results.iter().all(Outcome::is_met)
    }

    pub(super) fn json(&self) -> Value {
        let rows = self.results.iter().map(|outcome| match &outcome.verdict {
            Verdict::Measured(measured) => json!({
                "name": outcome.name, "goal": outcome.goal.to_string(), "met": outcome.is_met(), "rows": measured.rows,
                "ms": milliseconds(measured.request), "baseline_ms": measured.baseline.map(milliseconds),
                "ratio": measured.ratio(outcome.goal), "sequential_scans": measured.scans,
            }),
            Verdict::Void(why) => json!({ "name": outcome.name, "goal": outcome.goal.to_string(), "met": false, "void": why }),
        });
        json!({ "sizes": self.sizes, "rounds": self.rounds, "met": self.is_met(), "rows": rows.collect::<Vec<_>>() })
    }
}

impl Outcome {
    fn is_met(&self) -> bool {
        let Verdict::Measured(measured) = &self.verdict else { return false };
        let holds = match self.goal {
            Goal::AtMost(most) => measured.ratio(self.goal).is_some_and(|ratio| ratio <= most),
            Goal::Rate(least) => measured.ratio(self.goal).is_some_and(|ratio| ratio >= least),
            Goal::Within(limit) => measured.request < limit,
            Goal::Reference => true,
        };
        holds && measured.scans == 0
    }
}

impl Measured {
    /// Times the baseline; for a rate, the part of the baseline's.
    fn ratio(&self, goal: Goal) -> Option<f64> {
        let (request, baseline) = (self.request.as_secs_f64(), self.baseline?.as_secs_f64());
        Some(if matches!(goal, Goal::Rate(_)) { baseline / request } else { request / baseline })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}; medians of {} rounds\n", self.sizes, self.rounds)?;
        writeln!(f, "| What | Rows | ms | Baseline ms | Ratio | Goal | Sequential scans | |")?;
        writeln!(f, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")?;
        for outcome in &self.results {
            let name = &outcome.name;
            let mark = if outcome.is_met() { "ok" } else { "**miss**" };
            match &outcome.verdict {
                Verdict::Measured(measured) => {
                    let baseline = measured.baseline.map(|time| format!("{:.2}", milliseconds(time))).unwrap_or_default();
                    let ratio = measured.ratio(outcome.goal).map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
                    let (rows, ms, goal, scans) = (measured.rows, milliseconds(measured.request), outcome.goal, measured.scans);
                    writeln!(f, "| {name} | {rows} | {ms:.2} | {baseline} | {ratio} | {goal} | {scans} | {mark} |")?;
                }
                Verdict::Void(why) => writeln!(f, "| {name} | void: {why} | | | | {} | | {mark} |", outcome.goal)?,
            }
        }
        let missed = self.results.iter().filter(|outcome| !outcome.is_met()).count();
        writeln!(f, "\n{} goals met, {missed} missed", self.results.len() - missed)
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "≤ {most} ×"),
            Self::Rate(least) => write!(f, "≥ {least} ×"),
            Self::Within(limit) => write!(f, "< {} s", limit.as_secs_f64()),
            Self::Reference => write!(f, "–"),
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(goal: Goal, request: u64, baseline: u64, scans: i64) -> Outcome {
        let (request, baseline) = (Duration::from_millis(request), Some(Duration::from_millis(baseline)));
        Outcome { name: "x".to_owned(), goal, verdict: Verdict::Measured(Measured { rows: 50, request, baseline, scans }) }
    }

    #[test]
    fn a_goal_is_missed_by_time_by_rate_and_by_plan() {
        assert!(outcome(Goal::AtMost(3.0), 30, 10, 0).is_met());
        assert!(!outcome(Goal::AtMost(3.0), 31, 10, 0).is_met());
        assert!(!outcome(Goal::AtMost(3.0), 10, 10, 1).is_met());
        assert!(outcome(Goal::Rate(0.5), 20, 10, 0).is_met());
        assert!(!outcome(Goal::Rate(0.5), 21, 10, 0).is_met());
        assert!(!outcome(Goal::Within(Duration::from_secs(1)), 1000, 10, 0).is_met());
    }

    #[test]
    fn a_void_row_fails_the_run_and_is_printed_with_the_others() {
        let void = Outcome { name: "lost".to_owned(), goal: Goal::AtMost(3.0), verdict: Verdict::Void("status 500".to_owned()) };
        let report = Report { sizes: String::new(), rounds: 5, results: vec![void, outcome(Goal::AtMost(3.0), 10, 10, 0)] };
        assert!(!report.is_met());
        let text = report.to_string();
        assert!(text.contains("void: status 500") && text.contains("1 goals met, 1 missed"), "{text}");
    }
}
