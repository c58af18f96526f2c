//! Records as people see them.

use crate::number::{Count, Millis};
use serde::{Deserialize, Serialize};

/// What a row of records says beside its name; nothing is the calm default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RecordState {
    /// Equal to what the server last said.
    Clean,
    /// Changed here, in the queue.
    SavedHere,
    /// A change of it is on the wire or not confirmed.
    Sending,
    /// A conflict is open.
    Conflict,
    /// A change of it needs a person.
    NeedsYou,
    /// Deleted here, in the queue.
    DeletedHere,
    /// Not on this computer; only a draft of it is.
    Gone,
}

/// Which records a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RecordFilter {
    /// Only those changed here.
    pub changed_here: bool,
    /// Only those with an open conflict.
    pub conflict: bool,
    /// Only those deleted here.
    pub deleted_here: bool,
    /// Only those with a draft: also the new record that was not saved, whose id is empty, and those that are gone.
    pub draft: bool,
    /// Only those whose id or title contains this text.
    pub search: Option<String>,
}

/// One row of a collection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RecordRow {
    /// Its id.
    pub id: String,
    /// Its title, else its id.
    pub title: String,
    /// Its state.
    pub state: RecordState,
    /// Edits of it were typed and not saved.
    pub draft: bool,
    /// Last change, here or there.
    pub changed_at: Option<Millis>,
    /// A few fields for columns, as JSON text by path.
    pub columns: Vec<FieldValue>,
}

/// A field and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct FieldValue {
    /// JSON Pointer.
    pub path: String,
    /// JSON text.
    pub value: String,
}

/// One record, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RecordDetail {
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// Its row.
    pub row: RecordRow,
    /// The document as it is here, JSON text; none where it is deleted here.
    pub document: Option<String>,
    /// The last agreed document, JSON text; none for one made here.
    pub base: Option<String>,
    /// The server's version of the base.
    pub base_version: Option<String>,
    /// Who changed the base on the server, where known.
    pub base_by: Option<String>,
    /// When, by the server's clock.
    pub base_at: Option<Millis>,
    /// What of it is not sent yet, field by field.
    pub pending: Vec<super::FieldChange>,
    /// Rises with each local change; hand it back with an edit to be told when the record moved meanwhile.
    pub revision: Count,
    /// Ids of its unfinished changes.
    pub changes: Vec<String>,
    /// Its open conflict.
    pub conflict: Option<Count>,
}

/// One edit of a field, as the window and programs give it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldEdit {
    /// JSON Pointer.
    pub path: String,
    /// The new value as JSON text; none removes the field.
    pub set: Option<String>,
}

/// What a saved edit became.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    /// The change's id; none where the edit changed nothing.
    pub change: Option<String>,
    /// The record's id.
    pub record: String,
    /// The record's revision after it.
    pub revision: Count,
    /// The change that took it in, where it was combined.
    pub combined_into: Option<String>,
}

/// A form for a collection, from its schema or from what its records hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Form {
    /// Whether a schema said so; else the fields were inferred from up to 200 records.
    pub from_schema: bool,
    /// Its fields in order.
    pub fields: Vec<FormField>,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct FormField {
    /// JSON Pointer.
    pub path: String,
    /// Its name for people.
    pub label: String,
    /// Which editor fits.
    pub kind: FieldKind,
    /// The schema requires it.
    pub required: bool,
    /// The server sets it.
    pub read_only: bool,
    /// A mask is shown in its place.
    pub secret: bool,
    /// Values to choose from, JSON text.
    pub choices: Vec<String>,
    /// The collection it refers to.
    pub refers_to: Option<String>,
}

/// Which editor fits a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line of text.
    Text,
    /// Several lines.
    LongText,
    /// A whole number.
    Integer,
    /// A decimal number.
    Number,
    /// Yes or no.
    Boolean,
    /// A date.
    Date,
    /// A date with a time.
    DateTime,
    /// One of some values.
    Choice,
    /// A record of another collection.
    Reference,
    /// What only the JSON tab edits.
    Json,
}
