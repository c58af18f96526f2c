//! Values that hold both sides' changes: sets and sums.

use std::collections::BTreeSet;

use serde_json::Value;

use super::field::Sides;
use crate::equality;
use crate::exact::decimal;

/// The members of a set, each once.
pub(super) fn members(set: &Value) -> BTreeSet<String> {
    set.as_array().into_iter().flatten().map(equality::canonical).collect()
}

/// The server's members without those removed here, then those added here.
pub(super) fn combined_set(sides: Sides<'_>) -> Value {
    let side = |value: Option<&Value>| value.map(members).unwrap_or_default();
    let (base, local, remote) = (side(sides.base), side(sides.local), side(sides.remote));
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let removed_here = |key: &String| base.contains(key) && !local.contains(key);
    let mut result = list(sides.remote);
    result.retain(|member| !removed_here(&equality::canonical(member)));
    let mut added = list(sides.local);
    let mut known: BTreeSet<String> = base.union(&remote).cloned().collect();
    // What one side typed twice is still one member.
    added.retain(|member| known.insert(equality::canonical(member)));
    result.append(&mut added);
    Value::Array(result)
}

/// A number with both sides' changes in it: mine + server − base, exactly.
pub(super) fn both_changes(base: &str, local: &str, remote: &str) -> Option<Value> {
    let sum = decimal(local)? + decimal(remote)? - decimal(base)?;
    serde_json::from_str(&sum.to_plain_string()).ok()
}
