//! An account's settings: what they allow, what they refuse and from when, and which changes loosen.

use jiff::{SignedDuration, Timestamp};
use pat_core::settings::{AccountSettings, BrokenRule, Effect, TokenFacts, UnusedLimit};
use pat_core::token::TokenKind;
use pat_core::wire::{FieldCode, Rule, Settings, Strength};

use crate::fixtures::{account, at, dx, set, strings};

const CREATED: &str = "2026-06-15T12:00:00Z";
const DAY: SignedDuration = SignedDuration::from_hours(24);
const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn token(expires_at: Option<Timestamp>, last_used_at: Option<Timestamp>) -> TokenFacts {
    TokenFacts { created_at: at(CREATED), expires_at, last_used_at }
}

/// An account that limits lifetimes to thirty days.
fn short_lived(strength: Strength) -> AccountSettings {
    let mut settings = AccountSettings { max_lifetime_strength: strength, ..account() };
    settings.expiration.max_lifetime_days = Some(30);
    settings
}

/// An account that wants ends.
fn ending(strength: Strength) -> AccountSettings {
    let mut settings = AccountSettings { no_expiration_strength: strength, ..account() };
    settings.expiration.never_allowed = false;
    settings
}

/// An account that refuses tokens after seven days without use.
fn wakeful(strength: Strength) -> AccountSettings {
    AccountSettings { unused: UnusedLimit { days: Some(7), strength, from: None }, ..account() }
}

#[test]
fn a_maximum_lifetime_counts_from_creation_to_end_to_the_second() {
    let limit = at(CREATED) + 30 * DAY;
    for (end, rule) in [
        (Some(limit - SECOND), None),
        (Some(limit), None),
        (Some(limit + SECOND), Some(Rule::MaxLifetime)),
        (None, Some(Rule::MaxLifetime)),
    ] {
        for strength in [Strength::RefuseUse, Strength::Revoke] {
            assert_eq!(short_lived(strength).ruling(&token(end, None)).refuses(at(CREATED)), rule, "{end:?} {strength:?}");
        }
        assert_eq!(short_lived(Strength::NewTokens).ruling(&token(end, None)).refuses(at(CREATED)), None);
    }
}

#[test]
fn a_token_without_an_end_is_refused_where_ends_are_wanted() {
    let far = Some(at("2126-01-01T00:00:00Z"));
    for (strength, rule) in
        [(Strength::NewTokens, None), (Strength::RefuseUse, Some(Rule::NoExpiration)), (Strength::Revoke, Some(Rule::NoExpiration))]
    {
        assert_eq!(ending(strength).ruling(&token(None, None)).refuses(at(CREATED)), rule);
        assert_eq!(ending(strength).ruling(&token(far, None)).refuses(at(CREATED)), None);
    }
}

#[test]
fn an_unused_token_is_refused_from_the_second_on() {
    let used = at(CREATED) + 3 * DAY;
    for (last_used_at, counted_from) in [(None, at(CREATED)), (Some(used), used)] {
        let ruling = wakeful(Strength::RefuseUse).ruling(&token(None, last_used_at));
        let limit = counted_from + 7 * DAY;
        assert_eq!(ruling.stale_at, Some(limit));
        for (now, rule) in [(limit - SECOND, None), (limit, Some(Rule::Unused)), (limit + SECOND, Some(Rule::Unused))] {
            assert_eq!(ruling.refuses(now), rule, "{now}");
        }
    }
}

#[test]
fn for_new_tokens_only_the_limit_on_unused_ones_spares_older_tokens() {
    let mut settings = wakeful(Strength::NewTokens);
    for (from, is_bound) in [(at(CREATED) - SECOND, true), (at(CREATED), true), (at(CREATED) + SECOND, false)] {
        settings.unused.from = Some(from);
        assert_eq!(settings.ruling(&token(None, None)).stale_at.is_some(), is_bound, "{from}");
    }
}

