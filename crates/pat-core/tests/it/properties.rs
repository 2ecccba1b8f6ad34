//! What holds for every input.

use std::collections::BTreeSet;

use pat_core::expiry::ExpirationLimits;
use pat_core::grant::{Grantor, MintRefusal, grantable, scopes_of_roles};
use pat_core::name::TokenName;
use pat_core::people::{ReasonCode, RevokeReason};
use pat_core::policy::{DX_POLICY, Found, Policy};
use pat_core::roles::{strike, struck_scopes};
use pat_core::scope::{GrantedScopes, ScopeSet};
use pat_core::secret::TokenSecret;
use pat_core::settings::AccountSettings;
use pat_core::token::TokenKind;
use pat_core::wire::{CreateToken, RequestedExpiration};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::fixtures::{UNLIMITED, account, at, dx, zones};

fn role_names() -> Vec<String> {
    let known = dx().roles().iter().map(|role| role.name.clone()).collect::<Vec<_>>();
    known.into_iter().chain(["a_role_of_old".to_owned()]).collect()
}

fn scope_names() -> Vec<String> {
    dx().scopes().iter().map(|scope| scope.name.clone()).collect()
}

fn some_of(all: Vec<String>) -> impl Strategy<Value = Vec<String>> {
    let most = all.len();
    subsequence(all, 0..=most)
}

fn limits() -> impl Strategy<Value = AccountSettings> {
    (some_of(account().features), subsequence(scope_names(), 0..=4)).prop_map(|(features, blocked_scopes)| AccountSettings {
        features,
        blocked_scopes,
        ..account()
    })
}

/// As much randomness as is asked for, the same for the same seed.
fn generator(seed: [u8; 32]) -> impl FnMut(&mut [u8]) {
    let mut output = blake3::Hasher::new().update(&seed).finalize_xof();
    move |bytes| output.fill(bytes)
}

fn names_of(policy: &Policy, scopes: ScopeSet) -> BTreeSet<String> {
    policy.scope_names(scopes).into_iter().collect()
}

