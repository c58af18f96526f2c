//! Secrets stay out of a hook's sight, and stand in a merged document as the merge has them.
//!
//! Taken out are the secret fields, and whole any list whose rows hold one: a row that comes back without its secret
//! could not be told from another.

use super::{HookError, HookInput};
use crate::document::same;
use crate::merge::{self, Choice, RuleNode};
use crate::path;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Two documents and their merge as a script may see them, and what it takes to put the secrets back.
pub struct Concealed {
    merged: Value,
    to_choose: Vec<String>,
    rules: RuleNode,
}

/// A document without its secrets.
pub fn conceal(document: &Value, rules: &merge::MergeRules) -> Value {
    without(document, &RuleNode::new(rules))
}

impl Concealed {
    /// The merge of both sides; none where one side deleted the record. Refuses where a secret would have to be chosen.
    pub fn of(conflict: &HookInput<'_>) -> Result<Option<Self>, HookError> {
        let (Some(local), Some(server)) = (conflict.local, conflict.server) else { return Ok(None) };
        let rules = RuleNode::new(conflict.rules);
        let merge = merge::merge(conflict.base, local, server, conflict.rules);
        let secret = |field: &merge::FieldDifference| field.secret || is_hidden(&field.path, &rules);
        let ruled = |field: &merge::FieldDifference| conflict.decided.contains_key(&field.path);
        if let Some(field) = merge.clashes().find(|field| !ruled(field) && secret(field)) {
            return Err(HookError::SecretOnBothSides { path: field.path.clone() });
        }
        let to_choose =
            merge.clashes().filter(|field| !ruled(field)).map(|field| field.path.clone()).collect();
        if !merge.clashes().any(ruled) {
            return Ok(Some(Self { merged: merge.merged, to_choose, rules }));
        }
        let choices: BTreeMap<String, Choice> = merge
            .clashes()
            .map(|field| {
                (field.path.clone(), conflict.decided.get(&field.path).cloned().unwrap_or(Choice::Mine))
            })
            .collect();
        let merged =
            merge::resolve(conflict.base, local, server, conflict.rules, &choices).map_err(|error| {
                let message = format!("what the rules decided cannot be combined: {error}");
                HookError::Script { message, at: None }
            })?;
        Ok(Some(Self { merged, to_choose, rules }))
    }

    /// The merge as far as it goes with what rules decided, without secrets; where something is left to choose it shows Mine.
    pub fn merged(&self) -> Value {
        without(&self.merged, &self.rules)
    }

    /// The paths that are left to choose.
    pub fn to_choose(&self) -> impl Iterator<Item = &str> {
        self.to_choose.iter().map(String::as_str)
    }

    /// Puts the secrets of the merge into a document that has none.
    pub fn put_back(&self, document: &mut Value) -> Result<(), HookError> {
        walk(document, Some(&self.merged), &self.rules, "", &mut |found, kept, key, path| match kept {
            _ if found.contains_key(key) => Err(touched(path)),
            Some(kept) => {
                found.insert(key.to_owned(), kept.clone());
                Ok(())
            }
            None => Ok(()),
        })
    }

    /// Refuses a document in which a secret is another than the merge has.
    pub(super) fn check(&self, document: &mut Value) -> Result<(), HookError> {
        walk(document, Some(&self.merged), &self.rules, "", &mut |found, kept, key, path| match (
            found.get(key),
            kept,
        ) {
            (None, None) => Ok(()),
            (Some(found), Some(kept)) if same(found, kept) => Ok(()),
            _ => Err(touched(path)),
        })
    }
}

fn touched(path: &str) -> HookError {
    HookError::WrongAnswer {
        found: format!("a document that changes the secret '{path}'"),
        expected: "a secret, and a list whose rows hold one, stays as it is".into(),
    }
}

/// Whether a field with these rules is taken out: a secret, or a list of rows with secrets.
fn hides(rules: &RuleNode) -> bool {
    rules.secret || rules.row().is_some_and(RuleNode::holds_secret)
}

/// Whether a path lies in what is taken out.
fn is_hidden(at: &str, rules: &RuleNode) -> bool {
    let mut here = rules;
    for key in path::keys(at).unwrap_or_default() {
        if hides(here) {
            return true;
        }
        match here.field(&key) {
            Some(rules) => here = rules,
            None => return false,
        }
    }
    hides(here)
}

fn without(value: &Value, rules: &RuleNode) -> Value {
    match value {
        Value::Object(map) if rules.holds_secret() => {
            let seen = |key: &str, value: &Value| match rules.field(key) {
                Some(rules) if hides(rules) => None,
                Some(rules) => Some(without(value, rules)),
                None => Some(value.clone()),
            };
            Value::Object(
                map.iter().filter_map(|(key, value)| Some((key.clone(), seen(key, value)?))).collect(),
            )
        }
        other => other.clone(),
    }
}

