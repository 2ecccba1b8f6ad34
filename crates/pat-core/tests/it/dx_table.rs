//! The default table: held against what DX's public pages say, and shown whole as snapshots for review.

use std::collections::BTreeSet;
use std::fmt::Write;

use pat_core::grant::{grantable, scopes_of_roles};
use pat_core::policy::{Found, Policy};
use pat_core::scope::ScopeSet;
use pat_core::settings::AccountSettings;
use pat_core::token::TokenKind;

use crate::fixtures::{account, dx, set, strings};

/// The scopes that DX's pages document.
const SCOPES: [&str; 18] = [
    "snapshots:read",
    "snapshots:admin",
    "catalog:read",
    "catalog:write:entities",
    "scorecards:read",
    "scorecards:write",
    "workflows:read",
    "workflowRuns:trigger",
    "workflowRuns:writeEvents",
    "users:read",
    "users:write",
    "user_groups:read",
    "user_groups:write",
    "platformx:manage",
    "datacloud:query",
    "studio:reports:read",
    "studio:reports:write",
    "auditLogs:read",
];

/// What this server adds to them.
const OURS: [&str; 1] = ["tokens:introspect"];

fn all_scopes() -> Vec<&'static str> {
    [&SCOPES[..], &OURS[..]].concat()
}

/// The documented methods: verb, scopes, names. Documented that `snapshots:admin` methods need `snapshots:read` as well.
const METHODS: [(&str, &[&str], &[&str]); 18] = [
    ("GET", &[], &["auth.whoami"]),
    ("GET", &["auditLogs:read"], &["auditLogs.list"]),
    (
        "GET",
        &["catalog:read"],
        &[
            "catalog.entities.list",
            "catalog.entities.info",
            "catalog.entities.scorecards",
            "catalog.entities.tasks",
            "catalog.entityTypes.list",
            "catalog.entityTypes.info",
            "catalog.relations.list",
            "catalog.relations.info",
            "catalog.relationEdges.list",
        ],
    ),
    (
        "POST",
        &["catalog:write:entities"],
        &[
            "catalog.entities.create",
            "catalog.entities.update",
            "catalog.entities.upsert",
            "catalog.entityTypes.create",
            "catalog.entityTypes.delete",
            "catalog.relations.create",
            "catalog.relations.delete",
            "catalog.relationEdges.add",
            "catalog.relationEdges.bulkUpsert",
        ],
    ),
    ("GET", &["scorecards:read"], &["scorecards.list", "scorecards.info", "initiatives.progressReport"]),
    ("POST", &["scorecards:write"], &["scorecards.create", "scorecards.delete"]),
    (
        "GET",
        &["snapshots:read"],
        &[
            "snapshots.list",
            "snapshots.info",
            "snapshots.driverComments.list",
            "snapshots.csatComments.list",
            "snapshots.driverScores",
            "snapshots.sentimentScores",
            "snapshots.sentimentScores.breakdown",
            "snapshots.snapshotTeams.list",
            "teams.list",
            "teams.info",
            "teams.findByMembers",
            "teams.auditTrail",
            "users.findByGithubUsername",
        ],
    ),
    ("GET", &["snapshots:admin", "snapshots:read"], &["snapshots.getFile", "orgfiles.teamHierarchy.get"]),
    (
        "POST",
        &["snapshots:admin", "snapshots:read"],
        &[
            "snapshots.settings.drivers.create",
            "snapshots.settings.drivers.update",
            "snapshots.settings.driverSelection.set",
            "snapshots.settings.csatSelection.set",
            "orgfiles.teamHierarchy.preview",
            "orgfiles.teamHierarchy.process",
        ],
    ),
    ("GET", &["users:read"], &["users.list", "users.findByGitlabUsername", "users.links.list"]),
    ("POST", &["users:write"], &["users.update", "users.attributes.update", "users.links.create", "users.links.delete", "users.links.set"]),
    ("GET", &["user_groups:read"], &["userGroups.list", "userGroups.get"]),
    ("POST", &["user_groups:write"], &["userGroups.update"]),
    ("GET", &["workflows:read"], &["workflows.list", "workflowRuns.info"]),
    ("POST", &["workflowRuns:trigger"], &["workflowRuns.trigger"]),
    ("POST", &["workflowRuns:writeEvents"], &["workflowRuns.changeStatus", "workflowRuns.postMessage", "workflowRuns.addLink"]),
    ("GET", &["studio:reports:read"], &["studio.reports.list", "studio.reports.info"]),
    ("POST", &["studio:reports:write"], &["studio.reports.create", "studio.reports.update", "studio.reports.delete"]),
];

