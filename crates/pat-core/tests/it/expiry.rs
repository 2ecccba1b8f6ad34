//! P5: when a token ends. Instants are worked out by hand from the zones' rules.

use jiff::{SignedDuration, Timestamp};
use pat_core::expiry::{ExpirationLimits, OFFERED_DAYS};
use pat_core::token::{Lifecycle, TokenStatus};
use pat_core::wire::{FieldCode, RequestedExpiration};

use crate::fixtures::{UNLIMITED, at, zones};

type Ends = Result<Option<Timestamp>, FieldCode>;

fn days(days: i64) -> RequestedExpiration {
    RequestedExpiration::Days { days }
}

fn date(date: &str, zone: &str) -> RequestedExpiration {
    RequestedExpiration::Date { date: date.to_owned(), time_zone: zone.to_owned() }
}

fn ask(limits: ExpirationLimits, wanted: &RequestedExpiration, now: &str) -> Ends {
    limits.resolve(wanted, at(now), &zones())
}

fn on_date(day: &str, zone: &str, now: &str) -> Ends {
    ask(UNLIMITED, &date(day, zone), now)
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with answers")]
fn ends(instant: &str) -> Ends {
    Ok(Some(at(instant)))
}

#[test]
fn windows_are_that_many_times_24_hours() {
    // The last rows cross the changes of the clocks in Europe, which don't matter.
    for (now, window, end) in [
        ("2026-06-15T12:00:00Z", 7, "2026-06-22T12:00:00Z"),
        ("2026-06-15T12:00:00Z", 30, "2026-07-15T12:00:00Z"),
        ("2026-06-15T12:00:00Z", 60, "2026-08-14T12:00:00Z"),
        ("2026-06-15T12:00:00Z", 90, "2026-09-13T12:00:00Z"),
        ("2024-02-28T23:59:59.999999Z", 7, "2024-03-06T23:59:59.999999Z"),
        ("2026-03-25T10:00:00+01:00", 7, "2026-04-01T11:00:00+02:00"),
        ("2026-10-22T10:00:00+02:00", 7, "2026-10-29T09:00:00+01:00"),
    ] {
        assert_eq!(ask(UNLIMITED, &days(window), now), ends(end), "{window} days from {now}");
    }
}

#[test]
fn a_token_works_until_the_second_before_its_end() {
    let now = at("2026-06-15T12:00:00Z");
    for window in OFFERED_DAYS {
        let expires_at = UNLIMITED.resolve(&days(i64::from(window)), now, &zones()).unwrap();
        let token = Lifecycle { expires_at, ..Lifecycle::default() };
        let end = now + SignedDuration::from_hours(24 * i64::from(window));
        let second = SignedDuration::from_secs(1);
        assert_eq!(token.status(end - second), TokenStatus::Active);
        assert_eq!(token.status(end), TokenStatus::Expired);
        assert_eq!(token.status(end + second), TokenStatus::Expired);
    }
}

#[test]
fn other_windows_are_not_on_offer() {
    for window in [i64::MIN, -7, -1, 0, 1, 6, 8, 29, 31, 59, 61, 91, 365, 36_500, 4_294_967_303, i64::MAX] {
        assert_eq!(ask(UNLIMITED, &days(window), "2026-06-15T12:00:00Z"), Err(FieldCode::NotOffered), "{window} days");
    }
}

#[test]
fn a_date_is_valid_until_the_next_day_begins_there() {
    let now = "2026-03-20T12:00:00Z";
    for (day, zone, end) in [
        ("2026-03-20", "UTC", "2026-03-21T00:00:00Z"),
        ("2026-12-31", "America/New_York", "2027-01-01T05:00:00Z"),
        ("2028-02-28", "Asia/Kolkata", "2028-02-28T18:30:00Z"),
        ("2028-02-29", "Asia/Kolkata", "2028-02-29T18:30:00Z"),
        // Paris goes forward in the night before 29 March at 02:00, and back in the night before 25 October at 03:00.
        ("2026-03-28", "Europe/Paris", "2026-03-28T23:00:00Z"),
        ("2026-03-29", "Europe/Paris", "2026-03-29T22:00:00Z"),
        ("2026-10-24", "Europe/Paris", "2026-10-24T22:00:00Z"),
        ("2026-10-25", "Europe/Paris", "2026-10-25T23:00:00Z"),
        // Names are compared without regard to case, as elsewhere.
        ("2026-03-28", "europe/PARIS", "2026-03-28T23:00:00Z"),
    ] {
        assert_eq!(on_date(day, zone, now), ends(end), "{day} in {zone}");
    }
}

#[test]
fn where_a_day_has_no_midnight_it_begins_later() {
    for (day, zone, now, end) in [
        ("2018-11-03", "America/Sao_Paulo", "2018-10-20T12:00:00Z", "2018-11-04T01:00:00-02:00"),
        ("2022-09-10", "America/Santiago", "2022-09-01T12:00:00Z", "2022-09-11T01:00:00-03:00"),
        ("2023-04-27", "Africa/Cairo", "2023-04-01T12:00:00Z", "2023-04-28T01:00:00+03:00"),
        ("2024-03-30", "Asia/Beirut", "2024-03-01T12:00:00Z", "2024-03-31T01:00:00+03:00"),
        ("2027-03-27", "Asia/Beirut", "2027-03-01T12:00:00Z", "2027-03-28T01:00:00+03:00"),
    ] {
        assert_eq!(on_date(day, zone, now), ends(end), "{day} in {zone}");
    }
}

#[test]
fn where_midnight_comes_twice_the_first_counts() {
    // Havana goes back at 01:00 to 00:00.
    assert_eq!(on_date("2026-10-31", "America/Havana", "2026-10-01T12:00:00Z"), ends("2026-11-01T00:00:00-04:00"));
    // St. John's went back at 00:01 to 23:01 the day before: once that day has been over, it can't be asked for again.
    let day = "2010-11-06";
    assert_eq!(on_date(day, "America/St_Johns", "2010-11-06T12:00:00Z"), ends("2010-11-07T00:00:00-02:30"));
    assert_eq!(on_date(day, "America/St_Johns", "2010-11-06T23:30:00-03:30"), Err(FieldCode::Past));
}

#[test]
fn a_day_missing_at_the_date_line_ends_when_it_would_have_begun() {
    // Samoa went from the end of 29 December 2011 straight to 31 December.
    let now = "2011-12-20T12:00:00Z";
    for (day, end) in [
        ("2011-12-28", "2011-12-29T00:00:00-10:00"),
        ("2011-12-29", "2011-12-31T00:00:00+14:00"),
        ("2011-12-30", "2011-12-31T00:00:00+14:00"),
        ("2011-12-31", "2012-01-01T00:00:00+14:00"),
    ] {
        assert_eq!(on_date(day, "Pacific/Apia", now), ends(end), "{day}");
    }
}

#[test]
fn today_is_the_day_where_the_user_is() {
    // The same instant is 14 June 23:00 in Niue, and 16 June 00:00 on Kiritimati.
    let now = "2026-06-15T10:00:00Z";
    for (day, zone, expected) in [
        ("2026-06-13", "Pacific/Niue", Err(FieldCode::Past)),
        ("2026-06-14", "Pacific/Niue", ends("2026-06-15T11:00:00Z")),
        ("2026-06-14", "UTC", Err(FieldCode::Past)),
        ("2026-06-15", "UTC", ends("2026-06-16T00:00:00Z")),
        ("2026-06-15", "Pacific/Kiritimati", Err(FieldCode::Past)),
        ("2026-06-16", "Pacific/Kiritimati", ends("2026-06-16T10:00:00Z")),
    ] {
        assert_eq!(on_date(day, zone, now), expected, "{day} in {zone}");
    }
}

#[test]
fn today_can_be_chosen_to_its_last_moment() {
    let day = "2026-06-15";
    assert_eq!(on_date(day, "Europe/Paris", "2026-06-15T23:59:59.999999999+02:00"), ends("2026-06-16T00:00:00+02:00"));
    assert_eq!(on_date(day, "Europe/Paris", "2026-06-16T00:00:00+02:00"), Err(FieldCode::Past));
}

#[test]
fn a_date_may_lie_100_years_ahead_and_not_a_day_more() {
    for (now, last, next, end) in [
        ("2026-06-15T12:00:00Z", "2126-06-15", "2126-06-16", "2126-06-16T00:00:00Z"),
        // 2100 has no 29 February.
        ("2000-02-29T12:00:00Z", "2100-02-28", "2100-03-01", "2100-03-01T00:00:00Z"),
    ] {
        assert_eq!(on_date(last, "UTC", now), ends(end));
        assert_eq!(on_date(next, "UTC", now), Err(FieldCode::TooFar));
        assert!(UNLIMITED.offer(at(now)).latest >= at(end), "the form can offer it");
    }
    for day in ["2200-01-01", "9999-12-31"] {
        assert_eq!(on_date(day, "UTC", "2026-06-15T12:00:00Z"), Err(FieldCode::TooFar), "{day}");
    }
    assert_eq!(on_date("9999-12-31", "Pacific/Niue", "9999-12-30T00:00:00Z"), Err(FieldCode::TooFar), "the end of jiff's time");
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "",
        "2027-02-30",
        "2026-02-29",
        "2100-02-29",
        "2027-13-01",
        "2027-00-01",
        "2027-01-00",
        "2027-01-32",
        "2027-2-3",
        "27-02-03",
        "20270203",
        "2027/02/03",
        "2027-0203",
        "03-02-2027",
        " 2027-02-03",
        "2027-02-03 ",
        "2027-02-03T00:00",
        "2027-02-03T00:00:00Z",
        "2027-W05-3",
        "2027-034",
        "+2027-02-3",
        "+002027-02-03",
        "-002027-02-03",
        "２０２７-02-03",
        "2027-02-0３",
        "2027‐02‐03",
        "today",
        "2027-02-03[Europe/Paris]",
    ] {
        assert_eq!(on_date(text, "UTC", "2026-06-15T12:00:00Z"), Err(FieldCode::InvalidDate), "{text:?}");
    }
    assert_eq!(on_date("0000-01-01", "UTC", "2026-06-15T12:00:00Z"), Err(FieldCode::Past));
}

