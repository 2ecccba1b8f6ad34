//! What the audit log's seals are made of (design section 7).
//!
//! - [`commitment`] stands for what is personal in a row.
//! - [`row`] hashes a row; [`chain`] seals a minute of them and ties it to the one before; [`key`] is what that takes.
//! - [`difference`] tells which row is not as it was.

pub mod chain;
pub mod difference;
pub mod key;
pub mod row;

/// Sets these hashes apart from all others that anybody makes with BLAKE3.
const COMMITMENT: &str = "pat audit commitment v1";

/// Stands for the length of a text that isn't there.
const NULL: u32 = u32::MAX;

/// Stands in a seal for what is personal, so that this can be erased and the seal still holds. Who doesn't know the salt can't
/// even try out names; it goes with what it salts.
///
/// `fields` are a table's personal columns in their order, as text. Each has its length before it, so that none can pass for two.
pub fn commitment(salt: &[u8; 16], fields: &[Option<&str>]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(COMMITMENT);
    hasher.update(salt);
    for field in fields {
        // Longer than 4 GiB is no text that Postgres could hold.
        let length = field.map_or(NULL, |text| u32::try_from(text.len()).unwrap_or(NULL));
        hasher.update(&length.to_le_bytes()).update(field.unwrap_or_default().as_bytes());
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: [u8; 16] = [7; 16];

    #[test]
    fn nothing_is_not_the_empty_text() {
        assert_ne!(commitment(&SALT, &[None]), commitment(&SALT, &[Some("")]));
        assert_ne!(commitment(&SALT, &[None, Some("a")]), commitment(&SALT, &[Some("a"), None]));
        assert_ne!(commitment(&SALT, &[None]), commitment(&SALT, &[None, None]));
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let all = [["ab", "c"], ["a", "bc"], ["abc", ""], ["", "abc"], ["c", "ab"]];
        for (place, fields) in all.iter().enumerate() {
            for others in all.iter().skip(place + 1) {
                assert_ne!(commitment(&SALT, &fields.map(Some)), commitment(&SALT, &others.map(Some)), "{fields:?} {others:?}");
            }
        }
    }

    #[test]
    fn another_salt_is_another_commitment() {
        assert_ne!(commitment(&SALT, &[Some("Ada")]), commitment(&[8; 16], &[Some("Ada")]));
    }

    /// Stored for years: the bytes must never change.
    #[test]
    fn the_bytes_are_those_of_the_first_day() {
        let mut input = SALT.to_vec();
        input.extend(3_u32.to_le_bytes());
        input.extend(b"Ada");
        input.extend([0xff; 4]);
        assert_eq!(commitment(&SALT, &[Some("Ada"), None]), blake3::derive_key("pat audit commitment v1", &input));
    }
}
