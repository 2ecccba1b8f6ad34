//! P7: a token's name.

use pat_core::name::{MAX_NAME_CHARS, NameError, TokenName};

fn key(name: &str) -> String {
    TokenName::parse(name).unwrap().key()
}

#[test]
fn names_are_trimmed_and_otherwise_left_alone() {
    for (text, name) in [
        ("CI", "CI"),
        ("  CI  ", "CI"),
        ("\tCI\r\n", "CI"),
        ("\u{3000}CI\u{a0}", "CI"),
        ("release  bot", "release  bot"),
        ("Zoë’s 🦀 laptop", "Zoë’s 🦀 laptop"),
        ("Zoe\u{308}", "Zoe\u{308}"),
        ("名前", "名前"),
        ("<b>&amp;", "<b>&amp;"),
    ] {
        assert_eq!(TokenName::parse(text).unwrap().as_str(), name);
    }
}

#[test]
fn a_name_has_1_to_100_characters_after_trimming() {
    for (text, expected) in [
        (String::new(), Err(NameError::Empty)),
        (" \t\n\u{a0}".to_owned(), Err(NameError::Empty)),
        ("x".to_owned(), Ok(1)),
        ("x".repeat(100), Ok(100)),
        ("x".repeat(101), Err(NameError::TooLong)),
        (format!("  {}  ", "x".repeat(100)), Ok(100)),
        ("🦀".repeat(100), Ok(100)),
        ("🦀".repeat(101), Err(NameError::TooLong)),
    ] {
        assert_eq!(TokenName::parse(&text).map(|name| name.as_str().chars().count()), expected, "{text:?}");
    }
    assert_eq!(MAX_NAME_CHARS, 100);
}

#[test]
fn control_characters_are_refused_wherever_they_remain() {
    let controls = ('\0'..='\u{1f}').chain('\u{7f}'..='\u{9f}').chain(['\u{2028}', '\u{2029}']).chain('\u{202a}'..='\u{202e}');
    for control in controls.chain('\u{2066}'..='\u{2069}') {
        assert_eq!(TokenName::parse(&format!("a{control}b")), Err(NameError::ControlCharacter), "{control:?}");
    }
    assert_eq!(TokenName::parse("\0"), Err(NameError::ControlCharacter));
    assert_eq!(TokenName::parse("a\0"), Err(NameError::ControlCharacter));
}

#[test]
fn names_that_look_alike_have_one_key() {
    for (one, other) in [
        ("CI", "ci"),
        ("Zoë", "zoe\u{308}"),
        ("ZOË", "Zoe\u{308}"),
        ("ÅNGSTRÖM", "\u{212b}ngstro\u{308}m"),
        ("ПРИВЕТ", "привет"),
        (" ci ", "CI"),
    ] {
        assert_eq!(key(one), key(other), "{one} and {other}");
    }
    for (one, other) in [("CI", "CI 2"), ("release bot", "releasebot"), ("e", "é")] {
        assert_ne!(key(one), key(other), "{one} and {other}");
    }
    assert_eq!(key("Zoe\u{308} CI"), "zoë ci");
}
