//! A preview of settings equals what saving them does: SQL counts exactly the tokens for which `pat-core` decides otherwise.

use std::collections::{BTreeMap, BTreeSet};

use diesel::sql_types::{Array, Nullable, Text, Timestamptz};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use jiff::{SignedDuration, Timestamp};
use pat_core::grant;
use pat_core::policy::Policy;
use pat_core::scope::{GrantedScopes, ScopeSet};
use pat_core::settings::{AccountSettings, TokenFacts};
use pat_core::token::TokenKind;
use pat_core::wire::{BlockedScopes, DaysSetting, FeatureSetting, NoExpiration, Rule, Settings, SettingsPreview, Strength};
use proptest::prelude::*;
use proptest::sample::{Selector, select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;

use crate::settings::{PATH, set, until_over};
use crate::support::{Answer, Browser, Server, json};

const TOKENS: usize = 300;
const CASES: usize = 100;
const REVOKING_CASES: usize = 20;

/// Days that tokens' instants lie apart, and that settings name: so that they often meet to the second.
const DAYS: [u32; 4] = [1, 7, 30, 90];

/// A token as both sides read it.
#[derive(Clone, Debug, diesel::QueryableByName)]
struct Token {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Nullable<Text>)]
    owner: Option<String>,
    #[diesel(sql_type = Array<Text>)]
    roles: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    scopes: Vec<String>,
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    created_at: Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
    expires_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
    last_used_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
    revoked_at: Option<Timestamp>,
}

impl Token {
    fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at)
    }

    fn refused_by(&self, settings: &AccountSettings, now: Timestamp) -> Option<Rule> {
        let facts = TokenFacts { created_at: self.created_at, expires_at: self.expires_at, last_used_at: self.last_used_at };
        settings.ruling(&facts).refuses(now)
    }

    fn usable(&self, policy: &Policy, settings: &AccountSettings) -> ScopeSet {
        let kind = if self.owner.is_some() { TokenKind::Personal } else { TokenKind::Organization };
        let granted = GrantedScopes::from_stored(policy, &self.scopes).known;
        granted.intersection(grant::usable(policy, kind, &self.roles, settings))
    }
}

/// Settings with one of the rules of `settings` only.
fn alone(settings: &AccountSettings, rule: Rule, policy: &Policy) -> AccountSettings {
    let mut alone = AccountSettings::new(features(policy));
    match rule {
        Rule::MaxLifetime => {
            alone.expiration.max_lifetime_days = settings.expiration.max_lifetime_days;
            alone.max_lifetime_strength = settings.max_lifetime_strength;
        }
        Rule::NoExpiration => {
            alone.expiration.never_allowed = settings.expiration.never_allowed;
            alone.no_expiration_strength = settings.no_expiration_strength;
        }
        Rule::Unused => alone.unused = settings.unused,
        Rule::BlockedScopes => {
            alone.blocked_scopes.clone_from(&settings.blocked_scopes);
            alone.blocked_scopes_strength = settings.blocked_scopes_strength;
        }
        Rule::Features => {
            alone.features.clone_from(&settings.features);
            alone.features_strength = settings.features_strength;
        }
    }
    alone
}

fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap()
}

fn strength(settings: &AccountSettings, rule: Rule) -> Strength {
    match rule {
        Rule::MaxLifetime => settings.max_lifetime_strength,
        Rule::NoExpiration => settings.no_expiration_strength,
        Rule::Unused => settings.unused.strength,
        Rule::BlockedScopes => settings.blocked_scopes_strength,
        Rule::Features => settings.features_strength,
    }
}

const RULES: [Rule; 5] = [Rule::MaxLifetime, Rule::NoExpiration, Rule::Unused, Rule::BlockedScopes, Rule::Features];

