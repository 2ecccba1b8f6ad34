//! Seals: nothing that was sealed can be another thing, and what differs is told.

use jiff::{SignedDuration, Timestamp};
use pat_core::seal::chain::{Head, NOTHING, Pruning, Seal, Tally};
use pat_core::seal::difference::{Difference, first_difference};
use pat_core::seal::key::{Key, Keys, MalformedKeys};
use pat_core::seal::row::{Client, Principal, Row, Trace};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const OTHER: &str = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn keys(text: &str) -> Keys {
    Keys::parse(text).unwrap()
}

fn at(minute: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
}

/// Account, user, token, commitment.
type Who = (u128, Option<u128>, Option<u128>, Vec<u8>);

/// A row that owns its parts.
#[derive(Clone, Debug, PartialEq)]
struct Owned {
    ids: (u128, u128),
    micros: i64,
    refers: (Option<i64>, Option<i64>),
    texts: (String, String, Option<String>, Option<String>, String),
    request: (Option<u128>, Option<u128>),
    principal: Option<Who>,
    client: Option<(u128, Vec<u8>)>,
}

impl Owned {
    fn hash(&self, key: &Key) -> pat_core::seal::row::RowHash {
        Row {
            account_id: Uuid::from_u128(self.ids.0),
            time: Timestamp::from_microsecond(self.micros).unwrap(),
            id: Uuid::from_u128(self.ids.1),
            principal_id: self.refers.0,
            client_id: self.refers.1,
            event_type: &self.texts.0,
            outcome: &self.texts.1,
            reason: self.texts.2.as_deref(),
            method: self.texts.3.as_deref(),
            context: &self.texts.4,
            request_id: self.request.0.map(Uuid::from_u128),
            session_id: self.request.1.map(Uuid::from_u128),
            principal: self.principal.as_ref().map(|(account, user, token, commitment)| Principal {
                account_id: Uuid::from_u128(*account),
                user_id: user.map(Uuid::from_u128),
                token_id: token.map(Uuid::from_u128),
                commitment,
            }),
            client: self.client.as_ref().map(|(account, commitment)| Client { account_id: Uuid::from_u128(*account), commitment }),
        }
        .hash(key)
    }
}

/// Few values, so that rows often differ by one field only, or by where a text ends.
fn row() -> impl Strategy<Value = Owned> {
    let id = || 0..3_u128;
    let word = || "[ab]{0,2}";
    let commitment = || vec(0..2_u8, 32);
    (
        (id(), id()),
        0..3_i64,
        (option::of(0..2_i64), option::of(0..2_i64)),
        (word(), word(), option::of(word()), option::of(word()), word()),
        (option::of(id()), option::of(id())),
        option::of((id(), option::of(id()), option::of(id()), commitment())),
        option::of((id(), commitment())),
    )
        .prop_map(|(ids, micros, refers, texts, request, principal, client)| Owned {
            ids,
            micros,
            refers,
            texts,
            request,
            principal,
            client,
        })
}

fn sealed(rows: &[Owned], key: &Key) -> (Seal, Vec<Trace>) {
    let mut tally = Tally::default();
    for row in rows {
        tally.add(row.hash(key));
    }
    (Seal::new(key, at(0), at(1), &tally, NOTHING), tally.traces().to_vec())
}

proptest! {
    #[test]
    fn two_rows_that_differ_have_two_hashes(one in row(), other in row()) {
        let keys = keys(KEY);
        prop_assert_eq!(one == other, one.hash(keys.current()) == other.hash(keys.current()));
    }

    #[test]
    fn a_text_cannot_move_from_one_field_into_the_next(mut row in row(), cut in 0..5_usize) {
        let keys = keys(KEY);
        let whole = "abcd";
        let mut moved = row.clone();
        (row.texts.0, row.texts.1) = (whole.into(), String::new());
        (moved.texts.0, moved.texts.1) = (whole[..cut].into(), whole[cut..].into());
        prop_assert_eq!(cut == 4, row.hash(keys.current()) == moved.hash(keys.current()));
    }

    #[test]
    fn other_rows_have_another_seal(one in vec(row(), 0..6), other in vec(row(), 0..6)) {
        let keys = keys(KEY);
        prop_assert_eq!(one == other, sealed(&one, keys.current()).0.hash == sealed(&other, keys.current()).0.hash);
    }

    #[test]
    fn whatever_one_does_to_a_row_of_a_minute_is_found_and_told(
        rows in vec(row(), 1..8), place in any::<prop::sample::Index>(), replacement in row(), act in 0..4_u8,
    ) {
        let keys = keys(KEY);
        let rows: Vec<_> = rows.into_iter().zip(10..).map(|(row, id)| Owned { ids: (row.ids.0, id), ..row }).collect();
        let place = place.index(rows.len());
        let mut found = rows.clone();
        let expected = match act {
            0 => { found[place] = replacement; Difference::Changed(place) }
            1 => { found.remove(place); Difference::Dropped(place) }
            2 => { found.insert(place, replacement); Difference::Inserted(place) }
            _ => { found.swap(0, place); Difference::Changed(0) }
        };
        let ((seal, was), (now, is)) = (sealed(&rows, keys.current()), sealed(&found, keys.current()));
        if rows == found {
            prop_assert_eq!(seal, now);
        } else {
            prop_assert_ne!(seal.digest, now.digest);
            prop_assert_eq!(first_difference(&was, &is), Some(expected));
        }
    }

    #[test]
    fn a_seal_holds_as_it_was_and_no_other_way(rows in vec(row(), 0..4), field in 0..6_u8) {
        let keys = keys(KEY);
        let (seal, _) = sealed(&rows, keys.current());
        prop_assert!(seal.holds(keys.current()));
        let mut other = seal.clone();
        match field {
            0 => other.from = at(-1),
            1 => other.until = at(2),
            2 => other.rows += 1,
            3 => other.digest = [7; 32],
            4 => other.previous = blake3::Hash::from_bytes([7; 32]),
            _ => other.hash = blake3::Hash::from_bytes([7; 32]),
        }
        prop_assert!(!other.holds(keys.current()));
        prop_assert!(!seal.holds(super::seal::keys(OTHER).current()));
    }
}

