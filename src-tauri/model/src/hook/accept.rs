//! What of a hook's answer can be taken.

use super::{Concealed, HookAnswer, HookError, HookInput, HookLimit};
use crate::document::{self, DocumentError, MAX_BYTES, MAX_DEPTH, same};
use crate::merge::RuleNode;
use crate::path;
use crate::rows::{RowSides, match_rows};
use serde_json::Value;

/// Checks an answer against its conflict.
///
/// A whole side can be kept whatever the conflict is. A merged document can be taken where neither side deleted the
/// record; it must be an object within the bounds of documents, may change no secret, and holds the record's id and
/// the fields that the server sets as one of the sides has them: the server's then stand. Nothing but *undecided* is
/// taken where a secret would have to be chosen.
pub fn accept(answer: HookAnswer, conflict: &HookInput<'_>) -> Result<HookAnswer, HookError> {
    let sides = match answer {
        HookAnswer::Undecided => return Ok(HookAnswer::Undecided),
        HookAnswer::KeepLocal | HookAnswer::KeepServer | HookAnswer::Merged(_) => Concealed::of(conflict)?,
    };
    let HookAnswer::Merged(mut document) = answer else { return Ok(answer) };
    let Some(sides) = sides else {
        return Err(HookError::WrongAnswer {
            found: "a document for a record that was deleted on one side".into(),
            expected: "there it may keep one side or leave it to a person".into(),
        });
    };
    in_bounds(&document)?;
    sides.check(&mut document)?;
    let versions = Versions { base: conflict.base, local: conflict.local, server: conflict.server };
    fix(&mut document, versions, conflict.id_field, "")?;
    settle(&mut document, versions, &RuleNode::new(conflict.rules), "")?;
    Ok(HookAnswer::Merged(document))
}

fn in_bounds(document: &Value) -> Result<(), HookError> {
    // Read as a stored document is read, so that what is taken can also be read again.
    let refused = match document::parse(document::to_text(document).as_bytes()) {
        Ok(_) => return Ok(()),
        Err(refused) => refused,
    };
    let limit = match refused {
        DocumentError::TooLarge { .. } => HookLimit::Answer(MAX_BYTES),
        DocumentError::TooDeep => HookLimit::Levels(MAX_DEPTH),
        DocumentError::NotAnObject { found } => {
            let expected = "a merged document is an object with the record's fields".into();
            return Err(HookError::WrongAnswer { found: found.into(), expected });
        }
        DocumentError::NotJson { .. }
        | DocumentError::TwiceTheSame { .. }
        | DocumentError::Reserved { .. } => {
            let found = format!("a document that cannot be kept ({refused})");
            let expected = "a merged document is an object with the record's fields".into();
            return Err(HookError::WrongAnswer { found, expected });
        }
    };
    Err(HookError::OverLimit { limit, at: None })
}

/// What stands at one path on each side.
#[derive(Clone, Copy)]
struct Versions<'a> {
    base: Option<&'a Value>,
    local: Option<&'a Value>,
    server: Option<&'a Value>,
}

impl<'a> Versions<'a> {
    fn at(self, key: &str) -> Self {
        let at = |side: Option<&'a Value>| side.and_then(|side| side.get(key));
        Self { base: at(self.base), local: at(self.local), server: at(self.server) }
    }

    fn one_is(self, found: Option<&Value>) -> bool {
        [self.base, self.local, self.server].into_iter().any(|side| match (side, found) {
            (Some(side), Some(found)) => same(side, found),
            (None, None) => true,
            _ => false,
        })
    }
}

/// Puts the server's value into a field that is not the hook's, if the hook left it as one of the sides has it.
fn fix(document: &mut Value, versions: Versions<'_>, key: &str, at: &str) -> Result<(), HookError> {
    let Value::Object(map) = document else { return Ok(()) };
    let field = versions.at(key);
    if !field.one_is(map.get(key)) {
        return Err(HookError::WrongAnswer {
            found: format!("another value for '{}'", path::child(at, key)),
            expected: "the record's id and what the server sets stay as they are".into(),
        });
    }
    match field.server {
        Some(value) => {
            map.insert(key.to_owned(), value.clone());
        }
        // An id that only this computer's document holds is still the record's.
        None if at.is_empty() && field.local.is_some() && map.contains_key(key) => {}
        None => {
            map.shift_remove(key);
        }
    }
    Ok(())
}

/// Lets the server's values stand in every field that the server sets.
fn settle(document: &mut Value, versions: Versions<'_>, rules: &RuleNode, at: &str) -> Result<(), HookError> {
    for (key, rules) in rules.fields() {
        if rules.server_set {
            fix(document, versions, key, at)?;
            continue;
        }
        match document.get_mut(key) {
            Some(rows @ Value::Array(_)) => {
                settle_rows(rows, versions.at(key), rules, &path::child(at, key))?
            }
            Some(inner) => settle(inner, versions.at(key), rules, &path::child(at, key))?,
            None => {}
        }
    }
    Ok(())
}

