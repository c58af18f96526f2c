//! Keys that the parser takes for its own.

/// The parser's own mark of a number that keeps its digits, and of a text that is parsed again: an object with such a key
/// would come back as something else.
const RESERVED: &str = "$serde_json::private::";

/// The first key in a JSON text that is the parser's own mark.
pub(super) fn key_in(bytes: &[u8]) -> Option<String> {
    // Hardly a text holds the mark, or an escape behind which it could hide.
    let text = std::str::from_utf8(bytes).ok()?;
    if !text.contains(RESERVED) && !text.contains("\\u") {
        return None;
    }
    let mut rest = bytes;
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        let mut end = start + 1;
        while end < rest.len() && rest[end] != b'"' {
            end += 1 + usize::from(rest[end] == b'\\');
        }
        let text = rest.get(start..=end)?;
        rest = rest.get(end + 1..)?;
        let is_key = rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
        // Few keys begin so, and only those are unescaped.
        if is_key
            && (text.starts_with(b"\"$") || text.starts_with(b"\"\\u"))
            && let Some(key) =
                serde_json::from_slice::<String>(text).ok().filter(|key| key.starts_with(RESERVED))
        {
            return Some(key);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::document::{DocumentError, parse};

    #[test]
    fn a_servers_document_with_the_parsers_own_mark_is_refused_and_not_taken_for_something_else() {
        for text in [
            r#"{"a":{"$serde_json::private::RawValue":"[1, 2]"}}"#,
            r#"{"a":{"$serde_json::private::Number":"1"}}"#,
            r#"{"a":[{"\u0024serde_json::private::RawValue" : "{\"x\":1,\"x\":2}"}]}"#,
        ] {
            assert!(matches!(parse(text.as_bytes()), Err(DocumentError::Reserved { .. })), "{text}");
        }
        let as_text = r#"{"a":"$serde_json::private::RawValue","$b":"\u00e9"}"#;
        assert!(parse(as_text.as_bytes()).is_ok(), "as a text it means nothing");
    }
}
