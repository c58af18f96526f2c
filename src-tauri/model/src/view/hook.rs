//! Hooks as people see and set them (row D6).

use super::RuleTrial;
use crate::number::{Count, Millis};
use serde::{Deserialize, Serialize};

/// The collection that a hook decides for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct HookPlace {
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
}

/// A hook that is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct HookRow {
    /// Where.
    pub place: HookPlace,
    /// Its script.
    pub script: String,
    /// When it was set.
    pub set_at: Millis,
}

/// What a hook would have done: nothing is changed by asking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct HookTrial {
    /// Counted as for a rule, of those that it was tried with.
    pub trial: RuleTrial,
    /// So many were left out, because it took too long.
    pub untried: Count,
    /// Conflicts about which it went wrong.
    pub wrong: Count,
    /// The first of these, newest first.
    pub faults: Vec<HookFault>,
}

/// A conflict about which a hook went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct HookFault {
    /// The conflict's id.
    pub conflict: Count,
    /// Record's id.
    pub record: String,
    /// Record's title, else its id.
    pub title: String,
    /// What it said, with its line.
    pub said: String,
}
