//! What a gateway asks about is what its upstream will see, or it is refused.

use pat_core::policy::{Found, Policy};
use pat_core::target::{NotCanonical, RequestTarget};
use proptest::prelude::*;
use proptest::sample::select;

/// A table in which taking one path for another matters: two verbs, literals beside parameters, something deeper.
const SHOP: &str = r#"
everyone = []
features = []
scopes = [{ name = "a:b", group = "", access = "read", description = "" }]
roles = [{ name = "workspace_admin", label = "", description = "", scopes = "all" }]
methods = [
  { name = "items.list", verb = "GET", paths = ["/v1/items"], scopes = [] },
  { name = "items.read", verb = "GET", paths = ["/v1/items/{id}"], scopes = [] },
  { name = "items.parts", verb = "GET", paths = ["/v1/items/{id}/parts"], scopes = [] },
  { name = "admin.read", verb = "GET", paths = ["/v1/admin/{what}/all"], scopes = ["a:b"] },
  { name = "admin", verb = "GET", paths = ["/admin"], scopes = ["a:b"] },
]
"#;

fn row<'a>(policy: &'a Policy, target: &str) -> Option<&'a str> {
    match policy.find("GET", RequestTarget::parse(target).ok()?.path()) {
        Found::Method(method) => Some(&method.name),
        _ => None,
    }
}

#[test]
fn one_spelling_of_a_path_is_taken() {
    for (target, path, query) in [
        ("/v1/items", "/v1/items", None),
        ("/v1/items?", "/v1/items", Some("")),
        ("/v1/items?a=/../b&c=%2e?", "/v1/items", Some("a=/../b&c=%2e?")),
        ("/v1/items/a%20b", "/v1/items/a%20b", None),
        ("/v1/items/caf%C3%A9", "/v1/items/caf%C3%A9", None),
        ("/v1/items/ada@acme.example", "/v1/items/ada@acme.example", None),
        ("/v1/items/ada%40acme.example", "/v1/items/ada%40acme.example", None),
        ("/v1/items/...", "/v1/items/...", None),
        ("/v1/items/(a,b)!$&'*+=:~_-", "/v1/items/(a,b)!$&'*+=:~_-", None),
    ] {
        let parsed = RequestTarget::parse(target).unwrap();
        assert_eq!((parsed.path(), parsed.query()), (path, query), "{target}");
    }
}

#[test]
fn every_other_spelling_is_refused_with_its_reason() {
    use NotCanonical::{Character, DotSegment, EmptySegment, Escape, HiddenSeparator, NoPath, NotUtf8};
    for (target, reason) in [
        ("", NoPath),
        ("?a", NoPath),
        ("*", NoPath),
        ("v1/items", NoPath),
        ("http://host/v1/items", NoPath),
        ("/", EmptySegment),
        ("//v1/items", EmptySegment),
        ("/v1//items", EmptySegment),
        ("/v1/items/", EmptySegment),
        ("/v1/./items", DotSegment),
        ("/v1/../admin", DotSegment),
        ("/v1/items/%2E%2E", DotSegment),
        ("/v1/items/.%2E", DotSegment),
        ("/v1/items/a%2Eb", DotSegment),
        ("/v1/items/%2e%2e", Escape),
        ("/v1/%69tems", Escape),
        ("/v1/items/%c3%a9", Escape),
        ("/v1/items/%", Escape),
        ("/v1/items/%2", Escape),
        ("/v1/items/%zz", Escape),
        ("/v1/items/%u002e", Escape),
        ("/v1/items/%+1", Escape),
        ("/v1/items/a%2Fb", HiddenSeparator),
        ("/v1/items/a%2fb", Escape),
        ("/v1/items/a%5Cb", HiddenSeparator),
        ("/v1/items/a%3Fb", HiddenSeparator),
        ("/v1/items/a%23b", HiddenSeparator),
        ("/v1/items/a%3Bb", HiddenSeparator),
        ("/v1/items/a%252Fb", HiddenSeparator),
        ("/v1/items/a%00", HiddenSeparator),
        ("/v1/items/a%0D%0AHost:%20x", HiddenSeparator),
        ("/v1/items/a%7F", HiddenSeparator),
        ("/v1/items/a%C2%85", HiddenSeparator),
        ("/v1/items/%C0%AF", NotUtf8),
        ("/v1/items/%FF", NotUtf8),
        ("/v1/items;x=1", Character),
        ("/v1/items\\..\\admin", Character),
        ("/v1/items#/admin", Character),
        ("/v1/items?a#b", Character),
        ("/v1/items?a\\b", Character),
        ("/v1/items HTTP/1.1", Character),
        ("/v1/items?a b", Character),
        ("/v1/items?a\r\nx: y", Character),
        ("/v1/items\0", Character),
        ("/v1/items/é", Character),
        ("/v1/items/\u{ff0f}", Character),
        ("/v1/items/{id}", Character),
    ] {
        assert_eq!(RequestTarget::parse(target), Err(reason), "{target:?}");
    }
}

