//! What wire forms have in common: ids in addresses, versions in headers, envelopes read without trusting them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use tidemark_model::connector::{Row, SealError};
use tidemark_model::document::{self, DocumentError};

/// All but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The longest id that is sent or taken in, in bytes.
pub const MAX_ID: usize = 1024;

/// How much of an unreadable row is kept, in bytes.
const MAX_RAW: usize = 64 * 1024;

/// The members of a JSON object, each still unread: one member that cannot be read spoils no other.
pub type Members<'a> = BTreeMap<String, &'a RawValue>;

/// One path segment; refuses ids that an address cannot carry.
pub fn segment(id: &str) -> Result<String, SealError> {
    let bad = |why: &str| SealError::BadId { id: id.to_owned(), why: why.to_owned() };
    match id {
        "" => Err(bad("an id has at least one character")),
        // Every parser of addresses takes these for directories, escaped or not.
        "." | ".." => Err(bad("an address cannot name it")),
        id if id.len() > MAX_ID => Err(bad("an id has at most 1024 bytes")),
        id => Ok(utf8_percent_encode(id, ESCAPED).to_string()),
    }
}

/// Query text of name and value.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        format!("{}={}", utf8_percent_encode(name, ESCAPED), utf8_percent_encode(value, ESCAPED))
    };
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// The version in an entity tag: a strong one without its quotes, a weak one as it is.
pub fn untag(tag: &str) -> String {
    let tag = tag.trim();
    tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(tag).to_owned()
}

/// The entity tag of a version.
pub fn tag(version: &str) -> String {
    if version.starts_with("W/\"") { version.to_owned() } else { format!("\"{version}\"") }
}

/// The members of an envelope; `None` where the bytes are no JSON object.
pub fn members(bytes: &[u8]) -> Option<Members<'_>> {
    serde_json::from_slice(bytes).ok()
}

/// The rows of a list, each still unread.
pub fn rows(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// A member's text.
pub fn text(members: &Members<'_>, name: &str) -> Option<String> {
    serde_json::from_str(members.get(name)?.get()).ok()
}

/// Whether a member is `true`.
pub fn flag(members: &Members<'_>, name: &str) -> bool {
    members.get(name).is_some_and(|raw| raw.get() == "true")
}

/// A value read within the limits of size and depth.
pub fn value(raw: &RawValue) -> Result<Value, DocumentError> {
    document::parse_value(raw.get().as_bytes())
}

/// An id or version as text: a text that is not empty, or a number's literal.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() && text.len() <= MAX_ID => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A row that is set aside with its reason, under the id that it has in `id_field`, if that can be read.
pub fn unreadable(raw: &RawValue, id_field: &str, reason: impl ToString) -> Row {
    let text = raw.get();
    let id = members(text.as_bytes()).as_ref().and_then(|members| value(members.get(id_field)?).ok());
    Row::Unreadable {
        // A character that was put in for broken bytes may stand for any other.
        id: id.as_ref().and_then(scalar).filter(|id| !id.contains('\u{FFFD}')),
        raw: text[..text.floor_char_boundary(MAX_RAW)].to_owned(),
        bytes: text.len(),
        reason: reason.to_string(),
    }
}

/// A page's bytes as text, and whether some were no UTF-8; then any row with a replacement character is suspect.
pub fn repaired(bytes: &[u8]) -> (std::borrow::Cow<'_, str>, bool) {
    let text = String::from_utf8_lossy(bytes);
    let broken = matches!(text, std::borrow::Cow::Owned(_));
    (text, broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment_whatever_is_in_it() {
        assert_eq!(segment("a/b c").unwrap(), "a%2Fb%20c");
        assert_eq!(segment("../x").unwrap(), "..%2Fx");
        assert_eq!(segment("%2e%2e").unwrap(), "%252e%252e");
        assert_eq!(segment("日?#").unwrap(), "%E6%97%A5%3F%23");
        assert_eq!(segment("A-z_0.9~").unwrap(), "A-z_0.9~");
    }

    #[test]
    fn ids_that_no_address_can_carry_are_refused() {
        for id in ["", ".", "..", &"x".repeat(1025)] {
            assert!(matches!(segment(id), Err(SealError::BadId { .. })), "{id}");
        }
    }

    #[test]
    fn a_version_comes_back_as_the_tag_it_came_in() {
        for header in ["\"7-ab\"", "W/\"7\"", "\"\""] {
            assert_eq!(tag(&untag(header)), header);
        }
        assert_eq!(untag("\"7-ab\""), "7-ab");
    }

    #[test]
    fn a_member_that_cannot_be_read_spoils_no_other() {
        let members = members(br#"{"bad":"\ud800","deep":[[[[]]]],"good":"x","yes":true}"#).unwrap();
        assert_eq!(text(&members, "good").as_deref(), Some("x"));
        assert_eq!(text(&members, "bad"), None);
        assert!(flag(&members, "yes") && !flag(&members, "good"));
    }
}
