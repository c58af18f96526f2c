//! Rules as people see and set them (rows D4, D5, D10).

use crate::merge::Rule;
use crate::number::{Count, Millis};
use serde::{Deserialize, Serialize};

/// Where a rule holds: for a collection, or for a field in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct RulePlace {
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// JSON Pointer, with `*` for any row of a list; none for the collection's strategy.
    #[serde(default)]
    pub path: Option<String>,
}

/// A rule in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct RuleRow {
    /// Where.
    pub place: RulePlace,
    /// Which.
    pub rule: Rule,
}

/// What a rule would have done (`ui.md` 3.8): nothing is changed by asking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RuleTrial {
    /// Conflicts of the past 30 days that people decided.
    pub past: Count,
    /// Of these, those that it would have decided whole.
    pub decided: Count,
    /// Of these again, those that it would have decided otherwise than the person did.
    pub differently: Count,
    /// Open conflicts of the collection.
    pub open: Count,
    /// Of these, those that it decides as soon as it is set.
    pub ends: Count,
    /// The first of those that it would have decided otherwise, newest first.
    pub examples: Vec<RuleExample>,
}

/// A conflict that a rule would have decided otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RuleExample {
    /// The conflict's id.
    pub conflict: Count,
    /// Record's id.
    pub record: String,
    /// Record's title, else its id.
    pub title: String,
    /// When the person decided.
    pub at: Millis,
}
