//! What people and programs see of a collection whose records hold secrets.

use std::collections::BTreeSet;

use serde_json::Value;

use super::field::{MASK, masked};
use super::former::At;
use super::rules::{MergeRules, RuleNode};
use crate::change::Change;
use crate::{document, path};

/// Stands in the place of a body in which secrets cannot be told from the rest.
pub const LEFT_OUT: &str =
    "Not shown: it may hold a secret of the record, and only whole JSON can be shown without.";

/// The secrets of one collection, looked up once for all that is shown of it.
#[derive(Debug, Default)]
pub struct Veil {
    /// None where nothing is secret: then everything is shown as it is.
    secrets: Option<Secrets>,
}

#[derive(Debug)]
struct Secrets {
    root: RuleNode,
    /// The fields' own names: in bodies a record may stand at any depth.
    names: BTreeSet<String>,
    /// A secret has no name of its own, as the record as a whole.
    nameless: bool,
}

impl Veil {
    /// The veil over what these rules call secret.
    pub fn new(rules: &MergeRules) -> Self {
        if rules.secret.is_empty() {
            return Self::default();
        }
        let name = |at: &String| path::keys(at)?.into_iter().rfind(|key| key != "*");
        let names: BTreeSet<String> = rules.secret.iter().filter_map(name).collect();
        let nameless = rules.secret.iter().any(|at| path::keys(at).is_some() && name(at).is_none());
        let only = MergeRules { secret: rules.secret.clone(), ..MergeRules::default() };
        Self { secrets: Some(Secrets { root: RuleNode::new(&only), names, nameless }) }
    }

    /// The JSON text of a value as it may be seen; a secret is masked, and so is whatever lies in one.
    pub fn text(&self, value: &Value, at: &str) -> String {
        let Some(secrets) = &self.secrets else { return document::to_text(value) };
        let at = At::new(&secrets.root, at);
        document::to_text(&match at.secret_from {
            Some(_) => Value::from(MASK),
            None => masked(value, at.rules),
        })
    }

    /// Where the secret begins that a path is, or lies in.
    pub fn secret_at(&self, path: &str) -> Option<String> {
        At::new(&self.secrets.as_ref()?.root, path).secret_from
    }

    /// Whether a text that was typed at a path is a secret, holds one, or cannot be told from one for it is no JSON.
    pub fn hides(&self, path: &str, typed: &str) -> bool {
        let Some(secrets) = &self.secrets else { return false };
        let at = At::new(&secrets.root, path);
        let holds = |rules: &RuleNode| {
            rules.holds_secret()
                && document::parse_value(typed.as_bytes())
                    .map_or(true, |value| masked(&value, Some(rules)) != value)
        };
        at.secret_from.is_some() || at.rules.is_some_and(holds)
    }

    /// The path at which people see a value: where the secret that it lies in begins, else its own.
    pub fn shown_at(&self, path: &str) -> String {
        self.secret_at(path).unwrap_or_else(|| path.to_owned())
    }

    /// A body of a request or an answer without values under the secrets' names, however it wraps its records.
    pub fn body(&self, text: String) -> String {
        let Some(secrets) = &self.secrets else { return text };
        if text.trim().is_empty() {
            return text;
        }
        match document::parse_value(text.as_bytes()) {
            // Written anew even where nothing was masked: of a key that stands twice the parser saw only one.
            Ok(mut body) if !secrets.nameless && (body.is_object() || body.is_array()) => {
                secrets.mask(&mut body);
                document::to_text(&body)
            }
            Ok(_) | Err(_) => LEFT_OUT.to_owned(),
        }
    }

    /// Where changes would put a mask in the place of a secret, or into it.
    pub fn mask_in(&self, changes: &[Change]) -> Option<String> {
        let secrets = self.secrets.as_ref()?;
        changes.iter().find_map(|change| match change {
            Change::Set { path, set } => {
                let at = At::new(&secrets.root, path);
                mask_within(set, path, at.rules, at.secret_from.is_some())
            }
            Change::Remove { .. } => None,
        })
    }
}

