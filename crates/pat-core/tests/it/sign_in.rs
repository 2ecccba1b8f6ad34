//! Command lines: challenges that bind a code, callbacks that stay on this computer, codes that people type.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pat_core::sign_in::callback::{Callback, NotLoopback, Reply};
use pat_core::sign_in::challenge::{BadChallenge, Challenge};
use pat_core::sign_in::user_code::{ALPHABET, UserCode};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use url::{Host, Url};

/// The reference's test vector, which is RFC 7636's too.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const OF_DX: &str = "MTNkMzFlOTYxYTFhZDhlYzJmMTZiMTBjNGM5ODJlMDg3NmE4NzhhZDZkZjE0NDU2NmVlMTg5NGFjYjcwZjljMw";
const OF_RFC_7636: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn of_rfc_7636(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

fn of_dx(verifier: &str) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap();
    let hex: String = Sha256::digest(verifier.as_bytes()).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    URL_SAFE_NO_PAD.encode(hex)
}

fn verifier() -> impl Strategy<Value = String> {
    "[A-Za-z0-9._~-]{43,128}"
}

#[test]
fn the_test_vector_is_taken_in_both_forms() {
    for text in [OF_DX, OF_RFC_7636] {
        let challenge = Challenge::parse("S256", text).unwrap();
        assert!(challenge.is_of(VERIFIER), "{text}");
        assert!(!challenge.is_of(&VERIFIER.replace('d', "e")) && !challenge.is_of("") && !challenge.is_of(text), "{text}");
    }
}

#[test]
fn what_is_of_neither_form_is_refused() {
    let upper = URL_SAFE_NO_PAD.encode("13D31E961A1AD8EC2F16B10C4C982E0876A878AD6DF144566EE1894ACB70F9C3");
    let no_hex = URL_SAFE_NO_PAD.encode("z".repeat(64));
    for text in
        ["", VERIFIER, &upper, &no_hex, &format!("{OF_RFC_7636}="), &OF_DX[1..], &OF_RFC_7636[1..], &"/".repeat(43), &"é".repeat(43)]
    {
        if text == VERIFIER {
            // It has the length of a challenge, and as one it stands for another verifier.
            assert!(!Challenge::parse("S256", text).is_ok_and(|challenge| challenge.is_of(VERIFIER)));
            continue;
        }
        assert_eq!(Challenge::parse("S256", text), Err(BadChallenge), "{text}");
    }
    for method in ["plain", "", "s256", "S512"] {
        assert_eq!(Challenge::parse(method, OF_RFC_7636), Err(BadChallenge), "{method}");
        assert_eq!(Challenge::parse(method, OF_DX), Err(BadChallenge), "{method}");
    }
    let hash = Challenge::parse("S256", OF_DX).unwrap();
    assert_eq!(Challenge::from_stored(hash.hash()), Some(hash));
    assert_eq!(Challenge::from_stored(&[0; 31]), None);
    assert_eq!(format!("{hash:?}"), "Challenge(…)");
}

#[test]
fn only_ports_on_loopback_are_callbacks() {
    for (text, shown) in [
        ("http://127.0.0.1:4321", "http://127.0.0.1:4321"),
        ("http://127.0.0.1:4321/", "http://127.0.0.1:4321"),
        ("http://127.0.0.1:65535", "http://127.0.0.1:65535"),
        ("http://[::1]:1", "http://[::1]:1"),
    ] {
        assert_eq!(Callback::parse(text).unwrap().to_string(), shown);
    }
    for text in [
        "",
        "http://127.0.0.1",
        "http://127.0.0.1:",
        "http://127.0.0.1:0",
        "http://127.0.0.1:080",
        "http://127.0.0.1:+80",
        "http://127.0.0.1:65536",
        "http://127.0.0.1:80//",
        "http://127.0.0.1:80/callback",
        "http://127.0.0.1:80?x",
        "http://127.0.0.1:80#x",
        "http://127.0.0.1:80@evil.example",
        "http://127.0.0.1:80.evil.example",
        "http://127.0.0.1.evil.example:80",
        "http://user@127.0.0.1:80",
        "http://localhost:80",
        "http://0.0.0.0:80",
        "http://127.0.0.2:80",
        "http://2130706433:80",
        "http://[::ffff:127.0.0.1]:80",
        "http://[::]:80",
        "https://127.0.0.1:80",
        "HTTP://127.0.0.1:80",
        " http://127.0.0.1:80",
        "http://127.0.0.1:80 ",
        "http://127.0.0.1:8０",
        "javascript:alert(1)",
    ] {
        assert_eq!(Callback::parse(text), Err(NotLoopback), "{text}");
    }
}

