//! Searching for a text inside another with SQLite's LIKE, which ignores the case of A–Z.

/// The LIKE pattern, with `\` as its escape, of texts that contain `text`; none where there is nothing to search.
pub(super) fn containing(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    if text.is_empty() {
        return None;
    }
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_stand_for_themselves() {
        assert_eq!(containing(Some(r" 100%_\ ")).as_deref(), Some(r"%100\%\_\\%"));
        assert_eq!(containing(Some("  ")), None, "an empty search shows everything");
    }
}
