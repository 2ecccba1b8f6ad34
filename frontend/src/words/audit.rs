//! The audit log, in whole sentences. `who` is a name or the operator; `user` a name.

use pat_core::audit::EventType;

pub const TITLE: &str = "Audit log";
pub const INTRO: &str = "What people, their tokens and agents did in this account, newest first. Names are as they were at the time.";
pub const EXPORT: &str = "Export as JSON Lines";
pub const EMPTY_TITLE: &str = "No events";
pub const EMPTY: &str = "Nothing was recorded that matches.";

pub const EVENT_TYPE: &str = "What happened";
pub const ANYTHING: &str = "Anything";
pub const OUTCOME: &str = "Outcome";
pub const ANY_OUTCOME: &str = "Any";
pub const SUCCEEDED: &str = "Succeeded";
pub const REFUSED: &str = "Refused";
pub const FROM: &str = "From";
pub const UNTIL: &str = "Until";
pub const IP: &str = "IP address";

pub const DETAILS: &str = "Details";
pub const TIME: &str = "Time";
pub const WHO: &str = "Person";
pub const KIND: &str = "Event type";
pub const REQUEST_ID: &str = "Request id";
pub const CLIENT: &str = "Client";
pub const AGENT: &str = "Agent";
pub const AGENT_MODEL: &str = "Model";
pub const AGENT_SESSION: &str = "Agent session";
pub const CONTEXT: &str = "Context";
pub const ONLY_USER: &str = "Only this person";
pub const ONLY_TOKEN: &str = "Only this token";

/// How many rows are shown, and whether these are all.
pub fn shown(count: usize, are_all: bool) -> String {
    match (count, are_all) {
        (1, true) => "1 event".to_owned(),
        (count, true) => format!("{count} events"),
        (count, false) => format!("The newest {count} events"),
    }
}

pub fn user_chip(name: &str) -> String {
    format!("Person: {name}")
}

pub fn token_chip(name: &str) -> String {
    format!("Token: {name}")
}

pub fn drop_chip(chip: &str) -> String {
    format!("Don’t filter by {chip}")
}

/// An event type in the filter.
pub fn event_type(event_type: EventType) -> &'static str {
    match event_type {
        EventType::SessionCreated => "Signed in",
        EventType::SessionConfirmed => "Password given again",
        EventType::SessionDeleted => "Signed out",
        EventType::PasswordUpdated => "Password set",
        EventType::PasswordLinkCreated => "Password link made",
        EventType::AccountCreated => "Account made",
        EventType::TokenCreated => "Personal token made",
        EventType::TokenUpdated => "Personal token edited",
        EventType::TokenDeleted => "Personal token deleted",
        EventType::TokenPaused => "Personal token paused",
        EventType::TokenResumed => "Personal token resumed",
        EventType::OrganizationTokenCreated => "Organization token made",
        EventType::OrganizationTokenUpdated => "Organization token edited",
        EventType::OrganizationTokenDeleted => "Organization token revoked",
        EventType::OrganizationTokenPaused => "Organization token paused",
        EventType::OrganizationTokenResumed => "Organization token resumed",
        EventType::TokensDeleted => "All own tokens revoked",
        EventType::SignInSought => "Device code not found",
        EventType::SignInApproved => "Command line allowed",
        EventType::SignInDenied => "Command line refused",
        EventType::SignInRedeemed => "Command line got no token",
        EventType::TokenChangeStarted => "Change of many tokens begun",
        EventType::TokenChangeEnded => "Change of many tokens ended",
        EventType::UserCreated => "Person invited",
        EventType::RolesUpdated => "Roles set",
        EventType::UserDeactivated => "Person deactivated",
        EventType::UserReactivated => "Person reactivated",
        EventType::UserErased => "Person erased",
        EventType::AuditPruned => "Audit log pruned",
        EventType::SessionsEnded => "Sessions of a person ended",
        EventType::SettingsUpdated => "Account settings changed",
        EventType::AdminRefused => "Administration refused",
        EventType::WebApiCalled => "Web API called",
    }
}

pub const SOMEBODY: &str = "somebody";

pub fn signed_in(who: &str) -> String {
    format!("{who} signed in.")
}

pub fn tried_to_sign_in(who: &str) -> String {
    format!("Somebody tried to sign in as {who}.")
}

pub fn gave_password_again(who: &str) -> String {
    format!("{who} gave the password again.")
}

pub fn signed_out(who: &str) -> String {
    format!("{who} signed out.")
}

pub fn sought_device(who: &str) -> String {
    format!("{who} typed a code that no device shows.")
}

/// Which command line: by the way that it takes, and for a browser the address where it listens.
pub fn command_line(callback: Option<&str>) -> String {
    callback.map_or_else(|| "a device".to_owned(), |callback| format!("a command line at {callback}"))
}

pub fn let_sign_in(who: &str, program: &str, token: &str, scopes: &str) -> String {
    format!("{who} let {program} have the token {token} with {scopes}.")
}

pub fn tried_to_let_sign_in(who: &str, program: &str) -> String {
    format!("{who} tried to let {program} have a token.")
}

pub fn denied_sign_in(who: &str, program: &str) -> String {
    format!("{who} refused {program} a token.")
}

