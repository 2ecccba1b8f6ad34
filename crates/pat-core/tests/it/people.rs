//! P3, and what else follows from changes of people.

use pat_core::people::{LastWorkspaceAdmin, ReasonCode, RevokeReason, check_new_password, is_workspace_admin, keep_an_admin};
use pat_core::roles::{strike, struck_scopes};
use pat_core::scope::GrantedScopes;
use pat_core::wire::FieldCode;

use crate::fixtures::{dx, set, strings};

#[test]
fn p3_strikes_what_a_lost_role_adds_and_no_remaining_role_adds() {
    let policy = dx();
    let cases: [(&[&str], &[&str], &[&str]); 10] = [
        (&["scorecard_admin"], &[], &["scorecards:write"]),
        (&["scorecard_admin"], &["scorecard_admin"], &[]),
        (&["scorecard_admin", "self_service_admin"], &["self_service_admin"], &["scorecards:write"]),
        (&["scorecard_admin"], &["self_service_admin"], &["scorecards:write"]),
        (&["scorecard_admin", "workspace_admin"], &["workspace_admin"], &[]),
        (&[], &["workspace_admin"], &[]),
        (&["contributor"], &["team_lead"], &[]),
        (&["database_admin", "contributor"], &["contributor"], &["catalog:write:entities", "datacloud:query"]),
        (&["a_role_of_old"], &[], &[]),
        (
            &["workspace_admin", "scorecard_admin"],
            &["scorecard_admin"],
            &[
                "snapshots:admin",
                "catalog:write:entities",
                "workflowRuns:writeEvents",
                "users:read",
                "users:write",
                "user_groups:read",
                "user_groups:write",
                "platformx:manage",
                "datacloud:query",
                "auditLogs:read",
                "tokens:introspect",
            ],
        ),
    ];
    for (before, after, expected) in cases {
        assert_eq!(policy.scope_names(struck_scopes(&policy, before, after)), strings(expected), "{before:?} to {after:?}");
    }
}

#[test]
fn p3_a_strike_says_what_is_lost_and_may_leave_a_token_with_none() {
    let policy = dx();
    let struck = set(&policy, &["scorecards:write", "datacloud:query"]);
    let granted = |names: &[&str]| GrantedScopes::from_stored(&policy, names.iter().copied());

    let (left, lost) = strike(&granted(&["scorecards:write", "catalog:read", "gone:read"]), struck).unwrap();
    assert_eq!(left.names(&policy), ["catalog:read", "gone:read"]);
    assert_eq!(policy.scope_names(lost), ["scorecards:write"]);

    let (left, _) = strike(&granted(&["scorecards:write"]), struck).unwrap();
    assert_eq!(left, GrantedScopes::default());

    assert_eq!(strike(&granted(&["catalog:read", "gone:read"]), struck), None);
}

#[test]
fn p3_a_scope_that_the_policy_forgot_is_inert_text() {
    let policy = dx();
    let granted = GrantedScopes::from_stored(&policy, ["workflows:write", "catalog:read", "snapshots:read", "entities:read"]);
    assert_eq!(policy.scope_names(granted.known), ["snapshots:read", "catalog:read"]);
    assert_eq!(granted.names(&policy), ["snapshots:read", "catalog:read", "workflows:write", "entities:read"]);
}

#[test]
fn p12_only_one_role_makes_a_workspace_admin() {
    for role in dx().roles() {
        assert_eq!(is_workspace_admin(&[&role.name]), role.name == "workspace_admin", "{}", role.name);
    }
    assert!(is_workspace_admin(&["contributor", "workspace_admin"]));
    assert!(!is_workspace_admin::<&str>(&[]));
    assert!(!is_workspace_admin(&["Workspace_Admin"]));
}

#[test]
fn the_last_active_workspace_admin_stays() {
    for (was, stays, others, expected) in [
        (true, false, 0, Err(LastWorkspaceAdmin)),
        (true, false, 1, Ok(())),
        (true, true, 0, Ok(())),
        (false, false, 0, Ok(())),
        (false, true, 0, Ok(())),
    ] {
        assert_eq!(keep_an_admin(was, stays, others), expected, "was {was}, stays {stays}, {others} others");
    }
}

#[test]
fn a_reason_is_a_code_with_a_note_that_only_other_needs() {
    let parse = |code, note: Option<&str>| {
        let parsed = RevokeReason::parse(code, note).map_err(|error| (error.field, error.code));
        parsed.map(|reason| (reason.code(), reason.note().map(str::to_owned)))
    };
    let refused = |field: &str, code| Err((field.to_owned(), code));
    assert_eq!(parse(None, Some("lost")), refused("reason", FieldCode::Required));
    assert_eq!(parse(Some(ReasonCode::Left), None), Ok((ReasonCode::Left, None)));
    assert_eq!(parse(Some(ReasonCode::Left), Some("  ")), Ok((ReasonCode::Left, None)));
    for (note, expected) in [
        (" \n ".to_owned(), Err(FieldCode::Required)),
        (" laptop lost ".to_owned(), Ok("laptop lost".to_owned())),
        ("first line\nsecond line".to_owned(), Ok("first line\nsecond line".to_owned())),
        ("é".repeat(500), Ok("é".repeat(500))),
        ("é".repeat(501), Err(FieldCode::TooLong)),
        ("a\0b".to_owned(), Err(FieldCode::ControlCharacters)),
        ("a\u{1b}[31mb".to_owned(), Err(FieldCode::ControlCharacters)),
    ] {
        let expected = expected.map(|note| (ReasonCode::Other, Some(note))).map_err(|code| ("note".to_owned(), code));
        assert_eq!(parse(Some(ReasonCode::Other), Some(&note)), expected, "{note:?}");
    }
    for code in ReasonCode::ALL {
        assert_eq!(ReasonCode::parse(code.as_str()), Some(code));
    }
}

#[test]
fn a_password_has_12_characters_and_at_most_1024_bytes() {
    for (password, expected) in [
        ("x".repeat(11), Err(FieldCode::TooShort)),
        ("x".repeat(12), Ok(())),
        ("é".repeat(11), Err(FieldCode::TooShort)),
        ("x".repeat(1024), Ok(())),
        ("x".repeat(1025), Err(FieldCode::TooLong)),
        ("é".repeat(513), Err(FieldCode::TooLong)),
    ] {
        assert_eq!(check_new_password(&password), expected, "{} bytes", password.len());
    }
}