#[test]
fn the_answer_goes_to_the_callback_with_everything_escaped() {
    let callback = Callback::parse("http://[::1]:4321").unwrap();
    assert_eq!(callback.address(Reply::Code("a-b_c"), Some("x&code=y#z")), "http://[::1]:4321/?code=a-b_c&state=x%26code%3Dy%23z");
    assert_eq!(callback.address(Reply::Denied, None), "http://[::1]:4321/?error=access_denied");
}

#[test]
fn user_codes_are_typed_as_people_type() {
    let code = UserCode::parse("WDJB-MJHT").unwrap();
    assert_eq!((code.letters(), code.to_string().as_str()), ("WDJBMJHT", "WDJB-MJHT"));
    for text in ["wdjbmjht", "WDJB MJHT", " wdjb - mjht ", "W-D-J-B-M-J-H-T"] {
        assert_eq!(UserCode::parse(text), Ok(code.clone()), "{text}");
    }
    for text in ["", "WDJB-MJH", "WDJB-MJHTT", "WDJB-MJHA", "WDJB-MJH1", "WDJB_MJHT", "WDJBMJHẞ", &"W".repeat(100_000)] {
        assert!(UserCode::parse(text).is_err(), "{text:.20}");
    }
    assert_eq!(format!("{code:?}"), "UserCode(…)");
}

#[test]
fn no_letter_of_a_code_makes_words_or_looks_like_a_digit() {
    assert_eq!(ALPHABET.iter().collect::<HashSet<_>>().len(), 20);
    for letter in "AEIOUY".chars() {
        assert!(!ALPHABET.contains(&letter), "{letter}");
    }
}

proptest! {
    #[test]
    fn both_forms_name_the_same_hash_and_only_the_verifier_fits(verifier in verifier(), other in verifier()) {
        let of_rfc_7636 = Challenge::parse("S256", &of_rfc_7636(&verifier)).unwrap();
        let of_dx = Challenge::parse("S256", &of_dx(&verifier)).unwrap();
        prop_assert_eq!(of_rfc_7636, of_dx);
        prop_assert!(of_dx.is_of(&verifier));
        prop_assert_eq!(of_dx.is_of(&other), verifier == other);
    }

    /// No downgrade: whatever is parsed as a challenge, nothing that can be read off it is its verifier.
    #[test]
    fn a_challenge_is_never_its_own_verifier(text in "[A-Za-z0-9_-]{43}|[A-Za-z0-9_-]{86}", verifier in verifier()) {
        if let Ok(challenge) = Challenge::parse("S256", &text) {
            prop_assert!(!challenge.is_of(&text));
        }
        let hex = of_dx(&verifier);
        let challenge = Challenge::parse("S256", &hex).unwrap();
        let inner = String::from_utf8(URL_SAFE_NO_PAD.decode(&hex).unwrap()).unwrap();
        prop_assert!(!challenge.is_of(&hex) && !challenge.is_of(&inner) && !challenge.is_of(&of_rfc_7636(&verifier)));
    }

    #[test]
    fn a_verifier_has_43_to_128_plain_characters(verifier in ".{0,200}") {
        let is_verifier = (43..=128).contains(&verifier.len())
            && verifier.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
        prop_assert_eq!(Challenge::parse("S256", &of_rfc_7636(&verifier)).unwrap().is_of(&verifier), is_verifier);
    }

    #[test]
    fn whatever_is_taken_as_a_callback_is_read_as_loopback_by_browsers_too(
        text in "http://(127\\.0\\.0\\.1|\\[::1\\]|127\\.1|localhost|[a-z@.:]{1,8}):[0-9+]{0,6}[/?#@a-z.]{0,3}",
        code in ".{0,60}", state in ".{0,60}",
    ) {
        if let Ok(callback) = Callback::parse(&text) {
            let url = Url::parse(&callback.address(Reply::Code(&code), Some(&state))).unwrap();
            let is_loopback = match url.host() {
                Some(Host::Ipv4(ip)) => ip.is_loopback(),
                Some(Host::Ipv6(ip)) => ip.is_loopback(),
                _ => false,
            };
            prop_assert!(is_loopback && url.scheme() == "http" && url.path() == "/" && url.fragment().is_none());
            let pairs: Vec<_> = url.query_pairs().into_owned().collect();
            prop_assert_eq!(pairs, [("code".to_owned(), code), ("state".to_owned(), state)]);
        }
    }

    #[test]
    fn a_drawn_user_code_is_read_back(seed in any::<[u8; 32]>(), lower in any::<bool>()) {
        let mut output = blake3::Hasher::new().update(&seed).finalize_xof();
        let code = UserCode::draw(|bytes| output.fill(bytes));
        let shown = code.to_string();
        prop_assert_eq!(shown.len(), 9);
        prop_assert_eq!(UserCode::parse(&if lower { shown.to_lowercase() } else { shown }), Ok(code));
    }
}
