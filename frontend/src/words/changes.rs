//! Changes of many tokens, which run for a while.

use pat_core::wire::{ChangeState, TokenAct};

pub const STOP: &str = "Stop";
pub const STOPPING: &str = "Stopping…";

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