#[test]
fn what_is_no_time_zone_is_refused() {
    for zone in
        ["", " ", "Mars/Olympus", "Europe/Paris ", "Europe\\Paris", "+02:00", "../etc/passwd", "/etc/localtime", "Etc/Unknown", "Zoë"]
    {
        assert_eq!(on_date("2027-02-03", zone, "2026-06-15T12:00:00Z"), Err(FieldCode::UnknownTimeZone), "{zone:?}");
    }
}

#[test]
fn a_maximum_lifetime_is_exact() {
    let month = ExpirationLimits { max_lifetime_days: Some(30), never_allowed: true };
    // 30 days on is 15 July 12:00 in UTC.
    let now = "2026-06-15T12:00:00Z";
    for (wanted, expected) in [
        (days(7), ends("2026-06-22T12:00:00Z")),
        (days(30), ends("2026-07-15T12:00:00Z")),
        (days(60), Err(FieldCode::ExceedsMaximum)),
        (days(90), Err(FieldCode::ExceedsMaximum)),
        (days(31), Err(FieldCode::NotOffered)),
        (date("2026-07-14", "UTC"), ends("2026-07-15T00:00:00Z")),
        (date("2026-07-15", "UTC"), Err(FieldCode::ExceedsMaximum)),
        // In Auckland (+12) the 15th ends at 12:00 in UTC: to the second the maximum.
        (date("2026-07-15", "Pacific/Auckland"), ends("2026-07-15T12:00:00Z")),
        (date("2026-07-15", "Pacific/Fakaofo"), ends("2026-07-15T11:00:00Z")),
        (date("2026-07-15", "Asia/Tokyo"), Err(FieldCode::ExceedsMaximum)),
        (date("2126-06-15", "UTC"), Err(FieldCode::ExceedsMaximum)),
        (date("2126-06-16", "UTC"), Err(FieldCode::TooFar)),
        (date("2026-06-14", "UTC"), Err(FieldCode::Past)),
        (RequestedExpiration::Never {}, Err(FieldCode::ExpirationRequired)),
    ] {
        assert_eq!(ask(month, &wanted, now), expected, "{wanted:?}");
    }
}

