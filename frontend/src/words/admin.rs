//! What all admin pages share.

pub const FORBIDDEN_TITLE: &str = "Only for workspace admins";
pub const FORBIDDEN: &str = "You need the role Workspace admin for the administration. Ask one of your workspace admins.";
pub const CLEAR: &str = "Show all";
pub const MORE: &str = "Load more";

pub mod nav {
    pub const LABEL: &str = "Administration";
    pub const PEOPLE: &str = "People";
    pub const TOKENS: &str = "Tokens";
    pub const ORGANIZATION_TOKENS: &str = "Organization tokens";
    pub const SETTINGS: &str = "Settings";
    pub const AUDIT: &str = "Audit log";
}
