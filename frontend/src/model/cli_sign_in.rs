//! Signing in a command line: what the page makes of its address, and what the form starts with.

use pat_core::policy::Access;
use pat_core::sign_in::callback::{Callback, MAX_STATE_BYTES};
use pat_core::sign_in::challenge::Challenge;
use pat_core::wire::{ScopeChoice, SignInRequest};

/// A program that opened the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What to send with the decision.
    pub request: SignInRequest,
    /// Where the program listens.
    pub callback: String,
}

/// Why there is nothing to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// The code would go somewhere else than to this computer; where to, as it was written.
    Elsewhere(String),
    /// Something is missing, or of no use.
    Garbled,
}

/// Reads the address of the page. The server checks it all again.
///
/// # Errors
/// See [`Mistake`].
pub fn asked(parameter: impl Fn(&str) -> Option<String>) -> Result<Asked, Mistake> {
    let needed = |name: &str| parameter(name).filter(|value| !value.is_empty()).ok_or(Mistake::Garbled);
    let callback_uri = needed("callback_uri")?;
    let callback = Callback::parse(&callback_uri).ok().ok_or_else(|| Mistake::Elsewhere(callback_uri.clone()))?;
    let (code_challenge, code_challenge_method) = (needed("code_challenge")?, needed("code_challenge_method")?);
    Challenge::parse(&code_challenge_method, &code_challenge).ok().ok_or(Mistake::Garbled)?;
    let state = parameter("state");
    if state.as_ref().is_some_and(|state| state.len() > MAX_STATE_BYTES) {
        return Err(Mistake::Garbled);
    }
    let request = SignInRequest::Browser { callback_uri, state, code_challenge, code_challenge_method };
    Ok(Asked { request, callback: callback.to_string() })
}

/// The name that the form starts with. `now` is the reader's own time, such as `2027-01-31T14:05`.
pub fn preset_name(now: &str) -> String {
    format!("dx-cli {}", now.replace('T', " "))
}

/// The scopes that the form starts with: those that change nothing.
pub fn preset_scopes(choices: &[ScopeChoice]) -> Vec<String> {
    choices.iter().filter(|choice| choice.access == Access::Read).map(|choice| choice.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn read(changes: &[(&str, Option<&str>)]) -> Result<Asked, Mistake> {
        let usual =
            [("callback_uri", "http://127.0.0.1:4321"), ("state", "xyz"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
        asked(|name| {
            let other = changes.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
            let value = other.unwrap_or_else(|| usual.iter().find(|(usual, _)| *usual == name).map(|(_, value)| *value));
            value.map(str::to_owned)
        })
    }

    #[test]
    fn what_a_program_asks_is_read_from_the_address() {
        let asked = read(&[]).unwrap();
        assert_eq!(asked.callback, "http://127.0.0.1:4321");
        let SignInRequest::Browser { callback_uri, state, .. } = asked.request else { panic!("a browser asks") };
        assert_eq!((callback_uri.as_str(), state.as_deref()), ("http://127.0.0.1:4321", Some("xyz")));
        assert!(read(&[("state", None)]).is_ok());
    }

    #[test]
    fn an_address_elsewhere_is_named_and_anything_else_is_only_wrong() {
        assert_eq!(read(&[("callback_uri", Some("https://evil.example"))]), Err(Mistake::Elsewhere("https://evil.example".into())));
        for change in [("callback_uri", None), ("code_challenge", Some("short")), ("code_challenge_method", Some("plain"))] {
            assert_eq!(read(&[change]), Err(Mistake::Garbled), "{change:?}");
        }
        assert_eq!(read(&[("state", Some(&"x".repeat(MAX_STATE_BYTES + 1)))]), Err(Mistake::Garbled));
    }

    #[test]
    fn the_form_starts_with_a_name_that_tells_when_and_scopes_that_only_read() {
        assert_eq!(preset_name("2027-01-31T14:05"), "dx-cli 2027-01-31 14:05");
        let scope = |name: &str, access| ScopeChoice { name: name.into(), description: String::new(), group: String::new(), access };
        let choices =
            [scope("catalog:read", Access::Read), scope("snapshots:admin", Access::Admin), scope("scorecards:write", Access::Write)];
        assert_eq!(preset_scopes(&choices), ["catalog:read"]);
    }
}
