//! Changes of many tokens, which run for a while.

use pat_core::wire::{ChangeState, TokenAct};

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
        (ChangeState::Running, _) => format!("{done} of {} so far.", tokens(matched)),
        (ChangeState::Stopped, TokenAct::Revoke { .. }) => format!("Stopped. {} of {matched} revoked.", tokens(done)),
        (ChangeState::Stopped, TokenAct::Pause { .. }) => format!("Stopped. {} of {matched} paused.", tokens(done)),
        (ChangeState::Stopped, TokenAct::Resume {}) => format!("Stopped. {} of {matched} resumed.", tokens(done)),
        (ChangeState::Finished, TokenAct::Revoke { .. }) => format!("Done. {} revoked.", tokens(done)),
        (ChangeState::Finished, TokenAct::Pause { .. }) => format!("Done. {} paused.", tokens(done)),
        (ChangeState::Finished, TokenAct::Resume {}) => format!("Done. {} resumed.", tokens(done)),
    }
}

fn tokens(count: u64) -> String {
    if count == 1 { "1 token".to_owned() } else { format!("{count} tokens") }
}
