//! How far away a moment is, as people say it.

use jiff::Timestamp;

/// A unit of `Intl.RelativeTimeFormat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Second,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Months, of 30 days.
    Month,
    /// Years, of 365 days.
    Year,
}

impl Unit {
    /// The name that `Intl` gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// The distance from `now`, in a unit that is neither too coarse nor too fine: 40 days are days, 90 are months. Negative is past.
/// What is past is told in whole units; what is to come to the nearest, so that a token made for 30 days ends "in 30 days".
pub fn distance(now: Timestamp, then: Timestamp) -> (i32, Unit) {
    const DAY: i64 = 86_400;
    let seconds = then.duration_since(now).as_secs();
    // Each unit with its length, and from which distance on it is used.
    let units = [
        (Unit::Year, 365 * DAY, 730 * DAY),
        (Unit::Month, 30 * DAY, 60 * DAY),
        (Unit::Day, DAY, DAY),
        (Unit::Hour, 3_600, 3_600),
        (Unit::Minute, 60, 60),
    ];
    let fitting = units.into_iter().find(|(_, _, from)| seconds.abs() >= *from);
    let (unit, length) = fitting.map_or((Unit::Second, 1), |(unit, length, _)| (unit, length));
    let to_nearest = if seconds > 0 { length / 2 } else { 0 };
    (i32::try_from((seconds + to_nearest) / length).unwrap_or(i32::MAX), unit)
}

/// Whether a token's end is near enough to say so: within seven days.
pub fn is_soon(now: Timestamp, expires_at: Timestamp) -> bool {
    expires_at > now && expires_at.duration_since(now).as_hours() < 7 * 24
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_noon(then: &str) -> (i32, Unit) {
        distance("2027-01-31T12:00:00Z".parse().unwrap(), then.parse().unwrap())
    }

    #[test]
    fn distances_are_told_in_a_fitting_unit() {
        assert_eq!(from_noon("2027-01-31T12:00:00Z"), (0, Unit::Second));
        assert_eq!(from_noon("2027-01-31T11:59:01Z"), (-59, Unit::Second));
        assert_eq!(from_noon("2027-01-31T11:57:00Z"), (-3, Unit::Minute));
        assert_eq!(from_noon("2027-01-31T11:00:00Z"), (-1, Unit::Hour));
        assert_eq!(from_noon("2027-01-29T13:00:00Z"), (-1, Unit::Day));
        assert_eq!(from_noon("2027-02-07T11:59:59Z"), (7, Unit::Day));
        assert_eq!(from_noon("2027-02-06T20:00:00Z"), (6, Unit::Day));
        assert_eq!(from_noon("2027-03-12T12:00:00Z"), (40, Unit::Day));
        assert_eq!(from_noon("2027-05-01T12:00:00Z"), (3, Unit::Month));
        assert_eq!(from_noon("2028-03-06T12:00:00Z"), (13, Unit::Month));
        assert_eq!(from_noon("2127-01-31T12:00:00Z"), (100, Unit::Year));
    }

    #[test]
    fn soon_is_less_than_seven_days_and_not_over() {
        let now: Timestamp = "2027-01-31T12:00:00Z".parse().unwrap();
        assert!(is_soon(now, "2027-02-07T11:00:00Z".parse().unwrap()));
        assert!(!is_soon(now, "2027-02-07T12:00:00Z".parse().unwrap()));
        assert!(!is_soon(now, now));
    }
}
