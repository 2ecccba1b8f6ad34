//! What happened to a token and with it, in whole sentences. `who` is a name, or [`OPERATOR`].

pub const OPERATOR: &str = "The operator";

/// Who asked for the end of a token (RFC 7009), where it wasn't the token's own holder.
pub const ORGANIZATION_TOKEN: &str = "An organization token";

/// Who ended a token whose code was used twice.
pub const SERVER: &str = "The server";

/// Who ended an organization token with its own secret.
pub const HOLDER: &str = "Whoever held it";
pub const BROWSER: &str = "Browser";
pub const MORE: &str = "Load more";

pub fn from(ip: &str) -> String {
    format!("From {ip}")
}

/// A name that somebody chose.
pub fn quoted(name: &str) -> String {
    format!("‘{name}’")
}

pub fn called(who: &str, method: &str, token: &str) -> String {
    format!("{who} called {method} with {token}.")
}

pub fn called_by_agent(who: &str, method: &str, token: &str, agent: &str) -> String {
    format!("{who} called {method} with {token} through {agent} (agent).")
}

pub fn called_by_organization(token: &str, method: &str) -> String {
    format!("The organization token {token} called {method}.")
}

pub fn organization_called_by_agent(token: &str, method: &str, agent: &str) -> String {
    format!("The organization token {token} called {method} through {agent} (agent).")
}

pub fn made(who: &str, token: &str, scopes: &str) -> String {
    format!("{who} made {token} with {scopes}.")
}

/// By signing in a command line.
pub fn made_by_cli(who: &str, token: &str, scopes: &str) -> String {
    format!("{who} let a command line have {token} with {scopes}.")
}

pub fn tried_to_make(who: &str) -> String {
    format!("{who} tried to make a token.")
}

pub fn saved_unchanged(who: &str, token: &str) -> String {
    format!("{who} saved {token} as it was.")
}

pub fn renamed(who: &str, before: &str, after: &str) -> String {
    format!("{who} renamed {before} to {after}.")
}

pub fn is_now_called(after: &str) -> String {
    format!("It is called {after} now.")
}

pub fn widened(who: &str, token: &str, added: &str) -> String {
    format!("{who} widened {token}: added {added}.")
}

pub fn narrowed(who: &str, token: &str, removed: &str) -> String {
    format!("{who} narrowed {token}: removed {removed}.")
}

pub fn exchanged(who: &str, token: &str, added: &str, removed: &str) -> String {
    format!("{who} changed {token}: added {added}, removed {removed}.")
}

pub fn struck(token: &str, removed: &str) -> String {
    format!("{token} lost {removed}, as no role of its owner allows that any more.")
}

pub fn tried_to_edit(who: &str, token: &str) -> String {
    format!("{who} tried to edit {token}.")
}

pub fn deleted(who: &str, token: &str) -> String {
    format!("{who} deleted {token}.")
}

pub fn deleted_dead(who: &str, token: &str) -> String {
    format!("{who} deleted {token}, which no longer worked.")
}

pub fn revoked(who: &str, token: &str, reason: &str) -> String {
    format!("{who} revoked {token}: {reason}")
}

pub fn revoked_by_deactivation(token: &str) -> String {
    format!("{token} was revoked, as its owner was deactivated.")
}

pub fn revoked_with_all(who: &str, token: &str) -> String {
    format!("{who} revoked {token} with all their other tokens.")
}

pub fn paused(who: &str, token: &str, until: &str) -> String {
    format!("{who} paused {token} until {until}.")
}

pub fn tried_to_pause(who: &str, token: &str) -> String {
    format!("{who} tried to pause {token}.")
}

pub fn resumed(who: &str, token: &str) -> String {
    format!("{who} ended the pause of {token}.")
}

pub fn tried_to_resume(who: &str, token: &str) -> String {
    format!("{who} tried to end the pause of {token}.")
}

pub fn tried_to_delete(who: &str, token: &str) -> String {
    format!("{who} tried to delete {token}.")
}

/// Why the server said no.
pub mod refused {
    use pat_core::wire::Rule;

    pub fn by_setting(rule: Rule) -> String {
        format!("{}.", crate::words::refused_by(rule))
    }

    pub fn lacks(scopes: &str) -> String {
        format!("Refused: it lacks {scopes}.")
    }

    pub fn arguments(names: &str) -> String {
        format!("Refused: there is something wrong with {names}.")
    }

    pub fn fields(names: &str) -> String {
        format!("Refused: {names} had to be mended.")
    }

    pub fn others(count: u64) -> String {
        if count == 1 { "So was another call before it.".to_owned() } else { format!("So were {count} other calls before it.") }
    }

    /// A code of either API.
    pub fn code(code: &str) -> String {
        let known = match code {
            "access_denied" => "Refused: its person had said no.",
            "code_over" => "Refused: it came too late.",
            "code_used_twice" => "Refused: its code had been used before.",
            "conflict" => "Refused: something like it exists already.",
            "creation_stopped" => "Refused: the creation of tokens is stopped.",
            "expired" => "Refused: it had expired.",
            "forbidden" => "Refused: only workspace admins may.",
            "fresh_sign_in_required" => "Refused: the sign-in was too long ago.",
            "invalid_auth" | "paused" => "Refused: it was paused.",
            "invalid_payload" | "unsupported_media_type" | "too_large" => "Refused: the body could not be read.",
            "last_admin" => "Refused: the account’s last workspace admin stays one.",
            "not_authorized" => "Refused: the method is for another kind of token.",
            "not_found" => "Refused: there is no such thing.",
            "not_implemented" => "Refused: this server doesn’t offer the method.",
            "paused_by_admin" => "Refused: an admin paused it.",
            "revoked" => "Refused: it was revoked.",
            "session_over" => "Refused: the session that decided had ended.",
            "stale" => "Refused: somebody else changed it meanwhile.",
            "token_dead" => "Refused: it no longer works.",
            "token_limit" => "Refused: no more live tokens are allowed.",
            "user_code_invalid" => "Refused: no program waits with this code.",
            "wrong_callback" => "Refused: it listened somewhere else.",
            "wrong_credentials" => "Refused: the password was wrong.",
            "wrong_verifier" => "Refused: it could not prove that the code was for it.",
            code => return format!("Refused: {code}."),
        };
        known.to_owned()
    }
}
