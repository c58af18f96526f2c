//! Versions and the comparison of ETags (RFC 9110, sections 8.8.3 and 13.1).

use sha2::{Digest, Sha256};

/// The version of a state: its place and a few letters of its content's hash, so that after the restore of
/// an older copy the same place with other content is another version.
pub fn of(seq: i64, doc: Option<&str>) -> String {
    let hash = Sha256::digest(doc.unwrap_or("").as_bytes());
    format!("{seq}-{}", &hex(&hash)[..8])
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Whether `If-Match` lets a write through. Weak tags never match: the comparison is the strong one.
pub fn strong_match(header: &str, current: Option<&str>) -> bool {
    any_tag(header, current, |tag, version| tag == format!("\"{version}\""))
}

/// Whether `If-None-Match` names what is there. Weak tags match too.
pub fn weak_match(header: &str, current: Option<&str>) -> bool {
    any_tag(header, current, |tag, version| tag.trim_start_matches("W/") == format!("\"{version}\""))
}

fn any_tag(header: &str, current: Option<&str>, equal: impl Fn(&str, &str) -> bool) -> bool {
    let Some(version) = current else { return false };
    header.trim() == "*" || header.split(',').any(|tag| equal(tag.trim(), version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_compare_as_the_standard_says() {
        assert!(strong_match("\"7-ab\"", Some("7-ab")));
        assert!(strong_match("\"6\", \"7-ab\"", Some("7-ab")));
        assert!(strong_match("*", Some("7-ab")));
        assert!(!strong_match("*", None), "If-Match: * asks for something to be there");
        assert!(!strong_match("W/\"7-ab\"", Some("7-ab")), "a weak tag is no proof for a write");
        assert!(weak_match("W/\"7-ab\"", Some("7-ab")));
        assert!(!strong_match("7-ab", Some("7-ab")), "a tag without quotes is no tag");
    }

    #[test]
    fn the_same_place_with_other_content_is_another_version() {
        assert_ne!(of(5, Some("{}")), of(5, Some("{\"a\":1}")));
    }
}