/// The tokens that each setting touches, by `pat-core`'s decisions on one token after the other.
fn touched<'a>(
    tokens: &'a [Token],
    before: &AccountSettings,
    after: &AccountSettings,
    policy: &Policy,
    now: Timestamp,
) -> BTreeMap<Rule, Vec<&'a Token>> {
    let mut touched = BTreeMap::new();
    for rule in RULES {
        let only = alone(after, rule, policy);
        let revokes = strength(after, rule) == Strength::Revoke;
        let breaks = |token: &&Token| {
            let works = token.refused_by(before, now).is_none();
            let lost = token.usable(policy, &AccountSettings::new(features(policy))).difference(token.usable(policy, &only));
            match rule {
                Rule::BlockedScopes | Rule::Features if revokes => !lost.is_empty(),
                Rule::BlockedScopes | Rule::Features => works && !lost.intersection(token.usable(policy, before)).is_empty(),
                _ => token.refused_by(&only, now).is_some() && (revokes || works),
            }
        };
        let hits: Vec<_> = tokens.iter().filter(|token| token.is_live(now)).filter(breaks).collect();
        if !hits.is_empty() {
            touched.insert(rule, hits);
        }
    }
    touched
}

fn features(policy: &Policy) -> Vec<String> {
    policy.features().iter().map(|feature| feature.name.clone()).collect()
}

/// Tokens that stop working, or lose a scope.
fn decided_otherwise(
    tokens: &[Token],
    before: &AccountSettings,
    after: &AccountSettings,
    policy: &Policy,
    now: Timestamp,
) -> BTreeSet<String> {
    let loses = |token: &&Token| {
        let shrinks = !token.usable(policy, before).is_subset(token.usable(policy, after));
        token.is_live(now) && token.refused_by(before, now).is_none() && (token.refused_by(after, now).is_some() || shrinks)
    };
    tokens.iter().filter(loses).map(|token| token.id.clone()).collect()
}

fn settings() -> impl Strategy<Value = Settings> {
    let policy = Policy::parse(pat_core::policy::DX_POLICY).unwrap();
    let scopes: Vec<_> = policy.scopes().iter().map(|scope| scope.name.clone()).collect();
    let days = || prop_oneof![Just(None), select(&DAYS[..]).prop_map(Some)];
    let strength = || select(&Strength::ALL[..]);
    (
        (subsequence(features(&policy), 0..=3), strength()),
        (subsequence(scopes, 0..=3), strength()),
        (days(), strength()),
        (any::<bool>(), strength()),
        (days(), strength()),
    )
        .prop_map(|(features, blocked, lifetime, never, unused)| Settings {
            features: FeatureSetting { enabled: features.0, strength: features.1 },
            blocked_scopes: BlockedScopes { scopes: blocked.0, strength: blocked.1 },
            max_lifetime: DaysSetting { days: lifetime.0, strength: lifetime.1 },
            no_expiration: NoExpiration { allowed: never.0, strength: never.1 },
            unused: DaysSetting { days: unused.0, strength: unused.1 },
            token_cap: 50,
            creation_stopped: None,
        })
}

/// Seconds away from a whole number of days: none, or one either way.
fn about(days: u32, off: i64) -> String {
    format!("interval '{days} days' + interval '{off} seconds'")
}

