//! Pauses: how long, by whom, and whose they are to end.

use pat_core::id::UserId;
use pat_core::pause::{Pausable, PauseRefusal, Pauser};
use pat_core::token::Lifecycle;
use pat_core::wire::{FieldCode, FieldError};
use uuid::Uuid;

use crate::fixtures::at;

const OWNER: UserId = UserId(Uuid::from_u128(1));
const ADMIN: UserId = UserId(Uuid::from_u128(2));

fn paused(until: &str, by: Option<UserId>) -> Pausable {
    Pausable { lifecycle: Lifecycle { paused_until: Some(at(until)), ..Lifecycle::default() }, paused_by: by }
}

#[test]
fn a_pause_ends_after_now_and_within_thirty_days() {
    let now = at("2027-01-01T00:00:00Z");
    let token = Pausable { lifecycle: Lifecycle::default(), paused_by: None };
    let ask = |until: Option<&str>| token.pause(Pauser::Owner(OWNER), until.map(at), now);
    let refused = |code| Err(PauseRefusal::Invalid(FieldError::new("until", code)));
    assert_eq!(ask(Some("2027-01-01T00:00:00.000001Z")), Ok(at("2027-01-01T00:00:00.000001Z")));
    assert_eq!(ask(Some("2027-01-31T00:00:00Z")), Ok(at("2027-01-31T00:00:00Z")));
    assert_eq!(ask(Some("2027-01-31T00:00:00.000001Z")), refused(FieldCode::TooFar));
    assert_eq!(ask(Some("2027-01-01T00:00:00Z")), refused(FieldCode::Past));
    assert_eq!(ask(None), refused(FieldCode::Required));
}

#[test]
fn only_admins_change_another_s_pause_while_it_is_in_force() {
    let (before, after) = (at("2027-01-01T00:00:00Z"), at("2027-01-02T00:00:00Z"));
    for by in [Some(ADMIN), None] {
        let token = paused("2027-01-02T00:00:00Z", by);
        let until = Some(at("2027-01-03T00:00:00Z"));
        assert_eq!(token.resume(Pauser::Owner(OWNER), before), Err(PauseRefusal::PausedByAdmin), "nobody's is not the owner's");
        assert_eq!(token.pause(Pauser::Owner(OWNER), until, before), Err(PauseRefusal::PausedByAdmin));
        assert_eq!(token.resume(Pauser::Admin(ADMIN), before), Ok(()));
        assert_eq!(token.pause(Pauser::Owner(OWNER), until, after), Ok(at("2027-01-03T00:00:00Z")), "it is over");
        assert_eq!(token.resume(Pauser::Owner(OWNER), after), Ok(()));
    }
    assert_eq!(paused("2027-01-02T00:00:00Z", Some(OWNER)).resume(Pauser::Owner(OWNER), before), Ok(()));
}

#[test]
fn dead_tokens_have_no_pauses() {
    let now = at("2027-01-01T00:00:00Z");
    for lifecycle in [
        Lifecycle { revoked_at: Some(now), ..Lifecycle::default() },
        Lifecycle { expires_at: Some(now), paused_until: Some(at("2027-01-02T00:00:00Z")), ..Lifecycle::default() },
    ] {
        let token = Pausable { lifecycle, paused_by: Some(ADMIN) };
        for by in [Pauser::Owner(OWNER), Pauser::Admin(ADMIN)] {
            assert_eq!(token.pause(by, Some(at("2027-01-03T00:00:00Z")), now), Err(PauseRefusal::Dead));
            assert_eq!(token.resume(by, now), Err(PauseRefusal::Dead));
        }
    }
}

#[test]
fn to_lift_another_s_pause_earlier_widens_authority() {
    let now = at("2027-01-01T00:00:00Z");
    let token = paused("2027-01-02T00:00:00Z", Some(OWNER));
    assert!(token.lifts_another_s(ADMIN, None, now));
    assert!(token.lifts_another_s(ADMIN, Some(at("2027-01-01T12:00:00Z")), now));
    assert!(!token.lifts_another_s(ADMIN, Some(at("2027-01-02T00:00:00Z")), now));
    assert!(!token.lifts_another_s(OWNER, None, now), "one's own");
    assert!(!token.lifts_another_s(ADMIN, None, at("2027-01-02T00:00:00Z")), "it is over");
}