#[test]
fn a_head_is_found_again_in_whatever_it_was_written_to() {
    let seal = sealed(&[], keys(KEY).current()).0;
    let head = seal.head();
    assert_eq!(head.to_string().len(), "1970-01-01T00:01:00Z".len() + 1 + 64 + 1 + 16);
    assert_eq!(Head::parse(&head.to_string()), Some(head));
    let other = Head { until: at(9), ..head };
    let log = format!(
        "2026-01-01T00:00:00Z INFO sealed head={head} x\n{{\"head\":\"{other}\",\"n\":1}}\n{head}x\nhead=2026-01-01T00:00:00Z/12/34\n"
    );
    assert_eq!(Head::find_all(&log).collect::<Vec<_>>(), [head, other]);
}

#[test]
fn keys_are_told_apart_by_ids_that_say_nothing_of_them() {
    let both = keys(&format!("  {KEY},\n{OTHER}\n"));
    let (current, former) = (both.current().id(), keys(OTHER).current().id());
    assert_ne!(current, former);
    assert_eq!(both.find(former).map(Key::id), Some(former));
    assert!(keys(KEY).find(former).is_none());
    assert_eq!(current.to_string().parse(), Ok(current));
    assert!(!KEY.contains(&current.to_string()));
    let shown = format!("{both:?}");
    assert!(shown.contains(&current.to_string()) && !shown.contains("0001"), "{shown}");
}

#[test]
fn what_is_no_key_is_refused_without_repeating_it() {
    assert_eq!(Keys::parse(" \n").unwrap_err(), MalformedKeys::Empty);
    for wrong in [&KEY[1..], &format!("{KEY}0"), &KEY.replace('a', "g"), "secret"] {
        let error = Keys::parse(&format!("{KEY} {wrong}")).unwrap_err();
        assert_eq!(error, MalformedKeys::Malformed(2));
        assert!(!error.to_string().contains(wrong));
    }
}

#[test]
fn a_pruning_needs_a_key() {
    let pruning = Pruning::new(keys(KEY).current(), at(0), at(10));
    assert!(pruning.holds(&keys(&format!("{OTHER} {KEY}"))) && !pruning.holds(&keys(OTHER)));
    assert!(!Pruning { until: at(11), ..pruning.clone() }.holds(&keys(KEY)));
    assert!(!Pruning { from: at(-1), ..pruning.clone() }.holds(&keys(KEY)));
    assert!(pruning.covers(&sealed(&[], keys(KEY).current()).0));
    assert!(!Pruning::new(keys(KEY).current(), at(1), at(2)).covers(&sealed(&[], keys(KEY).current()).0));
}

/// Stored for years: the bytes must never change.
#[test]
fn seals_are_those_of_the_first_day() {
    let keys = keys(KEY);
    let row = Owned {
        ids: (1, 2),
        micros: 3,
        refers: (Some(4), None),
        texts: ("web_api.called".into(), "succeeded".into(), None, Some("auth.info".into()), "{}".into()),
        request: (Some(5), None),
        principal: Some((1, Some(6), None, vec![7; 32])),
        client: None,
    };
    let (seal, traces) = sealed(&[row], keys.current());
    let trace = u64::from_be_bytes(traces[0]);
    assert_eq!(
        format!("{trace:016x} {}", seal.head()),
        "0484c87e55f9035f 1970-01-01T00:01:00Z/a74b76719c0a10a10cb743a18e620760b5485ea8f38deef43a75db032f7c0cb0/ff6ace270581257e"
    );
}
