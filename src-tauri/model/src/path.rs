//! JSON Pointers (RFC 6901): how a field is named in changes, merges and choices.

use serde_json::Value;

/// The pointer of a child named `key` under `parent`.
pub fn child(parent: &str, key: &str) -> String {
    let mut path = String::with_capacity(parent.len() + key.len() + 1);
    path.push_str(parent);
    path.push('/');
    for c in key.chars() {
        match c {
            '~' => path.push_str("~0"),
            '/' => path.push_str("~1"),
            other => path.push(other),
        }
    }
    path
}

/// The keys of a pointer, unescaped; `None` where the text is no pointer.
pub fn keys(path: &str) -> Option<Vec<String>> {
    if path.is_empty() {
        return Some(Vec::new());
    }
    let rest = path.strip_prefix('/')?;
    rest.split('/').map(unescape).collect()
}

/// Whether `path` is `prefix` or lies under it.
pub fn within(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The value at a pointer.
pub fn get<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    document.pointer(path)
}

fn unescape(key: &str) -> Option<String> {
    let mut out = String::with_capacity(key.len());
    let mut chars = key.chars();
    while let Some(c) = chars.next() {
        if c == '~' {
            out.push(match chars.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            });
        } else {
            out.push(c);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_slashes_tildes_and_nothing_in_them_come_back_as_they_were() {
        for key in ["a/b", "m~n", "~1", "", "日本", "a b"] {
            assert_eq!(keys(&child("", key)), Some(vec![key.to_owned()]));
        }
        assert_eq!(keys("no-slash"), None);
        assert_eq!(keys("/bad~2"), None);
    }

    #[test]
    fn within_compares_whole_keys() {
        assert!(within("/a/b", "/a") && within("/a", "/a") && within("/a", ""));
        assert!(!within("/ab", "/a"));
    }
}
