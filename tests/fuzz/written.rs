//! What a JSON text says, read by other means than the product's: for holding against what the product made of it.

use std::collections::HashSet;

/// One piece of a text: a bracket, a sign, a word, a number as it is written, or a text with a quote before it.
pub type Piece = String;

/// The pieces of a text that is JSON; none where an object has one key twice, of which a reader keeps one.
pub fn pieces(text: &[u8]) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut open: Vec<HashSet<String>> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = match text[at] {
            b'"' => {
                let inside = text[at + 1..].iter();
                let mut escaped = false;
                let length = inside.take_while(|byte| {
                    let goes_on = escaped || **byte != b'"';
                    escaped = !escaped && **byte == b'\\';
                    goes_on
                });
                at + length.count() + 2
            }
            byte if byte.is_ascii_whitespace() => at + 1,
            b'{' | b'}' | b'[' | b']' | b',' | b':' => at + 1,
            _ => {
                let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
                at + text[at..].iter().take_while(|byte| is_word(byte)).count().max(1)
            }
        };
        let piece = text.get(at..end)?;
        match piece[0] {
            b'"' => {
                let said: String = serde_json::from_slice(piece).ok()?;
                let is_key = text[end..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
                if is_key && !open.last_mut()?.insert(said.clone()) {
                    return None;
                }
                pieces.push(format!("\"{said}"));
            }
            byte if byte.is_ascii_whitespace() => {}
            byte => {
                match byte {
                    b'{' | b'[' => open.push(HashSet::new()),
                    b'}' | b']' => drop(open.pop()),
                    _ => {}
                }
                let word = String::from_utf8(piece.to_vec()).ok()?;
                pieces.push(if byte == b'-' || byte.is_ascii_digit() {
                    signed_exponent(&word)
                } else {
                    word
                });
            }
        }
        at = end;
    }
    Some(pieces)
}

/// The one writing of a number that its reader changes: `1E5` becomes `1e+5`, the same number with all its digits.
fn signed_exponent(number: &str) -> String {
    match number.split_once(['e', 'E']) {
        Some((digits, exponent)) if exponent.starts_with(['+', '-']) => format!("{digits}e{exponent}"),
        Some((digits, exponent)) => format!("{digits}e+{exponent}"),
        None => number.to_owned(),
    }
}

#[test]
fn what_is_said_is_told_from_how_it_is_spaced_and_escaped() {
    let said = |text: &str| pieces(text.as_bytes());
    assert_eq!(
        said(r#"{"a":[1.10,"\u0041\""],"b":{}}"#),
        said("{ \"a\" : [1.10, \"A\\u0022\"],\n \"b\":{}}")
    );
    assert_ne!(said(r#"{"a":1.1}"#), said(r#"{"a":1.10}"#));
    assert_eq!(said(r#"{"a":1,"\u0061":2}"#), None);
    assert!(said(r#"{"a":{"a":1}}"#).is_some());
}
