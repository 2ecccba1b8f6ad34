//! Design section 4: the text of a token. What is pinned here is in people's hands and in the database: it must never change.

use pat_core::secret::{MalformedToken, TOKEN_LEN, TokenDigest, TokenSecret};
use pat_core::token::TokenKind;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Zeros; bytes that count up; bytes that count down from 255, of which the first eight must be thrown away.
const FILLS: [fn(&mut [u8]); 3] = [
    |bytes| bytes.fill(0),
    |bytes| bytes.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n),
    |bytes| bytes.iter_mut().zip((0..=255).rev()).for_each(|(byte, n)| *byte = n),
];

/// Made outside this code base, with zlib's CRC-32 and the reference BLAKE3.
const KNOWN: [(TokenKind, usize, &str, &str); 6] = [
    (
        TokenKind::Personal,
        0,
        "dxp_0000000000000000000000000000002o2zHN",
        "b495fa9e224d5bcb383939175ce4ab466b1fc145b944b3a3ad0bf15c165f8d26",
    ),
    (
        TokenKind::Personal,
        1,
        "dxp_0123456789ABCDEFGHIJKLMNOPQRST0YXoKS",
        "adb73f91a625a7e2bad4201a48ed3facb8ac62df614b2e63acfd516f97eb44db",
    ),
    (
        TokenKind::Personal,
        2,
        "dxp_zyxwvutsrqponmlkjihgfedcbaZYXW27PArr",
        "23a0452cefd5a0f2219402072d4fe05e689bec43372c81292e254ae01ecf265c",
    ),
    (
        TokenKind::Organization,
        0,
        "dxo_00000000000000000000000000000045qOPp",
        "4a536a8e2da98301e1b53500049b5840e8b6273126bca59c3883f605a92dcea3",
    ),
    (
        TokenKind::Organization,
        1,
        "dxo_0123456789ABCDEFGHIJKLMNOPQRST1ciUJA",
        "d645c9ff3d85f798ea9201fe667373937d852c02edc89c61f3292bc87536ec13",
    ),
    (
        TokenKind::Organization,
        2,
        "dxo_zyxwvutsrqponmlkjihgfedcbaZYXW0ycNW7",
        "1860f8bd29b17a35280e1bf04b91dad284b698f1e3bc8fb8882723e70fa48547",
    ),
];

fn hex(digest: TokenDigest) -> String {
    blake3::Hash::from_bytes(digest.0).to_hex().to_string()
}

/// CRC-32/ISO-HDLC bit by bit, from its definition: reflected polynomial 0xEDB88320, initial value and final XOR all ones.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

fn base62(mut value: u32) -> String {
    let mut digits = Vec::new();
    while digits.len() < 6 {
        digits.push(char::from(*ALPHABET.get(usize::try_from(value % 62).unwrap()).unwrap()));
        value /= 62;
    }
    digits.iter().rev().collect()
}

#[test]
fn fixed_bytes_give_the_known_tokens_and_digests() {
    for (kind, fill, text, digest) in KNOWN {
        let secret = TokenSecret::draw(kind, FILLS[fill]);
        assert_eq!(secret.expose(), text);
        assert_eq!(hex(secret.digest()), digest, "{text}");
        assert_eq!(secret.kind(), kind);
        assert_eq!(secret.hint(), &text[36..]);
        assert_eq!(TokenSecret::parse(text), Ok(secret));
    }
}

#[test]
fn the_checksum_is_crc_32_of_all_before_it() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926, "the check value of CRC-32/ISO-HDLC");
    for (_, _, text, _) in KNOWN {
        let (body, sum) = text.split_at(34);
        assert_eq!(base62(crc32(body.as_bytes())), sum, "{text}");
    }
}

#[test]
fn one_usable_byte_a_fill_is_enough() {
    let mut fills = 0_u8;
    let secret = TokenSecret::draw(TokenKind::Personal, |bytes| {
        bytes.fill(248);
        bytes[0] = fills;
        fills += 1;
    });
    assert_eq!(secret.expose(), "dxp_0123456789ABCDEFGHIJKLMNOPQRST0YXoKS");
    assert_eq!(fills, 30);
}

