//! What must hold in every state.

use stateright::{Model as _, Property};

use crate::world::{Broken, Protocol, World};

/// No success, refusal or "dead" that didn't hold at some moment since the call began.
pub const NO_STALE_ANSWER: &str = "no stale answer";
/// Every answer that a proof stands for has its row.
pub const EVERY_ANSWER_HAS_A_ROW: &str = "every answer has a row";
/// An effect and the row that records it stand or fall together, and a success has its effect.
pub const NO_LOST_EFFECT: &str = "no lost effect";
/// Nothing waits for ever.
pub const EVERY_CALL_ENDS: &str = "every call ends";

pub fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always(NO_STALE_ANSWER, |_, world: &World| !world.broken.contains(Broken::STALE)),
        Property::always(EVERY_ANSWER_HAS_A_ROW, |_, world: &World| !world.broken.contains(Broken::NO_ROW)),
        Property::always(NO_LOST_EFFECT, |_, world: &World| !world.broken.contains(Broken::LOST_EFFECT) && world.effects_match_rows()),
        Property::always(EVERY_CALL_ENDS, |model: &Protocol, world: &World| {
            let mut actions = Vec::new();
            // Nothing is explored behind a state that is broken in another way.
            world.all_ended() || world.broken != Broken::default() || {
                model.actions(world, &mut actions);
                !actions.is_empty()
            }
        }),
    ]
}
