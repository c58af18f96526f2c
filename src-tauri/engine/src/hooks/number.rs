//! A document's number in a script: its literal, which is never rounded.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use rhai::{Dynamic, Engine, EvalAltResult, INT};
use tidemark_model::{equality, exact};

/// What a script's function comes to.
pub(super) type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// A number by its literal; copied and compared whatever its length, calculated with up to [`exact::LONGEST`] characters.
#[derive(Clone)]
pub(super) struct Number(Arc<str>);

impl Number {
    pub(super) fn of(literal: &str) -> Self {
        Self(literal.into())
    }

    pub(super) fn literal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The literal of a value that is a number: a document's, or a whole number written in the script.
pub(super) fn literal(value: &Dynamic) -> Option<Cow<'static, str>> {
    match value.as_int() {
        Ok(whole) => Some(Cow::Owned(whole.to_string())),
        Err(_) => value.read_lock::<Number>().map(|number| Cow::Owned(number.literal().to_owned())),
    }
}

/// Which of two numbers is the larger; `None` where one value is no number.
pub(super) fn order(a: &Dynamic, b: &Dynamic) -> Option<Outcome<Ordering>> {
    let (a, b) = (literal(a)?, literal(b)?);
    Some(
        equality::number_order(&a, &b)
            .ok_or_else(|| format!("it cannot be told which is larger: {a} or {b}").into()),
    )
}

/// Registers numbers, their signs and their sums. There is no division: hardly one is exact.
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Number>("number");
    engine.register_fn("to_string", |number: Number| number.literal().to_owned());
    engine.register_fn("is_number", |value: Dynamic| literal(&value).is_some());
    engine.register_fn("number", parse);
    engine.register_fn("-", |whole: INT| -> Outcome<INT> {
        whole.checked_neg().ok_or_else(|| format!("-({whole}) is too large").into())
    });
    engine.register_fn("-", |number: Number| Number::of(&negative(number.literal())));
    engine.register_fn("abs", |value: Dynamic| -> Outcome<Dynamic> {
        match literal(&value) {
            Some(literal) if literal.starts_with('-') => Ok(Dynamic::from(Number::of(&negative(&literal)))),
            Some(_) => Ok(value),
            None => Err(format!("abs of {} is not known", value.type_name()).into()),
        }
    });
    for (sign, calculate) in [("+", exact::sum as Calculate), ("-", exact::difference), ("*", exact::product)]
    {
        let of = move |a: &str, b: &str| -> Outcome<Number> {
            match calculate(a, b) {
                Some(result) => Ok(Number::of(&result)),
                None => Err(format!("it cannot be calculated exactly: {a} {sign} {b}").into()),
            }
        };
        engine.register_fn(sign, move |a: Number, b: Number| of(a.literal(), b.literal()));
        engine.register_fn(sign, move |a: Number, b: INT| of(a.literal(), &b.to_string()));
        engine.register_fn(sign, move |a: INT, b: Number| of(&a.to_string(), b.literal()));
    }
}

type Calculate = fn(&str, &str) -> Option<String>;

/// The number that a text writes, as JSON does.
fn parse(text: &str) -> Outcome<Number> {
    let is_number = text.len() <= exact::LONGEST && serde_json::from_str::<serde_json::Number>(text).is_ok();
    if is_number { Ok(Number::of(text.trim())) } else { Err("this text is no number".into()) }
}

fn negative(literal: &str) -> String {
    if equality::plain_number(literal) == "0" {
        return literal.to_owned();
    }
    literal.strip_prefix('-').map_or_else(|| format!("-{literal}"), str::to_owned)
}