pub fn tried_to_deny_sign_in(who: &str, program: &str) -> String {
    format!("{who} tried to refuse {program} a token.")
}

pub fn redeemed_in_vain(who: &str) -> String {
    format!("A command line came for the token that {who} decided on.")
}

pub fn set_password(who: &str) -> String {
    format!("{who} set a password.")
}

pub fn made_link(who: &str, user: &str) -> String {
    format!("{who} made a link that sets the password of {user}.")
}

pub fn tried_to_make_link(who: &str, user: &str) -> String {
    format!("{who} tried to make a link that sets the password of {user}.")
}

pub fn invited(who: &str, user: &str) -> String {
    format!("{who} invited {user}.")
}

pub fn tried_to_invite(who: &str, user: &str) -> String {
    format!("{who} tried to invite {user}.")
}

pub fn ended_sessions(who: &str, user: &str) -> String {
    format!("{who} ended all sessions of {user}.")
}

pub fn tried_to_end_sessions(who: &str, user: &str) -> String {
    format!("{who} tried to end all sessions of {user}.")
}

pub fn made_account(who: &str, account: &str, admin: &str) -> String {
    format!("{who} made the account ‘{account}’, with {admin} as its first admin.")
}

pub fn made_organization_token(who: &str, token: &str, scopes: &str) -> String {
    format!("{who} made the organization token {token} with {scopes}.")
}

pub fn tried_to_make_organization_token(who: &str) -> String {
    format!("{who} tried to make an organization token.")
}

pub fn set_roles(who: &str, user: &str, added: &str, removed: &str) -> String {
    match (added.is_empty(), removed.is_empty()) {
        (true, true) => format!("{who} left the roles of {user} as they were."),
        (false, true) => format!("{who} gave {user} the roles {added}."),
        (true, false) => format!("{who} took the roles {removed} from {user}."),
        (false, false) => format!("{who} gave {user} the roles {added}, and took {removed}."),
    }
}

pub fn tried_to_set_roles(who: &str, user: &str) -> String {
    format!("{who} tried to set the roles of {user}.")
}

pub fn deactivated(who: &str, user: &str) -> String {
    format!("{who} deactivated {user}.")
}

pub fn tried_to_deactivate(who: &str, user: &str) -> String {
    format!("{who} tried to deactivate {user}.")
}

pub fn reactivated(who: &str, user: &str) -> String {
    format!("{who} reactivated {user}.")
}

pub fn tried_to_reactivate(who: &str, user: &str) -> String {
    format!("{who} tried to reactivate {user}.")
}

pub fn erased(operator: &str) -> String {
    format!("{operator} erased a deactivated person’s data.")
}

pub fn pruned(operator: &str, month: &str) -> String {
    format!("{operator} removed {month} from the audit log.")
}

pub fn saved_settings(who: &str) -> String {
    format!("{who} saved the account’s settings as they were.")
}

pub fn changed_settings(who: &str, changes: &str) -> String {
    format!("{who} changed the account’s settings. {changes}")
}

pub fn tried_to_change_settings(who: &str) -> String {
    format!("{who} tried to change the account’s settings.")
}

pub fn tried_to_administer(who: &str, request: &str) -> String {
    format!("{who} sent {request}.")
}

/// A kind of event without words of its own.
pub fn unknown(who: &str, event_type: &str) -> String {
    format!("{who}: {event_type}.")
}

pub fn revoked_all(who: &str, count: u64) -> String {
    format!("{who} revoked all of their own tokens: {}.", tokens(count))
}

pub fn tried_to_revoke_all(who: &str) -> String {
    format!("{who} tried to revoke all of their own tokens.")
}

/// `why` ends the sentence.
pub fn began_to_revoke(who: &str, count: u64, why: &str) -> String {
    format!("{who} began to revoke {}: {why}", tokens(count))
}

pub fn began_to_pause(who: &str, count: u64, until: &str) -> String {
    format!("{who} began to pause {} until {until}.", tokens(count))
}

pub fn began_to_resume(who: &str, count: u64) -> String {
    format!("{who} began to end the pauses of {}.", tokens(count))
}

pub fn tried_to_change_many(who: &str) -> String {
    format!("{who} tried to change many tokens.")
}

pub fn revoked_many(who: &str, count: u64) -> String {
    format!("{who} revoked {}.", tokens(count))
}

pub fn paused_many(who: &str, count: u64) -> String {
    format!("{who} paused {}.", tokens(count))
}

pub fn resumed_many(who: &str, count: u64) -> String {
    format!("{who} ended the pauses of {}.", tokens(count))
}

pub fn stopped(who: &str, count: u64) -> String {
    format!("{who} stopped a change of many tokens, after {}.", tokens(count))
}

pub fn stopped_without_admin(who: &str, count: u64) -> String {
    format!("A change of many tokens ended after {}, as {who} is no workspace admin any more.", tokens(count))
}

pub fn tried_to_stop(who: &str) -> String {
    format!("{who} tried to stop a change of many tokens.")
}

fn tokens(count: u64) -> String {
    if count == 1 { "1 token".to_owned() } else { format!("{count} tokens") }
}
