//! Until when a token is paused.

use jiff::{SignedDuration, Timestamp};

/// A choice on the form. The instant of a choice of one's own is kept beside it, so that it outlives a change of mind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PauseChoice {
    /// For an hour.
    Hour,
    /// For a day.
    #[default]
    Day,
    /// For seven days.
    Week,
    /// For thirty days, the longest there is.
    Month,
    /// Until an instant of one's own.
    Until,
}

impl PauseChoice {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Until];

    /// Until when; `None` while there is no such instant.
    pub fn until(self, now: Timestamp, own: Option<Timestamp>) -> Option<Timestamp> {
        let length = match self {
            Self::Hour => SignedDuration::from_hours(1),
            Self::Day => SignedDuration::from_hours(24),
            Self::Week => SignedDuration::from_hours(7 * 24),
            Self::Month => return Some(latest(now)),
            Self::Until => return own,
        };
        now.checked_add(length).ok()
    }
}

/// The latest end of a pause. The server's clock decides, and this one may be ahead of it: by a minute that is no harm.
pub fn latest(now: Timestamp) -> Timestamp {
    const LONGEST: SignedDuration = SignedDuration::from_mins(30 * 24 * 60 - 1);
    now.checked_add(LONGEST).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn each_choice_has_its_end() {
        let now = at("2027-01-31T12:00:00Z");
        let own = at("2027-02-03T08:30:00Z");
        let until = |choice: PauseChoice| choice.until(now, Some(own)).unwrap();
        assert_eq!(until(PauseChoice::Hour), at("2027-01-31T13:00:00Z"));
        assert_eq!(until(PauseChoice::Day), at("2027-02-01T12:00:00Z"));
        assert_eq!(until(PauseChoice::Week), at("2027-02-07T12:00:00Z"));
        assert_eq!(until(PauseChoice::Month), at("2027-03-02T11:59:00Z"));
        assert_eq!(until(PauseChoice::Until), own);
        assert_eq!(PauseChoice::Until.until(now, None), None);
    }
}
