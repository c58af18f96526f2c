//! Conflicts of one shape, decided together (row D10, `ui.md` 3.8).

use super::{ConflictField, ConflictRow, ConflictType, FieldChoice, Refusal};
use crate::number::{Count, Millis};
use serde::{Deserialize, Serialize};

/// What open conflicts have in common: their collection, what happened, and which fields are to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConflictShape {
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// Row D2.
    pub conflict_type: ConflictType,
    /// The paths to choose, with `*` for each row of a list; none where one side deleted the record.
    pub paths: Vec<String>,
}

/// Open conflicts of one shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ConflictGroup {
    /// What they have in common.
    pub shape: ConflictShape,
    /// How many there are.
    pub conflicts: Count,
    /// The oldest of them.
    pub first: Count,
}

/// One conflict of a group, with the fields that are to choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct GroupMember {
    /// Its row.
    pub conflict: ConflictRow,
    /// The version of the server's side; the decision is sent on top of it.
    pub server_version: Option<String>,
    /// The fields to choose.
    pub fields: Vec<ConflictField>,
}

/// A choice for one field of all conflicts of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct GroupChoice {
    /// One of the shape's paths; empty for the whole record, where one side deleted it.
    pub path: String,
    /// What to keep there; a typed value only where no row of a list is meant.
    pub choice: FieldChoice,
}

/// A conflict that is decided with others, as the person saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct SeenConflict {
    /// Its id.
    pub conflict: Count,
    /// The server version that was looked at; none to take the one shown now.
    #[serde(default)]
    pub seen: Option<String>,
}

/// What became of conflicts that were decided, or taken back, together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct GroupResolved {
    /// Those that it was done to.
    pub done: Vec<Count>,
    /// When they go, where they are held for undo.
    pub sends_at: Option<Millis>,
    /// Those that it was not done to; they are as they were.
    pub refused: Vec<GroupRefusal>,
}

/// A conflict that was not decided with the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct GroupRefusal {
    /// Its id.
    pub conflict: Count,
    /// Why.
    pub refusal: Refusal,
}
