//! Changes of many tokens, which run for a while.

use pat_core::wire::{ChangeState, TokenAct};

use super::inventory::{number, tokens};

pub const INTRO: &str =
    "What was done to many tokens at once, by whom and how far it got. What it did to each token stands in the audit log, too.";
pub const NONE: &str = "Nothing was done to many tokens at once yet.";
pub const WHAT: &str = "What";
pub const OUTCOME: &str = "Outcome";
pub const WHO: &str = "Asked by";
pub const WHEN: &str = "When";
pub const STOP: &str = "Stop";
pub const STOPPING: &str = "Stopping…";

/// What a change does.
pub fn what(act: &TokenAct) -> &'static str {
    match act {
        TokenAct::Revoke { .. } => "Revoke",
        TokenAct::Pause { .. } => "Pause",
        TokenAct::Resume {} => "Resume",
    }
}

/// How far a change is.
pub fn progress(act: &TokenAct, state: ChangeState, done: u64, matched: u64) -> String {
    match (state, act) {
        (ChangeState::Running, _) => format!("{} of {} so far.", number(done), tokens(matched)),
        (ChangeState::Stopped, TokenAct::Revoke { .. }) => format!("Stopped. {} of {} revoked.", tokens(done), number(matched)),
        (ChangeState::Stopped, TokenAct::Pause { .. }) => format!("Stopped. {} of {} paused.", tokens(done), number(matched)),
        (ChangeState::Stopped, TokenAct::Resume {}) => format!("Stopped. {} of {} resumed.", tokens(done), number(matched)),
        (ChangeState::Finished, TokenAct::Revoke { .. }) => format!("Done. {} revoked.", tokens(done)),
        (ChangeState::Finished, TokenAct::Pause { .. }) => format!("Done. {} paused.", tokens(done)),
        (ChangeState::Finished, TokenAct::Resume {}) => format!("Done. {} resumed.", tokens(done)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_a_change_is_and_what_it_did() {
        let revoke = TokenAct::Revoke { reason: None, note: None };
        assert_eq!(progress(&revoke, ChangeState::Running, 43_210, 120_400), "43,210 of 120,400 tokens so far.");
        assert_eq!(progress(&TokenAct::Resume {}, ChangeState::Stopped, 1, 1204), "Stopped. 1 token of 1,204 resumed.");
        assert_eq!(progress(&revoke, ChangeState::Finished, 1204, 1204), "Done. 1,204 tokens revoked.");
    }
}
