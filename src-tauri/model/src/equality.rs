//! Semantic equality: whether two values say the same thing, whatever their literals.
//!
//! It only ever decides whether two sides clash. What is stored is always the literal of one side,
//! so nothing here rounds, trims or rewrites a value that is kept.

mod html;

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate};
use serde_json::Value;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// Whether two values mean the same: numbers as decimals, text in NFC without trailing spaces, instants as instants, HTML by its tokens.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => same_number(a.as_str(), b.as_str()),
        (Value::String(a), Value::String(b)) => same_text(a, b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// Whether two texts differ in nothing but white space; false where they are equal.
pub fn only_spaces_differ(a: &str, b: &str) -> bool {
    // Sign by sign: long texts mostly differ early.
    dense(a).eq(dense(b)) && nfc(a) != nfc(b)
}

fn dense(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_whitespace()).nfc()
}

/// Which of two values is the greater: numbers as decimals, instants on the time line, dates by the calendar. `None` where
/// the two are not of one such kind.
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => number_order(a.as_str(), b.as_str()),
        (Value::String(a), Value::String(b)) => match (instant(a), instant(b)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => Some(date(a)?.cmp(&date(b)?)),
        },
        _ => None,
    }
}

/// Which of two number literals is the larger; `None` where an exponent itself does not fit.
pub fn number_order(a: &str, b: &str) -> Option<Ordering> {
    Some(Decimal::parse(a)?.compare(&Decimal::parse(b)?))
}

/// A text that is equal for two values exactly where [`same`] holds: the key under which equal rows and set members meet.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write_canonical(value, &mut out);
    out
}

/// A number's shortest plain writing, so that `7`, `7.0` and `70e-1` are one key.
pub fn plain_number(literal: &str) -> String {
    let Some(decimal) = Decimal::parse(literal) else { return literal.to_owned() };
    let sign = if decimal.negative { "-" } else { "" };
    match (decimal.digits.as_str(), decimal.exponent) {
        ("", _) => "0".to_owned(),
        (digits, 0) => format!("{sign}{digits}"),
        (digits, zeros @ 1..=20) => {
            let zeros = "0".repeat(usize::try_from(zeros).unwrap_or_default());
            format!("{sign}{digits}{zeros}")
        }
        (digits, exponent) => format!("{sign}{digits}e{exponent}"),
    }
}

fn same_number(a: &str, b: &str) -> bool {
    a == b || matches!((Decimal::parse(a), Decimal::parse(b)), (Some(a), Some(b)) if a == b)
}

fn same_text(a: &str, b: &str) -> bool {
    a == b || canonical_text(a) == canonical_text(b)
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
        Value::Number(number) => out.push_str(&plain_number(number.as_str())),
        Value::String(text) => write_quoted(&canonical_text(text), out),
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                write_quoted(key, out);
                out.push(':');
                write_canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
    }
}

/// Quoted, so that no text can pretend to be two values.
fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    for part in text.split_inclusive(['"', '\\']) {
        let plain = part.trim_end_matches(['"', '\\']);
        out.push_str(plain);
        if part.len() > plain.len() {
            out.push('\\');
            out.push_str(&part[plain.len()..]);
        }
    }
    out.push('"');
}

/// Text in NFC without trailing spaces; an instant becomes its point on the time line, and HTML the list of its tokens.
fn canonical_text(text: &str) -> Cow<'_, str> {
    let text = text.trim_end();
    if let Some(key) = html::key(text) {
        return Cow::Owned(key);
    }
    if let Some(instant) = instant(text) {
        return Cow::Owned(format!("\u{0}{}.{:09}", instant.0, instant.1));
    }
    if text.starts_with('\u{0}') {
        // A text that begins like the mark of an instant or of HTML gets one more, so that it cannot pass for one.
        return Cow::Owned(format!("\u{0}\u{0}{}", nfc(text)));
    }
    nfc(text)
}

/// Text in Unicode normal form C.
pub fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// Seconds and nanoseconds of an RFC 3339 instant. A date without a zone is never an instant.
fn instant(text: &str) -> Option<(i64, u32)> {
    let bytes = text.as_bytes();
    let shaped =
        (20..=40).contains(&bytes.len()) && bytes[4] == b'-' && bytes[7] == b'-' && bytes[13] == b':';
    // Finer than nanoseconds would be cut off, and a difference swallowed.
    let fraction = text.get(19..)?.bytes().skip(1).take_while(u8::is_ascii_digit).count();
    if !shaped || (bytes[19] == b'.' && fraction > 9) {
        return None;
    }
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some((at.timestamp(), at.timestamp_subsec_nanos()))
}

/// A date of ISO 8601, `2026-11-30`; a text of any other form is none.
fn date(text: &str) -> Option<NaiveDate> {
    let day = text.parse::<NaiveDate>().ok()?;
    (day.to_string() == text).then_some(day)
}

