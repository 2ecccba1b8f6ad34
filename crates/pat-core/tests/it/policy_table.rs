//! A policy file with a mistake is refused, and the refusal points at it.

use pat_core::policy::{DX_POLICY, Policy};

use crate::fixtures::set;

/// A table without mistakes. The line numbers below count in it.
const TABLE: &str = r#"everyone = ["docs:read"]
features = [{ name = "beta", description = "Unfinished" }]
scopes = [
  { name = "docs:read", group = "Docs", access = "read", description = "Read" },
  { name = "docs:write", group = "Docs", access = "write", feature = "beta", description = "Write" },
]
roles = [
  { name = "workspace_admin", label = "Admin", description = "", scopes = "all" },
  { name = "editor", label = "Rédactrice", description = "", scopes = ["docs:write"] },
]
methods = [
  { name = "docs.list", verb = "GET", paths = ["/docs.list", "/docs"], scopes = ["docs:read"] },
  { name = "docs.info", verb = "GET", paths = ["/docs/{id}"], scopes = ["docs:read"] },
  { name = "docs.change", verb = "PUT", paths = ["/docs/{id}"], scopes = ["docs:read", "docs:write"], kinds = ["personal"] },
]
"#;

/// The table with `old`, which stands in it once, replaced.
fn with(old: &str, new: &str) -> String {
    assert_eq!(TABLE.matches(old).count(), 1, "{old}");
    TABLE.replace(old, new)
}

/// `line:column problem`.
fn refusal(text: &str) -> String {
    let error = Policy::parse(text).unwrap_err();
    assert_eq!(error.to_string(), format!("line {}, column {}: {}", error.line, error.column, error.problem));
    format!("{}:{} {}", error.line, error.column, error.problem)
}

#[test]
fn a_table_without_mistakes_is_read() {
    let policy = Policy::parse(TABLE).unwrap();
    assert_eq!(policy.role("workspace_admin").unwrap().adds, set(&policy, &["docs:read", "docs:write"]));
    assert_eq!(policy.role("editor").unwrap().adds, set(&policy, &["docs:write"]));
    assert!(policy.role("Editor").is_none());
    assert_eq!(policy.everyone(), set(&policy, &["docs:read"]));
    assert_eq!(
        policy.features().iter().map(|feature| (&*feature.name, &*feature.description)).collect::<Vec<_>>(),
        [("beta", "Unfinished")]
    );
    assert_eq!(policy.methods().len(), 3);
}