/// A random token as SQL, held by one of these people or by the account, with scopes that their roles allow (P3 keeps it so).
fn insert(number: usize, holders: &[(Option<&'static str>, Vec<String>)], runner: &mut TestRunner) -> String {
    let age = || (select(&[1, 7, 30, 90, 120][..]), -1..=1i64);
    let maybe_age = || prop_oneof![Just(None), age().prop_map(Some)];
    let token = (select(holders.to_vec()), any::<Selector>(), 1..=3usize, age(), maybe_age(), maybe_age(), 0..10u8);
    let ((email, allowed), selector, scopes, (days, off), lifetime, used, dead) = token.new_tree(runner).unwrap().current();
    let scopes: BTreeSet<_> = (0..scopes).map(|_| selector.select(&allowed).clone()).collect();
    let scopes = scopes.into_iter().collect::<Vec<_>>().join(",");
    let kind = if email.is_some() { "personal" } else { "organization" };
    let owner = email.map_or("NULL".to_owned(), |email| format!("(SELECT id FROM users WHERE email = '{email}')"));
    let created = format!("pat_now() - ({})", about(days, off));
    // Nobody's token ends before it begins.
    let expires = lifetime.map_or("NULL".to_owned(), |(days, off)| format!("{created} + {}", about(days, off)));
    let used = used.map_or("NULL".to_owned(), |(days, off)| format!("greatest({created}, pat_now() - ({}))", about(days, off)));
    let revoked = if dead == 0 { "pat_now()" } else { "NULL" };
    format!(
        "INSERT INTO tokens (id, account_id, kind, owner_id, digest, hint, name, name_key, scopes, created_via, created_at, expires_at, revoked_at)
         SELECT gen_random_uuid(), account_id, '{kind}', {owner}, sha256('{number}'), 'abcd', 'token {number}', 'token {number}',
                '{{{scopes}}}', 'page', {created}, {expires}, {revoked} FROM users WHERE email = 'admin@demo.test';
         UPDATE token_usage SET last_used_at = {used} FROM tokens WHERE id = token_id AND name = 'token {number}';"
    )
}

/// Tokens of both kinds, some of them dead.
async fn fill(server: &Server, runner: &mut TestRunner) {
    let policy = &server.app.policy;
    let allowed = |roles: &[&str]| policy.scope_names(grant::scopes_of_roles(policy, roles));
    let holders = [
        (None, allowed(&["workspace_admin"])),
        (Some("admin@demo.test"), allowed(&["workspace_admin"])),
        (Some("member@demo.test"), allowed(&["contributor"])),
        (Some("database@demo.test"), allowed(&["contributor", "database_admin"])),
    ];
    let statements: String = (0..TOKENS).map(|number| insert(number, &holders, runner)).collect();
    server.database.connect().await.batch_execute(&statements).await.unwrap();
}

/// The account's tokens, newest first.
async fn tokens(server: &Server) -> Vec<Token> {
    let sql = "SELECT t.id::text AS id, o.email AS owner, ARRAY(SELECT role FROM user_roles r WHERE r.user_id = o.id) AS roles,
                      t.scopes, t.created_at, t.expires_at, l.last_used_at, t.revoked_at
                 FROM tokens t LEFT JOIN users o ON o.id = t.owner_id LEFT JOIN token_usage l ON l.token_id = t.id
                ORDER BY t.created_at DESC, t.id DESC";
    diesel::sql_query(sql).load(&mut server.database.connect().await).await.unwrap()
}

async fn put(admin: &Browser, settings: &Settings) -> Answer {
    let version = admin.get(PATH).await.body["version"].clone();
    let saved = Answer::of(admin.request(Method::PUT, PATH).header("if-match", format!("\"{version}\"")).json(settings)).await;
    assert_eq!(saved.status, 200, "{saved:?}");
    saved
}

async fn in_force(server: &Server) -> AccountSettings {
    let account = server.text("SELECT account_id::text AS text FROM users WHERE email = 'admin@demo.test'").await;
    let mut conn = server.app.store.conn().await.unwrap();
    pat_server::store::settings::find(&mut conn, account.parse().unwrap()).await.unwrap()
}

/// A server with random tokens, whose clock stands still, and its admin.
async fn stage(runner: &mut TestRunner) -> (Server, Browser, Timestamp) {
    let server = Server::start().await;
    let admin = server.sign_in("admin@demo.test").await;
    let now = Timestamp::now() + SignedDuration::from_secs(1);
    let now = Timestamp::from_second(now.as_second()).unwrap();
    server.stop_clock(&now.to_string()).await;
    fill(&server, runner).await;
    (server, admin, now)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_exactly_the_tokens_that_are_decided_otherwise() {
    let mut runner = TestRunner::new(Config::default());
    let (server, admin, now) = stage(&mut runner).await;
    let all = tokens(&server).await;
    let policy = &server.app.policy;
    let mut seen = BTreeSet::new();
    for _ in 0..CASES {
        // Nothing is saved that revokes, so that the tokens stay.
        let mut old = settings().new_tree(&mut runner).unwrap().current();
        for strength in [
            &mut old.features.strength,
            &mut old.blocked_scopes.strength,
            &mut old.max_lifetime.strength,
            &mut old.no_expiration.strength,
            &mut old.unused.strength,
        ] {
            *strength = (*strength).min(Strength::RefuseUse);
        }
        put(&admin, &old).await;
        let proposed = settings().new_tree(&mut runner).unwrap().current();
        let before = in_force(&server).await;
        let after = AccountSettings::parse(&proposed, &before, policy, now).unwrap();
        let expected = touched(&all, &before, &after, policy, now);

        let answer = admin.post("/api/admin/settings/preview", json!(proposed)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let preview: SettingsPreview = serde_json::from_value(answer.body).unwrap();
        let rules: Vec<_> = preview.effects.iter().map(|effect| effect.rule).collect();
        assert_eq!(rules, expected.keys().copied().collect::<Vec<_>>(), "{before:?} {proposed:?}");
        for effect in &preview.effects {
            let tokens = &expected[&effect.rule];
            let context = format!("{:?} {before:?} {proposed:?}", effect.rule);
            let owners: BTreeSet<_> = tokens.iter().filter_map(|token| token.owner.as_ref()).collect();
            assert_eq!((effect.tokens.count, effect.tokens.owners), (count(tokens.len()), count(owners.len())), "{context}");
            let sample: Vec<_> = effect.tokens.sample.iter().map(|token| token.token.id.to_string()).collect();
            assert_eq!(sample, tokens.iter().take(10).map(|token| token.id.clone()).collect::<Vec<_>>(), "{context}");
            assert_eq!(effect.strength == Strength::Revoke, strength(&after, effect.rule) == Strength::Revoke);
            seen.insert((effect.rule, effect.strength));
        }
        let changed = decided_otherwise(&all, &before, &after, policy, now);
        let revoked = |rule: &Rule| strength(&after, *rule) == Strength::Revoke;
        let listed: BTreeSet<_> = expected
            .iter()
            .filter(|(rule, _)| !revoked(rule))
            .flat_map(|(_, tokens)| tokens.iter().map(|token| token.id.clone()))
            .collect();
        assert!(listed.is_subset(&changed), "what is only refused worked before: {before:?} {proposed:?}");
        let all_listed: BTreeSet<_> = expected.values().flatten().map(|token| token.id.clone()).collect();
        assert!(changed.is_subset(&all_listed), "nothing is left out: {before:?} {proposed:?}");
    }
    assert_eq!(seen.len(), 10, "every setting, refusing and revoking, touched some token: {seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_revokes_exactly_the_tokens_that_the_preview_said() {
    let mut runner = TestRunner::new(Config::default());
    let (server, admin, now) = stage(&mut runner).await;
    let policy = &server.app.policy;
    let revoked = "SELECT id::text AS text FROM tokens WHERE revoke_reason = 'policy' ORDER BY created_at DESC, id DESC";
    let mut revocations = 0;
    for _ in 0..REVOKING_CASES {
        let all = tokens(&server).await;
        let before = in_force(&server).await;
        let proposed = settings().new_tree(&mut runner).unwrap().current();
        let after = AccountSettings::parse(&proposed, &before, policy, now).unwrap();
        let touched = touched(&all, &before, &after, policy, now);
        let gone = touched.iter().filter(|(rule, _)| strength(&after, **rule) == Strength::Revoke).flat_map(|(_, tokens)| tokens);
        let gone: BTreeSet<_> = gone.map(|token| token.id.clone()).collect();
        let saved = put(&admin, &proposed).await;
        if gone.is_empty() {
            assert_eq!(saved.body["change"], json!(null));
        } else {
            let change = until_over(&admin, &saved.body["change"]).await;
            assert_eq!((&change["matched"], &change["done"]), (&json!(gone.len()), &json!(gone.len())), "{before:?} {proposed:?}");
            revocations += 1;
        }
        assert_eq!(server.texts(revoked).await.into_iter().collect::<BTreeSet<_>>(), gone, "{before:?} {proposed:?}");
        server.sql("UPDATE tokens SET revoked_at = NULL, revoked_by = NULL, revoke_reason = NULL WHERE revoke_reason = 'policy'").await;
    }
    assert!(revocations > 0, "some case revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_has_no_preview_and_members_have_none_either() {
    let server = Server::start().await;
    let (member, admin) = (server.sign_in("member@demo.test").await, server.sign_in("admin@demo.test").await);
    let mut settings = admin.get(PATH).await.body["settings"].clone();
    let path = "/api/admin/settings/preview";
    assert_eq!(member.post(path, settings.clone()).await.verdict(), (403, "forbidden"));
    assert_eq!(admin.post(path, settings.clone()).await.body, json!({ "effects": [] }), "no change, no effect");
    settings["unused"]["days"] = json!(0);
    assert_eq!(admin.post(path, settings).await.refused_fields(), ["unused.days: invalid"]);
    set(&admin, "token_cap", json!(3)).await;
    assert_eq!(
        server.count("audit_log WHERE event_type = 'account_settings.updated' AND outcome = 'succeeded'").await,
        1,
        "previews are plain reads"
    );
}
