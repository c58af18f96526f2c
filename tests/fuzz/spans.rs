//! Where the values of a JSON text stand, also where the text is broken.

/// One value of a text; with its key, where it is a member of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where its key begins, or itself where it has none.
    pub whole: usize,
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
}

impl Span {
    /// Whether it is a member of an object.
    pub fn has_key(&self) -> bool {
        self.whole != self.from
    }
}

/// The values from `start` on, each after those inside it.
pub fn values(text: &[u8], start: usize) -> Vec<Span> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut key: Option<usize> = None;
    let mut at = start;
    while at < text.len() {
        let whole = key.unwrap_or(at);
        match text[at] {
            b'{' | b'[' => {
                open.push((whole, at));
                key = None;
                at += 1;
            }
            b'}' | b']' => {
                at += 1;
                if let Some((whole, from)) = open.pop() {
                    found.push(Span { whole, from, to: at });
                }
                key = None;
            }
            b'"' => {
                let end = end_of_text(text, at);
                let behind = text[end..].iter().position(|byte| !byte.is_ascii_whitespace());
                match behind.map(|behind| text[end + behind]) {
                    Some(b':') if key.is_none() => key = Some(at),
                    _ => {
                        found.push(Span { whole, from: at, to: end });
                        key = None;
                    }
                }
                at = end;
            }
            b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
                let end = at + text[at..].iter().take_while(|byte| is_part(byte)).count();
                found.push(Span { whole, from: at, to: end });
                key = None;
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

/// Where a text in quotes that begins at `at` ends, behind its quote.
fn end_of_text(text: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < text.len() && text[end] != b'"' {
        end += 1 + usize::from(text[end] == b'\\');
    }
    (end + 1).min(text.len())
}

#[test]
fn values_are_found_with_their_keys_and_in_broken_text_too() {
    let text = br#"{"a":[1,"x\"y"],"b":{"c":null}}"#;
    let shown = |text: &[u8]| -> Vec<(String, String)> {
        let part = |from: usize, to: usize| String::from_utf8_lossy(&text[from..to]).into_owned();
        values(text, 0).iter().map(|span| (part(span.whole, span.from), part(span.from, span.to))).collect()
    };
    let pairs = [("", "1"), ("", r#""x\"y""#), (r#""a":"#, r#"[1,"x\"y"]"#), (r#""c":"#, "null")];
    assert_eq!(shown(text)[..4], pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert_eq!(shown(text).len(), 6);
    assert_eq!(shown(b"]]{\"a\":[1,").len(), 1);
    assert_eq!(shown(b"\"open").len(), 1);
}