#[test]
fn every_digit_comes_from_exactly_four_bytes() {
    let mut sources = [0; 62];
    for byte in 0..=u8::MAX {
        let mut fills = 0;
        let secret = TokenSecret::draw(TokenKind::Personal, |bytes| {
            bytes.fill(if fills == 0 { byte } else { 0 });
            fills += 1;
        });
        let digits = &secret.expose()[4..34];
        let index = ALPHABET.iter().position(|known| digits.bytes().all(|digit| digit == *known)).unwrap();
        if byte < 248 {
            assert_eq!(fills, 1, "{byte}");
            sources[index] += 1;
        } else {
            assert_eq!((fills, index), (2, 0), "{byte} must be thrown away");
        }
    }
    assert_eq!(sources, [4; 62]);
}

#[test]
fn every_mistyped_character_is_refused() {
    for (_, _, text, _) in KNOWN {
        for position in 0..TOKEN_LEN {
            for typo in ALPHABET.iter().copied().chain([b'_', b'-', b' ', b'\0']).map(char::from) {
                let (before, after) = text.split_at(position);
                let mistyped = format!("{before}{typo}{}", &after[1..]);
                if mistyped != text {
                    assert_eq!(TokenSecret::parse(&mistyped), Err(MalformedToken), "{mistyped}");
                }
            }
        }
    }
}

#[test]
fn every_swap_of_neighbours_is_refused() {
    for (_, _, text, _) in KNOWN {
        for position in 0..TOKEN_LEN - 1 {
            let mut bytes = text.as_bytes().to_vec();
            bytes.swap(position, position + 1);
            let swapped = String::from_utf8(bytes).unwrap();
            if swapped != text {
                assert_eq!(TokenSecret::parse(&swapped), Err(MalformedToken), "{swapped}");
            }
        }
    }
}

#[test]
fn near_misses_are_refused() {
    let (_, _, text, _) = KNOWN[1];
    let misses = [
        String::new(),
        "dxp_".to_owned(),
        text[..39].to_owned(),
        text[1..].to_owned(),
        format!("{text}0"),
        format!("0{text}"),
        format!("{text}\n"),
        format!(" {text}"),
        format!("{text}{text}"),
        text.to_lowercase(),
        text.to_uppercase(),
        text.replacen("dxp_", "dxo_", 1),
        text.replacen("dxp_", "DXP_", 1),
        text.replacen("dxp_", "dxq_", 1),
        text.replacen("dxp_", "dxp-", 1),
        format!("Bearer {text}"),
        // Of the right length and with the right checksum, but not of the alphabet.
        format!("dxp_{}{}", "-".repeat(30), base62(crc32(format!("dxp_{}", "-".repeat(30)).as_bytes()))),
        // An alphanumeric character, but not an ASCII one.
        format!("dxp_{}{}", "é".repeat(15), base62(crc32(format!("dxp_{}", "é".repeat(15)).as_bytes()))),
    ];
    for miss in misses {
        assert_eq!(TokenSecret::parse(&miss), Err(MalformedToken), "{miss:?}");
    }
}

#[test]
fn a_character_of_many_bytes_is_refused_wherever_it_stands() {
    let (_, _, text, _) = KNOWN[1];
    for wide in ["é", "€", "𝟘", "\u{301}"] {
        for position in 0..=TOKEN_LEN {
            let (before, after) = text.split_at(position);
            for rest in 0..=after.len().min(4) {
                assert_eq!(TokenSecret::parse(&format!("{before}{wide}{}", &after[rest..])), Err(MalformedToken));
            }
        }
    }
}

#[test]
fn debug_never_shows_the_secret_or_its_digest() {
    for (_, _, text, digest) in KNOWN {
        let secret = TokenSecret::parse(text).unwrap();
        let shown = format!("{secret:?} {secret:#?} {:?} {:#?} {:?}", secret.digest(), secret.digest(), MalformedToken);
        assert!(shown.contains(&text[..4]), "{shown}");
        for hidden in [&text[4..], secret.hint(), digest, &digest[..4], &format!("{}, ", secret.digest().0[0])] {
            assert!(!shown.contains(hidden), "{shown} shows {hidden}");
        }
    }
}
