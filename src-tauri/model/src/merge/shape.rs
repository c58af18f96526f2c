//! Which fields a person is asked about, so that conflicts about the same can be decided together.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::path;

/// What stands for any row of a list.
const ANY_ROW: &str = "*";

/// The paths with `*` in the place of each row, each once and in order; they lead into `document`.
pub(super) fn shape<'p>(paths: impl Iterator<Item = &'p str>, document: &Value) -> Vec<String> {
    let shape: BTreeSet<String> = paths.map(|path| pattern(path, document)).collect();
    shape.into_iter().collect()
}

/// A path with `*` in the place of each row of a list in `document`.
pub(super) fn pattern(at: &str, document: &Value) -> String {
    let mut here = vec![document];
    let mut pattern = String::new();
    for key in path::keys(at).unwrap_or_default() {
        if here.iter().any(|value| value.is_array()) {
            pattern = path::child(&pattern, ANY_ROW);
            // Whichever row it is: one that has what is asked for next tells whether that is a list again.
            here = here.into_iter().filter_map(Value::as_array).flatten().collect();
        } else {
            here = here.into_iter().filter_map(|value| value.get(&key)).collect();
            pattern = path::child(&pattern, &key);
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // proves D10
    #[test]
    fn rows_stand_for_each_other_and_fields_do_not() {
        let document =
            json!({"status": 1, "items": [{"id": 7, "taxes": [{"name": "a", "rate": 1}]}], "a/b": {"0": 1}});
        let of = |paths: &[&str]| shape(paths.iter().copied(), &document);
        assert_eq!(of(&["/items/id:7/qty", "/status", "/items/id:8/qty"]), ["/items/*/qty", "/status"]);
        assert_eq!(of(&["/items/id:7/taxes/name:a/rate"]), ["/items/*/taxes/*/rate"]);
        assert_eq!(of(&["/a~1b/0", "/items"]), ["/a~1b/0", "/items"], "an object's field is no row");
        assert_eq!(of(&[]), Vec::<String>::new());
    }
}
