//! What an invitation must say.

use crate::email::{Email, MalformedEmail};
use crate::name;
use crate::policy::Policy;
use crate::roles::check_roles;
use crate::wire::{FieldCode, FieldError, Invite};

/// A person who may be added, unless their e-mail address is somebody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Their name: as a token's, 1–100 characters after trimming, no control characters.
    pub name: String,
    /// Their e-mail address.
    pub email: Email,
    /// Their roles, at least one.
    pub roles: Vec<String>,
}

impl Invitation {
    /// Trims and checks what an admin sent.
    ///
    /// # Errors
    /// Every field to mend.
    pub fn parse(policy: &Policy, request: &Invite) -> Result<Self, Vec<FieldError>> {
        let name = name::check(&request.name).map_err(|error| vec![FieldError::new("name", error.into())]);
        let email = Email::parse(&request.email).map_err(|MalformedEmail| {
            let code = if request.email.trim().is_empty() { FieldCode::Required } else { FieldCode::Invalid };
            vec![FieldError::new("email", code)]
        });
        match (name, email, check_roles(policy, "roles", &request.roles, &[])) {
            (Ok(name), Ok(email), Ok(())) => Ok(Self { name: name.to_owned(), email, roles: request.roles.clone() }),
            (name, email, roles) => Err([name.err(), email.err(), roles.err()].into_iter().flatten().flatten().collect()),
        }
    }
}
