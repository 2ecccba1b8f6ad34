//! The protocol of design section 6, explored to exhaustion within the limits of each test: two nodes, two tokens of one user
//! and one of another, racing changes, fills and commits, crashes, hang-ups and failovers. The calls run the very state
//! machine that the server runs (`pat_core::attempt`).
//!
//! Each broken variant is a way to build it wrong that looks right. The model must find what it breaks; were one to pass, the
//! model would prove nothing.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::as_conversions,
    reason = "indices are those of the limits that are explored; what can't go on should stop"
)]

mod properties;
mod world;

use stateright::{Checker as _, Model as _};

use self::world::{Limits, Protocol, Variant};

fn explore(variant: Variant, limits: Limits) -> Vec<&'static str> {
    let checker = Protocol { variant, limits }.checker().threads(2).spawn_bfs().join();
    println!("{variant:?}: {} states, {} unique, depth {}", checker.state_count(), checker.unique_state_count(), checker.max_depth());
    let mut broken: Vec<_> = checker
        .discoveries()
        .into_iter()
        .map(|(property, path)| {
            println!("{property}:");
            path.into_actions().iter().for_each(|action| println!("  {action:?}"));
            property
        })
        .collect();
    broken.sort_unstable();
    broken
}

#[test]
fn the_protocol_keeps_its_promise() {
    for limits in Limits::ALL {
        assert_eq!(explore(Variant::AsBuilt, limits), [""; 0], "{limits:?}");
    }
}

#[test]
fn a_batch_that_takes_in_calls_after_its_statement_began_is_caught() {
    assert!(explore(Variant::LateJoin, Limits::RACE).contains(&properties::NO_STALE_ANSWER));
}

#[test]
fn principal_and_stamp_read_in_two_statements_are_caught() {
    assert!(explore(Variant::TwoReads, Limits::FILL).contains(&properties::NO_STALE_ANSWER));
}

#[test]
fn a_stamp_bumped_in_a_second_transaction_is_caught() {
    assert!(explore(Variant::StampLater, Limits::RACE).contains(&properties::NO_STALE_ANSWER));
}

#[test]
fn a_counter_instead_of_a_random_stamp_is_caught_after_a_failover() {
    assert!(explore(Variant::CountedStamps, Limits::FAILOVER).contains(&properties::NO_STALE_ANSWER));
}

#[test]
fn an_answer_that_skips_the_proof_when_refused_is_caught() {
    let broken = explore(Variant::UnprovedRefusal, Limits::RACE);
    assert!(broken.contains(&properties::NO_STALE_ANSWER) && broken.contains(&properties::EVERY_ANSWER_HAS_A_ROW), "{broken:?}");
}

#[test]
fn a_mutation_that_proves_first_and_then_works_is_caught() {
    assert!(explore(Variant::ProveThenWork, Limits::CRASH).contains(&properties::NO_LOST_EFFECT));
}

#[test]
fn a_hang_up_that_cancels_the_commit_is_caught() {
    assert!(explore(Variant::HangUpCancels, Limits::CRASH).contains(&properties::EVERY_CALL_ENDS));
}

#[test]
fn a_locked_last_try_that_fills_the_cache_is_caught() {
    // For its own answer alone a statement that locks and reads would do: it stands for the moment when it began.
    assert_eq!(explore(Variant::LockingRead, Limits::LOCKED_FILL), [""; 0]);
    assert!(explore(Variant::LockedFill, Limits::LOCKED_FILL).contains(&properties::NO_STALE_ANSWER));
}
