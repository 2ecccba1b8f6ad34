//! The target of a request that somebody else will serve: only one that every server reads the same way (design section 3).
//!
//! A gateway asks us about a path and sends the request on to an upstream that we don't know. What one server decodes, cuts or
//! joins, another doesn't; so nothing is normalised here, and what isn't in its one canonical spelling is refused. Then the path
//! that was matched is the path that the upstream sees, whatever it does with it.

use percent_encoding::percent_decode_str;

/// A path with its query, in canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestTarget<'a> {
    path: &'a str,
    query: Option<&'a str>,
}

/// Why a target was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotCanonical {
    /// It names a host, a fragment or nothing.
    #[error("it must be a path that begins with one slash")]
    NoPath,
    /// Something that must be escaped, or may not be there at all: space, control characters, `\`, `#`, `;`, non-ASCII.
    #[error("it holds a character that may not stand there")]
    Character,
    /// Two slashes side by side, or one at the end.
    #[error("a segment of the path is empty")]
    EmptySegment,
    /// `.` or `..`, however spelt.
    #[error("a segment of the path is . or ..")]
    DotSegment,
    /// An escape that is cut off, not in capitals, or stands for a character that needs none.
    #[error("an escape is not in its canonical form")]
    Escape,
    /// An escape that hides what ends a segment or a path, or the sign of an escape: `/`, `\`, `;`, `?`, `#`, `%`, control characters.
    #[error("an escape hides a separator")]
    HiddenSeparator,
    /// Escapes that are no UTF-8.
    #[error("the escapes are not UTF-8")]
    NotUtf8,
}

impl<'a> RequestTarget<'a> {
    /// Reads a target as it stands in a request line.
    ///
    /// # Errors
    /// The first reason why two servers could read it in two ways.
    pub fn parse(text: &'a str) -> Result<Self, NotCanonical> {
        let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
        let rest = path.strip_prefix('/').ok_or(NotCanonical::NoPath)?;
        rest.split('/').try_for_each(check_segment)?;
        // What the query says is the upstream's affair, but it may not be able to end it and begin something else.
        if query.is_some_and(|query| !query.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\\\"<>^`{|}".contains(&byte))) {
            return Err(NotCanonical::Character);
        }
        Ok(Self { path, query })
    }

    /// The path, still escaped, as [`Policy::find`](crate::policy::Policy::find) takes it.
    pub fn path(self) -> &'a str {
        self.path
    }

    /// The query, without its `?`.
    pub fn query(self) -> Option<&'a str> {
        self.query
    }
}

fn check_segment(segment: &str) -> Result<(), NotCanonical> {
    if segment.is_empty() {
        return Err(NotCanonical::EmptySegment);
    }
    if !segment.bytes().all(|byte| is_plain(byte) || byte == b'%') {
        return Err(NotCanonical::Character);
    }
    for rest in segment.split('%').skip(1) {
        check_escape(escaped(rest).ok_or(NotCanonical::Escape)?)?;
    }
    let decoded = percent_decode_str(segment).decode_utf8().ok().ok_or(NotCanonical::NotUtf8)?;
    if decoded == "." || decoded == ".." {
        return Err(NotCanonical::DotSegment);
    }
    // C1 control characters are two bytes in UTF-8.
    if decoded.chars().any(char::is_control) { Err(NotCanonical::HiddenSeparator) } else { Ok(()) }
}

/// The byte that the two capital hexadecimal digits at the start stand for.
fn escaped(rest: &str) -> Option<u8> {
    let digits = rest.get(..2)?;
    let is_canonical = digits.bytes().all(|digit| digit.is_ascii_digit() || (b'A'..=b'F').contains(&digit));
    if is_canonical { u8::from_str_radix(digits, 16).ok() } else { None }
}

fn check_escape(byte: u8) -> Result<(), NotCanonical> {
    if byte.is_ascii_control() || b"/\\;?#%".contains(&byte) {
        Err(NotCanonical::HiddenSeparator)
    } else if is_unreserved(byte) {
        // `%2E` is a dot to some and nothing to others.
        Err(if byte == b'.' { NotCanonical::DotSegment } else { NotCanonical::Escape })
    } else {
        Ok(())
    }
}

/// What may stand in a segment as it is: RFC 3986's `pchar` without `;`, which some servers cut a segment at.
fn is_plain(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,=:@".contains(&byte)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}
