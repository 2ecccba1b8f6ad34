//! The Console API's JSON, where serde would quietly do something else.

use pat_core::id::TokenId;
use pat_core::token::{TokenStatus, Version};
use pat_core::wire::{CreateToken, CreatedToken, EditToken, PersonalAccessToken, RequestedExpiration, SetPassword, SignIn};
use serde_json::{from_value, json, to_value};
use uuid::Uuid;

use crate::fixtures::at;

fn token() -> PersonalAccessToken {
    PersonalAccessToken {
        id: TokenId(Uuid::nil()),
        version: Version(1),
        name: "CI".to_owned(),
        token_hint: "XoKS".to_owned(),
        scopes: vec!["catalog:read".to_owned()],
        effective_scopes: Vec::new(),
        status: TokenStatus::Active,
        created_at: at("2026-06-15T12:00:00Z"),
        expires_at: None,
        paused_until: None,
        paused_by: None,
        refused_by: None,
        last_used_at: None,
        last_used_ip: None,
        last_used_user_agent: None,
        revoked_at: None,
        revoked_by: None,
        revoke_reason: None,
        revoke_note: None,
    }
}

#[test]
fn expirations_have_the_shapes_of_the_design() {
    for (value, expiration) in [
        (json!({"type": "days", "days": 30}), RequestedExpiration::Days { days: 30 }),
        (
            json!({"type": "date", "date": "2027-01-31", "time_zone": "Europe/Paris"}),
            RequestedExpiration::Date { date: "2027-01-31".to_owned(), time_zone: "Europe/Paris".to_owned() },
        ),
        (json!({"type": "never"}), RequestedExpiration::Never {}),
    ] {
        assert_eq!(from_value::<RequestedExpiration>(value.clone()).unwrap(), expiration);
        assert_eq!(to_value(expiration).unwrap(), value);
    }
}

#[test]
fn an_expiration_of_another_shape_is_refused() {
    for value in [
        json!(null),
        json!("never"),
        json!(30),
        json!({}),
        json!({"days": 30}),
        json!({"type": "days"}),
        json!({"type": "days", "days": "30"}),
        json!({"type": "days", "days": 7.5}),
        json!({"type": "days", "days": 30, "expires_at": "2099-01-01T00:00:00Z"}),
        json!({"type": "date", "date": "2027-01-31"}),
        json!({"type": "never", "days": 30}),
        json!({"type": "Never"}),
        json!({"type": "forever"}),
    ] {
        assert!(from_value::<RequestedExpiration>(value.clone()).is_err(), "{value}");
    }
}

#[test]
fn what_a_create_leaves_out_is_for_the_rules_to_refuse() {
    let empty = CreateToken { name: String::new(), expiration: None, scopes: Vec::new() };
    assert_eq!(from_value::<CreateToken>(json!({})).unwrap(), empty);
}

#[test]
fn an_edit_tells_left_out_from_empty() {
    let edit = |value| from_value::<EditToken>(value).unwrap();
    assert_eq!(edit(json!({})), EditToken { name: None, scopes: None });
    assert_eq!(edit(json!({"name": "", "scopes": []})), EditToken { name: Some(String::new()), scopes: Some(Vec::new()) });
    assert_eq!(to_value(EditToken { name: None, scopes: None }).unwrap(), json!({}));
}

#[test]
fn a_token_on_the_wire_has_every_field_and_no_secret() {
    let value = to_value(token()).unwrap();
    let expected = json!({
        "id": "00000000-0000-0000-0000-000000000000",
        "version": 1,
        "name": "CI",
        "token_hint": "XoKS",
        "scopes": ["catalog:read"],
        "effective_scopes": [],
        "status": "active",
        "created_at": "2026-06-15T12:00:00Z",
        "expires_at": null,
        "paused_until": null,
        "paused_by": null,
        "refused_by": null,
        "last_used_at": null,
        "last_used_ip": null,
        "last_used_user_agent": null,
        "revoked_at": null,
        "revoked_by": null,
        "revoke_reason": null,
        "revoke_note": null,
    });
    assert_eq!(value, expected);
}

#[test]
fn debug_never_shows_a_secret() {
    let secret = "dxp_0123456789ABCDEFGHIJKLMNOPQRST0YXoKS".to_owned();
    let shown = [
        format!("{:?}", CreatedToken { token: secret.clone(), personal_access_token: token() }),
        format!("{:?}", SignIn { email: "ada@example.test".to_owned(), password: secret.clone() }),
        format!("{:#?}", SetPassword { link: secret.clone(), password: secret.clone() }),
    ];
    for text in shown {
        assert!(!text.contains(&secret), "{text}");
    }
}
