//! Which row is not as it was sealed.

use super::row::Trace;

/// The first difference between the rows that were sealed and those that are there, by the position among those that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// This row was another one.
    Changed(usize),
    /// A row is missing before this one.
    Dropped(usize),
    /// This row wasn't there.
    Inserted(usize),
}

/// Compares what was sealed with what is there.
pub fn first_difference(sealed: &[Trace], found: &[Trace]) -> Option<Difference> {
    let at = sealed.iter().zip(found).take_while(|(sealed, found)| sealed == found).count();
    let is_there_later = |row: &Trace, rows: &[Trace]| rows.iter().skip(at).any(|other| other == row);
    match (sealed.get(at), found.get(at)) {
        (None, None) => None,
        (Some(_), None) => Some(Difference::Dropped(at)),
        (None, Some(_)) => Some(Difference::Inserted(at)),
        (Some(was), Some(is)) => match (is_there_later(was, found), is_there_later(is, sealed)) {
            (true, false) => Some(Difference::Inserted(at)),
            (false, true) => Some(Difference::Dropped(at)),
            _ => Some(Difference::Changed(at)),
        },
    }
}
