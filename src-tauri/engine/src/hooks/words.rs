//! The functions in a script's scope. There are no others: what is not registered here does not exist.

use std::cmp::Ordering;

use rhai::{Array, Dynamic, Engine, INT, ImmutableString, Map, OptimizationLevel};

use super::number::{self, Outcome};

/// What the language has and a hook does without: what runs text, prints, keeps functions as values or does not calculate
/// exactly; `switch` compares only what it can hash, and a document's numbers are not among it.
const WITHOUT: [&str; 17] = [
    "eval", "print", "debug", "Fn", "call", "curry", "this", "switch", "/", "/=", "%", "%=", "**", "**=",
    "<<", ">>", "global",
];

/// An interpreter that knows these functions and nothing else.
pub(super) fn interpreter() -> Engine {
    let mut engine = Engine::new_raw();
    for symbol in WITHOUT {
        engine.disable_symbol(symbol);
    }
    engine
        // Otherwise a comparison of a number with a text would be false instead of a fault.
        .set_fast_operators(false)
        // Otherwise a field misspelt would be one that is not there.
        .set_fail_on_invalid_map_property(true)
        .set_strict_variables(true)
        .set_allow_anonymous_fn(false)
        .set_optimization_level(OptimizationLevel::None);
    number::register(&mut engine);
    register_comparison(&mut engine);
    register_content(&mut engine);
    engine.register_fn("!", |yes: bool| !yes);
    engine
}

fn register_comparison(engine: &mut Engine) {
    engine.register_fn("==", |a: Dynamic, b: Dynamic| same(&a, &b));
    engine.register_fn("!=", |a: Dynamic, b: Dynamic| same(&a, &b).map(|same| !same));
    let signs: [(&str, Holds); 4] =
        [("<", Ordering::is_lt), ("<=", Ordering::is_le), (">", Ordering::is_gt), (">=", Ordering::is_ge)];
    for (sign, holds) in signs {
        engine.register_fn(sign, move |a: Dynamic, b: Dynamic| compare(&a, &b).map(holds));
    }
    // The value itself, so that its literal stays.
    engine.register_fn("max", |a: Dynamic, b: Dynamic| -> Outcome<Dynamic> {
        Ok(if compare(&a, &b)?.is_lt() { b } else { a })
    });
    engine.register_fn("min", |a: Dynamic, b: Dynamic| -> Outcome<Dynamic> {
        Ok(if compare(&a, &b)?.is_gt() { b } else { a })
    });
}

/// Whether a sign holds for an order.
type Holds = fn(Ordering) -> bool;

fn register_content(engine: &mut Engine) {
    engine.register_iterator::<Array>();
    engine.register_fn("len", |entries: &mut Array| count(entries.len()));
    engine.register_fn("len", |fields: &mut Map| count(fields.len()));
    engine.register_fn("len", |text: &mut ImmutableString| count(text.chars().count()));
    engine.register_fn("push", |entries: &mut Array, entry: Dynamic| entries.push(entry));
    engine.register_fn("keys", |fields: &mut Map| -> Array {
        fields.keys().map(|key| key.as_str().into()).collect()
    });
    engine
        .register_fn("get", |fields: &mut Map, key: &str| fields.get(key).cloned().unwrap_or(Dynamic::UNIT));
    engine.register_fn("remove", |fields: &mut Map, key: &str| fields.remove(key).unwrap_or(Dynamic::UNIT));
    // What `in` asks.
    engine.register_fn("contains", |fields: &mut Map, key: &str| fields.contains_key(key));
    engine.register_fn("contains", |text: &mut ImmutableString, part: &str| text.contains(part));
    engine.register_fn("contains", |entries: &mut Array, entry: Dynamic| -> Outcome<bool> {
        entries.iter().try_fold(false, |found, one| Ok(found || same(one, &entry)?))
    });
}

fn count(len: usize) -> INT {
    INT::try_from(len).unwrap_or(INT::MAX)
}

/// Which of two numbers, or two texts, comes first.
fn compare(a: &Dynamic, b: &Dynamic) -> Outcome<Ordering> {
    if let Some(order) = number::order(a, b) {
        return order;
    }
    match (text(a), text(b)) {
        (Some(a), Some(b)) => Ok(a.cmp(&b)),
        _ => Err(format!("{} and {} cannot be compared by size", a.type_name(), b.type_name()).into()),
    }
}

/// Whether two values are the same: numbers by what they are worth, texts letter by letter, lists and maps by what is in them.
pub(super) fn same(a: &Dynamic, b: &Dynamic) -> Outcome<bool> {
    if let (Some(one), Some(other)) = (number::literal(a), number::literal(b)) {
        return Ok(one == other || matches!(number::order(a, b), Some(Ok(Ordering::Equal))));
    }
    if let (Some(a), Some(b)) = (text(a), text(b)) {
        return Ok(a == b);
    }
    if let (Ok(a), Ok(b)) = (a.as_bool(), b.as_bool()) {
        return Ok(a == b);
    }
    if let (Ok(a), Ok(b)) = (a.as_array_ref(), b.as_array_ref()) {
        let each = a.len() == b.len();
        return a.iter().zip(b.iter()).try_fold(each, |all, (a, b)| Ok(all && same(a, b)?));
    }
    if let (Ok(a), Ok(b)) = (a.as_map_ref(), b.as_map_ref()) {
        let each = a.len() == b.len();
        return a.iter().try_fold(each, |all, (key, a)| match b.get(key) {
            Some(b) => Ok(all && same(a, b)?),
            None => Ok(false),
        });
    }
    Ok(a.is_unit() && b.is_unit())
}

fn text(value: &Dynamic) -> Option<ImmutableString> {
    match value.as_char() {
        Ok(letter) => Some(letter.to_string().into()),
        Err(_) => value.as_immutable_string_ref().ok().map(|text| text.clone()),
    }
}
