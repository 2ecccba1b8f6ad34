//! Asking for the password again.

pub const TITLE: &str = "Enter your password to go on";
pub const PASSWORD: &str = "Your password";
pub const SUBMIT: &str = "Go on";
pub const BUSY: &str = "Checking…";
pub const WRONG: &str = "That isn’t your password.";

pub fn intro(email: &str) -> String {
    format!(
        "You signed in as {email} more than 2 hours ago. What you are about to do widens what somebody may do, \
         so it needs your password once more. Nothing that you entered is lost."
    )
}
