//! What a person or another program gives: read like any document, and refused where a part of it would be lost.

use super::{DocumentError, check_object, parse_value};
use crate::path;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// Parses one JSON value as it was given. A key that stands twice in one object is refused: a parser keeps the last
/// value and drops the first without a word.
pub fn typed_value(bytes: &[u8]) -> Result<Value, DocumentError> {
    // First the limits and the grammar: the walk below relies on both.
    let value = parse_value(bytes)?;
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    parser.disable_recursion_limit();
    let mut found = None;
    match (Keys { at: String::new(), found: &mut found }).deserialize(&mut parser) {
        Ok(()) => Ok(value),
        Err(error) => Err(found.unwrap_or_else(|| DocumentError::NotJson {
            line: error.line(),
            column: error.column(),
            what: error.to_string(),
        })),
    }
}

/// Parses one record's document as it was given: a JSON object.
pub fn typed(bytes: &[u8]) -> Result<Value, DocumentError> {
    let value = typed_value(bytes)?;
    check_object(&value)?;
    Ok(value)
}

/// Walks over a value and stops at the first key that an object has twice.
struct Keys<'a> {
    at: String,
    found: &'a mut Option<DocumentError>,
}

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys: HashSet<Cow<'de, str>> = HashSet::new();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let at = path::child(&self.at, &key.0);
            if !keys.insert(key.0) {
                *self.found = Some(DocumentError::TwiceTheSame { path: at });
                return Err(serde::de::Error::custom("a key stands twice"));
            }
            map.next_value_seed(Keys { at, found: &mut *self.found })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0usize;
        while let Some(()) =
            items.next_element_seed(Keys { at: format!("{}/{index}", self.at), found: &mut *self.found })?
        {
            index += 1;
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        serde::Deserialize::deserialize(deserializer).map(|IgnoredAny| ())
    }
}

/// A key, borrowed from the text where it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twice(text: &str) -> Option<String> {
        match typed_value(text.as_bytes()) {
            Err(DocumentError::TwiceTheSame { path }) => Some(path),
            Ok(_) => None,
            Err(other) => panic!("{text}: {other}"),
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_named_with_its_place() {
        assert_eq!(twice(r#"{"a":1,"b":2,"a":3}"#).as_deref(), Some("/a"));
        assert_eq!(
            twice(r#"{"rows":[{"x":1},{"x":1,"y":[{"x":1,"x":1}]}]}"#).as_deref(),
            Some("/rows/1/y/0/x")
        );
        assert_eq!(twice(r#"{"é":1,"\u00e9":2}"#).as_deref(), Some("/é"), "however it is spelt");
        assert_eq!(twice(r#"{"a/b":1,"a/b":2}"#).as_deref(), Some("/a~1b"));
        assert_eq!(twice(r#"{"":1,"":2}"#).as_deref(), Some("/"));
    }

    #[test]
    fn the_same_key_in_different_objects_and_every_kind_of_value_are_taken() {
        for text in [
            r#"{"a":{"a":[{"a":1},{"a":2}]},"A":null}"#,
            r#"[1,1.10,-0.0,1e400,12345678901234567890,"x","\u00e9",true,null,{},[]]"#,
            r#"{"n":{"v":1.5},"m":{"v":1.5}}"#,
            "1.10",
        ] {
            assert_eq!(twice(text), None, "{text}");
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(128), "}".repeat(128));
        assert_eq!(twice(&deep), None);
    }

    #[test]
    fn the_parsers_own_mark_is_refused_as_a_key_and_carried_as_a_text() {
        for text in [
            r#"{"a":{"$serde_json::private::Number":"1"}}"#,
            r#"{"a":"\"","b":{"\u0024serde_json::private::Number" : "1"}}"#,
        ] {
            assert!(matches!(typed(text.as_bytes()), Err(DocumentError::Reserved { .. })), "{text}");
        }
        for text in [
            r#"{"a":"$serde_json::private::Number"}"#,
            r#"{"$a":1,"\\":"\\","u":"\"$serde_json::private::"}"#,
        ] {
            assert!(typed(text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_document_is_said_as_before() {
        assert!(matches!(typed(b"[1]"), Err(DocumentError::NotAnObject { .. })));
        assert!(matches!(typed(b"{\"a\":NaN}"), Err(DocumentError::NotJson { line: 1, .. })));
        assert!(matches!(typed(b"{\"a\":\"\xff\"}"), Err(DocumentError::NotJson { .. })));
        let abyss = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(typed(abyss.as_bytes()), Err(DocumentError::TooDeep));
    }
}
