//! How many checks passed and failed, read from what the test tools print.

use std::fmt;
use std::iter::Sum;

use anyhow::{Context, Result};
use serde_json::Value;

/// The result of one suite, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Tests that a suite left out. They are neither passed nor failed, but never silent.
    pub(crate) skipped: u64,
}

impl Counts {
    /// One check.
    pub(crate) fn one(passed: bool) -> Self {
        if passed { Self { passed: 1, ..Self::default() } } else { Self { failed: 1, ..Self::default() } }
    }

    /// Adds the failure that a tool didn't count itself: it ended badly, or it ran nothing.
    pub(crate) fn judged(self, ended_well: bool) -> Self {
        let unexplained = !ended_well && self.failed == 0;
        let ran_nothing = self.passed + self.failed == 0;
        if unexplained || ran_nothing { Self { failed: self.failed + 1, ..self } } else { self }
    }

    /// Adds up the `test result:` lines of `cargo test`, one per test binary.
    pub(crate) fn from_cargo(output: &str) -> Self {
        let results = output.lines().filter_map(|line| line.split_once("test result: ")).map(|(_, numbers)| Self {
            passed: number_before(numbers, " passed"),
            failed: number_before(numbers, " failed"),
            skipped: number_before(numbers, " ignored"),
        });
        results.sum()
    }

    /// Reads the end of what Python's unittest prints: `Ran 5 tests in 0.1s` and `FAILED (failures=1, errors=2)`.
    pub(crate) fn from_unittest(output: &str) -> Self {
        let last = |start: &str| output.lines().rev().find(|line| line.starts_with(start)).unwrap_or_default();
        let verdict = if last("FAILED").is_empty() { last("OK") } else { last("FAILED") };
        // Split into whole names, because `expected failures` are none.
        let named = |name: &str| -> u64 {
            let fields = verdict.split(['(', ')']).flat_map(|part| part.split(", "));
            let numbers = fields.filter_map(|field| field.split_once('=')).filter(|(found, _)| *found == name);
            numbers.filter_map(|(_, number)| number.parse::<u64>().ok()).sum()
        };
        let failed = named("failures") + named("errors") + named("unexpected successes");
        let skipped = named("skipped");
        let ran = number_before(last("Ran "), " test");
        Self { passed: ran.saturating_sub(failed + skipped), failed, skipped }
    }

    /// Reads the statistics of Playwright's JSON report. A test that passes only when repeated counts as failed.
    pub(crate) fn from_playwright(report: &str) -> Result<Self> {
        let report: Value = serde_json::from_str(report).context("Playwright's report is not JSON")?;
        let number = |name: &str| {
            let found = report.get("stats").and_then(|stats| stats.get(name)).and_then(Value::as_u64);
            found.with_context(|| format!("Playwright's report has no stats.{name}"))
        };
        // Errors outside of tests, such as a file that doesn't compile.
        let errors = report.get("errors").and_then(Value::as_array).map_or(0, Vec::len);
        Ok(Self {
            passed: number("expected")?,
            failed: number("unexpected")? + number("flaky")? + u64::try_from(errors)?,
            skipped: number("skipped")?,
        })
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, next| Self {
            passed: sum.passed + next.passed,
            failed: sum.failed + next.failed,
            skipped: sum.skipped + next.skipped,
        })
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    let number = text.split_once(word).and_then(|(before, _)| before.rsplit(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Counts {
        Counts { passed, failed, skipped }
    }

    #[test]
    fn cargo_test_results_add_up_over_binaries() {
        let output = "running 2 tests\ntest a ... ok\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 4 filtered out; finished in 1.20s\n";
        assert_eq!(Counts::from_cargo(output), counts(15, 2, 1));
        assert_eq!(Counts::from_cargo("error: could not compile"), counts(0, 0, 0));
    }

    #[test]
    fn unittest_results_are_read_from_the_end() {
        let check = |output: &str, expected| assert_eq!(Counts::from_unittest(output), expected, "{output}");
        check("test_a ... ok\nRan 3 tests in 0.1s\n\nOK\n", counts(3, 0, 0));
        check("Ran 3 tests in 0.1s\n\nOK (skipped=1)\n", counts(2, 0, 1));
        check("Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=2)\n", counts(2, 3, 0));
        check("Ran 4 tests in 0.1s\n\nFAILED (errors=1, skipped=1)\n", counts(2, 1, 1));
        check("Ran 2 tests in 0.1s\n\nOK (expected failures=1)\n", counts(2, 0, 0));
        check("Ran 2 tests in 0.1s\n\nFAILED (unexpected successes=1)\n", counts(1, 1, 0));
        check("Ran 0 tests in 0.0s\n\nNO TESTS RAN\n", counts(0, 0, 0));
        check("Traceback: No module named getdx\n", counts(0, 0, 0));
    }

    #[test]
    fn playwright_results_are_read_from_its_report() {
        let report = r#"{"errors":[],"stats":{"expected":20,"unexpected":1,"flaky":2,"skipped":3}}"#;
        assert_eq!(Counts::from_playwright(report).unwrap(), counts(20, 3, 3));
        let broken = r#"{"errors":[{"message":"x"}],"stats":{"expected":0,"unexpected":0,"flaky":0,"skipped":0}}"#;
        assert_eq!(Counts::from_playwright(broken).unwrap(), counts(0, 1, 0));
        assert!(Counts::from_playwright(r#"{"stats":{}}"#).is_err());
    }

    #[test]
    fn a_suite_that_ran_nothing_failed() {
        assert_eq!(counts(0, 0, 0).judged(true), counts(0, 1, 0));
        assert_eq!(counts(0, 0, 5).judged(true), counts(0, 1, 5));
    }

    #[test]
    fn a_tool_that_ended_badly_failed() {
        assert_eq!(counts(3, 0, 0).judged(false), counts(3, 1, 0));
        assert_eq!(counts(3, 2, 0).judged(false), counts(3, 2, 0));
        assert_eq!(counts(3, 0, 0).judged(true), counts(3, 0, 0));
    }

    #[test]
    fn the_last_line_is_the_sum() {
        let all: Counts = [counts(1, 0, 0), counts(120, 2, 1)].into_iter().sum();
        assert_eq!(all.to_string(), "121 passed, 2 failed");
    }
}
