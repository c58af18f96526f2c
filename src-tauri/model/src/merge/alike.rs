//! Whether two values say the same as the rules see them.

use serde_json::Value;

use super::combine::members;
use super::rules::RuleNode;
use crate::equality;

/// Whether nobody would call one of two values a change of the other.
///
/// What the server computes is no change of anybody's, sets have no order, `null` is no field where the rules say so,
/// and secrets are compared sign by sign. `None` is a field that is not there.
pub(super) fn alike(a: Option<&Value>, b: Option<&Value>, rules: Option<&RuleNode>) -> bool {
    let has = |rule: fn(&RuleNode) -> bool| rules.is_some_and(rule);
    match (a, b) {
        (None, None) => true,
        (None, Some(Value::Null)) | (Some(Value::Null), None) if has(|rules| rules.null_is_missing) => true,
        (None, Some(_)) | (Some(_), None) => false,
        (Some(a), Some(b)) if has(|rules| rules.secret) => a == b,
        (Some(a @ Value::Array(_)), Some(b @ Value::Array(_))) if has(|rules| rules.set) => {
            members(a) == members(b)
        }
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let only_b = b.keys().filter(|key| !a.contains_key(*key));
            a.keys().chain(only_b).all(|key| {
                let rules = rules.and_then(|rules| rules.field(key));
                rules.is_some_and(|rules| rules.server_set) || alike(a.get(key), b.get(key), rules)
            })
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            let row = rules.and_then(RuleNode::row);
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(Some(a), Some(b), row))
        }
        (Some(a), Some(b)) => equality::same(a, b),
    }
}
