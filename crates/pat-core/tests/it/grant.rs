//! P1, P2, P7–P10: what may be granted, minted and edited.

use pat_core::expiry::ExpirationLimits;
use pat_core::grant::{Edit, EditRefusal, EditableToken, Grantor, LiveToken, Mint, MintRefusal, grantable, scopes_of_roles, usable};
use pat_core::id::TokenId;
use pat_core::name::TokenName;
use pat_core::policy::Policy;
use pat_core::scope::GrantedScopes;
use pat_core::settings::AccountSettings;
use pat_core::token::{TokenKind, TokenStatus, Version};
use pat_core::wire::{CreateToken, EditToken, FieldCode, FieldError, RequestedExpiration, TakenBy};
use uuid::Uuid;

use crate::fixtures::{account, at, dx, set, strings, zones};

const NO_ROLES: &[&str] = &[];
const NOW: &str = "2026-06-15T12:00:00Z";

fn request(scopes: &[&str]) -> CreateToken {
    CreateToken { name: "CI".to_owned(), expiration: Some(RequestedExpiration::Days { days: 7 }), scopes: strings(scopes) }
}

fn live(number: u128, name: &str) -> LiveToken {
    let name_key = TokenName::parse(name).unwrap().key();
    LiveToken { id: TokenId(Uuid::from_u128(number)), name_key, created_at: at(NOW), last_used_at: None }
}

fn mint(grantor: &Grantor<'_>, request: &CreateToken) -> Result<Mint, MintRefusal> {
    grantor.mint(request, at(NOW), &zones())
}

fn errors(result: Result<Mint, MintRefusal>) -> Vec<FieldError> {
    match result {
        Err(MintRefusal::Invalid(errors)) => errors,
        other => panic!("not refused for its fields: {other:?}"),
    }
}

fn brief(errors: &[FieldError]) -> Vec<(&str, FieldCode, Option<&str>)> {
    errors.iter().map(|error| (error.field.as_str(), error.code, error.scope.as_deref())).collect()
}

#[test]
fn p1_roles_join_and_the_account_masks() {
    let policy = dx();
    let everyone = policy.everyone();
    assert_eq!(scopes_of_roles::<&str>(&policy, &[]), everyone);
    assert_eq!(scopes_of_roles(&policy, &["a_role_of_old"]), everyone);
    let both = set(&policy, &["scorecards:write", "workflowRuns:writeEvents"]).union(everyone);
    assert_eq!(scopes_of_roles(&policy, &["scorecard_admin", "self_service_admin", "contributor"]), both);

    let without_fabric = AccountSettings { features: strings(&["datacloud", "a_feature_of_old"]), ..account() };
    assert_eq!(
        policy.scope_names(grantable(&policy, &["scorecard_admin", "snapshot_admin"], &without_fabric)),
        ["snapshots:read", "snapshots:admin", "studio:reports:read", "studio:reports:write"],
    );
    let blocked = AccountSettings { blocked_scopes: strings(&["scorecards:write", "gone:read"]), ..account() };
    assert_eq!(grantable(&policy, &["scorecard_admin"], &blocked), everyone);
}

#[test]
fn what_is_usable_depends_on_the_owner_s_roles_for_personal_tokens_only() {
    let policy = dx();
    let everyone = policy.everyone();
    assert_eq!(usable(&policy, TokenKind::Personal, NO_ROLES, &account()), everyone);
    assert_eq!(usable(&policy, TokenKind::Personal, &["scorecard_admin"], &account()), everyone.union(set(&policy, &["scorecards:write"])));
    let all = usable(&policy, TokenKind::Organization, NO_ROLES, &account());
    assert!(set(&policy, &["scorecards:write", "snapshots:admin"]).is_subset(all), "{:?}", policy.scope_names(all));
    assert!(!set(&policy, &["scorecards:write"]).is_subset(usable(
        &policy,
        TokenKind::Organization,
        NO_ROLES,
        &AccountSettings::new(Vec::new())
    )));
}

#[test]
fn a_refused_scope_is_named_in_words_as_well() {
    let (policy, account) = (dx(), account());
    let refused =
        errors(mint(&Grantor::user(&policy, NO_ROLES, &account, &[]), &request(&["catalog:dance", "catalog:read", "catalog:read"])));
    let words: Vec<_> = refused.iter().map(|error| error.message.as_str()).collect();
    assert!(
        words.len() == 2 && words[0].starts_with("catalog:dance: ") && words[1] == "catalog:read: The scope is named twice.",
        "{words:?}"
    );
}

