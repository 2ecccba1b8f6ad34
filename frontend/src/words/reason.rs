//! Why an admin revokes.

use pat_core::people::ReasonCode;

pub const REASON: &str = "Reason";
pub const NOTE: &str = "Note";
pub const NOTE_HINT: &str =
    "The owner reads it with the reason; of an organization token the other admins do. Say what to do next, if there is something.";

pub fn label(code: ReasonCode) -> &'static str {
    match code {
        ReasonCode::Compromised => "Its secret is known to others",
        ReasonCode::Left => "Its owner left",
        ReasonCode::Unused => "Nobody uses it",
        ReasonCode::Policy => "It breaks a rule",
        ReasonCode::Other => "Other",
    }
}

/// Both as the owner reads them.
pub fn with_note(code: ReasonCode, note: Option<&str>) -> String {
    match (code, note) {
        (ReasonCode::Other, Some(note)) => note.to_owned(),
        (code, Some(note)) => format!("{}. {note}", label(code)),
        (code, None) => label(code).to_owned(),
    }
}

/// Both as the end of a sentence.
pub fn sentence(code: ReasonCode, note: Option<&str>) -> String {
    let why = match code {
        ReasonCode::Compromised => "its secret is known to others.",
        ReasonCode::Left => "its owner left.",
        ReasonCode::Unused => "nobody uses it.",
        ReasonCode::Policy => "it breaks a rule.",
        ReasonCode::Other => return note.map_or_else(|| "for another reason.".to_owned(), |note| format!("“{note}”")),
    };
    note.map_or_else(|| why.to_owned(), |note| format!("{why} “{note}”"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_and_its_note_read_as_one() {
        use ReasonCode::{Compromised, Other};
        assert_eq!(with_note(Compromised, None), "Its secret is known to others");
        assert_eq!(with_note(Compromised, Some("Make a new one.")), "Its secret is known to others. Make a new one.");
        assert_eq!(with_note(Other, Some("Its project is over.")), "Its project is over.");
    }
}
