//! One path on which three documents are not the same.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use specta::Type;

use super::rules::{MergeRules, RuleNode};
use super::strategy::FieldPolicy;

/// What happened at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FieldClass {
    /// Only this computer changed it: Mine.
    OnlyMine,
    /// Only the server changed it: Server.
    OnlyServer,
    /// Both came to the same.
    SameChange,
    /// Both changed it, differently: a person chooses.
    Clash,
    /// Both changed it and both changes are in the result: sets, long text by line.
    Combined,
    /// Both put the rows of a list in another order: a person chooses.
    RowsOrder,
    /// Both changed a number whose changes can be added up: a person chooses, `offer` holds the sum.
    Additive,
    /// The server computes it: Server, not choosable.
    SetByServer,
    /// Both changed a secret: a person chooses without reading.
    Secret,
}

/// What else there is to say about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Nothing but its position told which row this is: please check.
    MatchedByPosition,
    /// Mine and Server differ in white space only.
    OnlySpacesDiffer,
    /// Both sides' lines are in the result.
    LineMerged,
    /// The texts could not be lined up in time; choose one or edit.
    TooDifferent,
    /// The path is the order of a list's rows; its values are the rows' names in paths.
    RowOrder,
    /// It could be decided alone, but another field of its group could not be taken from the same side.
    GroupMixed,
}

/// Whose value a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// This computer's.
    Mine,
    /// The server's.
    Server,
    /// Of both: the same value, or both changes combined.
    Both,
}

/// What was decided without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Taken<'a> {
    /// Where.
    pub path: &'a str,
    /// From whom.
    pub from: Side,
}

/// One path on which the three documents are not the same. A value that is `None` is a field that is not there.
///
/// Values are JSON text on the wire, so that their literals survive. Secret values are masked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields)]
pub struct FieldDifference {
    /// A JSON Pointer in which a row goes by its name, `/items/name:ROW-1/qty`, not by an index that moves;
    /// a list's order is `/items/order`.
    pub path: String,
    /// What happened.
    pub class: FieldClass,
    /// Started as.
    #[serde(default, with = "optional_json_text")]
    #[specta(type = Option<String>)]
    pub base: Option<Value>,
    /// Mine.
    #[serde(default, with = "optional_json_text")]
    #[specta(type = Option<String>)]
    pub local: Option<Value>,
    /// Server.
    #[serde(default, with = "optional_json_text")]
    #[specta(type = Option<String>)]
    pub remote: Option<Value>,
    /// What stands there after the merge, if `decided`; nothing pre-chosen otherwise.
    #[serde(default, with = "optional_json_text")]
    #[specta(type = Option<String>)]
    pub result: Option<Value>,
    /// Whether it was decided without a person.
    pub decided: bool,
    /// What else there is to say.
    #[serde(default)]
    pub note: Option<Note>,
    /// A value to propose beside those of the sides: the sum of both changes.
    #[serde(default, with = "optional_json_text")]
    #[specta(type = Option<String>)]
    pub offer: Option<Value>,
    /// The group of fields it is chosen together with.
    #[serde(default)]
    pub group: Option<String>,
    /// Whether it is, or holds, a secret.
    #[serde(default)]
    pub secret: bool,
}

impl FieldDifference {
    pub(super) fn taken(&self) -> Option<Taken<'_>> {
        let from = match self.class {
            _ if !self.decided => return None,
            FieldClass::OnlyMine => Side::Mine,
            FieldClass::OnlyServer | FieldClass::SetByServer => Side::Server,
            FieldClass::SameChange | FieldClass::Combined => Side::Both,
            FieldClass::Clash | FieldClass::RowsOrder | FieldClass::Additive | FieldClass::Secret => {
                return None;
            }
        };
        Some(Taken { path: &self.path, from })
    }
}

/// The three values at a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides<'a> {
    pub(super) base: Option<&'a Value>,
    pub(super) local: Option<&'a Value>,
    pub(super) remote: Option<&'a Value>,
}