#[test]
fn p1_the_form_offers_what_may_be_granted() {
    let policy = dx();
    let limits = AccountSettings {
        features: Vec::new(),
        expiration: ExpirationLimits { max_lifetime_days: Some(30), never_allowed: true },
        ..account()
    };
    let choices = Grantor::user(&policy, &["snapshot_admin"], &limits, &[]).choices(at(NOW));
    let offered: Vec<_> = choices.scopes.iter().map(|scope| scope.name.as_str()).collect();
    assert_eq!(offered, ["snapshots:read", "snapshots:admin"]);
    assert!(choices.scopes.iter().all(|scope| scope.group == "Snapshots" && !scope.description.is_empty()));
    assert_eq!((choices.expirations.days, choices.expirations.never), (vec![7, 30], false));
}

#[test]
fn a_token_is_minted_as_asked() {
    let policy = dx();
    let request = CreateToken { name: " CI ".to_owned(), ..request(&["workflows:read", "catalog:read"]) };
    let minted = mint(&Grantor::user(&policy, NO_ROLES, &account(), &[]), &request).unwrap();
    assert_eq!(minted.name.as_str(), "CI");
    assert_eq!(policy.scope_names(minted.scopes), ["catalog:read", "workflows:read"]);
    assert_eq!(minted.expires_at, Some(at("2026-06-22T12:00:00Z")));

    let never = CreateToken { expiration: Some(RequestedExpiration::Never {}), ..request };
    assert_eq!(mint(&Grantor::user(&policy, NO_ROLES, &account(), &[]), &never).unwrap().expires_at, None);
}

#[test]
fn p2_each_scope_that_is_refused_is_named_with_the_roles_that_would_allow_it() {
    let policy = dx();
    let asked = ["catalog:read", "scorecards:write", "snapshots:admin", "auditLogs:read", "Catalog:read", "workflows:write"];
    let errors = errors(mint(&Grantor::user(&policy, &["contributor"], &account(), &[]), &request(&asked)));
    assert_eq!(
        brief(&errors),
        [
            ("scopes", FieldCode::NotGrantable, Some("scorecards:write")),
            ("scopes", FieldCode::NotGrantable, Some("snapshots:admin")),
            ("scopes", FieldCode::NotGrantable, Some("auditLogs:read")),
            ("scopes", FieldCode::UnknownScope, Some("Catalog:read")),
            ("scopes", FieldCode::UnknownScope, Some("workflows:write")),
        ],
    );
    let roles: Vec<_> = errors.iter().map(|error| error.roles.clone()).collect();
    assert_eq!(
        roles,
        [
            Some(strings(&["workspace_admin", "scorecard_admin"])),
            Some(strings(&["workspace_admin", "snapshot_admin"])),
            Some(strings(&["workspace_admin"])),
            None,
            None,
        ],
    );
    assert_eq!(errors[0].message, "Your roles don't allow scorecards:write. It needs the role Workspace admin or Scorecard admin.");
}

#[test]
fn p2_what_the_account_masks_is_not_blamed_on_roles() {
    let policy = dx();
    let limits = AccountSettings { features: strings(&["platformx"]), blocked_scopes: strings(&["snapshots:read"]), ..account() };
    let grantor = Grantor::user(&policy, &["workspace_admin"], &limits, &[]);
    for scope in ["catalog:read", "scorecards:write", "snapshots:read"] {
        let errors = errors(mint(&grantor, &request(&[scope])));
        assert_eq!(brief(&errors), [("scopes", FieldCode::NotGrantable, Some(scope))]);
        assert_eq!(errors[0].roles, Some(Vec::new()), "{scope}");
        assert_eq!(errors[0].message, format!("Your account doesn't support {scope} now."));
    }
}

#[test]
fn p8_scopes_are_needed_and_named_once() {
    let policy = dx();
    let limits = account();
    let grantor = Grantor::user(&policy, NO_ROLES, &limits, &[]);
    assert_eq!(brief(&errors(mint(&grantor, &request(&[])))), [("scopes", FieldCode::Required, None)]);
    assert_eq!(
        brief(&errors(mint(&grantor, &request(&["catalog:read", "catalog:read"])))),
        [("scopes", FieldCode::Duplicate, Some("catalog:read"))],
    );
    // A policy has at most 256 scopes: a longer list is not looked at.
    assert_eq!(errors(mint(&grantor, &request(&["x:y"; 256]))).len(), 256);
    assert_eq!(brief(&errors(mint(&grantor, &request(&["x:y"; 257])))), [("scopes", FieldCode::TooLong, None)]);
}