#[test]
fn a_mask_reaches_tokens_that_exist_only_if_its_strength_says_so() {
    let policy = dx();
    let catalog = set(&policy, &["catalog:read", "catalog:write:entities"]);
    for strength in Strength::ALL {
        let blocked = AccountSettings {
            blocked_scopes: strings(&["catalog:read", "catalog:write:entities"]),
            blocked_scopes_strength: strength,
            ..account()
        };
        assert!(blocked.supported(&policy, TokenKind::Personal).intersection(catalog).is_empty(), "not for new ones");
        assert!(catalog.is_subset(blocked.supported(&policy, TokenKind::Organization)), "personal tokens alone");
        assert_eq!(catalog.is_subset(blocked.usable(&policy, TokenKind::Personal)), strength == Strength::NewTokens);
        assert!(catalog.is_subset(blocked.usable(&policy, TokenKind::Organization)));
        let off = AccountSettings { features: strings(&["datacloud"]), features_strength: strength, ..account() };
        for kind in [TokenKind::Personal, TokenKind::Organization] {
            assert!(off.supported(&policy, kind).intersection(catalog).is_empty());
            assert_eq!(catalog.is_subset(off.usable(&policy, kind)), strength == Strength::NewTokens);
        }
    }
}

#[test]
fn what_loosens_wants_a_fresh_sign_in() {
    let strict = AccountSettings {
        features: strings(&["fabric"]),
        blocked_scopes: strings(&["users:read"]),
        creation_stopped: Some("Audit week".to_owned()),
        unused: UnusedLimit { days: Some(7), strength: Strength::Revoke, from: None },
        features_strength: Strength::Revoke,
        blocked_scopes_strength: Strength::Revoke,
        max_lifetime_strength: Strength::Revoke,
        no_expiration_strength: Strength::Revoke,
        ..short_lived(Strength::Revoke)
    };
    let strict = AccountSettings { expiration: pat_core::expiry::ExpirationLimits { never_allowed: false, ..strict.expiration }, ..strict };
    let change = |change: &dyn Fn(&mut AccountSettings)| {
        let mut settings = strict.clone();
        change(&mut settings);
        settings
    };
    let loosened = [
        change(&|s| s.features.push("datacloud".to_owned())),
        change(&|s| s.features = strings(&["datacloud"])),
        change(&|s| s.features_strength = Strength::RefuseUse),
        change(&|s| s.blocked_scopes.clear()),
        change(&|s| s.blocked_scopes_strength = Strength::NewTokens),
        change(&|s| s.expiration.max_lifetime_days = Some(31)),
        change(&|s| s.expiration.max_lifetime_days = None),
        change(&|s| s.max_lifetime_strength = Strength::RefuseUse),
        change(&|s| s.expiration.never_allowed = true),
        change(&|s| s.no_expiration_strength = Strength::RefuseUse),
        change(&|s| s.unused.days = Some(8)),
        change(&|s| s.unused.days = None),
        change(&|s| s.unused.strength = Strength::NewTokens),
        change(&|s| s.token_cap += 1),
        change(&|s| s.creation_stopped = None),
    ];
    for after in &loosened {
        assert!(after.loosens(&strict), "{after:?}");
        assert!(!strict.loosens(after) || after.features == ["datacloud"], "the way back tightens: {after:?}");
    }
    let untouched = change(&|s| s.creation_stopped = Some("Still".to_owned()));
    assert!(!untouched.loosens(&strict) && !strict.loosens(&strict));
    // The strength of a limit that there isn't is nothing to lose.
    let idle = AccountSettings { unused: UnusedLimit { strength: Strength::NewTokens, ..account().unused }, ..account() };
    assert!(!idle.loosens(&account()));
}

