//! `check-policy`, and a server with a policy file.

use std::process::{Command, Output};

struct File(std::path::PathBuf);

impl File {
    fn new(text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pat-policy-{}.toml", uuid::Uuid::now_v7()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn pat_server(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pat-server")).args(arguments).env_clear().output().unwrap()
}

const TABLE: &str = r#"everyone = ["items:read"]
features = [{ name = "beta", description = "Unfinished" }]
scopes = [
  { name = "items:read", group = "Items", access = "read", description = "Read" },
  { name = "items:write", group = "Items", access = "write", feature = "beta", description = "Write" },
]
roles = [
  { name = "workspace_admin", label = "Admin", description = "", scopes = "all" },
  { name = "clerk", label = "Clerk", description = "", scopes = [] },
]
methods = [
  { name = "items.list", verb = "GET", paths = ["/v1/items"], scopes = ["items:read"] },
  { name = "items.change", verb = "PUT", paths = ["/v1/items/{id}"], scopes = ["items:read", "items:write"] },
  { name = "ping", verb = "GET", paths = ["/ping"], scopes = [] },
]
"#;

#[test]
fn check_policy_prints_who_may_what() {
    let file = File::new(TABLE);
    let output = pat_server(&["check-policy", file.path()]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let expected = format!(
        "{}: 2 scopes, 2 roles, 3 methods

Who may grant a scope (x), by role:

                         everyone  workspace_admin  clerk
items:read                  x             x           x
items:write (with beta)     .             x           .

What a token of such a person can do at most (x), by role:

                                                   everyone  workspace_admin  clerk
GET    /v1/items  [items:read]                        x             x           x
PUT    /v1/items/{{id}}  [items:read + items:write]     .             x           .
GET    /ping  [no scope]                              x             x           x
",
        file.path()
    );
    assert_eq!(text, expected, "{text}");
}

#[test]
fn check_policy_points_at_the_mistake() {
    for (old, new, place, problem) in [
        ("\"items:write\"] }", "\"items:wirte\"] }", "13:94", "there is no scope `items:wirte`"),
        ("feature = \"beta\"", "feature = \"gamma\"", "5:72", "there is no feature `gamma`"),
        ("\"/ping\"", "\"/ping/\"", "14:43", "has a segment that is neither plain text"),
        ("\"/ping\"", "\"/V1/Items\"", "14:43", "overlaps a path of `items.list`"),
        ("verb = \"PUT\"", "verb = \"FETCH\"", "13:35", "unknown variant `FETCH`"),
        ("name = \"workspace_admin\"", "name = \"boss\"", "7:9", "a policy needs the role `workspace_admin`"),
        ("name = \"ping\"", "title = \"ping\"", "14:5", "unknown field `title`"),
        ("everyone = [", "everyone = ", "1:24", ""),
    ] {
        assert_eq!(TABLE.matches(old).count(), 1, "{old}");
        let file = File::new(&TABLE.replace(old, new));
        for arguments in [&["check-policy", file.path()][..], &["openapi", "--policy", file.path()]] {
            let output = pat_server(arguments);
            let text = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success() && output.stdout.is_empty(), "{text}");
            assert!(text.contains(&format!("{}:{place}: ", file.path())) && text.contains(problem), "{place}: {text}");
            let mark = text.lines().find(|line| line.ends_with('^')).unwrap();
            let column: usize = place.split(':').nth(1).unwrap().parse().unwrap();
            let (line, _) = place.split_once(':').unwrap();
            assert_eq!(mark.find('^').unwrap(), line.len() + " | ".len() + column - 1, "{text}");
        }
    }
    let missing = pat_server(&["check-policy", "/nowhere/policy.toml"]);
    assert!(String::from_utf8(missing.stderr).unwrap().contains("/nowhere/policy.toml can't be read"));
}

#[test]
fn the_description_follows_the_policy_file_and_names_only_what_is_served_here() {
    let file = File::new(TABLE);
    let output = pat_server(&["openapi", "--policy", file.path()]);
    let api: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let paths = api["paths"].as_object().unwrap();
    assert!(!paths.contains_key("/v1/items") && !paths.contains_key("/auth.info"), "{:?}", paths.keys());
    for (path, verb) in [
        ("/gateway/authorize", "get"),
        ("/gateway/envoy/{original}", "delete"),
        ("/gateway/authorize/batch", "post"),
        ("/oauth/introspect", "post"),
        ("/oauth/revoke", "post"),
    ] {
        assert!(paths[path][verb]["responses"]["200"].is_object(), "{verb} {path}");
    }
}
