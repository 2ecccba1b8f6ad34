//! What came out: one line a figure, for people and for programs.

use std::fmt;

use serde_json::{Value, json};

/// What is promised of a figure.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// Nothing: it is there to compare with.
    None,
}

/// One figure of a row.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) goal: Goal,
    /// The median of all rounds; or why there is none.
    pub(super) value: Result<f64, String>,
    /// Nothing for a ratio.
    pub(super) unit: &'static str,
    /// The medians it was made of.
    pub(super) detail: String,
}

impl Figure {
    /// One side divided by the other, round by round.
    pub(super) fn ratio(name: &str, goal: Goal, rounds: &[(f64, f64)], unit: &str) -> Self {
        let ratios = rounds.iter().map(|(ours, baseline)| ours / baseline).collect();
        let (ours, baselines): (Vec<_>, Vec<_>) = rounds.iter().copied().unzip();
        let detail = format!("{} ÷ {} {unit}", short(median(ours)), short(median(baselines)));
        Self { name: name.to_owned(), goal, value: Ok(median(ratios)), unit: "", detail }
    }

    /// Something with a unit.
    pub(super) fn amount(name: &str, goal: Goal, rounds: Vec<f64>, unit: &'static str) -> Self {
        Self { name: name.to_owned(), goal, value: Ok(median(rounds)), unit, detail: String::new() }
    }

    /// A row without a result, which is a miss.
    pub(super) fn void(name: &str, why: String) -> Self {
        Self { name: name.to_owned(), goal: Goal::None, value: Err(why), unit: "", detail: String::new() }
    }

    /// The same with more words.
    pub(super) fn with(mut self, detail: &str) -> Self {
        let comma = if self.detail.is_empty() { "" } else { "; " };
        self.detail = format!("{}{comma}{detail}", self.detail);
        self
    }

    fn is_met(&self) -> bool {
        match (&self.value, self.goal) {
            (Err(_), _) => false,
            (Ok(value), Goal::AtLeast(least)) => *value >= least,
            (Ok(value), Goal::AtMost(most)) => *value <= most,
            (Ok(_), Goal::None) => true,
        }
    }
}

/// All figures, and what they were measured on.
pub(super) struct Report {
    pub(super) setting: String,
    pub(super) rounds: usize,
    pub(super) figures: Vec<Figure>,
}

impl Report {
    /// True when every goal is met and no row was void.
    pub(super) fn is_met(&self) -> bool {
        self.figures.iter().all(Figure::is_met)
    }

    pub(super) fn json(&self) -> Value {
        let figures = self.figures.iter().map(|figure| {
            json!({
                "name": figure.name, "goal": figure.goal.to_string(), "met": figure.is_met(), "value": figure.value.as_ref().ok(),
                "unit": figure.unit, "detail": figure.detail, "void": figure.value.as_ref().err(),
            })
        });
        json!({ "setting": self.setting, "rounds": self.rounds, "met": self.is_met(), "figures": figures.collect::<Vec<_>>() })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}; medians of {} rounds\n", self.setting, self.rounds)?;
        writeln!(f, "| What | Measured | Goal | | Made of |")?;
        writeln!(f, "| --- | ---: | ---: | --- | --- |")?;
        for figure in &self.figures {
            let (name, goal, detail) = (&figure.name, figure.goal, &figure.detail);
            let space = if figure.unit.is_empty() { "" } else { " " };
            let value = match &figure.value {
                Ok(value) => format!("{}{space}{}", short(*value), figure.unit),
                Err(why) => format!("void: {why}"),
            };
            let mark = match (figure.is_met(), goal) {
                (false, _) => "**miss**",
                (true, Goal::None) => "",
                (true, _) => "ok",
            };
            writeln!(f, "| {name} | {value} | {goal} | {mark} | {detail} |")?;
        }
        let missed = self.figures.iter().filter(|figure| !figure.is_met()).count();
        let goals = self.figures.iter().filter(|figure| figure.value.is_err() || !matches!(figure.goal, Goal::None)).count();
        writeln!(f, "\n{} goals met, {missed} missed", goals - missed)
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "≥ {least}"),
            Self::AtMost(most) => write!(f, "≤ {most}"),
            Self::None => write!(f, "–"),
        }
    }
}

/// The middle one; of an even number the upper one of the two.
pub(super) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Three digits that count.
pub(super) fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        size if size >= 0.1 || size <= 0.0 => format!("{number:.2}"),
        _ => format!("{number:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_made_within_a_round_and_then_the_middle_is_taken() {
        // The machine was twice as fast in the second round: the ratio stays.
        let figure = Figure::ratio("x", Goal::AtLeast(0.5), &[(5.0, 10.0), (10.0, 20.0), (7.0, 10.0)], "a second");
        assert_eq!(figure.value, Ok(0.5));
        assert!(figure.is_met());
        assert_eq!(figure.detail, "7.00 ÷ 10.0 a second");
    }

    #[test]
    fn a_goal_is_missed_above_below_and_by_a_void_row() {
        let ratio = |goal, ours| Figure::ratio("x", goal, &[(ours, 1.0)], "");
        assert!(ratio(Goal::AtMost(2.0), 2.0).is_met() && !ratio(Goal::AtMost(2.0), 2.1).is_met());
        assert!(ratio(Goal::AtLeast(2.0), 2.0).is_met() && !ratio(Goal::AtLeast(2.0), 1.9).is_met());
        // Nothing divided by nothing is no success.
        assert!(!Figure::ratio("x", Goal::AtMost(2.0), &[], "").is_met());
        let report = Report { setting: String::new(), rounds: 5, figures: vec![Figure::void("lost", "status 500".to_owned())] };
        assert!(!report.is_met());
        assert!(report.to_string().contains("void: status 500") && report.to_string().contains("0 goals met, 1 missed"));
    }
}