#[test]
fn a_form_comes_back_as_it_was_saved() {
    let policy = dx();
    let now = at(CREATED);
    for settings in [account(), wakeful(Strength::Revoke), short_lived(Strength::NewTokens), ending(Strength::RefuseUse)] {
        assert_eq!(AccountSettings::parse(&settings.form(), &settings, &policy, now), Ok(settings));
    }
    // What the policy no longer knows may stay, and goes last; it may not come.
    let old = AccountSettings { features: strings(&["of_old", "fabric"]), blocked_scopes: strings(&["gone:read"]), ..account() };
    let parsed = AccountSettings::parse(&old.form(), &old, &policy, now).unwrap();
    assert_eq!((parsed.features, parsed.blocked_scopes), (strings(&["fabric", "of_old"]), strings(&["gone:read"])));
    let errors = AccountSettings::parse(&old.form(), &account(), &policy, now).unwrap_err();
    let brief: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code)).collect();
    assert_eq!(brief, [("features.enabled[0]", FieldCode::Invalid), ("blocked_scopes.scopes[0]", FieldCode::UnknownScope)]);
}

#[test]
fn a_limit_for_new_tokens_binds_from_when_it_became_one() {
    let policy = dx();
    let save = |before: &AccountSettings, days: Option<u32>, strength: Strength, now: &str| {
        let mut form: Settings = before.form();
        (form.unused.days, form.unused.strength) = (days, strength);
        AccountSettings::parse(&form, before, &policy, at(now)).unwrap()
    };
    let (first, later) = ("2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z");
    let began = save(&account(), Some(30), Strength::NewTokens, first);
    assert_eq!(began.unused.from, Some(at(first)));
    assert_eq!(save(&began, Some(7), Strength::NewTokens, later).unused.from, Some(at(first)), "another number of days");
    assert_eq!(save(&began, Some(30), Strength::RefuseUse, later).unused.from, None, "all tokens");
    assert_eq!(save(&began, None, Strength::NewTokens, later).unused.from, None, "no limit");
    assert_eq!(save(&wakeful(Strength::Revoke), Some(7), Strength::NewTokens, later).unused.from, Some(at(later)));
}

#[test]
fn effects_name_what_is_newly_refused_and_all_that_is_revoked() {
    let policy = dx();
    let now = at("2026-07-01T00:00:00Z");
    let longer = BrokenRule::LivesLonger { days: 30 };
    let refuse = Effect { rule: Rule::MaxLifetime, strength: Strength::RefuseUse, breaks: longer.clone(), unless: Vec::new() };
    assert_eq!(short_lived(Strength::RefuseUse).effects(&account(), &policy, now), [refuse]);
    assert_eq!(short_lived(Strength::NewTokens).effects(&account(), &policy, now), []);
    assert_eq!(short_lived(Strength::RefuseUse).effects(&short_lived(Strength::Revoke), &policy, now), [], "refused already");
    let revoke = Effect { rule: Rule::MaxLifetime, strength: Strength::Revoke, breaks: longer.clone(), unless: Vec::new() };
    assert_eq!(short_lived(Strength::Revoke).effects(&short_lived(Strength::RefuseUse), &policy, now), [revoke]);
    assert_eq!(short_lived(Strength::Revoke).revocations(&policy, now), [longer]);
    assert_eq!(short_lived(Strength::RefuseUse).revocations(&policy, now), []);

    let stale = BrokenRule::NotUsedSince { at: at("2026-06-24T00:00:00Z"), from: None };
    let both = AccountSettings { unused: wakeful(Strength::RefuseUse).unused, ..ending(Strength::RefuseUse) };
    let expected =
        Effect { rule: Rule::NoExpiration, strength: Strength::RefuseUse, breaks: BrokenRule::NeverEnds {}, unless: vec![stale] };
    assert_eq!(both.effects(&wakeful(Strength::RefuseUse), &policy, now), [expected]);

    // A scope that a block masked before is no news for personal tokens if its feature goes as well, but for the others.
    let before = AccountSettings { blocked_scopes: strings(&["datacloud:query"]), ..account() };
    let after = AccountSettings { features: strings(&["fabric", "platformx"]), ..before.clone() };
    let reports = strings(&["studio:reports:read", "studio:reports:write"]);
    let all = strings(&["datacloud:query", "studio:reports:read", "studio:reports:write"]);
    let breaks = BrokenRule::Holds { personal: reports, organization: all };
    assert_eq!(
        after.effects(&before, &policy, now),
        [Effect { rule: Rule::Features, strength: Strength::RefuseUse, breaks, unless: Vec::new() }]
    );
}
