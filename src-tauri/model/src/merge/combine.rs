//! Values that hold both sides' changes: sets and sums.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use bigdecimal::BigDecimal;
use serde_json::Value;

use super::field::Sides;
use crate::equality;

/// Numbers whose literals are longer than this are not added up.
const MAX_ADDED_LITERAL: usize = 64;

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
    // An exponent could make the sum gigabytes long; such numbers get no proposal.
    let decimal = |literal: &str| {
        let plain = literal.len() <= MAX_ADDED_LITERAL && !literal.contains(['e', 'E']);
        plain.then(|| BigDecimal::from_str(literal).ok()).flatten()
    };
    let sum = decimal(local)? + decimal(remote)? - decimal(base)?;
    serde_json::from_str(&sum.to_plain_string()).ok()
}
