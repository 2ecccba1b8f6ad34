//! When a token ends (P5).

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Span, Timestamp};

use crate::wire::{Expirations, FieldCode, RequestedExpiration};

/// The windows on offer, in days of 24 hours.
pub const OFFERED_DAYS: [u32; 4] = [7, 30, 60, 90];

/// How far a custom date may lie ahead, in calendar years.
const MAX_YEARS: i64 = 100;

/// What an account allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpirationLimits {
    /// The longest lifetime, in days of 24 hours; `None` is no limit.
    pub max_lifetime_days: Option<u32>,
    /// Whether a token may have no expiration. A maximum lifetime rules it out, whatever this says.
    pub never_allowed: bool,
}

impl ExpirationLimits {
    /// What the form may offer at `now`.
    pub fn offer(&self, now: Timestamp) -> Expirations {
        let fits = |days: &u32| self.max_lifetime_days.is_none_or(|max| *days <= max);
        Expirations { days: OFFERED_DAYS.into_iter().filter(fits).collect(), never: self.allows_never(), latest: self.latest(now) }
    }

    /// The instant that a new token asked for at `now` ends at; `None` is never.
    ///
    /// # Errors
    /// The code of the refusal, for the field `expiration`.
    pub fn resolve(
        &self,
        requested: &RequestedExpiration,
        now: Timestamp,
        time_zones: &TimeZoneDatabase,
    ) -> Result<Option<Timestamp>, FieldCode> {
        match requested {
            RequestedExpiration::Never {} if self.allows_never() => Ok(None),
            RequestedExpiration::Never {} => Err(FieldCode::ExpirationRequired),
            RequestedExpiration::Days { days } => {
                let days = OFFERED_DAYS.into_iter().find(|offered| i64::from(*offered) == *days).ok_or(FieldCode::NotOffered)?;
                self.within(days_after(now, days), now)
            }
            RequestedExpiration::Date { date, time_zone } => self.within(end_of_date(date, time_zone, now, time_zones)?, now),
        }
    }

    fn within(&self, end: Timestamp, now: Timestamp) -> Result<Option<Timestamp>, FieldCode> {
        if self.max_lifetime_days.is_some_and(|max| end > days_after(now, max)) {
            return Err(FieldCode::ExceedsMaximum);
        }
        Ok(Some(end))
    }

    fn allows_never(&self) -> bool {
        self.never_allowed && self.max_lifetime_days.is_none()
    }

    fn latest(&self, now: Timestamp) -> Timestamp {
        // One day more, since the last date is valid to its end.
        let span = Span::new().years(MAX_YEARS).days(1);
        let century = now.to_zoned(TimeZone::UTC).checked_add(span).map_or(Timestamp::MAX, |end| end.timestamp());
        self.max_lifetime_days.map_or(century, |max| days_after(now, max).min(century))
    }
}

fn days_after(now: Timestamp, days: u32) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

/// The instant at which the day after `date` begins in the zone: a token "until 31 January" works all through that day.
/// A day may begin at 01:00 (no midnight, because clocks were set forward) or be missing (a move across the date line);
/// then the first instant that follows counts.
fn end_of_date(date: &str, time_zone: &str, now: Timestamp, zones: &TimeZoneDatabase) -> Result<Timestamp, FieldCode> {
    let date: Date = parse_date(date).ok_or(FieldCode::InvalidDate)?;
    // jiff also knows `Etc/Unknown`, which IANA doesn't.
    let zone = zones.get(time_zone).ok().filter(|zone| !zone.is_unknown()).ok_or(FieldCode::UnknownTimeZone)?;
    let today = now.to_zoned(zone.clone()).date();
    if today.checked_add(Span::new().years(MAX_YEARS)).is_ok_and(|last| date > last) {
        return Err(FieldCode::TooFar);
    }
    let next = date.tomorrow().ok().ok_or(FieldCode::TooFar)?;
    let end = next.to_zoned(zone).ok().ok_or(FieldCode::InvalidDate)?.timestamp();
    // Also where clocks set back repeat the last hour of `date`: no token is born expired.
    if end > now { Ok(end) } else { Err(FieldCode::Past) }
}

/// `YYYY-MM-DD` and nothing else.
fn parse_date(text: &str) -> Option<Date> {
    let is_shape = text.len() == 10 && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    if is_shape { text.parse().ok() } else { None }
}
