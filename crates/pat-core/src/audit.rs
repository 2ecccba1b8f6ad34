//! What the audit log calls each event: `<resource>.<past participle>`, as in DX's log.

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// A kind of event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventType { $($(#[$doc])* $variant),+ }

        impl EventType {
            /// All of them, in the order of this table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stored name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Parses the stored name.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

events! {
    /// A sign-in, or a failed one for a known e-mail address.
    SessionCreated = "sessions.created",
    /// The password was given again, rightly or not, to make a sign-in fresh.
    SessionConfirmed = "sessions.confirmed",
    /// A sign-out.
    SessionDeleted = "sessions.deleted",
    /// A password was set through a one-time link.
    PasswordUpdated = "passwords.updated",
    /// A one-time link was made.
    PasswordLinkCreated = "password_links.created",
    /// An account with its first admin was made on the command line.
    AccountCreated = "accounts.created",
    /// A personal access token was minted.
    TokenCreated = "personal_access_tokens.created",
    /// Its name or scopes were edited, or a change of roles struck scopes from it.
    TokenUpdated = "personal_access_tokens.updated",
    /// It was deleted: by its owner, an admin, or with its owner's deactivation.
    TokenDeleted = "personal_access_tokens.deleted",
    /// It was paused.
    TokenPaused = "personal_access_tokens.paused",
    /// Its pause was ended early.
    TokenResumed = "personal_access_tokens.resumed",
    /// An organization token was made.
    OrganizationTokenCreated = "organization_tokens.created",
    /// An organization token was edited.
    OrganizationTokenUpdated = "organization_tokens.updated",
    /// An organization token was deleted.
    OrganizationTokenDeleted = "organization_tokens.deleted",
    /// An organization token was paused.
    OrganizationTokenPaused = "organization_tokens.paused",
    /// Its pause was ended early.
    OrganizationTokenResumed = "organization_tokens.resumed",
    /// All of one's own tokens were revoked at once.
    TokensDeleted = "personal_access_tokens.all_deleted",
    /// Somebody typed a code that no device shows, where a command line is signed in.
    SignInSought = "cli_sign_ins.sought",
    /// Somebody let a command line have a token.
    SignInApproved = "cli_sign_ins.approved",
    /// Somebody refused a command line its token.
    SignInDenied = "cli_sign_ins.denied",
    /// A command line fetched its token in vain; where it got one, the token was minted.
    SignInRedeemed = "cli_sign_ins.redeemed",
    /// A change of many tokens began.
    TokenChangeStarted = "token_changes.started",
    /// It ended: through, or stopped.
    TokenChangeEnded = "token_changes.ended",
    /// A user was invited.
    UserCreated = "users.created",
    /// A user's roles were set.
    RolesUpdated = "user_roles.updated",
    /// A user was deactivated.
    UserDeactivated = "users.deactivated",
    /// A user was reactivated.
    UserReactivated = "users.reactivated",
    /// A deactivated user's personal data was erased on the command line.
    UserErased = "users.erased",
    /// All of a user's sessions were ended by an admin.
    SessionsEnded = "user_sessions.deleted",
    /// The account's settings or features were changed.
    SettingsUpdated = "account_settings.updated",
    /// Somebody who is no workspace admin asked for a change that only workspace admins may make.
    AdminRefused = "admin.refused",
    /// A month of the log was removed on the command line.
    AuditPruned = "audit_events.pruned",
    /// A token was used on the Web API.
    WebApiCalled = "web_api.called",
}

/// How an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Done.
    Succeeded,
    /// Not done: not allowed, or the request was wrong.
    Refused,
}

impl Outcome {
    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
        }
    }

    /// Parses the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "succeeded" => Some(Self::Succeeded),
            "refused" => Some(Self::Refused),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_have_the_names_that_the_log_holds() {
        for (outcome, name) in [(Outcome::Succeeded, "succeeded"), (Outcome::Refused, "refused")] {
            assert_eq!((outcome.as_str(), Outcome::parse(name)), (name, Some(outcome)));
        }
        assert_eq!(Outcome::parse("Refused"), None);
    }
}
