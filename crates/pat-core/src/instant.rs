//! Instants on the wire, for `#[serde(with = "..")]`: RFC 3339 in UTC, as jiff writes them.
//!
//! Reading is not left to jiff's own parser. It takes all of RFC 9557 and explains every mistake in it, and those words alone would
//! be a tenth of what the page downloads.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Parses an instant such as `2027-01-31T12:00:00Z`, with or without a fraction of a second.
pub fn parse(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut date = date.split('-');
    let date = Date::new(next(&mut date)?, next(&mut date)?, next(&mut date)?).ok()?;
    let mut time = time.split(':');
    let time = Time::new(next(&mut time)?, next(&mut time)?, next(&mut time)?, format!("{fraction:0<9}").parse().ok()?).ok()?;
    Offset::UTC.to_timestamp(date.to_datetime(time)).ok()
}

fn next<'a, N: std::str::FromStr>(parts: &mut impl Iterator<Item = &'a str>) -> Option<N> {
    parts.next()?.parse().ok()
}

fn read<E: Error>(text: &str) -> Result<Timestamp, E> {
    parse(text).ok_or_else(|| E::custom("not an RFC 3339 instant in UTC"))
}

/// Writes an instant.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    at.serialize(serializer)
}

/// Reads an instant.
///
/// # Errors
/// If it is not a text, or not an RFC 3339 instant in UTC.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    read(&String::deserialize(deserializer)?)
}

/// The same for an instant that may be null.
pub mod optional {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Timestamp, read};

    /// Writes an instant or null.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        at.serialize(serializer)
    }

    /// Reads an instant or null.
    ///
    /// # Errors
    /// If it is neither null nor an RFC 3339 instant in UTC.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        Option::<String>::deserialize(deserializer)?.as_deref().map(read).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_come_back_as_they_were_written() {
        for text in ["2027-01-31T12:00:00Z", "2027-01-31T23:59:59.000001Z", "2127-12-31T00:00:00.123456789Z", "1970-01-01T00:00:00Z"] {
            assert_eq!(parse(text).map(|at| at.to_string()).as_deref(), Some(text));
        }
        assert_eq!(parse("2027-01-31T12:00:00.5Z"), "2027-01-31T12:00:00.5Z".parse().ok());
    }

    #[test]
    fn an_instant_that_may_be_null_is_read_as_it_is() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Maybe(#[serde(with = "optional")] Option<Timestamp>);
        assert_eq!(serde_json::from_str::<Maybe>("null").ok(), Some(Maybe(None)));
        assert_eq!(serde_json::from_str::<Maybe>("\"2027-01-31T12:00:00Z\"").ok(), Some(Maybe(parse("2027-01-31T12:00:00Z"))));
        assert!(serde_json::from_str::<Maybe>("\"2027-01-31\"").is_err() && serde_json::from_str::<Maybe>("7").is_err());
    }

    #[test]
    fn nothing_else_is_an_instant() {
        for text in [
            "",
            "Z",
            "2027-01-31",
            "2027-01-31T12:00:00",
            "2027-01-31T12:00Z",
            "2027-02-30T12:00:00Z",
            "2027-01-31T24:00:00Z",
            "2027-01-31T12:00:00+01:00",
            "2027-01-31T12:00:00.1234567891Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