#[test]
fn names_that_are_unknown_doubled_or_malformed_are_pointed_at() {
    for (old, new, expected) in [
        (r#"everyone = ["docs:read"]"#, r#"everyone = ["docs:raed"]"#, "1:13 there is no scope `docs:raed`"),
        (r#"everyone = ["docs:read"]"#, r#"everyone = ["docs:read", "docs:read"]"#, "1:26 the scope `docs:read` stands here twice"),
        (
            r#"[{ name = "beta", description = "Unfinished" }]"#,
            "[{ name = \"beta\", description = \"\" },\n  { name = \"beta\", description = \"\" }]",
            "3:12 the feature `beta` stands here twice",
        ),
        (r#"feature = "beta""#, r#"feature = "gamma""#, "5:70 there is no feature `gamma`"),
        (r#""docs:write", group"#, r#""docs:read", group"#, "5:12 the scope `docs:read` stands here twice"),
        (
            r#"{ name = "docs:read", group"#,
            r#"{ name = "docs", group"#,
            "4:12 `docs` is not a scope name: it needs two or three parts of letters, digits, `_` or `-`, joined by `:`",
        ),
        // Columns are characters, not bytes: an é stands before it.
        (r#"scopes = ["docs:write"] }"#, r#"scopes = ["docs:wrote"] }"#, "9:72 there is no scope `docs:wrote`"),
        (r#"scopes = ["docs:write"] }"#, r#"scopes = ["docs:write", "docs:write"] }"#, "9:86 the scope `docs:write` stands here twice"),
        (r#"name = "editor""#, r#"name = "workspace_admin""#, "9:12 the role `workspace_admin` stands here twice"),
        (r#"name = "workspace_admin""#, r#"name = "workspace_boss""#, "7:9 a policy needs the role `workspace_admin`"),
        (r#"["docs:read", "docs:write"]"#, r#"["docs:read", "docs:delete"]"#, "14:88 there is no scope `docs:delete`"),
        (r#"name = "docs.info""#, r#"name = "docs.list""#, "13:12 the method `docs.list` stands here twice"),
    ] {
        assert_eq!(refusal(&with(old, new)), expected);
    }
}

#[test]
fn scope_names_have_two_or_three_parts() {
    for name in
        ["docs", "docs:", ":read", "docs::read", "docs:read:", "a:b:c:d", "docs:re ad", "docs:read\u{e9}", "docs.read", "docs:*", ""]
    {
        let text = with(r#"{ name = "docs:read", group"#, &format!(r#"{{ name = "{name}", group"#));
        assert!(refusal(&text).starts_with(&format!("4:12 `{name}` is not a scope name")), "{name:?}");
    }
    for name in ["a:b", "catalog:write:entities", "workflowRuns:writeEvents", "user_groups:read-1"] {
        let text = with(r#""docs:write", group"#, &format!(r#""{name}", group"#)).replace("\"docs:write\"", &format!("\"{name}\""));
        assert!(Policy::parse(&text).is_ok(), "{name:?}");
    }
}

#[test]
fn paths_that_overlap_or_are_malformed_are_pointed_at() {
    let malformed = "has a segment that is neither plain text (letters, digits, `.`, `_`, `~`, `-`) nor `{name}`";
    for (old, new, expected) in [
        (r#""/docs.list", "/docs""#, r#""/docs.list", "/docs.list""#, "12:62 `/docs.list` overlaps a path of `docs.list`".to_owned()),
        (r#""GET", paths = ["/docs/{id}"]"#, r#""GET", paths = ["/docs"]"#, "13:48 `/docs` overlaps a path of `docs.list`".to_owned()),
        (
            r#""PUT", paths = ["/docs/{id}"]"#,
            r#""GET", paths = ["/{x}/{y}"]"#,
            "14:50 `/{x}/{y}` overlaps a path of `docs.info`".to_owned(),
        ),
        (
            r#""PUT", paths = ["/docs/{id}"]"#,
            r#""GET", paths = ["/docs/new"]"#,
            "14:50 `/docs/new` overlaps a path of `docs.info`".to_owned(),
        ),
        (r#""PUT", paths = ["/docs/{id}"]"#, r#""PUT", paths = []"#, "14:12 the method `docs.change` has no path".to_owned()),
        (r#""/docs.list", "#, r#""docs.list", "#, "12:48 the path `docs.list` does not begin with `/`".to_owned()),
        (r#""/docs.list", "#, r#""/docs/", "#, format!("12:48 the path `/docs/` {malformed}")),
        (r#""/docs.list", "#, r#""/docs/..", "#, format!("12:48 the path `/docs/..` {malformed}")),
        (r#""/docs.list", "#, r#""/docs/x{id}", "#, format!("12:48 the path `/docs/x{{id}}` {malformed}")),
    ] {
        assert_eq!(refusal(&with(old, new)), expected);
    }
    // Another verb, or another number of segments, is no overlap.
    assert!(Policy::parse(&with(r#""PUT", paths = ["/docs/{id}"]"#, r#""POST", paths = ["/docs/new", "/docs/{id}/x"]"#)).is_ok());
}

#[test]
fn broken_toml_and_wrong_shapes_are_pointed_at() {
    // The words are the TOML reader's; the places count.
    for (old, new, place, word) in [
        (r#"everyone = ["docs:read"]"#, r#"everyone = ["docs:read""#, "2:1 ", "array"),
        (r#"everyone = ["docs:read"]"#, r#"everyone = "docs:read""#, "1:12 ", "expected"),
        (r#"everyone = ["docs:read"]"#, "everyone = [7]", "1:13 ", "expected a string"),
        ("everyone", "everybody", "1:1 ", "unknown field `everybody`"),
        (r#"feature = "beta""#, r#"faeture = "beta""#, "5:60 ", "unknown field `faeture`"),
        (r#"access = "write""#, r#"access = "rw""#, "5:51 ", "unknown variant `rw`"),
        (r#"scopes = "all""#, r#"scopes = "none""#, "8:75 ", "a list of scopes or \"all\""),
        (r#"scopes = "all""#, "scopes = 7", "8:75 ", "a list of scopes or \"all\""),
        (r#"scopes = "all""#, r#"scope = "all""#, "8:66 ", "unknown field `scope`"),
        (r#"verb = "PUT""#, r#"verb = "HEAD""#, "14:34 ", "unknown variant `HEAD`"),
        (r#"kinds = ["personal"]"#, r#"kinds = ["robot"]"#, "14:112 ", "unknown variant `robot`"),
        (r#", label = "Admin""#, "", "8:3 ", "missing field `label`"),
        (r#"label = "Admin""#, r#"label = "Admin"#, "8:62 ", "missing comma"),
    ] {
        let refusal = refusal(&with(old, new));
        assert!(refusal.starts_with(place) && refusal.contains(word), "{old} to {new}: {refusal}");
    }
    for section in ["everyone", "features", "scopes", "roles", "methods"] {
        let start = TABLE.find(&format!("{section} = ")).unwrap();
        let end = TABLE[start..].find("]\n").map_or(TABLE.len(), |length| start + length + 2);
        let refusal = refusal(&format!("{}{}", &TABLE[..start], &TABLE[end..]));
        assert!(refusal.starts_with("1:1 ") && refusal.contains(&format!("missing field `{section}`")), "{refusal}");
    }
    assert!(refusal("").starts_with("1:1 missing field"));
}

#[test]
fn a_table_may_also_be_written_in_sections() {
    let roles = r#"
[[roles]]
name = "workspace_admin"
label = ""
description = ""
scopes = "all"

[[roles]]
name = "editor"
label = ""
description = ""
scopes = ["docs:wrote"]
"#;
    let start = "everyone = []\nfeatures = []\nscopes = []\nmethods = []\n";
    assert_eq!(refusal(&format!("{start}{roles}")), "16:11 there is no scope `docs:wrote`");
    assert!(Policy::parse(&format!("{start}{}", roles.replace("\"docs:wrote\"", ""))).is_ok());
    let unmanned = roles.replace("workspace_admin", "boss").replace("\"docs:wrote\"", "");
    assert_eq!(refusal(&format!("{start}{unmanned}")), "6:1 a policy needs the role `workspace_admin`");
}

#[test]
fn a_table_has_at_most_256_scopes() {
    let start = "everyone = []\nfeatures = []\nmethods = []\n\
                 roles = [{ name = \"workspace_admin\", label = \"\", description = \"\", scopes = \"all\" }]\nscopes = [\n";
    let row = |n| format!("{{ name = \"s:{n}\", group = \"\", access = \"read\", description = \"\" }},\n");
    let table = |count: usize| format!("{start}{}]", (0..count).map(row).collect::<Vec<_>>().concat());
    let policy = Policy::parse(&table(256)).unwrap();
    let all = policy.role("workspace_admin").unwrap().adds;
    assert_eq!(all.len(), 256);
    assert_eq!(policy.scope_names(all).last().unwrap(), "s:255");
    assert_eq!(refusal(&table(257)), "262:10 a policy has at most 256 scopes");
}

#[test]
fn the_digest_tells_two_tables_apart() {
    let digest = |text: &str| Policy::parse(text).unwrap().digest().to_owned();
    assert_eq!(digest(DX_POLICY), digest(DX_POLICY));
    assert_eq!(digest(DX_POLICY), blake3::hash(DX_POLICY.as_bytes()).to_hex().to_string());
    assert_ne!(digest(DX_POLICY), digest(TABLE));
}
