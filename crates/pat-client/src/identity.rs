//! Who calls.

use uuid::Uuid;

/// Who calls, with which token, and what it may. The inner service finds it in the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Whose token it is; nobody's for an organization token.
    pub user: Option<User>,
    /// The token's id.
    pub token_id: Uuid,
    /// The token's name.
    pub token_name: String,
    /// What it may now, in the order of the policy table.
    pub scopes: Vec<String>,
}

/// A token's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id, which stays when the address changes.
    pub id: Uuid,
    /// The e-mail address.
    pub email: String,
}
