//! Which row a request falls under (P11, design section 3).

use pat_core::matcher::PathTemplate;
use pat_core::policy::{Found, Policy, Verb};

use crate::fixtures::dx;

const PROJECTS: &str = r#"
everyone = []
features = []
scopes = []
roles = [{ name = "workspace_admin", label = "", description = "", scopes = "all" }]
methods = [
  { name = "list", verb = "GET", paths = ["/projects"], scopes = [] },
  { name = "read", verb = "GET", paths = ["/projects/{id}", "/p/{id}"], scopes = [] },
  { name = "change", verb = "PATCH", paths = ["/projects/{id}"], scopes = [] },
  { name = "new", verb = "POST", paths = ["/projects/new"], scopes = [] },
  { name = "run", verb = "GET", paths = ["/projects/{id}/runs/{run}"], scopes = [] },
  { name = "well.known", verb = "GET", paths = ["/.well-known/x.y_z~-"], scopes = [] },
]
"#;

fn found(policy: &Policy, verb: &str, path: &str) -> String {
    match policy.find(verb, path) {
        Found::Method(method) => method.name.clone(),
        Found::OtherVerbs(verbs) => verbs.into_iter().map(Verb::as_str).collect::<Vec<_>>().join(","),
        Found::Nothing => "nothing".to_owned(),
    }
}

#[test]
fn whole_segments_are_compared() {
    let policy = Policy::parse(PROJECTS).unwrap();
    for (verb, path, expected) in [
        ("GET", "/projects", "list"),
        ("HEAD", "/projects", "list"),
        ("POST", "/projects", "GET"),
        ("GET", "/projects/42", "read"),
        ("GET", "/projects/a-b_c.d~e", "read"),
        ("GET", "/projects/{id}", "read"),
        ("GET", "/projects/a%20b", "read"),
        ("GET", "/projects/caf%C3%A9", "read"),
        ("GET", "/projects/...", "read"),
        ("GET", "/projects/.hidden", "read"),
        ("GET", "/p/42", "read"),
        ("PATCH", "/projects/42", "change"),
        ("DELETE", "/projects/42", "GET,PATCH"),
        ("OPTIONS", "/projects/42", "GET,PATCH"),
        ("get", "/projects", "GET"),
        ("", "/projects", "GET"),
        // A literal path of one verb doesn't hide the parameter of another.
        ("POST", "/projects/new", "new"),
        ("GET", "/projects/new", "read"),
        ("PUT", "/projects/new", "GET,POST,PATCH"),
        ("GET", "/projects/42/runs/7", "run"),
        ("GET", "/.well-known/x.y_z~-", "well.known"),
        ("GET", "/projects/42/runs", "nothing"),
        ("GET", "/projects/42/runs/7/8", "nothing"),
        ("GET", "/project", "nothing"),
        ("GET", "/Projects", "nothing"),
        ("GET", "/projectsx", "nothing"),
        ("GET", "/x/projects", "nothing"),
        ("GET", "/%70rojects", "nothing"),
        ("GET", "", "nothing"),
        ("GET", "/", "nothing"),
        ("GET", "projects", "nothing"),
        ("GET", "http://host/projects", "nothing"),
        ("GET", "*", "nothing"),
    ] {
        assert_eq!(found(&policy, verb, path), expected, "{verb} {path}");
    }
}

#[test]
fn a_path_that_an_upstream_could_read_otherwise_matches_nothing() {
    let policy = Policy::parse(PROJECTS).unwrap();
    for path in [
        "/projects/",
        "//projects",
        "/projects//",
        "/projects/42/",
        "/projects/.",
        "/projects/..",
        "/projects/%2e",
        "/projects/%2E%2e",
        "/projects/.%2e",
        "/projects/..;",
        "/projects/..;x=1",
        "/projects/42;x=1",
        "/projects/42%3Bx=1",
        "/projects/a%2fb",
        "/projects/a%2Fb",
        "/projects/%2f",
        "/projects/a%5cb",
        "/projects/a\\b",
        "/projects/..\\x",
        "/projects/a%00",
        "/projects/a%0d%0ax",
        "/projects/a%7f",
        "/projects/a\tb",
        "/projects/a%252fb",
        "/projects/%25",
        "/projects/100%",
        "/projects/%zz",
        "/projects/%2",
        "/projects/%u002e",
        "/projects/%c0%af",
        "/projects/%c0%ae%c0%ae",
        "/projects/%ff",
        "/projects/%ed%a0%80",
        "/projects/../p/42",
        "/p/../projects",
        "/./projects",
        "/projects/42/../runs/7",
        "/projects/42/runs/..",
    ] {
        for verb in ["GET", "PATCH", "DELETE"] {
            assert_eq!(found(&policy, verb, path), "nothing", "{verb} {path}");
        }
    }
}

#[test]
fn every_path_of_the_default_table_leads_to_its_row() {
    let policy = dx();
    for method in policy.methods() {
        for path in &method.paths {
            assert_eq!(found(&policy, method.verb.as_str(), &path.to_string()), method.name);
            let other = if method.verb == Verb::Get { "POST" } else { "GET" };
            assert_eq!(found(&policy, other, &path.to_string()), method.verb.as_str());
        }
    }
}

#[test]
fn what_has_no_row_is_found_nowhere() {
    let policy = dx();
    for path in
        ["/auth.info/", "/auth", "/auth.Info", "/auth.info2", "/auth%2Einfo", "/events.track", "/snapshots.get", "/api/session", "/"]
    {
        assert_eq!(found(&policy, "GET", path), "nothing", "{path}");
    }
}

#[test]
fn verbs_are_parsed_as_they_are_written() {
    for (text, verb) in [("GET", Verb::Get), ("POST", Verb::Post), ("PUT", Verb::Put), ("PATCH", Verb::Patch), ("DELETE", Verb::Delete)] {
        assert_eq!(Verb::parse(text), Some(verb));
        assert_eq!(verb.as_str(), text);
    }
    assert_eq!(Verb::parse("HEAD"), Some(Verb::Get));
    for text in ["", "get", "Get", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", " GET"] {
        assert_eq!(Verb::parse(text), None, "{text:?}");
    }
}

#[test]
fn templates_print_as_they_were_read() {
    for text in ["/a", "/catalog.entities.list", "/projects/{id}", "/{a}/{b_2}/c~d-e_f.g"] {
        assert_eq!(PathTemplate::parse(text).unwrap().to_string(), text);
    }
    for text in [
        "", "a", "/", "//", "/a/", "/a//b", "/.", "/..", "/a/../b", "/{}", "/{a", "/a}", "/x{a}", "/{a b}", "/{a}{b}", "/a b", "/é",
        "/a%20b", "/a?b",
    ] {
        assert!(PathTemplate::parse(text).is_err(), "{text:?}");
    }
}
