//! Who can do what.

use pat_core::id::UserId;
use pat_core::wire::{AdminUser, Invite, Invited, PasswordLink, RoleList, RolesPreview, SetRoles, UserList};

use crate::api::Answer;
use crate::api::call::{Call, encode};

const USERS: &str = "/api/admin/users";

/// Every role that there is.
pub async fn roles() -> Answer<RoleList> {
    Call::new("GET", "/api/admin/roles").read().await
}

/// A page of people. The query is that of the address bar, with a cursor for all but the first page.
pub async fn users(query: &str) -> Answer<UserList> {
    Call::new("GET", &format!("{USERS}{query}")).read().await
}

/// One person. The id comes from the address bar, so it is encoded: it may be anything.
pub async fn user(id: &str) -> Answer<AdminUser> {
    Call::new("GET", &format!("{USERS}/{}", encode(id))).read().await
}

/// Adds a person, with a link that sets their password.
pub async fn invite(invite: &Invite) -> Answer<Invited> {
    Call::new("POST", USERS).json(invite).read().await
}

/// A new link that sets the password; ends the old ones and the sessions.
pub async fn password_link(id: UserId) -> Answer<PasswordLink> {
    Call::new("POST", &format!("{USERS}/{id}/password-link")).read().await
}

/// What a change of roles would do.
pub async fn preview_roles(id: UserId, roles: &SetRoles) -> Answer<RolesPreview> {
    Call::new("POST", &format!("{USERS}/{id}/roles/preview")).json(roles).read().await
}

/// Changes the roles, if they still are what the admin saw.
pub async fn set_roles(id: UserId, roles: &SetRoles) -> Answer<AdminUser> {
    Call::new("PUT", &format!("{USERS}/{id}/roles")).json(roles).read().await
}

/// Keeps a person out, and revokes their tokens.
pub async fn deactivate(id: UserId) -> Answer<AdminUser> {
    Call::new("POST", &format!("{USERS}/{id}/deactivate")).read().await
}

/// Lets a person in again.
pub async fn reactivate(id: UserId) -> Answer<AdminUser> {
    Call::new("POST", &format!("{USERS}/{id}/reactivate")).read().await
}

/// Signs a person out everywhere.
pub async fn end_sessions(id: UserId) -> Answer<()> {
    Call::new("DELETE", &format!("{USERS}/{id}/sessions")).done().await
}
