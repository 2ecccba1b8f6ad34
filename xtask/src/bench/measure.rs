//! Rounds in which each request and its baseline take turns.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::database::Database;
use super::rows::{Baseline, Goal, Row, Shape};
use crate::console::Console;
use crate::process;

/// How often a pair is measured in a round, unless it takes long.
const TURNS: u32 = 7;
/// When a pair takes long.
const LONG: Duration = Duration::from_millis(150);

/// What was found out about a row.
pub(super) struct Outcome {
    pub(super) name: String,
    pub(super) goal: Goal,
    pub(super) verdict: Verdict,
}

pub(super) enum Verdict {
    Measured(Measured),
    /// The answer was not the expected one.
    Void(String),
}

pub(super) struct Measured {
    /// Rows that were answered with.
    pub(super) rows: u64,
    /// Medians.
    pub(super) request: Duration,
    pub(super) baseline: Option<Duration>,
    /// Scans of big tables from end to end in one request.
    pub(super) scans: i64,
}

/// The medians of every row.
pub(super) fn all(console: &Console, database: &mut Database, rows: &[Row], rounds: usize) -> Result<Vec<Outcome>> {
    // The first answers show whether there is anything to measure; they also fill caches and prepare statements.
    let mut answers: Vec<Result<u64>> = rows.iter().map(|row| Ok(answer(console, row)?.1)).collect();
    let mut scans = vec![0; rows.len()];
    count_scans(console, database, rows, &mut scans)?;
    let mut times: Vec<Times> = rows.iter().map(|_row| Times::default()).collect();
    for round in 1..=rounds {
        eprintln!("  round {round} of {rounds}");
        for ((row, times), answer) in rows.iter().zip(&mut times).zip(&mut answers) {
            if process::interrupted() {
                bail!(process::Interrupted);
            }
            if answer.is_ok()
                && let Err(error) = times.take_turns(console, database, row)
            {
                *answer = Err(error);
            }
        }
    }
    let outcomes = rows.iter().zip(times).zip(answers).zip(scans).map(|(((row, mut times), answer), scans)| {
        let verdict = match answer {
            Ok(rows) => Verdict::Measured(Measured {
                rows,
                request: median(&mut times.requests).unwrap_or_default(),
                baseline: median(&mut times.baselines),
                scans,
            }),
            Err(error) => Verdict::Void(format!("{error:#}")),
        };
        Outcome { name: row.name.clone(), goal: row.goal, verdict }
    });
    Ok(outcomes.collect())
}

/// Counts each row's scans of big tables. Reading the counters takes a second, so halves are searched only where there were any.
fn count_scans(console: &Console, database: &mut Database, rows: &[Row], scans: &mut [i64]) -> Result<()> {
    let before = database.sequential_scans()?;
    for row in rows {
        // What can't be answered is void already.
        let _ = answer(console, row);
    }
    let found = database.sequential_scans()? - before;
    if let ([_], [scans]) = (rows, &mut *scans) {
        *scans = found;
    } else if found > 0 {
        let middle = rows.len() / 2;
        let ((first, second), (first_scans, second_scans)) = (rows.split_at(middle), scans.split_at_mut(middle));
        count_scans(console, database, first, first_scans)?;
        count_scans(console, database, second, second_scans)?;
    }
    Ok(())
}

#[derive(Default)]
struct Times {
    requests: Vec<Duration>,
    baselines: Vec<Duration>,
}

impl Times {
    fn take_turns(&mut self, console: &Console, database: &mut Database, row: &Row) -> Result<()> {
        let start = Instant::now();
        for _turn in 0..TURNS {
            match &row.baseline {
                Baseline::Select(table, rows) => self.baselines.push(database.select(*table, *rows)?),
                Baseline::Copy(query) => self.baselines.push(database.copy(query)?),
                Baseline::None => {}
            }
            self.requests.push(answer(console, row)?.0);
            if start.elapsed() > LONG {
                break;
            }
        }
        Ok(())
    }
}

/// Asks, and checks the answer. Returns how long it took to arrive whole, and the number of rows in it.
fn answer(console: &Console, row: &Row) -> Result<(Duration, u64)> {
    let start = Instant::now();
    let (time, rows) = if let Shape::Lines { header } = row.shape {
        let (status, lines) = console.drain(&row.path)?;
        if status != 200 {
            bail!("status {status}");
        }
        (start.elapsed(), lines.saturating_sub(header))
    } else {
        let method = if row.body.is_some() { "POST" } else { "GET" };
        let answer = console.ask(method, &row.path, row.body.as_ref())?;
        let time = start.elapsed();
        if answer.status != 200 {
            bail!("status {}: {}", answer.status, answer.body.chars().take(200).collect::<String>());
        }
        (time, rows_in(&answer.json()?, row.shape)?)
    };
    // A preview counts live tokens, of which some end while this runs.
    let ended = if matches!(row.shape, Shape::Number(_)) { row.expected / 1000 } else { 0 };
    if rows > row.expected || rows + ended < row.expected {
        bail!("{rows} rows instead of {}", row.expected);
    }
    Ok((time, rows))
}

fn rows_in(body: &Value, shape: Shape) -> Result<u64> {
    let length = |value: Option<&Value>, pointer: &str| {
        let list = value.and_then(Value::as_array).with_context(|| format!("the answer has no list at {pointer}"))?;
        Ok(u64::try_from(list.len())?)
    };
    match shape {
        Shape::List(pointer) => length(body.pointer(pointer), pointer),
        Shape::Number(pointer) => {
            body.pointer(pointer).and_then(Value::as_u64).with_context(|| format!("the answer has no number at {pointer}"))
        }
        Shape::Object => Ok(1),
        Shape::Lines { .. } => bail!("lines are counted as they come"),
    }
}

/// The middle one.
fn median(times: &mut [Duration]) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        let seconds = |numbers: &[u64]| numbers.iter().map(|number| Duration::from_secs(*number)).collect::<Vec<_>>();
        assert_eq!(median(&mut seconds(&[9, 1, 5])), Some(Duration::from_secs(5)));
        assert_eq!(median(&mut []), None);
    }

    #[test]
    fn an_answer_of_another_shape_is_no_answer() {
        let body = json!({ "tokens": [1, 2, 3], "count": 7 });
        assert_eq!(rows_in(&body, Shape::List("/tokens")).unwrap(), 3);
        assert_eq!(rows_in(&body, Shape::Number("/count")).unwrap(), 7);
        assert!(rows_in(&body, Shape::List("/users")).is_err());
        assert!(rows_in(&body, Shape::Number("/tokens")).is_err());
    }
}
