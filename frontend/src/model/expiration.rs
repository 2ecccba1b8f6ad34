//! The expiration on the form.

use pat_core::wire::{Expirations, RequestedExpiration};

/// Which of the options is chosen. The date itself is kept beside it, so that it outlives a change of mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpirationChoice {
    /// One of the offered windows.
    Days(u32),
    /// A date of the reader's choice.
    Date,
    /// None.
    Never,
}

impl ExpirationChoice {
    /// All that the account allows, in the order shown.
    pub fn offered(expirations: &Expirations) -> Vec<Self> {
        let days = expirations.days.iter().copied().map(Self::Days);
        days.chain([Self::Date]).chain(expirations.never.then_some(Self::Never)).collect()
    }

    /// What the form starts with: a month, or else the first on offer.
    pub fn preset(expirations: &Expirations) -> Self {
        const MONTH: u32 = 30;
        let first = expirations.days.first().copied().map_or(Self::Date, Self::Days);
        if expirations.days.contains(&MONTH) { Self::Days(MONTH) } else { first }
    }

    /// What to send.
    pub fn request(self, date: String, time_zone: String) -> RequestedExpiration {
        match self {
            Self::Days(days) => RequestedExpiration::Days { days: i64::from(days) },
            Self::Date => RequestedExpiration::Date { date, time_zone },
            Self::Never => RequestedExpiration::Never {},
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expirations(days: &[u32], never: bool) -> Expirations {
        Expirations { days: days.to_vec(), never, latest: "2127-01-31T00:00:00Z".parse().unwrap() }
    }

    #[test]
    fn only_what_the_account_allows_is_offered() {
        use ExpirationChoice::{Date, Days, Never};
        assert_eq!(ExpirationChoice::offered(&expirations(&[7, 30], true)), [Days(7), Days(30), Date, Never]);
        assert_eq!(ExpirationChoice::offered(&expirations(&[], false)), [Date]);
    }

    #[test]
    fn the_preset_is_always_on_offer() {
        assert_eq!(ExpirationChoice::preset(&expirations(&[7, 30, 60], true)), ExpirationChoice::Days(30));
        assert_eq!(ExpirationChoice::preset(&expirations(&[7], true)), ExpirationChoice::Days(7));
        assert_eq!(ExpirationChoice::preset(&expirations(&[], true)), ExpirationChoice::Date);
    }

    #[test]
    fn a_date_goes_out_with_its_zone() {
        let sent = ExpirationChoice::Date.request("2027-01-31".into(), "Europe/Paris".into());
        assert_eq!(serde_json::to_string(&sent).unwrap(), r#"{"type":"date","date":"2027-01-31","time_zone":"Europe/Paris"}"#);
    }
}