#[test]
fn never_must_be_allowed() {
    for (max_lifetime_days, never_allowed, expected) in [
        (None, true, Ok(None)),
        (None, false, Err(FieldCode::ExpirationRequired)),
        (Some(365), true, Err(FieldCode::ExpirationRequired)),
        (Some(365), false, Err(FieldCode::ExpirationRequired)),
    ] {
        let limits = ExpirationLimits { max_lifetime_days, never_allowed };
        assert_eq!(ask(limits, &RequestedExpiration::Never {}, "2026-06-15T12:00:00Z"), expected, "{limits:?}");
        assert_eq!(limits.offer(at("2026-06-15T12:00:00Z")).never, expected.is_ok(), "{limits:?}");
    }
}

#[test]
fn only_what_fits_is_offered() {
    // Without a maximum, the end of the day that lies 100 years ahead.
    for (max_lifetime_days, expected, latest) in [
        (None, vec![7, 30, 60, 90], "2126-06-16T12:00:00Z"),
        (Some(0), vec![], "2026-06-15T12:00:00Z"),
        (Some(6), vec![], "2026-06-21T12:00:00Z"),
        (Some(7), vec![7], "2026-06-22T12:00:00Z"),
        (Some(89), vec![7, 30, 60], "2026-09-12T12:00:00Z"),
        (Some(90), vec![7, 30, 60, 90], "2026-09-13T12:00:00Z"),
        (Some(u32::MAX), vec![7, 30, 60, 90], "2126-06-16T12:00:00Z"),
    ] {
        let limits = ExpirationLimits { max_lifetime_days, never_allowed: true };
        let offer = limits.offer(at("2026-06-15T12:00:00Z"));
        assert_eq!((offer.days, offer.latest), (expected, at(latest)), "{max_lifetime_days:?}");
    }
}
