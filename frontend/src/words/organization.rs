//! The organization's own tokens.

pub const TITLE: &str = "Organization tokens";
pub const INTRO: &str = "Keys for machines that act for the organization and for nobody in particular. They don’t end when somebody leaves, so only workspace admins make and see them.";
pub const ADD: &str = "Add organization token";
pub const EMPTY_TITLE: &str = "No organization tokens yet";
pub const EMPTY: &str = "An organization token lets a service call the Web API without being anybody, with only the scopes that you pick.";
pub const NO_LIVE: &str = "None of the organization’s tokens works now.";
pub const NEW_TITLE: &str = "New organization token";
pub const NEW_INTRO: &str = "The token acts for the organization, with the scopes that you choose. You will see its secret once.";
pub const TOKEN: &str = "Organization token";
pub const BACK: &str = "Organization tokens";
pub const MISSING: &str = "There is no organization token at this address.";
pub const STOP: &str = "Stop this token";
pub const STOP_INTRO: &str = "For a while, or for good. Every client that uses it is refused from the next request on.";
