//! Parsing what comes in: JSON objects of bounded depth whose numbers keep their literals.

use super::answer::{Answer, ProblemKind};
use super::call::MAX_BODY;
use json_patch::{Patch, PatchOperation};
use serde::Deserialize;
use serde_json::{Map, Value};

/// How deep a document may nest.
const MAX_DEPTH: usize = 512;
/// How many operations a JSON Patch may have.
const MAX_OPERATIONS: usize = 10_000;
/// How long an id may be, in bytes.
const MAX_ID: usize = 512;

/// Parses JSON text that nests no deeper than the limit.
pub fn parse(text: &str) -> Result<Value, Answer> {
    if depth(text) > MAX_DEPTH {
        return Err(invalid(format!("The document nests deeper than {MAX_DEPTH} levels.")));
    }
    // The depth was looked at above; serde_json's own limit of 128 is too low for the contract's test records.
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.disable_recursion_limit();
    let value = Value::deserialize(&mut deserializer).map_err(|error| not_json(&error))?;
    deserializer.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

/// Parses a JSON object.
pub fn object(text: &str) -> Result<Map<String, Value>, Answer> {
    match parse(text)? {
        Value::Object(members) => Ok(members),
        other => Err(invalid(format!("A document is a JSON object, not {}.", kind_of(&other)))),
    }
}

/// Checks an id: any text of 1 to 512 bytes.
pub fn check_id(id: &str) -> Result<(), Answer> {
    if id.is_empty() || id.len() > MAX_ID {
        return Err(invalid(format!("An id has 1 to {MAX_ID} bytes; this one has {}.", id.len())));
    }
    Ok(())
}

/// Applies an RFC 7396 patch; members keep their order.
pub fn merge_patch(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            // A plain `remove` would move the last member into the gap.
            members.shift_remove(&name);
        } else {
            merge_patch(members.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// Applies an RFC 6902 patch: all of it or an error.
pub fn json_patch(target: &mut Value, text: &str) -> Result<(), Answer> {
    // From the text, not from a `Value`: operations are tagged, and a value would lose its literal on the way.
    let patch: Patch = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    if patch.0.len() > MAX_OPERATIONS {
        return Err(invalid(format!("A patch has at most {MAX_OPERATIONS} operations.")));
    }
    for operation in patch.0 {
        // Copies can double the document each time, so its size is looked at after each.
        let copies = matches!(operation, PatchOperation::Copy(_));
        ::json_patch::patch_unsafe(target, &[operation])
            .map_err(|error| invalid(format!("The patch does not apply: {error}.")))?;
        if copies && target.to_string().len() > MAX_BODY {
            return Err(Answer::refuse(ProblemKind::TooLarge, "The patched document is over 16 MiB."));
        }
    }
    Ok(())
}

fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0usize, false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn not_json(error: &serde_json::Error) -> Answer {
    invalid(format!("The body is not JSON as expected: {error}."))
}

/// A refusal of what cannot be understood.
pub fn invalid(detail: impl Into<String>) -> Answer {
    Answer::refuse(ProblemKind::Invalid, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(document: &str, patch: &str) -> String {
        let mut value = parse(document).unwrap();
        json_patch(&mut value, patch).unwrap();
        value.to_string()
    }

    #[test]
    fn literals_survive_both_patches() {
        let document = r#"{"big":12345678901234567890,"price":1.10,"x":1}"#;
        let mut value = parse(document).unwrap();
        merge_patch(&mut value, parse(r#"{"x":2.50,"y":100000000000000000000.0}"#).unwrap());
        assert_eq!(
            value.to_string(),
            r#"{"big":12345678901234567890,"price":1.10,"x":2.50,"y":100000000000000000000.0}"#
        );
        assert_eq!(
            patched(document, r#"[{"op":"replace","path":"/x","value":3.10}]"#),
            r#"{"big":12345678901234567890,"price":1.10,"x":3.10}"#
        );
    }

    #[test]
    fn a_removed_member_leaves_the_others_in_their_order() {
        let mut value = parse(r#"{"a":1,"b":2,"c":3}"#).unwrap();
        merge_patch(&mut value, parse(r#"{"a":null}"#).unwrap());
        assert_eq!(value.to_string(), r#"{"b":2,"c":3}"#);
    }

    #[test]
    fn the_examples_of_rfc_7396_hold() {
        for (target, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            (r#"[1,2]"#, r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            (r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            let mut value = parse(target).unwrap();
            merge_patch(&mut value, parse(patch).unwrap());
            assert_eq!(value.to_string(), result, "{target} + {patch}");
        }
    }

    #[test]
    fn a_patch_that_doubles_by_copies_is_stopped() {
        let mut value = parse(&format!(r#"{{"a":["{}"]}}"#, "x".repeat(1 << 20))).unwrap();
        let copy = r#"{"op":"copy","from":"/a","path":"/a/-"}"#;
        let patch = format!("[{}]", vec![copy; 40].join(","));
        let refusal = json_patch(&mut value, &patch).unwrap_err();
        assert_eq!(refusal.problem, Some(ProblemKind::TooLarge));
    }

    #[test]
    fn depth_is_bounded_and_brackets_in_texts_do_not_count() {
        let deep = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        assert!(parse(&deep(128)).is_ok(), "128 levels are part of the contract");
        assert!(parse(&deep(MAX_DEPTH)).is_ok());
        assert!(parse(&deep(MAX_DEPTH + 1)).is_err());
        assert!(parse(&format!("{{\"a\":\"{}\\\"[\"}}", "[".repeat(2000))).is_ok());
    }
}