/// A decimal without leading or trailing zeros: ±digits × 10^exponent. Never expanded, so `1e999999999` costs nothing.
#[derive(PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// `None` where the exponent itself does not fit; such numbers are compared by their literals.
    fn parse(literal: &str) -> Option<Self> {
        let (negative, rest) = match literal.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, literal),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        let significant = digits.trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
        Some(Self { negative, digits: significant.to_owned(), exponent: exponent.checked_add(zeros)? })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let sign = |of: &Self| match (of.digits.is_empty(), of.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        // Without leading and trailing zeros the digits compare as text once the first of them stand at the same place.
        let place = |of: &Self| i128::from(of.exponent) + of.digits.len() as i128;
        let magnitude =
            place(self).cmp(&place(other)).then_with(|| self.digits.as_str().cmp(other.digits.as_str()));
        match (sign(self).cmp(&sign(other)), sign(self)) {
            (Ordering::Equal, 0) => Ordering::Equal,
            (Ordering::Equal, 1) => magnitude,
            (Ordering::Equal, _) => magnitude.reverse(),
            (order, _) => order,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[track_caller]
    fn check(a: &str, b: &str, equal: bool) {
        let (a, b) = (value(a), value(b));
        assert_eq!(same(&a, &b), equal, "{a} and {b}");
        assert_eq!(
            canonical(&a) == canonical(&b),
            equal,
            "the keys of {a} and {b} agree with their equality"
        );
    }

    #[test]
    fn numbers_are_equal_as_decimals_and_never_as_doubles() {
        check("1.0", "1", true);
        check("1.10", "11e-1", true);
        check("-0.0", "0", true);
        check("100", "1E+2", true);
        check("12345678901234567890", "12345678901234567891", false);
        check("0.1", "0.10000000000000001", false);
        check("1", "\"1\"", false);
    }

    #[test]
    fn numbers_instants_and_dates_have_an_order_and_nothing_else_has() {
        let compare = |a: &str, b: &str| order(&value(a), &value(b));
        for (less, more) in [
            ("1", "1.01"),
            ("9", "10"),
            ("99.5", "100"),
            ("0.1", "0.10000000000000001"),
            ("12345678901234567890", "12345678901234567891"),
            ("-2", "-1"),
            ("-1", "0"),
            ("0", "1e-400"),
            ("-1e999999999", "1e999999999"),
            ("1e999999998", "1e999999999"),
            ("\"2026-11-19T10:12:00+02:00\"", "\"2026-11-19T08:12:01Z\""),
            ("\"2026-02-28\"", "\"2026-11-01\""),
        ] {
            assert_eq!(compare(less, more), Some(Ordering::Less), "{less} and {more}");
            assert_eq!(compare(more, less), Some(Ordering::Greater), "{more} and {less}");
        }
        assert_eq!(compare("1.0", "10e-1"), Some(Ordering::Equal));
        assert_eq!(compare("-0", "0.00"), Some(Ordering::Equal));
        for (a, b) in [
            ("1", "\"2\""),
            ("\"a\"", "\"b\""),
            ("\"2026-11-30\"", "\"2026-11-30T00:00:00Z\""),
            ("\"2026-1-3\"", "\"2026-11-30\""),
            ("null", "1"),
            ("true", "false"),
        ] {
            assert_eq!(compare(a, b), None, "{a} and {b}");
        }
    }

    #[test]
    fn giant_exponents_cost_nothing_and_still_compare() {
        check("1e999999999", "10e999999998", true);
        check("1e999999999", "1e999999998", false);
        check("1e99999999999999999999", "1e99999999999999999999", true);
        check("1e99999999999999999999", "10e99999999999999999998", false);
        check("1e-9223372036854775808", "0.1e-9223372036854775808", false);
    }

    #[test]
    fn text_is_equal_in_nfc_and_without_trailing_spaces() {
        check("\"Jose\\u0301\"", "\"José\"", true);
        check("\"Call  \"", "\"Call\"", true);
        check("\" Call\"", "\"Call\"", false);
        check("\"a b\"", "\"a  b\"", false);
        assert!(
            only_spaces_differ("a b", "a  b")
                && !only_spaces_differ("a", "a")
                && !only_spaces_differ("a", "b")
        );
    }

    #[test]
    fn instants_are_equal_at_the_same_moment_and_dates_without_a_zone_are_texts() {
        check("\"2026-11-19T09:12:00Z\"", "\"2026-11-19T10:12:00+01:00\"", true);
        check("\"2026-11-19T09:12:00Z\"", "\"2026-11-19T09:12:00.000Z\"", true);
        check("\"2026-11-19T09:12:00\"", "\"2026-11-19T09:12:00Z\"", false);
        check("\"2026-11-19T09:12:00.1234567891Z\"", "\"2026-11-19T09:12:00.1234567892Z\"", false);
    }

    #[test]
    fn objects_are_equal_in_any_key_order_and_null_is_not_missing() {
        check(r#"{"a":1,"b":[2.0]}"#, r#"{"b":[2],"a":1}"#, true);
        check(r#"{"a":null}"#, "{}", false);
        check(r#"["a,","b"]"#, r#"["a","b"]"#, false);
        check(r#"["a\",\"b"]"#, r#"["a","b"]"#, false);
        check(r#"["a\\","b"]"#, r#"["a\\\",\"b"]"#, false);
        check(r#"["\"\"\\"]"#, r#"["\"\"\\"]"#, true);
    }

    #[test]
    fn texts_of_any_script_and_length_are_cut_nowhere() {
        for text in ["2026-日-本T", "日本語日本語日本語日本語", "2026-11-19T09:12:00\u{e9}", ""]
        {
            assert!(same(&Value::from(text), &Value::from(text)), "{text}");
            assert!(!same(&Value::from(text), &Value::from(format!("x{text}"))), "{text}");
            let _ = canonical(&Value::from(text));
        }
    }
}