/// The same, where one scope serves both verbs.
const METHODS_OF_BOTH_VERBS: [(&str, &str, &str); 5] = [
    ("GET", "platformx:manage", "platformx.projects.list"),
    ("POST", "platformx:manage", "platformx.projects.create"),
    ("POST", "datacloud:query", "studio.queryRuns.execute"),
    ("GET", "datacloud:query", "studio.queryRuns.info"),
    ("GET", "datacloud:query", "studio.queryRuns.results"),
];

/// Called by DX's public clients, documented or not.
const LEGACY_PATHS: [(&str, &str, &str); 15] = [
    ("GET", "/entities.list", "catalog.entities.list"),
    ("GET", "/entities.info", "catalog.entities.info"),
    ("GET", "/entities.scorecards", "catalog.entities.scorecards"),
    ("GET", "/entities.tasks", "catalog.entities.tasks"),
    ("POST", "/entities.create", "catalog.entities.create"),
    ("POST", "/entities.update", "catalog.entities.update"),
    ("POST", "/entities.upsert", "catalog.entities.upsert"),
    ("POST", "/entities.delete", "catalog.entities.delete"),
    ("GET", "/entityTypes.list", "catalog.entityTypes.list"),
    ("GET", "/entityTypes.info", "catalog.entityTypes.info"),
    ("POST", "/entityTypes.create", "catalog.entityTypes.create"),
    ("POST", "/entityTypes.update", "catalog.entityTypes.update"),
    ("POST", "/entityTypes.delete", "catalog.entityTypes.delete"),
    ("GET", "/snapshots.snapshotTeams", "snapshots.snapshotTeams.list"),
    ("GET", "/datacloud.queries.datafeed", "queries.datafeed"),
];

fn assert_row(policy: &Policy, verb: &str, path: &str, name: &str, scopes: &[&str]) {
    match policy.find(verb, path) {
        Found::Method(method) => {
            assert_eq!(method.name, name, "{verb} {path}");
            assert_eq!(method.scopes, set(policy, scopes), "{name}");
        }
        other => panic!("{verb} {path}: {other:?}"),
    }
}

#[test]
fn the_scopes_are_the_documented_ones_and_ours() {
    let names: Vec<_> = dx().scopes().iter().map(|scope| scope.name.clone()).collect();
    assert_eq!(names, all_scopes());
}

#[test]
fn each_documented_method_needs_the_documented_scopes() {
    let policy = dx();
    for (verb, scopes, names) in METHODS {
        for name in names {
            assert_row(&policy, verb, &format!("/{name}"), name, scopes);
        }
    }
    for (verb, scope, name) in METHODS_OF_BOTH_VERBS {
        assert_row(&policy, verb, &format!("/{name}"), name, &[scope]);
    }
}

#[test]
fn legacy_paths_are_the_same_methods() {
    let policy = dx();
    for (verb, path, name) in LEGACY_PATHS {
        match policy.find(verb, path) {
            Found::Method(method) => assert_eq!(method.name, name),
            other => panic!("{verb} {path}: {other:?}"),
        }
    }
}

#[test]
fn all_users_may_grant_the_five_default_scopes() {
    let policy = dx();
    let five = ["snapshots:read", "catalog:read", "scorecards:read", "workflows:read", "workflowRuns:trigger"];
    for role in policy.roles() {
        assert!(set(&policy, &five).is_subset(scopes_of_roles(&policy, &[&role.name])), "{}", role.name);
    }
    let beyond = policy.everyone().difference(set(&policy, &five));
    assert_eq!(policy.scope_names(beyond), ["studio:reports:read", "studio:reports:write"], "the design's choice");
}

#[test]
fn roles_add_the_documented_scopes() {
    let policy = dx();
    let adds = |role: &str| policy.scope_names(policy.role(role).unwrap().adds);
    assert_eq!(adds("self_service_admin"), ["workflowRuns:writeEvents"]);
    assert_eq!(adds("scorecard_admin"), ["scorecards:write"]);
    assert_eq!(adds("workspace_admin"), all_scopes());
    for role in
        ["contributor", "team_lead", "snapshot_analyst", "snapshot_observer", "data_integrator", "privileged_user", "finance_manager"]
    {
        assert!(adds(role).is_empty(), "{role}");
    }
    assert_eq!(policy.roles().len(), 13, "every documented role");
}

#[test]
fn scorecards_catalog_and_workflows_need_fabric() {
    let policy = dx();
    let without = AccountSettings { features: strings(&["datacloud", "platformx"]), ..account() };
    let gated: Vec<_> = ["catalog:", "scorecards:", "workflows:", "workflowRuns:"].to_vec();
    let lost = account().supported(&policy, TokenKind::Personal).difference(without.supported(&policy, TokenKind::Personal));
    let expected: Vec<_> = SCOPES.into_iter().filter(|name| gated.iter().any(|start| name.starts_with(start))).collect();
    assert_eq!(policy.scope_names(lost), expected);
}

