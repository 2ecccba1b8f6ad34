//! Filters and acts of the inventory, as they are asked for.

use pat_core::inventory::{Act, Conditions, Unused};
use pat_core::people::ReasonCode;
use pat_core::wire::{FieldCode, FieldError, TokenAct, TokenFilter};
use serde_json::{from_value, json, to_value};

use crate::fixtures::{at, dx};

#[test]
fn a_filter_that_makes_no_sense_is_refused_by_field() {
    let parse = |filter: &TokenFilter| Conditions::parse(filter, &dx());
    let since = Some(at("2027-01-01T00:00:00Z"));
    let never = TokenFilter { never_used: true, ..TokenFilter::default() };
    assert_eq!(parse(&TokenFilter::default()), Ok(Conditions::default()));
    assert_eq!(parse(&never).unwrap().unused, Some(Unused::Ever));
    assert_eq!(parse(&TokenFilter { not_used_since: since, ..TokenFilter::default() }).unwrap().unused, since.map(Unused::Since));
    assert_eq!(parse(&TokenFilter { not_used_since: since, ..never }), Err(FieldError::new("not_used_since", FieldCode::Invalid)));
    let unknown = TokenFilter { scope: Some("catalog:paint".to_owned()), ..TokenFilter::default() };
    assert_eq!(parse(&unknown), Err(FieldError::new("scope", FieldCode::UnknownScope)));
}

#[test]
fn a_filter_with_a_field_that_nobody_knows_is_not_a_filter_of_everything() {
    assert!(from_value::<TokenFilter>(json!({ "ower": "x" })).is_err());
    assert!(from_value::<Conditions>(json!({ "ower": "x", "no_expiration": false })).is_err());
}

#[test]
fn acts_are_checked_and_come_back_from_the_store_as_they_were() {
    let now = at("2027-01-01T00:00:00Z");
    let revoke = |reason, note: Option<&str>| TokenAct::Revoke { reason, note: note.map(str::to_owned) };
    let pause = |until: &str| TokenAct::Pause { until: Some(at(until)) };
    let refused = |field, code| Err(FieldError::new(field, code));
    assert_eq!(Act::parse(&revoke(None, None), now), refused("reason", FieldCode::Required));
    assert_eq!(Act::parse(&revoke(Some(ReasonCode::Other), Some(" ")), now), refused("note", FieldCode::Required));
    assert_eq!(Act::parse(&pause("2027-02-01T00:00:00Z"), now), refused("until", FieldCode::TooFar));
    for act in [revoke(Some(ReasonCode::Left), Some("gone")), pause("2027-01-02T00:00:00Z"), TokenAct::Resume {}] {
        let parsed = Act::parse(&act, now).unwrap();
        let stored = to_value(&parsed).unwrap();
        assert!(stored.is_object(), "{stored}");
        assert_eq!(from_value::<Act>(stored).unwrap(), parsed);
        assert_eq!(parsed.wire(), act);
    }
}