/// What is done where a hidden field stands or could: the object in the answer, the merge's value, the key, the path.
type Visit<'v> = dyn FnMut(&mut Map<String, Value>, Option<&Value>, &str, &str) -> Result<(), HookError> + 'v;

fn walk(
    found: &mut Value,
    kept: Option<&Value>,
    rules: &RuleNode,
    at: &str,
    visit: &mut Visit<'_>,
) -> Result<(), HookError> {
    for (key, rules) in rules.fields().filter(|(_, rules)| rules.holds_secret()) {
        let path = path::child(at, key);
        let kept = kept.and_then(|kept| kept.get(key));
        match found {
            Value::Object(map) if hides(rules) => visit(map, kept, key, &path)?,
            Value::Object(map) => match map.get_mut(key) {
                Some(found) => walk(found, kept, rules, &path, visit)?,
                None if kept.is_some_and(|kept| holds(kept, rules)) => return Err(touched(&path)),
                None => {}
            },
            _ if kept.is_some() => return Err(touched(&path)),
            _ => {}
        }
    }
    Ok(())
}

/// Whether a value holds something that is taken out.
fn holds(value: &Value, rules: &RuleNode) -> bool {
    hides(rules)
        || rules.fields().any(|(key, rules)| {
            rules.holds_secret() && value.get(key).is_some_and(|value| holds(value, rules))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::MergeRules;
    use serde_json::json;

    fn rules() -> MergeRules {
        MergeRules {
            secret: ["/pin", "/login/password", "/cards/*/code"].map(String::from).into(),
            ..MergeRules::default()
        }
    }

    fn conflict<'a>(sides: [&'a Value; 3], rules: &'a MergeRules) -> HookInput<'a> {
        HookInput::both_updated(sides.map(Some), rules)
    }

    #[test]
    fn secrets_are_taken_out_wherever_the_rules_name_them_and_their_lists_whole() {
        let document =
            json!({"a": 1, "pin": "1", "login": {"user": "u", "password": "p"}, "cards": [{"code": "c"}]});
        assert_eq!(conceal(&document, &rules()), json!({"a": 1, "login": {"user": "u"}}));
    }

    #[test]
    fn a_secret_that_one_side_changed_is_put_back_as_that_side_has_it() {
        let base = json!({"a": 1, "pin": "1", "login": {"user": "u", "password": "p"}, "cards": [{"id": 1, "code": "c"}]});
        let local = json!({"a": 2, "pin": "2", "login": {"user": "u", "password": "p"}, "cards": [{"id": 1, "code": "c"}]});
        let server = json!({"a": 3, "pin": "1", "login": {"user": "u", "password": "q"}, "cards": [{"id": 1, "code": "d"}]});
        let rules = rules();
        let sides = Concealed::of(&conflict([&base, &local, &server], &rules)).unwrap().unwrap();
        assert_eq!(sides.to_choose().collect::<Vec<_>>(), ["/a"]);
        let mut answer = json!({"a": 9, "login": {"user": "v"}});
        sides.put_back(&mut answer).unwrap();
        let whole = json!({"a": 9, "login": {"user": "v", "password": "q"}, "pin": "2", "cards": [{"id": 1, "code": "d"}]});
        assert_eq!(answer, whole);
        assert!(sides.check(&mut answer).is_ok());
    }

    #[test]
    fn a_document_that_sets_or_drops_a_secret_is_refused_by_its_path() {
        let document = json!({"a": 1, "login": {"password": "p"}});
        let rules = rules();
        let sides = Concealed::of(&conflict([&document, &document, &document], &rules)).unwrap().unwrap();
        for (answer, path) in [
            (json!({"a": 1, "login": {"password": "mine"}}), "/login/password"),
            (json!({"a": 1}), "/login"),
            (json!({"a": 1, "login": "gone"}), "/login/password"),
            (json!({"a": 1, "login": {}, "pin": "new"}), "/pin"),
        ] {
            let refused = sides.put_back(&mut answer.clone()).unwrap_err().to_string();
            assert!(refused.contains(&format!("'{path}'")), "{answer}: {refused}");
        }
    }

    // proves D6
    #[test]
    fn a_secret_that_both_sides_changed_is_for_a_person() {
        let rules = rules();
        let document =
            |pin: &str, label: &str| json!({"pin": pin, "cards": [{"id": 1, "code": "c", "label": label}]});
        let base = document("1", "a");
        for (mine, server, path) in [
            (document("2", "a"), document("3", "a"), "/pin"),
            (document("1", "b"), document("1", "c"), "/cards/id:1/label"),
        ] {
            let answer = Concealed::of(&conflict([&base, &mine, &server], &rules)).map(|_| ());
            assert_eq!(answer, Err(HookError::SecretOnBothSides { path: path.into() }));
        }
        assert!(Concealed::of(&conflict([&base, &document("2", "a"), &base], &rules)).is_ok());
    }
}