#[test]
fn every_field_to_mend_is_named_at_once() {
    let policy = dx();
    let limits = account();
    let grantor = Grantor::user(&policy, NO_ROLES, &limits, &[]);
    let nothing = CreateToken { name: " ".to_owned(), expiration: None, scopes: Vec::new() };
    assert_eq!(
        brief(&errors(mint(&grantor, &nothing))),
        [("name", FieldCode::Required, None), ("expiration", FieldCode::Required, None), ("scopes", FieldCode::Required, None)],
    );
    let wrong = CreateToken { name: "a\0b".to_owned(), expiration: Some(RequestedExpiration::Days { days: 31 }), ..request(&["x:y"]) };
    assert_eq!(
        brief(&errors(mint(&grantor, &wrong))),
        [
            ("name", FieldCode::ControlCharacters, None),
            ("expiration", FieldCode::NotOffered, None),
            ("scopes", FieldCode::UnknownScope, Some("x:y")),
        ],
    );
}

#[test]
fn p7_a_name_is_taken_by_a_live_token_in_any_case() {
    let policy = dx();
    let others = [live(1, "Deploy"), live(2, "Zoë")];
    let limits = account();
    let grantor = Grantor::user(&policy, NO_ROLES, &limits, &others);
    for (name, id) in [("Deploy", Some(1)), (" dEPLOY ", Some(1)), ("ZOE\u{308}", Some(2)), ("Deploy 2", None)] {
        let result = mint(&grantor, &CreateToken { name: name.to_owned(), ..request(&["catalog:read"]) });
        if let Some(id) = id {
            let errors = errors(result);
            assert_eq!(brief(&errors), [("name", FieldCode::Taken, None)], "{name}");
            let taken_by = TakenBy { id: TokenId(Uuid::from_u128(id)), created_at: at(NOW), last_used_at: None };
            assert_eq!(errors[0].taken_by, Some(Box::new(taken_by)), "{name}");
        } else {
            assert!(result.is_ok(), "{name}");
        }
    }
}

#[test]
fn p8_live_tokens_are_limited() {
    let policy = dx();
    let tokens: Vec<_> = (0..51).map(|number| live(number, &format!("token {number}"))).collect();
    let ask = |count: usize| mint(&Grantor::user(&policy, NO_ROLES, &account(), &tokens[..count]), &request(&["catalog:read"]));
    assert!(ask(49).is_ok(), "the 50th");
    assert_eq!(ask(50), Err(MintRefusal::TokenLimit(50)), "the 51st");
    assert_eq!(ask(51), Err(MintRefusal::TokenLimit(50)), "after the limit was lowered");

    // What is wrong with the request is said first: a name that is taken may be the user's own lost answer.
    let taken = CreateToken { name: "token 0".to_owned(), ..request(&["catalog:read"]) };
    assert!(
        mint(&Grantor::account(&policy, &account(), &tokens), &request(&["catalog:read"])).is_ok(),
        "the cap is one a user: the account's own tokens have none"
    );
    let full = mint(&Grantor::user(&policy, NO_ROLES, &account(), &tokens), &taken);
    assert_eq!(brief(&errors(full)), [("name", FieldCode::Taken, None)]);
}

/// A token of somebody who was an admin, on an account that had more.
fn editable(policy: &Policy, status: TokenStatus) -> EditableToken {
    EditableToken {
        id: TokenId(Uuid::from_u128(1)),
        name: TokenName::parse("CI").unwrap(),
        granted: GrantedScopes::from_stored(policy, ["catalog:read", "datacloud:query", "workflows:write"]),
        status,
        version: Version(3),
    }
}

fn edit(name: Option<&str>, scopes: Option<&[&str]>) -> EditToken {
    EditToken { name: name.map(str::to_owned), scopes: scopes.map(strings) }
}