/// One of the ways in which servers change a path before they look who serves it.
#[derive(Clone, Copy, Debug)]
enum Habit {
    Decode,
    DecodeTwice,
    BackslashIsSlash,
    MergeSlashes,
    CutParameters,
    CutAtFragmentOrQuery,
    CutAtNul,
    ResolveDots,
    DropTrailingSlash,
}

const HABITS: [Habit; 9] = [
    Habit::Decode,
    Habit::DecodeTwice,
    Habit::BackslashIsSlash,
    Habit::MergeSlashes,
    Habit::CutParameters,
    Habit::CutAtFragmentOrQuery,
    Habit::CutAtNul,
    Habit::ResolveDots,
    Habit::DropTrailingSlash,
];

impl Habit {
    fn apply(self, path: &str) -> String {
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        match self {
            Self::Decode => decode(path),
            Self::DecodeTwice => decode(&decode(path)),
            Self::BackslashIsSlash => path.replace('\\', "/"),
            Self::MergeSlashes => format!("/{}", path.split('/').filter(|segment| !segment.is_empty()).collect::<Vec<_>>().join("/")),
            Self::CutParameters => path.split('/').map(|segment| segment.split(';').next().unwrap()).collect::<Vec<_>>().join("/"),
            Self::CutAtFragmentOrQuery => path.split(['#', '?']).next().unwrap().to_owned(),
            Self::CutAtNul => path.split('\0').next().unwrap().to_owned(),
            Self::ResolveDots => resolve(path),
            Self::DropTrailingSlash => path.trim_end_matches('/').to_owned(),
        }
    }
}

fn resolve(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

/// Paths from the pieces that attacks are made of.
fn path() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "/", "/", "//", "v1", "items", "admin", "all", "parts", "7", ".", "..", "%2e", "%2E", "%2f", "%2F", "%252F", "%5C", "\\", ";",
        ";x=1", "%3B", "%00", "\0", "%0A", "#", "%23", "?", "%3F", "%", "%25", "%C3%A9", "%20", "é", "%69", "~", "@", "V1", "%C0%AF",
        "..;",
    ]);
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| format!("/v1{}", pieces.concat()))
}

proptest! {
    #[test]
    fn whatever_servers_do_to_a_path_that_was_taken_it_stays_in_its_row(path in path(), habits in proptest::collection::vec(select(&HABITS[..]), 1..4)) {
        let policy = Policy::parse(SHOP).unwrap();
        if let Ok(target) = RequestTarget::parse(&path) {
            let seen = habits.iter().fold(target.path().to_owned(), |path, habit| habit.apply(&path));
            let segments = |path: &str| path.split('/').map(|segment| percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()).collect::<Vec<_>>();
            // The same number of segments, with the same names: so the same row, for every table.
            prop_assert_eq!(segments(&seen), segments(target.path()), "{} by {:?}", path, habits);
            prop_assert!(row(&policy, &path).is_none() || row(&policy, &path) == row(&policy, target.path()));
        }
    }

    #[test]
    fn what_is_taken_is_a_fixed_point_of_another_parser(path in path()) {
        if let Ok(target) = RequestTarget::parse(&path) {
            let url = url::Url::parse(&format!("http://upstream{}", target.path())).unwrap();
            prop_assert_eq!(url.path(), target.path());
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = RequestTarget::parse(&text);
    }

    #[test]
    fn one_bad_piece_anywhere_spoils_a_good_path(at in 0_usize..9, bad in select(vec!["%2F", "%2f", "%5C", "\\", "%00", ";", "#", "//", "/../", "/./", "%252E", " ", "%2E", "%", "\u{7f}"])) {
        let good = "/v1/items/7/parts";
        prop_assert!(RequestTarget::parse(good).is_ok());
        let (head, tail) = good.split_at(at + 1);
        let spoilt = format!("{head}{bad}{tail}");
        prop_assert!(RequestTarget::parse(&spoilt).is_err(), "{}", spoilt);
    }
}
