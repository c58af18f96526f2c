//! Why changes need a person, brought to one wording, so that one cause is one group.

use crate::document::sha256_hex;
use crate::failure::{ErrorClass, clip};

/// The longest wording that is compared.
const LENGTH: usize = 200;
/// A run of hexadecimal digits and dashes of at least this length is an id.
const ID: usize = 16;

/// A server's words without what differs from record to record: the record's own id becomes `…`, numbers and long ids
/// become `#`, and white space is one space.
pub fn wording(words: &str, record: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut wording = String::with_capacity(line.len());
    let mut run = String::new();
    for letter in without(&line, record).chars() {
        if letter.is_ascii_alphanumeric() || letter == '-' {
            run.push(letter);
            continue;
        }
        close(&mut run, &mut wording);
        wording.push(letter);
    }
    close(&mut run, &mut wording);
    clip(&wording, LENGTH)
}

/// The name of a cause, the same in every answer: link, class, status and wording in 16 digits.
pub fn key(link: i64, class: Option<ErrorClass>, status: Option<u16>, wording: &str) -> String {
    let class = class.map_or("", ErrorClass::as_str);
    let status = status.map(|status| status.to_string()).unwrap_or_default();
    let hash = sha256_hex(format!("{link}\0{class}\0{status}\0{wording}").as_bytes());
    hash.chars().take(16).collect()
}

/// The text with `…` wherever `id` stands as a word of its own.
fn without(text: &str, id: &str) -> String {
    if id.is_empty() {
        return text.to_owned();
    }
    let mut rest = text;
    let mut said = String::with_capacity(text.len());
    while let Some(at) = rest.find(id) {
        let (before, after) = (&rest[..at], &rest[at + id.len()..]);
        let joined = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let last = before.chars().next_back().or_else(|| said.chars().next_back());
        said.push_str(before);
        said.push_str(if joined(last) || joined(after.chars().next()) { id } else { "…" });
        rest = after;
    }
    said + rest
}

/// Ends a run of letters, digits and dashes: an id as a whole, else its numbers, become `#`.
fn close(run: &mut String, wording: &mut String) {
    let is_id = run.len() >= ID
        && run.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-')
        && run.chars().any(|letter| letter.is_ascii_digit());
    if is_id {
        wording.push('#');
    } else {
        let mut in_number = false;
        for letter in run.chars() {
            let digit = letter.is_ascii_digit();
            if !(digit && in_number) {
                wording.push(if digit { '#' } else { letter });
            }
            in_number = digit;
        }
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_about_different_records_are_one_cause() {
        let cases = [
            ("Item Group is required", "IT-7", "Item Group is required"),
            ("Row 3:  Item IT-7\n is locked", "IT-7", "Row #: Item … is locked"),
            ("Row 12: Item IT-8 is locked", "IT-8", "Row #: Item … is locked"),
            ("no \"0190f3a2-7c1e-7d2a-9b1c-0123456789ab\" here", "x", "no \"#\" here"),
            ("a cat and a", "a", "… cat and …"),
            ("IT-77 is not IT-7", "IT-7", "IT-# is not …"),
            ("decade-facade-decade-faced", "x", "decade-facade-decade-faced"),
        ];
        for (words, record, expected) in cases {
            assert_eq!(wording(words, record), expected);
        }
    }

    #[test]
    fn a_cause_is_named_by_all_that_makes_it() {
        let of = |link, class, status, words| key(link, class, status, words);
        let first = of(1, Some(ErrorClass::Permanent), Some(422), "a");
        assert_eq!(first, of(1, Some(ErrorClass::Permanent), Some(422), "a"));
        let others = [
            of(2, Some(ErrorClass::Permanent), Some(422), "a"),
            of(1, Some(ErrorClass::Transient), Some(422), "a"),
            of(1, Some(ErrorClass::Permanent), None, "a"),
            of(1, Some(ErrorClass::Permanent), Some(422), "b"),
        ];
        assert!(others.iter().all(|other| *other != first && other.len() == 16));
    }

    proptest! {
        #[test]
        fn any_words_have_a_short_wording_that_is_its_own_wording(words: String, record: String) {
            let once = wording(&words, &record);
            prop_assert!(once.chars().count() <= LENGTH + 1);
            prop_assert!(!once.chars().any(|letter| letter.is_ascii_digit()) || record.contains(|c: char| c.is_ascii_digit()));
        }
    }
}