impl Secrets {
    fn mask(&self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    if self.names.contains(name) {
                        *member = Value::from(MASK);
                    } else {
                        self.mask(member);
                    }
                }
            }
            Value::Array(rows) => rows.iter_mut().for_each(|row| self.mask(row)),
            // Some servers wrap JSON in a text.
            Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
                if let Ok(mut inner) = document::parse_value(text.as_bytes()) {
                    self.mask(&mut inner);
                    *text = document::to_text(&inner);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

fn mask_within(value: &Value, at: &str, rules: Option<&RuleNode>, in_secret: bool) -> Option<String> {
    let in_secret = in_secret || rules.is_some_and(|rules| rules.secret);
    if !in_secret && !rules.is_some_and(RuleNode::holds_secret) {
        return None;
    }
    match value {
        Value::String(text) => (in_secret && text == MASK).then(|| at.to_owned()),
        Value::Object(members) => members.iter().find_map(|(key, member)| {
            let rules = rules.and_then(|rules| rules.field(key));
            mask_within(member, &path::child(at, key), rules, in_secret)
        }),
        Value::Array(rows) => rows.iter().enumerate().find_map(|(index, row)| {
            let rules = rules.and_then(RuleNode::row);
            mask_within(row, &path::child(at, &index.to_string()), rules, in_secret)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn veil(secret: &[&str]) -> Veil {
        let secret = secret.iter().map(|path| (*path).to_owned()).collect();
        Veil::new(&MergeRules { secret, ..MergeRules::default() })
    }

    #[test]
    fn without_secrets_everything_is_shown_as_it_is() {
        let veil = veil(&[]);
        for text in ["{ \"pin\": 1.10 }", "pin=1&x", "{\"pin\":", ""] {
            assert_eq!(veil.body(text.into()), text);
        }
        assert_eq!(veil.text(&json!({"pin": 1}), ""), r#"{"pin":1}"#);
        assert_eq!(veil.secret_at("/pin"), None);
        assert_eq!(veil.mask_in(&[Change::set("/pin", json!(MASK))]), None);
    }

    #[test]
    fn a_secret_is_masked_in_a_body_however_its_record_is_wrapped() {
        let veil = veil(&["/pin", "/card/number", "/rows/*/code", "/keys/*"]);
        let body = r#"{"data": {"pin": 7, "n": 1.10, "card": {"number": "x", "until": 2}}, "docs": [{"rows": [{"code": {}}], "keys": [1]}]}"#;
        let shown = format!(
            r#"{{"data":{{"pin":"{MASK}","n":1.10,"card":{{"number":"{MASK}","until":2}}}},"docs":[{{"rows":[{{"code":"{MASK}"}}],"keys":"{MASK}"}}]}}"#
        );
        assert_eq!(veil.body(body.into()), shown);
        let wrapped = veil.body(json!({"messages": r#"[{"pin": "7"}]"#, "a": "[no JSON"}).to_string());
        assert_eq!(
            wrapped,
            json!({"messages": json!([{"pin": MASK}]).to_string(), "a": "[no JSON"}).to_string()
        );
    }

    #[test]
    fn a_body_in_which_secrets_cannot_be_told_is_left_out() {
        let pin = veil(&["/pin"]);
        for body in ["{\"pin\": \"4711", "pin=4711&x=1", "\"the pin 4711 is wrong\"", "<p>4711</p>"] {
            assert_eq!(pin.body(body.into()), LEFT_OUT);
        }
        assert_eq!(pin.body(String::new()), "");
        assert_eq!(pin.body(r#"{"a": {"pin": 4711}, "a": 1}"#.into()), r#"{"a":1}"#, "the key stands twice");
        for whole in ["", "/*"] {
            assert_eq!(veil(&[whole]).body(r#"{"a": 4711}"#.into()), LEFT_OUT);
        }
    }

    #[test]
    fn a_secret_is_found_by_its_path_also_in_a_row() {
        let veil = veil(&["/card", "/rows/*/code"]);
        assert_eq!(veil.secret_at("/card/number").as_deref(), Some("/card"));
        assert_eq!(veil.secret_at("/rows/0/code").as_deref(), Some("/rows/0/code"));
        assert_eq!(veil.secret_at("/rows/name:x/code").as_deref(), Some("/rows/name:x/code"));
        assert_eq!((veil.secret_at("/rows/0"), veil.secret_at("/rows")), (None, None));
        assert_eq!(veil.text(&json!("x"), "/rows/1/code"), json!(MASK).to_string());
    }

    // proves D9
    #[test]
    fn a_secret_is_masked_above_it_below_it_and_at_it() {
        let veil = veil(&["/card", "/rows/*/pin"]);
        let shown = |value: Value, at: &str| document::parse_value(veil.text(&value, at).as_bytes()).unwrap();
        assert_eq!(shown(json!("4711"), "/card"), json!(MASK));
        assert_eq!(shown(json!("4711"), "/card/number"), json!(MASK));
        assert_eq!(shown(json!([{"pin": 1, "a": 2}]), "/rows"), json!([{"pin": MASK, "a": 2}]));
        assert_eq!(shown(json!({"card": {"x": 1}, "a": 1}), ""), json!({"card": MASK, "a": 1}));
    }

    #[test]
    fn a_mask_in_the_place_of_a_secret_is_found_and_elsewhere_it_is_a_text() {
        let veil = veil(&["/card", "/rows/*/code"]);
        let found = |path: &str, value: Value| veil.mask_in(&[Change::set(path, value)]);
        assert_eq!(found("/card", json!(MASK)).as_deref(), Some("/card"));
        assert_eq!(found("/card", json!({"a": [MASK]})).as_deref(), Some("/card/a/0"));
        assert_eq!(found("/card/number", json!(MASK)).as_deref(), Some("/card/number"));
        assert_eq!(found("/rows", json!([{}, {"code": MASK}])).as_deref(), Some("/rows/1/code"));
        assert_eq!(found("", json!({"card": MASK})).as_deref(), Some("/card"));
        assert_eq!(found("/name", json!(MASK)), None);
        assert_eq!(found("/rows", json!([{"name": MASK}])), None);
        assert_eq!(veil.mask_in(&[Change::remove("/card")]), None);
    }
}