/// A difference while it is worked on: values borrowed and unmasked.
pub(super) struct Fact<'a> {
    pub(super) path: String,
    pub(super) class: FieldClass,
    pub(super) base: Option<Cow<'a, Value>>,
    pub(super) local: Option<Cow<'a, Value>>,
    pub(super) remote: Option<Cow<'a, Value>>,
    pub(super) result: Option<Cow<'a, Value>>,
    pub(super) decided: bool,
    pub(super) note: Option<Note>,
    pub(super) offer: Option<Value>,
    /// What becomes of it where both changed it.
    pub(super) policy: Option<FieldPolicy>,
    /// The group's name and the row it applies in.
    pub(super) group: Option<(String, String)>,
    pub(super) rules: Option<&'a RuleNode>,
    pub(super) secret: bool,
    /// No base is known at all, so it cannot be chosen either.
    pub(super) two_way: bool,
}

impl<'a> Fact<'a> {
    pub(super) fn new(path: String, class: FieldClass, sides: Sides<'a>) -> Self {
        Self {
            path,
            class,
            base: sides.base.map(Cow::Borrowed),
            local: sides.local.map(Cow::Borrowed),
            remote: sides.remote.map(Cow::Borrowed),
            result: None,
            decided: false,
            note: None,
            offer: None,
            policy: None,
            group: None,
            rules: None,
            secret: false,
            two_way: false,
        }
    }

    /// Makes it undecided again.
    pub(super) fn reopen(&mut self, note: Note) {
        self.class = if self.secret { FieldClass::Secret } else { FieldClass::Clash };
        self.result = None;
        self.decided = false;
        self.note = self.note.or(Some(note));
    }

    /// The difference as others see it.
    pub(super) fn to_difference(&self) -> FieldDifference {
        let shown = |value: &Option<Cow<'a, Value>>| value.as_deref().map(|value| self.masked(value));
        FieldDifference {
            path: self.path.clone(),
            class: self.class,
            base: shown(&self.base),
            local: shown(&self.local),
            remote: shown(&self.remote),
            result: shown(&self.result),
            decided: self.decided,
            note: self.note,
            offer: self.offer.clone(),
            group: self.group.as_ref().map(|(name, _)| name.clone()),
            secret: self.secret || self.rules.is_some_and(RuleNode::holds_secret),
        }
    }

    fn masked(&self, value: &Value) -> Value {
        if self.secret { Value::from(MASK) } else { masked(value, self.rules) }
    }
}

/// What people see in the place of a secret.
pub const MASK: &str = "••••";

pub(super) fn masked(value: &Value, rules: Option<&RuleNode>) -> Value {
    let Some(rules) = rules.filter(|rules| rules.holds_secret()) else { return value.clone() };
    match value {
        _ if rules.secret => Value::from(MASK),
        Value::Object(map) => Value::Object(
            map.iter().map(|(key, value)| (key.clone(), masked(value, rules.field(key)))).collect(),
        ),
        Value::Array(rows) => Value::Array(rows.iter().map(|row| masked(row, rules.row())).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Whether a mask stands in the place of a secret of this document, whose value is then not known.
pub fn is_masked(document: &Value, rules: &MergeRules) -> bool {
    holds_mask(document, Some(&RuleNode::new(rules)))
}

fn holds_mask(value: &Value, rules: Option<&RuleNode>) -> bool {
    let Some(rules) = rules.filter(|rules| rules.holds_secret()) else { return false };
    match value {
        _ if rules.secret => value == MASK,
        Value::Object(map) => map.iter().any(|(key, value)| holds_mask(value, rules.field(key))),
        Value::Array(rows) => rows.iter().any(|row| holds_mask(row, rules.row())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A value as JSON text.
pub(super) mod json_text {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use serde_json::Value;

    use crate::document;

    pub(crate) fn serialize<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        document::parse_value(String::deserialize(deserializer)?.as_bytes()).map_err(de::Error::custom)
    }
}

/// A value or none as JSON text or `null`.
mod optional_json_text {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use serde_json::Value;

    use crate::document;

    pub(super) fn serialize<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(&value.to_string()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        text.map(|text| document::parse_value(text.as_bytes()).map_err(de::Error::custom)).transpose()
    }
}