proptest! {
    #[test]
    fn p1_p2_a_minted_token_has_what_was_asked_and_nothing_beyond_grantable(
        roles in some_of(role_names()), limits in limits(), asked in subsequence(scope_names(), 1..=18),
    ) {
        let policy = dx();
        let grantor = Grantor::user(&policy, &roles, &limits, &[]);
        let grantable = grantable(&policy, &roles, &limits);
        let request =
            CreateToken { name: "CI".to_owned(), expiration: Some(RequestedExpiration::Never {}), scopes: asked.clone() };
        let allowed = names_of(&policy, grantable);
        let asked: BTreeSet<_> = asked.into_iter().collect();
        let refused: BTreeSet<_> = asked.difference(&allowed).cloned().collect();
        match grantor.mint(&request, at("2026-06-15T12:00:00Z"), &zones()) {
            Ok(minted) => {
                prop_assert!(minted.scopes.is_subset(grantable));
                prop_assert_eq!(names_of(&policy, minted.scopes), asked);
                prop_assert!(refused.is_empty());
            }
            Err(MintRefusal::Invalid(errors)) => {
                let named: BTreeSet<_> = errors.into_iter().filter_map(|error| error.scope).collect();
                prop_assert_eq!(named, refused);
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn p1_grantable_is_what_some_role_adds_and_the_account_supports(roles in some_of(role_names()), limits in limits()) {
        let policy = dx();
        let scopes = grantable(&policy, &roles, &limits);
        for scope in policy.scopes() {
            let id = policy.scope_id(&scope.name).unwrap();
            let is_added = policy.everyone().contains(id)
                || policy.roles().iter().any(|role| roles.contains(&role.name) && role.adds.contains(id));
            let is_supported = scope.feature.as_ref().is_none_or(|feature| limits.features.contains(feature))
                && !limits.blocked_scopes.contains(&scope.name);
            prop_assert_eq!(scopes.contains(id), is_added && is_supported, "{}", scope.name);
        }
    }

    #[test]
    fn effective_scopes_are_granted_and_grantable(
        granted in some_of(scope_names()), roles in some_of(role_names()), limits in limits(),
    ) {
        let policy = dx();
        let granted = GrantedScopes::from_stored(&policy, granted);
        let grantable = grantable(&policy, &roles, &limits);
        let effective = granted.known.intersection(grantable);
        prop_assert!(effective.is_subset(granted.known) && effective.is_subset(grantable));
        // Masks come off again: nothing is lost by them.
        let unmasked = granted.known.intersection(scopes_of_roles(&policy, &roles));
        prop_assert!(effective.is_subset(unmasked));
    }

    #[test]
    fn p3_role_changes_strike_exactly_what_is_lost_and_give_nothing_back(
        granted in some_of(scope_names()), steps in vec(some_of(role_names()), 1..8),
    ) {
        let policy = dx();
        let mut token = GrantedScopes::from_stored(&policy, granted.into_iter().chain(["gone:read".to_owned()]));
        for change in steps.windows(2) {
            let (before, after) = (&change[0], &change[1]);
            let adds = |roles: &[String], scope: &str| {
                let id = policy.scope_id(scope).unwrap();
                policy.roles().iter().any(|role| roles.contains(&role.name) && role.adds.contains(id))
            };
            let expected: BTreeSet<String> = names_of(&policy, token.known)
                .into_iter()
                .filter(|scope| adds(before, scope) && !adds(after, scope))
                .filter(|scope| !policy.everyone().contains(policy.scope_id(scope).unwrap()))
                .collect();
            match strike(&token, struck_scopes(&policy, before, after)) {
                Some((left, lost)) => {
                    prop_assert_eq!(names_of(&policy, lost), expected);
                    prop_assert!(left.known.is_subset(token.known));
                    prop_assert_eq!(left.known.union(lost), token.known);
                    prop_assert!(left.known.intersection(lost).is_empty());
                    prop_assert_eq!(&left.unknown, &token.unknown);
                    token = left;
                }
                None => prop_assert!(expected.is_empty()),
            }
        }
    }

    #[test]
    fn stored_scopes_come_back(names in some_of(scope_names())) {
        let policy = dx();
        let granted = GrantedScopes::from_stored(&policy, names.iter().rev());
        prop_assert_eq!(granted.names(&policy), names);
    }

    #[test]
    fn a_token_is_parsed_back_from_its_text(seed: [u8; 32], is_personal: bool) {
        let kind = if is_personal { TokenKind::Personal } else { TokenKind::Organization };
        let secret = TokenSecret::draw(kind, generator(seed));
        let parsed = TokenSecret::parse(secret.expose()).unwrap();
        prop_assert_eq!(parsed.expose(), secret.expose());
        prop_assert_eq!(parsed.kind(), kind);
        prop_assert_eq!(parsed.digest(), secret.digest());
        prop_assert!(secret.expose().ends_with(secret.hint()));
        let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        prop_assert!(secret.expose().len() == 40 && is_word(secret.expose()));
    }

    #[test]
    fn what_parses_as_a_token_prints_as_it_was(text in "dx[po]_[0-9A-Za-z]{36}|\\PC{0,60}") {
        if let Ok(secret) = TokenSecret::parse(&text) {
            prop_assert_eq!(secret.expose(), text);
        }
    }

    #[test]
    fn a_changed_token_is_refused(seed: [u8; 32], position in 0_usize..34, change in 1_u8..62) {
        const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let secret = TokenSecret::draw(TokenKind::Personal, generator(seed));
        let mut bytes = secret.expose().as_bytes().to_vec();
        let digit = ALPHABET.iter().position(|known| *known == bytes[position]).unwrap_or(0);
        bytes[position] = ALPHABET[(digit + usize::from(change)) % 62];
        let changed = String::from_utf8(bytes).unwrap();
        if changed != secret.expose() {
            prop_assert!(TokenSecret::parse(&changed).is_err());
        }
    }

    #[test]
    fn no_text_panics_a_parser(text: String) {
        let _ = TokenSecret::parse(&text);
        let _ = TokenName::parse(&text);
        let _ = RevokeReason::parse(Some(ReasonCode::Other), Some(&text));
        let policy = dx();
        for verb in ["GET", &text] {
            let _ = policy.find(verb, &text);
            let _ = policy.find(verb, &format!("/{text}"));
        }
        if let Err(error) = Policy::parse(&text) {
            prop_assert!(error.line >= 1 && error.line <= text.matches('\n').count() + 1);
        }
    }

    #[test]
    fn no_cut_or_patch_in_the_table_panics_its_parser(start in 0..DX_POLICY.len(), length in 0_usize..200, patch in "[\\[\\]{}\",=a:é\n]{0,3}") {
        let (head, tail) = (DX_POLICY.get(..start), DX_POLICY.get((start + length).min(DX_POLICY.len())..));
        if let (Some(head), Some(tail)) = (head, tail) {
            let text = format!("{head}{patch}{tail}");
            if let Err(error) = Policy::parse(&text) {
                prop_assert!(error.line <= text.matches('\n').count() + 1 && error.column >= 1);
            }
        }
    }

    #[test]
    fn a_name_is_trimmed_and_its_key_is_its_keys_key(text in "\\s{0,2}[\\PCΣςİßẞ\u{301}\u{345}]{1,40}\\s{0,2}") {
        if let Ok(name) = TokenName::parse(&text) {
            prop_assert_eq!(name.as_str().trim(), name.as_str());
            prop_assert_eq!(TokenName::parse(name.as_str()), Ok(name.clone()));
            let key = name.key();
            prop_assert_eq!(key.trim(), &key);
            prop_assert_eq!(TokenName::parse(&key).map(|name| name.key()), Ok(key));
        }
    }

    #[test]
    fn a_path_with_an_unsafe_segment_matches_nothing(
        safe in vec(select(vec!["a", "auth.info", "a%20b", "caf%C3%A9", "...", "{id}", "é", "~"]), 0..4),
        bad in select(vec!["", ".", "..", "%2e", "%2E.", ".%2e", "%2f", "a%2Fb", "%5C", "a\\b", "%00", "%0a", "a%252e", "%", "%c0%ae", "..;"]),
        position in 0_usize..4,
        verb in select(vec!["GET", "HEAD", "POST", "DELETE", "OPTIONS"]),
    ) {
        let policy = Policy::parse(WIDE_OPEN).unwrap();
        let path = |segments: &[&str]| format!("/{}", segments.join("/"));
        if !safe.is_empty() {
            prop_assert!(matches!(policy.find("GET", &path(&safe)), Found::Method(_)), "{}", path(&safe));
        }
        let mut segments = safe;
        segments.insert(position.min(segments.len()), bad);
        prop_assert!(matches!(policy.find(verb, &path(&segments)), Found::Nothing), "{}", path(&segments));
        prop_assert!(matches!(dx().find(verb, &path(&segments)), Found::Nothing), "{}", path(&segments));
    }

    #[test]
    fn no_token_is_born_dead_or_outlives_what_was_offered(
        zone in select(zones().available().map(|zone| zone.to_string()).collect::<Vec<_>>()),
        now in 0_i64..4_000_000_000, // 1970 to 2096
        days_ahead in -2_i64..120,
        max_lifetime_days in proptest::option::of(0_u32..100),
    ) {
        let now = jiff::Timestamp::from_second(now).unwrap();
        let limits = ExpirationLimits { max_lifetime_days, ..UNLIMITED };
        let date = now.in_tz("UTC").unwrap().date() + jiff::Span::new().days(days_ahead);
        let wanted = RequestedExpiration::Date { date: date.to_string(), time_zone: zone };
        if let Ok(end) = limits.resolve(&wanted, now, &zones()) {
            let end = end.unwrap();
            prop_assert!(now < end && end <= limits.offer(now).latest, "{} to {}", now, end);
        }
    }
}

/// Matches everything that may be matched.
const WIDE_OPEN: &str = r#"
everyone = []
features = []
scopes = []
roles = [{ name = "workspace_admin", label = "", description = "", scopes = "all" }]
methods = [
  { name = "get", verb = "GET", paths = ["/{a}", "/{a}/{b}", "/{a}/{b}/{c}", "/{a}/{b}/{c}/{d}"], scopes = [] },
  { name = "post", verb = "POST", paths = ["/{a}", "/{a}/{b}", "/{a}/{b}/{c}", "/{a}/{b}/{c}/{d}"], scopes = [] },
]
"#;

/// Every character by itself, which the random names above would hardly reach.
#[test]
fn every_character_keys_to_a_fixed_point() {
    for c in '\0'..=char::MAX {
        if let Ok(name) = TokenName::parse(&format!("a{c}b")) {
            let key = name.key();
            assert_eq!(TokenName::parse(&key).map(|name| name.key()), Ok(key), "{c:?}");
        }
    }
}