#[test]
fn p9_an_edit_changes_name_and_scopes_and_leaves_the_rest() {
    let policy = dx();
    let limits = AccountSettings { features: strings(&["fabric"]), ..account() };
    let others = [live(1, "CI"), live(2, "Deploy")];
    let grantor = Grantor::user(&policy, &["scorecard_admin"], &limits, &others);
    let token = editable(&policy, TokenStatus::Active);
    for (request, name, scopes) in [
        (edit(None, None), "CI", &["catalog:read", "datacloud:query", "workflows:write"][..]),
        (edit(Some(" Nightly "), None), "Nightly", &["catalog:read", "datacloud:query", "workflows:write"]),
        // Its own name, in another case.
        (edit(Some("ci"), None), "ci", &["catalog:read", "datacloud:query", "workflows:write"]),
        // What is masked or forgotten may stay, in any order, beside what is added.
        (
            edit(None, Some(&["workflows:write", "scorecards:write", "datacloud:query", "catalog:read"])),
            "CI",
            &["catalog:read", "scorecards:write", "datacloud:query", "workflows:write"],
        ),
        (edit(None, Some(&["datacloud:query"])), "CI", &["datacloud:query"]),
        (edit(None, Some(&["workflows:write"])), "CI", &["workflows:write"]),
        (edit(Some("x"), Some(&["catalog:read"])), "x", &["catalog:read"]),
    ] {
        let expected = Edit { name: TokenName::parse(name).unwrap(), granted: GrantedScopes::from_stored(&policy, scopes) };
        assert_eq!(grantor.edit(&token, Version(3), &request), Ok(expected), "{request:?}");
    }
}

#[test]
fn p2_an_edit_may_not_add_what_cannot_be_granted() {
    let policy = dx();
    let others = [live(1, "CI"), live(2, "Deploy")];
    let limits = account();
    let grantor = Grantor::user(&policy, NO_ROLES, &limits, &others);
    let token = editable(&policy, TokenStatus::Active);
    for (request, expected) in [
        (edit(Some(""), None), vec![("name", FieldCode::Required, None)]),
        (edit(Some("DEPLOY"), None), vec![("name", FieldCode::Taken, None)]),
        (edit(None, Some(&[])), vec![("scopes", FieldCode::Required, None)]),
        (edit(None, Some(&["catalog:read", "users:read"])), vec![("scopes", FieldCode::NotGrantable, Some("users:read"))]),
        (edit(None, Some(&["gone:read"])), vec![("scopes", FieldCode::UnknownScope, Some("gone:read"))]),
        (
            edit(None, Some(&["datacloud:query", "datacloud:query", "workflows:write", "workflows:write"])),
            vec![("scopes", FieldCode::Duplicate, Some("datacloud:query")), ("scopes", FieldCode::Duplicate, Some("workflows:write"))],
        ),
        (
            edit(Some(&"x".repeat(101)), Some(&["x"])),
            vec![("name", FieldCode::TooLong, None), ("scopes", FieldCode::UnknownScope, Some("x"))],
        ),
    ] {
        match grantor.edit(&token, Version(3), &request) {
            Err(EditRefusal::Invalid(errors)) => assert_eq!(brief(&errors), expected, "{request:?}"),
            other => panic!("{request:?}: {other:?}"),
        }
    }
}

#[test]
fn p3_a_token_left_with_no_scope_can_be_renamed() {
    let policy = dx();
    let token = EditableToken { granted: GrantedScopes::default(), ..editable(&policy, TokenStatus::Active) };
    let renamed = Grantor::user(&policy, NO_ROLES, &account(), &[]).edit(&token, Version(3), &edit(Some("x"), None)).unwrap();
    assert_eq!(renamed.granted, GrantedScopes::default());
}

#[test]
fn p10_a_dead_token_is_not_edited_and_a_stale_edit_is_refused() {
    let policy = dx();
    let limits = account();
    let grantor = Grantor::user(&policy, &["workspace_admin"], &limits, &[]);
    let rename = edit(Some("x"), None);
    for (status, seen, expected) in [
        (TokenStatus::Active, 3, None),
        (TokenStatus::Paused, 3, None),
        (TokenStatus::Active, 2, Some(EditRefusal::Stale)),
        (TokenStatus::Active, 4, Some(EditRefusal::Stale)),
        (TokenStatus::Expired, 3, Some(EditRefusal::Dead(TokenStatus::Expired))),
        (TokenStatus::Revoked, 3, Some(EditRefusal::Dead(TokenStatus::Revoked))),
        // Reading it again would not help: dead is said first.
        (TokenStatus::Revoked, 2, Some(EditRefusal::Dead(TokenStatus::Revoked))),
    ] {
        assert_eq!(grantor.edit(&editable(&policy, status), Version(seen), &rename).err(), expected, "{status:?}, version {seen}");
    }
}