#[test]
fn every_scope_opens_a_method_and_few_methods_are_for_one_kind() {
    let policy = dx();
    let needed = policy.methods().iter().fold(ScopeSet::EMPTY, |scopes, method| scopes.union(method.scopes));
    assert_eq!(policy.scope_names(needed), all_scopes());
    let for_one_kind: Vec<_> = policy.methods().iter().filter(|method| method.kinds.len() != 2).collect();
    assert_eq!(
        for_one_kind.iter().map(|method| method.name.as_str()).collect::<Vec<_>>(),
        ["studio.reports.delete", "oauth.introspect", "oauth.revoke"]
    );
    assert_eq!(for_one_kind[0].kinds, [TokenKind::Personal]);
    assert_eq!(for_one_kind[1].kinds, [TokenKind::Organization]);
    assert_eq!(for_one_kind[2].kinds, [TokenKind::Organization]);
}

#[test]
fn the_words_on_the_form_are_there() {
    let policy = dx();
    for scope in policy.scopes() {
        assert!(!scope.group.is_empty() && !scope.description.is_empty() && !scope.description.ends_with('.'), "{}", scope.name);
    }
    let labels: BTreeSet<_> = policy.roles().iter().map(|role| &role.label).collect();
    assert_eq!(labels.len(), policy.roles().len(), "labels tell roles apart");
}

/// Rows are scopes; `x` where the column has it. The words of a heading stand below each other.
fn grid(policy: &Policy, columns: &[(String, ScopeSet)]) -> String {
    let words: Vec<Vec<&str>> = columns.iter().map(|(heading, _)| heading.split(['_', ' ']).collect()).collect();
    let widths: Vec<usize> = words.iter().map(|words| words.iter().map(|word| word.len()).max().unwrap_or(0)).collect();
    let height = words.iter().map(Vec::len).max().unwrap_or(0);
    let mut text = String::new();
    let mut line = |first: &str, cells: Vec<&str>| {
        let cells: String = cells.iter().zip(&widths).fold(String::new(), |line, (cell, width)| format!("{line} {cell:<width$}"));
        writeln!(text, "{}", format!("{first:<24}{cells}").trim_end()).unwrap();
    };
    for row in 0..height {
        line(
            "",
            words
                .iter()
                .map(|words| (row + words.len()).checked_sub(height).and_then(|word| words.get(word)).copied().unwrap_or(""))
                .collect(),
        );
    }
    for scope in policy.scopes() {
        let id = policy.scope_id(&scope.name).unwrap();
        line(&scope.name, columns.iter().map(|(_, scopes)| if scopes.contains(id) { "x" } else { "." }).collect());
    }
    text
}

#[test]
fn grid_of_roles_and_scopes() {
    let policy = dx();
    let nobody = ("no role".to_owned(), grantable::<&str>(&policy, &[], &account()));
    let roles = policy.roles().iter().map(|role| (role.name.clone(), grantable(&policy, &[&role.name], &account())));
    let columns: Vec<_> = std::iter::once(nobody).chain(roles).collect();
    insta::assert_snapshot!(grid(&policy, &columns));
}

#[test]
fn grid_of_features_and_scopes() {
    let policy = dx();
    let admin = |features: Vec<String>| grantable(&policy, &["workspace_admin"], &AccountSettings { features, ..account() });
    let mut columns = vec![("all features".to_owned(), admin(account().features))];
    for off in policy.features() {
        let rest = policy.features().iter().filter(|feature| feature.name != off.name).map(|feature| feature.name.clone()).collect();
        columns.push((format!("without {}", off.name), admin(rest)));
    }
    columns.push(("no feature".to_owned(), admin(Vec::new())));
    insta::assert_snapshot!(grid(&policy, &columns));
}

#[test]
fn table_of_methods() {
    let policy = dx();
    let mut text = String::new();
    for method in policy.methods() {
        let paths: Vec<_> = method.paths.iter().map(ToString::to_string).collect();
        let scopes = policy.scope_names(method.scopes);
        let kinds: Vec<_> = method.kinds.iter().map(|kind| kind.as_str()).collect();
        let scopes = if scopes.is_empty() { "no scope".to_owned() } else { scopes.join(" + ") };
        let (name, verb) = (&method.name, method.verb.as_str());
        writeln!(text, "{name:<38} {verb:<4} {scopes:<32} {:<21} {}", kinds.join(", "), paths.join(" ")).unwrap();
    }
    insta::assert_snapshot!(text);
}
