//! What is an e-mail address, and what isn't.

use pat_core::email::Email;

#[test]
fn addresses_are_trimmed_and_lowered() {
    assert_eq!(Email::parse(" Ada@Demo.Test ").unwrap().as_str(), "ada@demo.test");
}

#[test]
fn what_is_no_address_is_refused() {
    let long = format!("{}@demo.test", "a".repeat(250));
    for text in ["", "ada", "@demo.test", "ada@", "a@b@c", "a da@demo.test", "ada@demo.test\0", "ada@de\u{2028}mo.test", &long] {
        assert!(Email::parse(text).is_err(), "{text:?}");
    }
}
