//! What can go wrong with a request.

use jiff::{SignedDuration, Timestamp};
use pat_core::wire::{FieldError, Problem, TakenBy};

/// A request without its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nobody answered.
    Offline,
    /// The server said no.
    Refused {
        /// What it said.
        problem: Box<Problem>,
        /// After how many seconds it may be tried again.
        retry_after: Option<u32>,
    },
    /// An answer that is not this server's, such as a proxy's error page.
    Garbled {
        /// Its HTTP status.
        status: u16,
    },
}

impl Failure {
    /// The problem's code, for what the server refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { problem, .. } => Some(&problem.code),
            Self::Offline | Self::Garbled { .. } => None,
        }
    }

    /// Whether the same would be allowed soon after a sign-in.
    pub fn wants_password(&self) -> bool {
        self.code() == Some("fresh_sign_in_required")
    }

    /// Whether there is nothing at the address: what is another's, made up or mistyped is answered alike.
    pub fn is_missing(&self) -> bool {
        self.code() == Some("not_found")
    }

    /// Whether trying the same again may help.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Offline | Self::Garbled { .. } => true,
            Self::Refused { problem, .. } => problem.status >= 500,
        }
    }

    /// All refused fields.
    pub fn field_errors(&self) -> &[FieldError] {
        match self {
            Self::Refused { problem, .. } => &problem.errors,
            Self::Offline | Self::Garbled { .. } => &[],
        }
    }

    /// What was refused about one field of the form. `scopes[2]` and `expiration.date` belong to `scopes` and `expiration`; what
    /// a change of many tokens says of its `act` belongs to the fields of the act.
    pub fn errors_of<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a FieldError> {
        self.field_errors().iter().filter(move |error| root(&error.field) == field)
    }

    /// The token that holds the wanted name, if it may be the caller's own, made a moment ago by a create whose answer was lost.
    pub fn lost_answer(&self, now: Timestamp) -> Option<&TakenBy> {
        const MOMENTS_AGO: SignedDuration = SignedDuration::from_mins(5);
        let taken_by = self.field_errors().iter().find_map(|error| error.taken_by.as_deref())?;
        (taken_by.last_used_at.is_none() && now.duration_since(taken_by.created_at) < MOMENTS_AGO).then_some(taken_by)
    }
}

/// The field of the form that a path in the request belongs to.
pub fn root(path: &str) -> &str {
    let path = path.strip_prefix("act.").unwrap_or(path);
    path.split(['.', '[']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use pat_core::id::TokenId;
    use pat_core::wire::FieldCode;
    use uuid::Uuid;

    use super::*;

    fn refused(errors: Vec<FieldError>) -> Failure {
        let problem = Problem {
            kind: "about:blank".into(),
            title: "Unprocessable Content".into(),
            status: 422,
            code: "invalid".into(),
            detail: String::new(),
            errors,
        };
        Failure::Refused { problem: Box::new(problem), retry_after: None }
    }

    fn error(field: &str, code: FieldCode, taken_by: Option<TakenBy>) -> FieldError {
        FieldError { field: field.into(), code, message: String::new(), scope: None, roles: None, taken_by: taken_by.map(Box::new) }
    }

    #[test]
    fn an_error_in_a_part_of_a_field_is_shown_at_the_field() {
        let failure = refused(vec![
            error("expiration.date", FieldCode::Past, None),
            error("scopes[1]", FieldCode::Duplicate, None),
            error("name", FieldCode::Required, None),
            error("act.reason", FieldCode::Required, None),
        ]);
        let codes = |field| failure.errors_of(field).map(|error| error.code).collect::<Vec<_>>();
        assert_eq!(codes("expiration"), [FieldCode::Past]);
        assert_eq!(codes("scopes"), [FieldCode::Duplicate]);
        assert_eq!(codes("name"), [FieldCode::Required]);
        assert_eq!(codes("reason"), [FieldCode::Required]);
    }

    #[test]
    fn only_a_fresh_unused_namesake_may_be_a_lost_answer() {
        let now: Timestamp = "2027-01-31T12:00:00Z".parse().unwrap();
        let namesake = |created_at: &str, last_used_at: Option<&str>| {
            refused(vec![error(
                "name",
                FieldCode::Taken,
                Some(TakenBy {
                    id: TokenId(Uuid::nil()),
                    created_at: created_at.parse().unwrap(),
                    last_used_at: last_used_at.map(|at| at.parse().unwrap()),
                }),
            )])
        };
        assert!(namesake("2027-01-31T11:58:00Z", None).lost_answer(now).is_some());
        assert!(namesake("2027-01-31T12:00:10Z", None).lost_answer(now).is_some(), "the server's clock may be ahead of ours");
        assert!(namesake("2027-01-31T11:54:00Z", None).lost_answer(now).is_none());
        assert!(namesake("2027-01-31T11:58:00Z", Some("2027-01-31T11:59:00Z")).lost_answer(now).is_none());
        assert!(Failure::Offline.lost_answer(now).is_none());
    }
}