fn settle_rows(
    rows: &mut Value,
    versions: Versions<'_>,
    rules: &RuleNode,
    at: &str,
) -> Result<(), HookError> {
    let (Some(row_rules), Value::Array(rows)) = (rules.row(), rows) else { return Ok(()) };
    let of = |side: Option<&'_ Value>| side.and_then(Value::as_array).cloned().unwrap_or_default();
    let sides = [of(versions.base), of(versions.local), of(versions.server)];
    let found = rows.clone();
    // The same row on each side, where more than its position tells which it is.
    let places = sides.each_ref().map(|side| {
        let nameable = |field: &str| rules.may_name_rows(field);
        let pairs =
            match_rows(RowSides { base: None, local: &found, remote: side }, &rules.row_key, nameable);
        let mut places = vec![None; found.len()];
        for pair in pairs.into_iter().filter(|pair| !pair.by_position) {
            if let Some(here) = pair.local {
                places[here] = pair.remote;
            }
        }
        places
    });
    for (index, row) in rows.iter_mut().enumerate() {
        let side = |which: usize| places[which][index].and_then(|place| sides[which].get(place));
        let versions = Versions { base: side(0), local: side(1), server: side(2) };
        // A row that no side can be told to have is the hook's own.
        if versions.base.or(versions.local).or(versions.server).is_some() {
            settle(row, versions, row_rules, at)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::MergeRules;
    use serde_json::json;

    /// What becomes of a merged answer to a conflict about `total`; `rev` and the rows' `amount` are the server's to set.
    fn taken(answer: Value) -> Result<Value, String> {
        let rules = MergeRules {
            server_set: ["/rev", "/rows/*/amount"].map(String::from).into(),
            secret: ["/pin"].map(String::from).into(),
            ..MergeRules::default()
        };
        let document = |total: i32, rev: i32, amount: i32| json!({"id": "A1", "total": total, "rev": rev, "pin": "1", "rows": [{"id": "r", "q": 1, "amount": amount}]});
        let (base, local, server) = (document(1, 1, 5), document(2, 1, 6), document(3, 2, 7));
        match accept(
            HookAnswer::Merged(answer),
            &HookInput::both_updated([Some(&base), Some(&local), Some(&server)], &rules),
        ) {
            Ok(HookAnswer::Merged(document)) => Ok(document),
            Ok(_) => Err("another answer".into()),
            Err(refused) => Err(refused.to_string()),
        }
    }

    // proves D6
    #[test]
    fn a_merged_document_gets_the_servers_id_and_what_the_server_sets() {
        let answer = json!({"id": "A1", "total": 9, "rev": 1, "pin": "1", "rows": [{"id": "r", "q": 4, "amount": 6}, {"id": "new", "amount": 1}]});
        let settled = json!({"id": "A1", "total": 9, "rev": 2, "pin": "1", "rows": [{"id": "r", "q": 4, "amount": 7}, {"id": "new", "amount": 1}]});
        assert_eq!(taken(answer), Ok(settled));
    }

    // proves D6
    #[test]
    fn a_merged_document_that_changes_what_is_not_the_hooks_is_refused_by_its_path() {
        for (answer, what) in [
            (json!({"id": "A2", "rev": 1, "pin": "1"}), "another value for '/id'"),
            (json!({"rev": 1, "pin": "1"}), "another value for '/id'"),
            (json!({"id": "A1", "rev": 7, "pin": "1"}), "another value for '/rev'"),
            (json!({"id": "A1", "pin": "1"}), "another value for '/rev'"),
            (json!({"id": "A1", "rev": 1, "pin": "2"}), "the secret '/pin'"),
            (json!({"id": "A1", "rev": 1}), "the secret '/pin'"),
            (
                json!({"id": "A1", "rev": 1, "pin": "1", "rows": [{"id": "r", "amount": 99}]}),
                "another value for '/rows/amount'",
            ),
            (json!(["id"]), "an array"),
            (
                json!({"id": "A1", "rev": 1, "pin": "1", "x": {"$serde_json::private::Number": "1"}}),
                "cannot be kept",
            ),
        ] {
            let refused = taken(answer.clone()).unwrap_err();
            assert!(refused.contains(what), "{answer}: {refused}");
        }
    }

    // proves D6
    #[test]
    fn a_merged_document_stays_within_the_bounds_of_documents() {
        let deep = (0..MAX_DEPTH).fold(json!(1), |inner, _| json!([inner]));
        let answer = json!({"id": "A1", "rev": 1, "pin": "1", "deep": deep});
        assert!(taken(answer).unwrap_err().contains("deeper than 128 levels"));
        let answer = json!({"id": "A1", "rev": 1, "pin": "1", "long": "x".repeat(MAX_BYTES)});
        assert!(taken(answer).unwrap_err().contains("larger than 16777216 bytes"));
    }

    // proves D6
    #[test]
    fn a_record_that_one_side_deleted_is_kept_or_left_and_never_merged() {
        let rules = MergeRules::default();
        let document = json!({"id": "A1"});
        let deleted_there = HookInput::both_updated([Some(&document), Some(&document), None], &rules);
        let merged = accept(HookAnswer::Merged(document.clone()), &deleted_there);
        assert!(matches!(merged, Err(HookError::WrongAnswer { .. })));
        for whole in [HookAnswer::KeepLocal, HookAnswer::KeepServer, HookAnswer::Undecided] {
            assert!(accept(whole.clone(), &deleted_there).is_ok_and(|taken| taken == whole));
        }
    }

    // proves D6
    #[test]
    fn nothing_is_taken_where_a_secret_would_have_to_be_chosen() {
        let rules = MergeRules { secret: ["/pin".to_owned()].into(), ..MergeRules::default() };
        let [base, local, server] = ["1", "2", "3"].map(|pin| json!({"id": "A1", "pin": pin}));
        let both = HookInput::both_updated([Some(&base), Some(&local), Some(&server)], &rules);
        for answer in [HookAnswer::KeepLocal, HookAnswer::KeepServer, HookAnswer::Merged(local.clone())] {
            assert!(
                matches!(accept(answer, &both), Err(HookError::SecretOnBothSides { path }) if path == "/pin")
            );
        }
        assert!(accept(HookAnswer::Undecided, &both).is_ok());
    }
}
