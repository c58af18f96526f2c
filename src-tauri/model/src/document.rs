//! JSON documents as people and servers wrote them: numbers keep their digits, keys keep their order.

mod reserved;
mod typed;

pub use typed::{typed, typed_value};

use serde_json::Value;

/// The largest document that is taken in: 16 MiB of JSON text.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The deepest nesting that is taken in.
pub const MAX_DEPTH: usize = 128;

/// Why a text is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// More bytes than [`MAX_BYTES`].
    #[error("the document has {bytes} bytes; at most {MAX_BYTES} are taken")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// More nesting than [`MAX_DEPTH`].
    #[error("the document is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Not JSON at all.
    #[error("not JSON at line {line}, column {column}: {what}")]
    NotJson {
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of the first fault.
        column: usize,
        /// The parser's words.
        what: String,
    },
    /// One object has the same key twice, and only one of the values could be kept.
    #[error("'{path}' stands twice in one object; only one of the two could be kept")]
    TwiceTheSame {
        /// JSON Pointer of the key.
        path: String,
    },
    /// A key that would not come back as it was given.
    #[error("the key '{key}' cannot be kept; choose another name")]
    Reserved {
        /// The key.
        key: String,
    },
    /// JSON, but not an object.
    #[error("the document is {found}; a record is a JSON object")]
    NotAnObject {
        /// What it is instead.
        found: &'static str,
    },
}

/// Parses one JSON value within the limits of size and depth.
pub fn parse_value(bytes: &[u8]) -> Result<Value, DocumentError> {
    if bytes.len() > MAX_BYTES {
        return Err(DocumentError::TooLarge { bytes: bytes.len() });
    }
    if deeper_than(bytes, MAX_DEPTH) {
        return Err(DocumentError::TooDeep);
    }
    if let Some(key) = reserved::key_in(bytes) {
        return Err(DocumentError::Reserved { key });
    }
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    // The depth was bounded above, to the level the design names; the parser's own limit is one level less.
    parser.disable_recursion_limit();
    let not_json = |error: serde_json::Error| DocumentError::NotJson {
        line: error.line(),
        column: error.column(),
        what: error.to_string(),
    };
    let value = serde::Deserialize::deserialize(&mut parser).map_err(not_json)?;
    parser.end().map_err(not_json)?;
    Ok(value)
}

/// Parses one record's document: a JSON object within the limits.
pub fn parse(bytes: &[u8]) -> Result<Value, DocumentError> {
    let value = parse_value(bytes)?;
    check_object(&value)?;
    Ok(value)
}

/// Refuses a document that is no object, too large or too deep; what was made by editing may have grown.
pub fn check(value: &Value) -> Result<(), DocumentError> {
    check_object(value)?;
    let text = to_text(value);
    if text.len() > MAX_BYTES {
        return Err(DocumentError::TooLarge { bytes: text.len() });
    }
    if deeper_than(text.as_bytes(), MAX_DEPTH) { Err(DocumentError::TooDeep) } else { Ok(()) }
}

/// Refuses a value that is no object.
pub fn check_object(value: &Value) -> Result<(), DocumentError> {
    let found = match value {
        Value::Object(_) => return Ok(()),
        Value::Array(_) => "an array",
        Value::String(_) => "a text",
        Value::Number(_) => "a number",
        Value::Bool(_) => "true or false",
        Value::Null => "null",
    };
    Err(DocumentError::NotAnObject { found })
}

/// The document's own text, as stored and sent.
pub fn to_text(value: &Value) -> String {
    value.to_string()
}

/// The canonical text: keys sorted at every level, number literals untouched.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write_canonical(value, &mut out);
    out
}

/// Whether two documents are the same in canonical form.
pub fn same(a: &Value, b: &Value) -> bool {
    a == b || canonical(a) == canonical(b)
}

/// Hex SHA-256 of some bytes: the body hash that binds an idempotency key.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    sha2::Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write_canonical(&map[key], out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string())
        }
    }
}

/// Counts brackets outside strings; it need not know whether the text is valid otherwise.
fn deeper_than(bytes: &[u8], limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in bytes {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (true, b'"') => in_string = false,
            (true, _) => {}
            (false, b'"') => in_string = true,
            (false, b'{' | b'[') => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            (false, _) => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_literals_and_keys_their_order() {
        let text = r#"{"z":12345678901234567890,"a":1.10,"m":-0.0}"#;
        assert_eq!(to_text(&parse(text.as_bytes()).unwrap()), text);
    }

    #[test]
    fn a_hundred_and_twenty_eight_levels_are_read_and_one_more_is_refused() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse_value(nested(128).as_bytes()).is_ok());
        assert_eq!(parse_value(nested(129).as_bytes()), Err(DocumentError::TooDeep));
        let brackets_in_text = format!("{{\"a\":\"{}\\\"[\"}}", "[".repeat(500));
        assert!(parse(brackets_in_text.as_bytes()).is_ok(), "brackets inside a text are no nesting");
    }

    #[test]
    fn canonical_form_sorts_keys_at_every_level_and_nothing_else() {
        let value = parse(br#"{"b":[{"y":1,"x":2.50}],"a":null}"#).unwrap();
        assert_eq!(canonical(&value), r#"{"a":null,"b":[{"x":2.50,"y":1}]}"#);
    }

    #[test]
    fn a_text_that_is_no_object_says_what_it_is() {
        assert_eq!(parse(b"[1]"), Err(DocumentError::NotAnObject { found: "an array" }));
        assert!(matches!(parse(b"{\"a\":}"), Err(DocumentError::NotJson { line: 1, column: 6, .. })));
        assert!(parse(b"{} x").is_err(), "what follows the document is a fault too");
    }
}
